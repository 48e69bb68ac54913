# shellcheck shell=bash disable=SC2123,SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# The builder: phases by nixpkgs' names. A derivation's attributes arrive as
# environment variables, lists joined by spaces.
set -euo pipefail

export HOME=/homeless-shelter LC_ALL=C TZ=UTC SHELL=/bin/bash
export SOURCE_DATE_EPOCH=1 ZERO_AR_DATE=1
[ "${NIX_BUILD_CORES:-0}" != 0 ] || NIX_BUILD_CORES=$(/usr/bin/nproc)
export NIX_BUILD_CORES

# Only what was declared is in PATH: links to the machine's programs, so that a
# forgotten input fails here as it would with nixpkgs.
PATH=
for _input in ${nativeBuildInputs:-}; do
  if [ -d "$_input/bin" ]; then PATH=$PATH${PATH:+:}$_input/bin; fi
  if [ -e "$_input/nix-support/setup-hook" ]; then
    # shellcheck source=/dev/null
    . "$_input/nix-support/setup-hook"
  fi
done
PATH=$PATH${PATH:+:}${initialPath// /:}
export PATH

runHook() {
  local hook=$1
  if declare -F "$hook" >/dev/null; then "$hook"; else eval "${!hook:-}"; fi
}

patchShebangs() { # FILE-OR-FOLDER...: interpreters by the paths they have here
  local file line interpreter
  while IFS= read -r -d '' file; do
    IFS= read -r line <"$file" 2>/dev/null || continue
    [[ $line =~ ^#!\ */usr/bin/env\ +(-S\ +)?([^ ]+)(.*)$ ]] || continue
    interpreter=$(type -P "${BASH_REMATCH[2]}") || continue
    sed -i "1s|.*|#!$interpreter${BASH_REMATCH[3]}|" "$file"
  done < <(find "$@" -type f -perm -0100 -print0)
}

unpackPhase() {
  local name
  name=$(basename "$src")
  name=${name:33}
  if [ -d "$src" ]; then
    cp -r --no-preserve=mode,ownership --preserve=timestamps "$src" "$name"
    # Modes of scripts count; the store keeps no other.
    (cd "$src" && find . -type f -perm -0100 -print0) | (cd "$name" && xargs -0 -r chmod +x)
    cd "$name"
    return
  fi
  case $name in
    *.tar.zst) zstd -dcq "$src" | tar -x --no-same-owner ;;
    *.tar.*) tar -xf "$src" --no-same-owner ;;
    *) echo "unpackPhase: what kind of archive is $name?" >&2 && return 1 ;;
  esac
  local folders=(*/)
  [ ${#folders[@]} -eq 1 ] || { echo "unpackPhase: $name holds ${#folders[@]} folders" >&2 && return 1; }
  cd "${folders[0]}"
}

patchPhase() {
  runHook prePatch
  local patch
  for patch in ${patches:-}; do
    echo "applying $(basename "$patch")"
    patch -p1 --no-backup-if-mismatch <"$patch"
  done
  runHook postPatch
}

fixupPhase() {
  local output
  for output in ${outputs:-out}; do
    if [ -d "${!output}/bin" ]; then patchShebangs "${!output}/bin"; fi
  done
}

runPhase() {
  local phase=$1 began=$SECONDS
  echo "phase: $phase"
  if [ -n "${!phase:-}" ]; then eval "${!phase}"; elif declare -F "$phase" >/dev/null; then "$phase"; fi
  echo "phase: $phase took $((SECONDS - began)) s"
}

genericBuild() {
  if [ -n "${buildCommandPath:-}" ]; then
    # shellcheck source=/dev/null
    . "$buildCommandPath"
    return
  fi
  if [ -n "${buildCommand:-}" ]; then
    eval "$buildCommand"
    return
  fi
  if [ -z "${dontUnpack:-}" ]; then runPhase unpackPhase; fi
  if [ -z "${dontPatch:-}" ]; then runPhase patchPhase; fi
  runPhase configurePhase
  runPhase buildPhase
  if [ "${doCheck:-}" = 1 ]; then runPhase checkPhase; fi
  runPhase installPhase
  if [ -z "${dontFixup:-}" ]; then runPhase fixupPhase; fi
}
