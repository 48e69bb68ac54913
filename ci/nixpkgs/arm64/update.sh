#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Moves the pins of the guest's arm64 programs to what Debian 12 offers now.
# Rewrites packages.json; ci/set-up then fetches them. Debian 12 only.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=ci/lib.sh
. "$here/../../lib.sh"

programs=(busybox-static dbus-daemon dropbear-bin hostapd iperf3 iw iwd systemd udev)
# What these programs are linked to, and what that is linked to
libraries=(libacl1 libapparmor1 libaudit1 libblkid1 libc6 libcap-ng0 libcap2 libcrypt1 libdbus-1-3 libell0 libexpat1 libgcc-s1
  libgcrypt20 libgmp10 libgpg-error0 libip4tc2 libiperf0 libkmod2 liblz4-1 liblzma5 libmount1 libnl-3-200 libnl-genl-3-200
  libnl-route-3-200 libpam0g libpcre2-8-0 libreadline8 libsctp1 libseccomp2 libselinux1 libssl3 libsystemd-shared
  libsystemd0 libtinfo6 libtomcrypt1 libtommath1 libudev1 libzstd1 zlib1g)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
foreign_apt bookworm "$work" arm64
apt-get "${apt_options[@]}" -qq update
for package in "${programs[@]}" "${libraries[@]}"; do
  apt-cache "${apt_options[@]}" show "$package" | sed '/^$/q' | awk -v package="$package" '
    /^Version: / { version = $2 } /^Filename: / { path = $2 } /^SHA256: / { sha256 = $2 }
    END { printf "%s\t%s\t%s\t%s\n", package, version, path, sha256 }'
done | jq -R -n '[inputs | split("\t") | {package: .[0], version: .[1], path: .[2], sha256: .[3]}]' >"$work/packages.json"
jq -e 'all(.[]; .sha256 | length == 64)' "$work/packages.json" >/dev/null || {
  echo "update: Debian's bookworm has not all of these packages" >&2
  exit 1
}
cp "$work/packages.json" "$here/packages.json"
git -C "$here" --no-pager diff --stat -- packages.json
