# SPDX-License-Identifier: GPL-2.0-only
#
# Kernel, stage 1 and boot loader.
{
  config,
  lib,
  pkgs,
  ...
}: let
  inherit (lib) mkOption types;
  inherit (import ./option.nix {inherit lib;}) bool int lines packages strings;
  condition = word: name: answer: symbol: {
    assertion = kernel: kernel.${name} symbol;
    message = "CONFIG_${symbol} is not ${word}!";
    configLine = "CONFIG_${symbol}=${answer}";
  };
  extlinux = config.boot.loader.generic-extlinux-compatible;
  # A list of names, or a set that says of names whether they are meant
  names = mkOption {
    type = types.coercedTo (types.listOf types.str) (list: lib.genAttrs list (_: true)) (types.attrsOf types.bool);
    default = {};
    apply = set: lib.attrNames (lib.filterAttrs (_: meant: meant) set);
  };
in {
  options = {
    boot = {
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
      kernelModules = names;
      extraModulePackages = packages;
      extraModprobeConfig = lines;
      initrd = {
        availableKernelModules = names;
        kernelModules = names;
        includeDefaultModules = bool true;
        allowMissingModules = bool false;
        extraFirmwarePaths = strings;
        systemd.tpm2.enable = bool true;
      };
      loader = {
        grub.enable = bool true;
        generic-extlinux-compatible = {
          enable = bool false;
          configurationLimit = int 20;
          populateCmd = mkOption {type = types.str;};
        };
      };
    };
    system.modulesTree = mkOption {
      type = types.listOf types.path;
      default = [];
      apply = trees:
        pkgs.runCommand "kernel-modules" {
          inherit trees;
          nativeBuildInputs = [pkgs.buildPackages.kmod];
        } ''
          mkdir -p $out/lib/modules
          for tree in $trees; do cp -r --no-preserve=mode $tree/lib/modules/. $out/lib/modules/; done
          for release in $out/lib/modules/*; do depmod -b $out "''${release##*/}"; done
        '';
    };
  };

  config = {
    system.modulesTree = [(lib.getOutput "modules" config.boot.kernelPackages.kernel)] ++ config.boot.extraModulePackages;
    boot.loader.generic-extlinux-compatible.populateCmd = lib.mkIf extlinux.enable "populate-extlinux -g ${toString extlinux.configurationLimit} -n ${config.hardware.deviceTree.name}";
    environment.etc = {
      "modprobe.d/nixos.conf".text = config.boot.extraModprobeConfig;
      "modules-load.d/nixos.conf".text = lib.concatMapStrings (module: "${module}\n") config.boot.kernelModules;
    };

    lib.kernelConfig = {
      isYes = condition "yes" "isYes" "y";
      isNo = condition "no" "isNo" "n";
      isModule = condition "built as a module" "isModule" "m";
      isEnabled = condition "enabled" "isEnabled" "y";
      isDisabled = condition "disabled" "isDisabled" "n";
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
