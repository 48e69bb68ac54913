#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes a kernel configuration from fragments and proves that nothing asked
# for was lost.
#
#   configure.sh SOURCE BUILD ARCH FRAGMENT... [-- MAKE-FLAG...]
#
# Starts from allnoconfig, so that the fragments say all there is to say. A
# later fragment wins over an earlier one. Kconfig drops a symbol without a
# word when a dependency is missing; here that is an error which names every
# lost symbol, the fragment that asked for it and the value it ended with.
set -euo pipefail

source=$1 build=$(realpath -m "$2") arch=$3
shift 3
fragments=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  fragments+=("$1")
  shift
done
[ "${1:-}" != -- ] || shift

mkdir -p "$build"
merged=$build/fragments.config
cat "${fragments[@]}" >"$merged"
log=$build/configure.log
if ! make -C "$source" O="$build" ARCH="$arch" LLVM="${LLVM:--22}" KCONFIG_ALLCONFIG="$merged" "$@" allnoconfig >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi

declare -A wanted from
for fragment in "${fragments[@]}"; do
  while IFS='=' read -r symbol value; do
    wanted[$symbol]=$value
    from[$symbol]=${fragment##*/}
  done < <(sed -nE -e 's/^(CONFIG_[A-Za-z0-9_]+=.*)$/\1/p' -e 's/^# (CONFIG_[A-Za-z0-9_]+) is not set$/\1=n/p' "$fragment")
done

lost=0
for symbol in "${!wanted[@]}"; do
  is=$(sed -nE "s/^$symbol=(.*)$/\1/p" "$build/.config")
  [ "${is:-n}" = "${wanted[$symbol]}" ] && continue
  lost=$((lost + 1))
  echo "configure: ${from[$symbol]} asks for $symbol=${wanted[$symbol]}, Kconfig made it ${is:-n}" >&2
done
if [ "$lost" -gt 0 ]; then
  echo "configure: $lost of ${#wanted[@]} requested symbols were lost for ARCH=$arch; look for a dependency that no fragment sets" >&2
  exit 1
fi
echo "configure: ${#wanted[@]} requested symbols, all as asked"
