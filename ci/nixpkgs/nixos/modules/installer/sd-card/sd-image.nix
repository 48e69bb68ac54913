# SPDX-License-Identifier: GPL-2.0-only
#
# The options of NixOS' module of this name that the images here set.
{
  config,
  lib,
  pkgs,
  ...
}: let
  inherit (lib) mkOption types;
  commands = mkOption {
    type = types.str;
    default = "";
  };
in {
  options.sdImage = {
    firmwarePartitionOffset = mkOption {
      type = types.int;
      default = 8;
    };
    firmwareSize = mkOption {
      type = types.int;
      default = 30;
    };
    rootVolumeLabel = mkOption {
      type = types.str;
      default = "NIXOS_SD";
    };
    populateFirmwareCommands = commands;
    populateRootCommands = commands;
    postBuildCommands = commands;
  };

  config = {
    hardware.enableAllHardware = true;
    fileSystems."/" = {
      device = "/dev/disk/by-label/${config.sdImage.rootVolumeLabel}";
      fsType = "ext4";
    };
    system.build.sdImage = pkgs.absent "nixos-sd-image" {
      inherit (config.system.build) toplevel;
      inherit (config.sdImage) postBuildCommands populateRootCommands;
    };
  };
}
