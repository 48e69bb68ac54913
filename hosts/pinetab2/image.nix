# SPDX-License-Identifier: GPL-2.0-only
#
# An image of the system for an SD card or, with another label, the eMMC: boot
# loader, an empty partition that NixOS' images have, and the root file system.
{
  config,
  lib,
  modulesPath,
  pkgs,
  ...
}: {
  imports = ["${modulesPath}/installer/sd-card/sd-image.nix"];

  sdImage = {
    # Mebibytes: the boot loader's second part begins at 8 and may take as many.
    firmwarePartitionOffset = 16;
    firmwareSize = 8;
    populateFirmwareCommands = "";
    populateRootCommands = ''
      mkdir -p ./files/boot
      ${config.boot.loader.generic-extlinux-compatible.populateCmd} -c ${config.system.build.toplevel} -d ./files/boot
    '';
    postBuildCommands = ''
      bash ${../../pkgs/uboot-pinetab2/install.sh} ${pkgs.besser.uboot-pinetab2} $img
    '';
  };

  # Modules for the hardware of other boards, which this kernel does not have
  hardware.enableAllHardware = lib.mkForce false;
}
