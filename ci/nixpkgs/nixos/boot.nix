# SPDX-License-Identifier: GPL-2.0-only
#
# Kernel, stage 1 and boot loader.
{
  config,
  lib,
  ...
}: let
  inherit (lib) mkOption types;
  bool = default:
    mkOption {
      type = types.bool;
      inherit default;
    };
  strings = mkOption {
    type = types.listOf types.str;
    default = [];
  };
  condition = word: name: symbol: {
    assertion = kernel: kernel.${name} symbol;
    message = "CONFIG_${symbol} is not ${word}!";
  };
in {
  options.boot = {
    kernelPackages = mkOption {
      type = types.raw;
      apply = packages:
        packages.extend (_: super: {
          kernel = super.kernel.override (original: {
            randstructSeed = "";
            kernelPatches = original.kernelPatches or [] ++ config.boot.kernelPatches;
            features = lib.recursiveUpdate super.kernel.features {};
          });
        });
    };
    kernelPatches = mkOption {
      type = types.listOf types.attrs;
      default = [];
    };
    kernelParams = mkOption {
      type = types.listOf (types.strMatching ''([^"[:space:]]|"[^"]*")+'');
      default = [];
    };
    kernelModules = strings;
    extraModulePackages = mkOption {
      type = types.listOf types.package;
      default = [];
    };
    extraModprobeConfig = mkOption {
      type = types.lines;
      default = "";
    };
    initrd = {
      availableKernelModules = strings;
      kernelModules = strings;
      includeDefaultModules = bool true;
      allowMissingModules = bool false;
      extraFirmwarePaths = strings;
      systemd.tpm2.enable = bool true;
    };
    loader = {
      grub.enable = bool true;
      generic-extlinux-compatible = {
        enable = bool false;
        configurationLimit = mkOption {
          type = types.int;
          default = 20;
        };
        populateCmd = mkOption {
          type = types.str;
          default = "populate-extlinux";
        };
      };
    };
  };

  config = {
    lib.kernelConfig = {
      isYes = condition "yes" "isYes";
      isEnabled = condition "enabled" "isEnabled";
      isModule = condition "built as a module" "isModule";
    };
    # NixOS trusts a kernel with features; here it is looked at all the same.
    assertions =
      map (required: {
        assertion = required.assertion config.boot.kernelPackages.kernel.config;
        inherit (required) message;
      })
      config.system.requiredKernelConfig;
  };
}
