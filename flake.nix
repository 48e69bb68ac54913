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
  in {
    overlays.default = final: _prev: {
      besser = final.callPackage ./pkgs {inherit crane;};
      inherit (final.besser) linux-pinetab2 bes2600;
    };

    packages = eachSystem (pkgs: pkgs.besser.packages);

    checks = eachSystem (pkgs: pkgs.besser.checks);

    # `nix run .#demo`, `nix run .#check`
    apps = eachSystem (pkgs:
      lib.genAttrs ["check" "demo"] (name: {
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
