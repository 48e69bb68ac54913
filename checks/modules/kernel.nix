# SPDX-License-Identifier: GPL-2.0-only
#
# The tablet's kernel: its configuration satisfies NixOS and the board's module,
# and users' patches go on top of the series.
{
  bes2600,
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

  # What docs/pinetab2.md says the configuration leaves out, and does not
  leftOut = let
    page = builtins.readFile ../../docs/pinetab2.md;
    table = lib.elemAt (lib.splitString "## What the kernel's configuration leaves out" page) 1;
    columns = map (row: lib.elemAt (lib.splitString "|" row) 1) (lib.filter (lib.hasPrefix "| `") (lib.splitString "\n" table));
    symbolsIn = column: lib.filter (word: builtins.match "[A-Z0-9_]+" word != null) (lib.splitString "`" column);
  in
    lib.concatMap symbolsIn columns;

  # With a compiler that is a script around another one, as nixpkgs has them
  wrapped = package:
    package.override ({llvmPackages_22, ...}: {
      llvmPackages_22 = lib.recursiveUpdate llvmPackages_22 {
        stdenv.cc.cc = {
          name = "clang";
          type = "derivation";
          outPath = "/clang";
          meta.mainProgram = "clang";
        };
      };
    });

  own = {
    name = "mine";
    patch = ../../patches/linux/series;
    structuredExtraConfig = {
      BTRFS_FS = lib.kernel.module;
      NR_CPUS = lib.kernel.freeform "8";
    };
  };
  plain = (configOf {}).boot.kernelPackages;
  patched = (configOf {boot.kernelPatches = [own];}).boot.kernelPackages.kernel;
  series = map (patch: lib.removeSuffix ".patch" (baseNameOf patch)) linux.patches;
in
  map demand (lib.attrNames required)
  ++ [
    (holds "docs/pinetab2.md lists symbols that are left out" (lib.elem "DMIID" leftOut))
    (equal "docs/pinetab2.md lists none that are there" [] (lib.filter (symbol: answers ? "CONFIG_${symbol}") leftOut))
    (holds "its configuration is what the compiler itself can do" (
      builtins.match ".* -- CC=/.*/bin/clang\n" (builtins.unsafeDiscardStringContext (wrapped linux-pinetab2).configfile.configurePhase) != null
    ))
    (equal "options that the script adds are no errors" "-Wno-unused-command-line-argument" (wrapped bes2600).NIX_CFLAGS_COMPILE)
    (equal "the driver is compiled as the kernel is" linux-pinetab2.commonMakeFlags bes2600.makeFlags)
    (holds "its version is known to NixOS" (
      plain.kernelAtLeast linux.version && plain.kernelOlder "${linux.version}.1" && !plain.kernelOlder linux.version
    ))
    (equal "no patches but the series" series (map (patch: patch.name) linux-pinetab2.kernelPatches))
    (equal "own patches go on top of the series" (series ++ ["mine"]) (map (patch: patch.name) patched.kernelPatches))
    (equal "their structuredExtraConfig goes on top of the configuration" ["m" "8" "y"]
      (map (symbol: patched.config."CONFIG_${symbol}") ["BTRFS_FS" "NR_CPUS" "RUST"]))
    (holds "they make another kernel" (patched.outPath != linux-pinetab2.outPath))
  ]
