# SPDX-License-Identifier: GPL-2.0-only
#
# Files in the formats of the chip's firmware, for the emulated chip: what
# /lib/firmware is to the driver in the checks.
{
  runCommand,
  bes2600-emulator,
}:
runCommand "bes2600-firmware-emulated" {nativeBuildInputs = [bes2600-emulator];} ''
  mkdir -p $out/lib/firmware
  bes2600-emulator data --out $out/lib/firmware
''
