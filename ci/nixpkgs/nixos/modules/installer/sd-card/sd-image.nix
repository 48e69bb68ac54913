# SPDX-License-Identifier: GPL-2.0-only
#
# The options of NixOS' module of this name that the images here set.
{
  config,
  lib,
  pkgs,
  ...
}: let
  inherit (import ../../../option.nix {inherit lib;}) int lines string;
  commands = lib.mkOption {type = lib.types.str;};
in {
  options.sdImage = {
    firmwarePartitionOffset = int 8;
    firmwareSize = int 30;
    rootVolumeLabel = string "NIXOS_SD";
    populateFirmwareCommands = commands;
    populateRootCommands = commands;
    postBuildCommands = lines;
  };

  config = {
    hardware.enableAllHardware = true;
    fileSystems = {
      "/boot/firmware" = {
        device = "/dev/disk/by-label/FIRMWARE";
        fsType = "vfat";
        options = ["nofail" "noauto"];
      };
      "/" = {
        device = "/dev/disk/by-label/${config.sdImage.rootVolumeLabel}";
        fsType = "ext4";
      };
    };
    system.build.sdImage = pkgs.absent "nixos-sd-image" {
      inherit (config.system.build) toplevel;
      inherit (config.sdImage) postBuildCommands populateRootCommands;
    };
  };
}
