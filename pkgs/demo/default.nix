# SPDX-License-Identifier: GPL-2.0-only
#
# Tells what the check vm-boot saw: the tablet's kernel booted, the driver
# loaded, the chip up.
{
  writeShellApplication,
  checks,
  coreutils,
  jq,
}:
writeShellApplication {
  name = "demo";
  runtimeInputs = [coreutils jq];
  text = ''
    vm_boot=${checks.vm-boot}
    ${builtins.readFile ./demo.sh}
  '';
  meta.description = "Boots the tablet's kernel with the driver and the emulated chip, and tells how it went";
}
