#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The steps from what is published to what the driver loads.
#
#   make-firmware.sh check FOLDER SHA256SUMS
#       Fails unless FOLDER has each of the files, with the sum listed for it.
#   make-firmware.sh sdd SOURCE.c ARRAY BYTES CRC-32 OUT
#       Writes the values of an array in C source as a file. The preprocessor
#       picks among alternatives, with no macro defined.
#   make-firmware.sh factory FILE 30|31 OUT
#       Writes the factory file with this many fields.
#
# The preprocessor is $CC, cc by default.
set -euo pipefail

die() {
  echo "bes2600-firmware: $*" >&2
  exit 1
}
# What to do about files that are not the expected ones.
hint='give hardware.bes2600.firmware a package that has them, or take back the change of its sources'

check() { # FOLDER SHA256SUMS
  local wanted file is
  while read -r wanted file; do
    [ "$wanted" != '#' ] || continue
    [ -f "$1/$file" ] || die "there is no $file; $hint"
    is=$(sha256sum <"$1/$file")
    [ "${is%% *}" = "$wanted" ] || die "$file has the sha256 ${is%% *} instead of $wanted; driver and firmware go together: $hint; if you know the file to be good, override its checksums"
  done <"$2"
}

# The trailer of a gzip file starts with the CRC-32 of what it holds, little-endian.
crc32() { gzip -c "$1" | tail -c 8 | head -c 4 | od -An -v -tx1 | awk '{ print $4 $3 $2 $1 }'; }

sdd() { # SOURCE.c ARRAY BYTES CRC-32 OUT
  local source=$1 array=$2 bytes=$3 crc=$4 out=$5 values size is
  # The initialiser alone: the rest of the file wants headers.
  awk -v array="$array" '
    inside && /^[[:space:]]*};/ { closed = 1; exit }
    inside { print }
    $0 ~ "(^|[^[:alnum:]_])" array "\\[\\]" { found = 1 }
    found && /\{[[:space:]]*$/ { inside = 1 }
    END { exit !closed }
  ' "$source" >sdd.slice || die "$(basename "$source") has no array $array"
  "${CC:-cc}" -E -P -undef -x c -o sdd.values sdd.slice || die "the array $array of $(basename "$source") cannot be read"
  values=$(tr -d ' \n' <sdd.values)
  rm -f sdd.slice sdd.values
  [[ $values =~ ^((0[xX][0-9a-fA-F]{1,2}|[0-9]{1,3}),?)+$ ]] || die "the array $array of $(basename "$source") holds more than plain bytes"

  local IFS=, value escaped=''
  for value in $values; do
    [ $((value)) -le 255 ] || die "the array $array of $(basename "$source") holds $value, which is no byte"
    printf -v escaped '%s\\x%02x' "$escaped" $((value))
  done
  # shellcheck disable=SC2059
  printf "$escaped" >"$out"

  size=$(stat -c %s "$out")
  [ "$size" = "$bytes" ] || die "the array $array of $(basename "$source") has $size bytes instead of $bytes; the calibration is another one: $hint"
  is=$(crc32 "$out")
  [ "$is" = "$crc" ] || die "the array $array of $(basename "$source") has the CRC-32 $is instead of $crc; the calibration is another one: $hint"
}

factory() { # FILE 30|31 OUT
  local fields
  fields=$(grep -cE '^[^#%].*:' "$1") || true
  [ "$fields" = 30 ] || [ "$fields" = 31 ] || die "$(basename "$1") has $fields fields instead of 30 or 31; $hint"
  case $2 in
    30) awk '/^##select_efuse_flag/ { skip = 1 } /^%%/ { skip = 0 } !skip' "$1" >"$3" ;;
    31)
      awk '/^##select_efuse_flag/ { there = 1 }
        /^%%/ && !there { print "##select_efuse_flag"; print "select_efuse:0" }
        { print }' "$1" >"$3"
      ;;
    *) die "a factory file has 30 or 31 fields, not $2" ;;
  esac
}

case ${1:-} in
  check | sdd | factory) "$@" ;;
  *) die 'the step is check, sdd or factory' ;;
esac
