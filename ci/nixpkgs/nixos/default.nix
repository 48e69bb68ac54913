# SPDX-License-Identifier: GPL-2.0-only
#
# nixosSystem: the modules of a configuration on top of the part of NixOS that
# this project's modules and hosts set. What it does not know is an error, as
# with NixOS; what it knows has NixOS' type, default and meaning. Its toplevel
# evaluates and is not meant to be booted.
{
  lib,
  pkgs,
}: {
  modules,
  specialArgs ? {},
}: let
  # With the package set, also after extendModules.
  finish = evaluated:
    evaluated
    // {
      inherit (evaluated._module.args) pkgs;
      extendModules = extension: finish (evaluated.extendModules extension);
    };
in
  finish (lib.evalModules {
    modules =
      [
        ./boot.nix
        ./hardware.nix
        ./services.nix
        ./system.nix
        {_module.args.pkgsOfBuilder = pkgs;}
      ]
      ++ modules;
    specialArgs = {modulesPath = toString ./modules;} // specialArgs;
  })
