# SPDX-License-Identifier: GPL-2.0-only
#
# The tablet's kernel: its configuration satisfies NixOS and the board's module,
# and users' patches go on top of the series.
{
  configOf,
  equal,
  holds,
  lib,
  linux,
  linux-pinetab2,
  ...
}: let
  required = import ../../modules/pinetab2/required-kernel-config.nix;
  answers = linux.config "arm64";
  satisfied = {
    isYes = answer: answer == "y";
    isModule = answer: answer == "m";
    isEnabled = answer: answer == "y" || answer == "m";
  };
  demand = symbol: let
    answer = answers."CONFIG_${symbol}" or "n";
  in
    equal "CONFIG_${symbol} (${required.${symbol}.why})" {${required.${symbol}.is} = true;} {
      ${required.${symbol}.is} = satisfied.${required.${symbol}.is} answer;
    };

  own = {
    name = "mine";
    patch = ../../patches/linux/series;
    structuredExtraConfig = {
      BTRFS_FS = lib.kernel.module;
      NR_CPUS = lib.kernel.freeform "8";
    };
  };
  patched = (configOf {boot.kernelPatches = [own];}).boot.kernelPackages.kernel;
  series = map (patch: lib.removeSuffix ".patch" (baseNameOf patch)) linux.patches;
in
  map demand (lib.attrNames required)
  ++ [
    (equal "own patches go on top of the series" (series ++ ["mine"]) (map (patch: patch.name) patched.kernelPatches))
    (equal "their structuredExtraConfig goes on top of the configuration" ["m" "8" "y"]
      (map (symbol: patched.config."CONFIG_${symbol}") ["BTRFS_FS" "NR_CPUS" "RUST"]))
    (holds "they make another kernel" (patched.outPath != linux-pinetab2.outPath))
  ]
