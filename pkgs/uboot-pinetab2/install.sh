#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Writes the boot loader where the RK3566 looks for it.
#
#   install.sh FOLDER TARGET
#
# FOLDER holds idbloader.img and u-boot.itb; TARGET is an image or a whole
# device, not a partition: /dev/mmcblk0 is the tablet's eMMC, /dev/mmcblk1 its
# SD card. Fails, and writes nothing, when a part would reach into what follows.
set -euo pipefail

# Sectors of 512 bytes: the loader, the second part, and the first partition of
# the images.
loader_at=64 second_at=16384 partition_at=32768

die() {
  echo "install.sh: $*" >&2
  exit 1
}
folder=${1:?usage: install.sh FOLDER TARGET} target=${2:?usage: install.sh FOLDER TARGET}

fits() { # FILE FROM TO
  [ -s "$folder/$1" ] || die "$folder has no $1"
  [ "$(stat -c %s "$folder/$1")" -le $((($3 - $2) * 512)) ] || die "$1 is larger than the $((($3 - $2) / 2)) KiB that are there for it"
}
fits idbloader.img "$loader_at" "$second_at"
fits u-boot.itb "$second_at" "$partition_at"
[[ ! $target =~ p[0-9]+$ ]] || [ ! -b "$target" ] || die "$target is a partition; the boot loader is in front of all of them: give ${target%p*}"
[ -e "$target" ] || die "there is no $target"

dd if="$folder/idbloader.img" of="$target" bs=512 seek="$loader_at" conv=notrunc,fsync status=none
dd if="$folder/u-boot.itb" of="$target" bs=512 seek="$second_at" conv=notrunc,fsync status=none
