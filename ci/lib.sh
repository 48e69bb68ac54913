# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What ci/set-up, ./check and ./demo have in common: which Nix there is, and
# which flake it can use.

besser_prefix=${BESSER_PREFIX:-/opt/besser}

# A Nix of the user's own, with a binary cache to fetch from.
own_nix() {
  local nix
  nix=$(command -v nix) || return 1
  case $(realpath "$nix") in "$besser_prefix"/*) return 1 ;; esac
  [ -n "$(nix --extra-experimental-features nix-command config show substituters 2>/dev/null)" ]
}

# The address of the Debian mirror that this machine's apt uses.
debian_mirror() {
  local uri
  # shellcheck disable=SC2016
  uri=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "bookworm" && $2 == "main" { print $3; exit }')
  [ -n "$uri" ] && echo "${uri%/}"
}
