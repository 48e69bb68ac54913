# SPDX-License-Identifier: GPL-2.0-only
#
# Firmware, device tree, and what a board has.
{
  config,
  lib,
  pkgs,
  ...
}: let
  inherit (lib) mkOption types;
  inherit (config.boot) kernelPackages;
  inherit (import ./option.nix {inherit lib;}) bool string;
  compress = firmware:
    if config.hardware.firmwareCompression == "zstd" && firmware.compressFirmware or true
    then pkgs.compressFirmwareZstd firmware
    else firmware;
in {
  options = {
    hardware = {
      enableAllHardware = bool false;
      firmware = mkOption {
        type = types.listOf types.package;
        default = [];
        apply = list:
          pkgs.buildEnv {
            name = "firmware";
            paths = map compress list;
            pathsToLink = ["/lib/firmware"];
            ignoreCollisions = true;
          };
      };
      firmwareCompression = mkOption {
        type = types.enum ["xz" "zstd" "none"];
        default =
          if kernelPackages.kernelAtLeast "5.19"
          then "zstd"
          else if kernelPackages.kernelAtLeast "5.3"
          then "xz"
          else "none";
      };
      wirelessRegulatoryDatabase = bool false;
      deviceTree = {
        enable = bool kernelPackages.kernel.buildDTBs;
        name = mkOption {
          type = types.nullOr types.str;
          default = null;
        };
      };
      graphics.enable = bool false;
      sensor.iio.enable = bool false;
    };
    zramSwap = {
      enable = bool false;
      algorithm = string "zstd";
    };
  };

  config.hardware.firmware = lib.mkIf config.hardware.wirelessRegulatoryDatabase [pkgs.wireless-regdb];
}
