# SPDX-License-Identifier: GPL-2.0-only
{
  description = "Linux for the PineTab2 with a Rust driver for its BES2600 Wi-Fi chip";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    crane.url = "github:ipetkov/crane";
  };

  outputs = {
    self,
    nixpkgs,
    crane,
  }: let
    inherit (nixpkgs) lib;

    # The stand-in for nixpkgs (ci/) knows one system only.
    systems = lib.filter (system: nixpkgs.legacyPackages ? ${system}) [
      "x86_64-linux"
      "aarch64-linux"
    ];
    eachSystem = f:
      lib.genAttrs systems (system: f (nixpkgs.legacyPackages.${system}.extend self.overlays.default));

    # The host, built on machines of this kind.
    hostFor = pkgs:
      if pkgs.stdenv.hostPlatform.isAarch64
      then self.nixosConfigurations.pinetab2
      else self.nixosConfigurations.pinetab2-cross;
    imageWith = host: module:
      (host.extendModules {modules = [./hosts/pinetab2/image.nix module];}).config.system.build.sdImage;
  in {
    overlays.default = final: _prev: {
      besser = final.callPackage ./pkgs {
        inherit crane;
        nixos = {
          inherit (nixpkgs.lib) nixosSystem;
          inherit (self) nixosConfigurations nixosModules templates;
        };
      };
      inherit (final.besser) bes2600 linux-pinetab2;
    };

    nixosModules = let
      withPackages = module: {
        imports = [module];
        nixpkgs.overlays = [self.overlays.default];
      };
    in {
      bes2600 = withPackages ./modules/bes2600;
      pinetab2 = withPackages ./modules/pinetab2;
      default = withPackages ./modules;
    };

    # The host as it is built on a tablet or another arm64 machine, and from x86-64.
    nixosConfigurations = {
      pinetab2 = nixpkgs.lib.nixosSystem {
        modules = [
          self.nixosModules.default
          ./hosts/pinetab2
          {nixpkgs.hostPlatform = "aarch64-linux";}
        ];
      };
      pinetab2-cross = self.nixosConfigurations.pinetab2.extendModules {
        modules = [{nixpkgs.buildPlatform = "x86_64-linux";}];
      };
    };

    packages = eachSystem (
      pkgs:
        pkgs.besser.flakePackages
        # Images of the host: for SD cards, for the eMMC, and for the first boards.
        // lib.mapAttrs (_: imageWith (hostFor pkgs)) {
          sd-image = {};
          sd-image-v0_1.hardware.pinetab2.revision = "v0.1";
          emmc-image.sdImage.rootVolumeLabel = "NIXOS_EMMC";
        }
    );

    # Sets of packages, and the boot loader.
    legacyPackages = eachSystem (pkgs:
      {
        inherit (pkgs.besser) linuxPackages-pinetab2 uboot-pinetab2 bes2600-variants-pinetab2;
      }
      // lib.optionalAttrs pkgs.besser.hasUml {
        inherit (pkgs.besser) bes2600-variants;
      });

    templates = {
      tablet = {
        path = ./templates/tablet;
        description = "NixOS for your PineTab2";
        welcomeText = "Look through tablet.nix, then: nixos-rebuild switch --flake .#pinetab2";
      };
      default = self.templates.tablet;
    };

    checks = eachSystem (pkgs: pkgs.besser.checks);

    # `nix run .#demo`, `nix run .#check`, `nix run .#besser -- list`
    apps = eachSystem (pkgs:
      lib.genAttrs (["besser" "check" "demo"] ++ lib.optional pkgs.besser.hasUml "bench") (name: {
        type = "app";
        program = lib.getExe pkgs.besser.${name};
        meta.description = pkgs.besser.${name}.meta.description;
      }));

    devShells = eachSystem (pkgs: {
      default = pkgs.besser.shell;
    });

    formatter = eachSystem (pkgs: pkgs.besser.formatter);

    # What Hydra builds: a machine with nixpkgs' cache and ours needs nothing else.
    hydraJobs = {
      inherit (self) packages checks;
    };
  };
}
