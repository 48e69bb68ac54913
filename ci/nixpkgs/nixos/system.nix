# SPDX-License-Identifier: GPL-2.0-only
#
# The package set, assertions, and the toplevel.
{
  config,
  lib,
  pkgs,
  pkgsOfBuilder,
  ...
}: let
  inherit (lib) mkOption types;
  inherit (import ./option.nix {inherit lib;}) bool packages settings string strings;
  # By its name or as a description, and always a description to those who look
  platform = mkOption {
    type = types.either types.str types.attrs;
    apply = lib.systems.elaborate;
  };
  failed = map (x: x.message) (lib.filter (x: !x.assertion) config.assertions);
in {
  options = {
    nixpkgs = {
      hostPlatform = platform;
      buildPlatform = platform // {default = config.nixpkgs.hostPlatform;};
      overlays = mkOption {
        type = types.listOf types.raw;
        default = [];
      };
      config = mkOption {
        type = types.attrs;
        default = {};
      };
    };
    assertions = mkOption {
      type = types.listOf types.raw;
      default = [];
    };
    warnings = strings;
    lib = mkOption {
      type = types.attrsOf types.attrs;
      default = {};
    };
    system = {
      build = mkOption {
        type = types.lazyAttrsOf types.raw;
        default = {};
      };
      requiredKernelConfig = mkOption {
        type = types.listOf types.attrs;
        default = [];
      };
      stateVersion = mkOption {type = types.str;};
    };
    environment = {
      systemPackages = packages;
      etc = mkOption {
        type = types.attrsOf types.anything;
        default = {};
        apply = builtins.mapAttrs (name: file: {source = pkgs.writeText (baseNameOf name) file.text;} // file);
      };
    };
    fileSystems = mkOption {
      default = {};
      type = types.attrsOf (types.submodule {
        options = {
          device = mkOption {
            type = types.nullOr types.str;
            default = null;
          };
          fsType = mkOption {type = types.str;};
          options = mkOption {
            type = types.listOf types.str;
            default = ["defaults"];
          };
        };
      });
    };
    time.timeZone = mkOption {
      type = types.nullOr types.str;
      default = null;
    };
    users.users = mkOption {
      default = {};
      type = types.attrsOf (types.submodule {
        options = {
          isNormalUser = bool false;
          extraGroups = strings;
          initialPassword = mkOption {
            type = types.nullOr types.str;
            default = null;
          };
        };
      });
    };
    nix = {
      inherit settings;
      gc = {
        automatic = bool false;
        options = string "";
      };
    };
  };

  config = {
    # There are builders for x86-64 only: everything is cross-compiled.
    _module.args.pkgs = let
      base =
        if config.nixpkgs.hostPlatform.isAarch64
        then pkgsOfBuilder.pkgsCross.aarch64-multiplatform
        else pkgsOfBuilder;
    in
      lib.foldl' (set: overlay: set.extend overlay) base config.nixpkgs.overlays;

    system.build.toplevel =
      if failed != []
      then throw "\nFailed assertions:\n${lib.concatMapStringsSep "\n" (message: "- ${message}") failed}"
      else
        pkgs.absent "nixos-system-${config.networking.hostName}" {
          inherit (config.boot) kernelParams;
          inherit (config.environment) systemPackages;
          inherit (config.boot.kernelPackages) kernel;
          inherit (config.hardware) firmware;
          modules = config.system.modulesTree;
          deviceTree = config.hardware.deviceTree.name;
          etc = map (file: file.source) (builtins.attrValues config.environment.etc);
          configuration = builtins.toJSON {
            inherit (config) fileSystems networking systemd users zramSwap;
            inherit (config.services) displayManager desktopManager logind pipewire upower;
          };
        };
  };
}
