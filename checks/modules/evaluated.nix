# SPDX-License-Identifier: GPL-2.0-only
#
# What evaluation alone shows: a list of { name, problem }, where null is none.
{
  lib,
  stdenv,
  bes2600,
  linux-pinetab2,
  linuxPackages-pinetab2,
  nixos,
}: let
  inherit (nixos) nixosConfigurations nixosModules nixosSystem templates;
  linux = import ../../pkgs/linux {inherit lib;};

  # A configuration with these modules of ours, and this one.
  systemWith = ours: module:
    nixosSystem {
      modules =
        ours
        ++ [
          ./minimal.nix
          {nixpkgs.buildPlatform = lib.mkDefault stdenv.buildPlatform.system;}
          module
        ];
    };
  system = systemWith [nixosModules.default];
  configOf = module: (system module).config;

  test = name: problem: {inherit name problem;};
  show = value: builtins.toJSON value;
  equal = name: expected: is:
    test name (
      if is == expected
      then null
      else "expected: ${show expected}\nis:       ${show is}"
    );
  holds = name: condition:
    test name (
      if condition
      then null
      else "does not hold"
    );

  # Assertions of ours that do not hold.
  complaints = config: map (x: x.message) (lib.filter (x: lib.hasPrefix "hardware." x.message && !x.assertion) config.assertions);
  refused = name: module: message: equal "refused: ${name}" [message] (complaints (configOf module));
  mistyped = name: module: select: holds "refused: ${name}" (!(builtins.tryEval (builtins.deepSeq (select (configOf module)) true)).success);

  shared = {inherit bes2600 complaints configOf equal holds lib linux linux-pinetab2 linuxPackages-pinetab2 mistyped nixosConfigurations nixosModules nixosSystem refused system systemWith templates test;};
in
  lib.concatMap (file: import file shared) [
    ./options.nix
    ./generated.nix
    ./refused.nix
    ./kernel.nix
    ./hosts.nix
  ]
