#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Moves the pin of the kernel source to what Debian offers now.
#
#   pkgs/linux/update.sh [PACKAGE [SUITE]]   (linux-source-7.3, trixie-backports)
#
# Rewrites source.json. Then: ci/set-up fetches it, ./dev series import shows
# what of the series does not apply any more. Debian 12 only.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
package=${1:-linux-source-7.3} suite=${2:-trixie-backports}
# shellcheck source=ci/lib.sh
. "$here/../../ci/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
foreign_apt "$suite" "$work"
apt-get "${apt_options[@]}" -qq update
record=$(apt-cache "${apt_options[@]}" show "$package" | sed '/^$/q')
field() { sed -nE "s/^$1: //p" <<<"$record" | head -n 1; }
[ -n "$(field SHA256)" ] || {
  echo "update: the suite $suite has no package $package" >&2
  exit 1
}
version=$(field Version)
jq -n --arg version "${version%%-*}" --arg path "$(field Filename)" \
  --arg hash "sha256-$(printf '%b' "$(field SHA256 | sed 's/../\\x&/g')" | base64)" \
  '{$version, $path, $hash}' >"$work/source.json"
cp "$work/source.json" "$here/source.json"
git -C "$here" --no-pager diff --stat -- source.json
echo "update: the pin is $package $version"
