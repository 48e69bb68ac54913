# SPDX-License-Identifier: GPL-2.0-only
#
# The tablet's kernel. Users' kernelPatches go on top of the series, and so does
# their structuredExtraConfig on top of the fragments:
# linux-pinetab2.override { kernelPatches = [ ... ]; }
{
  lib,
  llvmPackages_22,
  buildPackages,
  linuxManualConfig,
  linux-source,
  bison,
  flex,
  perl,
  python3Minimal,
  rust-bindgen-unwrapped,
  rustPlatform,
  rustc-unwrapped,
  zstd,
  writeText,
  kernelPatches ? [],
  # What else NixOS overrides in a kernel
  randstructSeed ? "",
  features ? {},
}: let
  linux = import ../linux {inherit lib;};
  inherit (llvmPackages_22) stdenv;
  series =
    map (patch: {
      name = lib.removeSuffix ".patch" (baseNameOf patch);
      inherit patch;
    })
    linux.patches;

  # What patches ask of the configuration, as one more fragment.
  extraConfig = lib.concatMap (entry:
    lib.mapAttrsToList (symbol: answer: {
      name = "CONFIG_${symbol}";
      value = answer.freeform or answer.tristate;
    }) (entry.structuredExtraConfig or {}))
  kernelPatches;
  extraFragment = writeText "kernel-patches.config" (lib.concatMapStrings ({
    name,
    value,
  }: "${name}=${value}\n")
  extraConfig);

  # LLVM throughout: one toolchain for C and Rust.
  llvmFlags = [
    "LLVM=1"
    "LD=ld.lld"
    "AR=llvm-ar"
    "NM=llvm-nm"
    "OBJCOPY=llvm-objcopy"
    "OBJDUMP=llvm-objdump"
    "READELF=llvm-readelf"
    "STRIP=llvm-strip"
  ];
  llvmTools = [
    buildPackages.llvmPackages_22.lld
    buildPackages.llvmPackages_22.llvm
  ];

  # nixpkgs' compiler is a script that adds options for programs, around the one
  # that kernels are compiled by; what that one can do is in the configuration.
  # The script compiles what make itself runs: as clang, a name that only the
  # one for the builder has.
  builder = buildPackages.llvmPackages_22.stdenv;
  compiler = lib.optionalString (stdenv.cc ? cc) " -- CC=${lib.getExe stdenv.cc.cc}";

  # The fragments as a full configuration; the build fails when a symbol that
  # they ask for is lost.
  configfile = builder.mkDerivation {
    name = "linux-pinetab2-config";
    src = linux-source;
    # A patch may be about the configuration alone.
    patches = lib.filter (patch: patch != null) (map (entry: entry.patch) (series ++ kernelPatches));
    nativeBuildInputs =
      llvmTools
      ++ [
        bison
        flex
        perl
        python3Minimal
        rust-bindgen-unwrapped
        rustc-unwrapped
        zstd
      ];
    env = {
      LLVM = "1";
      RUST_LIB_SRC = rustPlatform.rustLibSrc;
    };
    fragments = linux.fragments "arm64" ++ lib.optional (extraConfig != []) extraFragment;
    configureScript = ../linux/configure.sh;
    postPatch = "patchShebangs scripts";
    configurePhase = ''
      bash $configureScript "$PWD" "$PWD/build" arm64 $fragments${compiler}
    '';
    dontBuild = true;
    installPhase = "cp build/.config $out";
    dontFixup = true;
  };
in
  (linuxManualConfig {
    pname = "linux-pinetab2";
    inherit (linux) version modDirVersion;
    inherit configfile randstructSeed stdenv;
    src = linux-source;
    config = linux.config "arm64" // lib.listToAttrs extraConfig;
    kernelPatches = series ++ kernelPatches;
    extraMakeFlags =
      llvmFlags
      ++ lib.mapAttrsToList (name: value: "${name}=${value}") {
        inherit (linux.reproducible) KBUILD_BUILD_USER KBUILD_BUILD_HOST;
      };
    extraMeta = {
      description = "Linux for the PineTab2, with the abstractions its Rust Wi-Fi driver needs";
      platforms = ["aarch64-linux"];
    };
  })
  .overrideAttrs
  (old: {
    nativeBuildInputs = old.nativeBuildInputs ++ llvmTools;
    passthru =
      old.passthru
      // {
        # NixOS trusts a kernel with this attribute and asserts no symbols; they
        # are asserted by the modules here, and the check of that name.
        inherit features;
      };
  })
