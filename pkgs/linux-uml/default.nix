# SPDX-License-Identifier: GPL-2.0-only
#
# Linux as an ordinary program: boots in a fraction of a second on any x86-64
# machine, without KVM. The checks run in it.
{
  lib,
  llvmPackages_22,
  linux-source,
  bc,
  bison,
  elfutils,
  flex,
  kmod,
  openssl,
  perl,
  python3Minimal,
  rsync,
  rust-bindgen-unwrapped,
  rustPlatform,
  rustc-unwrapped,
  zstd,
  # Every detector of the kernel on.
  debug ? false,
}: let
  linux = import ../linux {inherit lib;};
  kernel =
    if debug
    then "uml-debug"
    else "uml";
in
  llvmPackages_22.stdenv.mkDerivation {
    pname = "linux-${kernel}";
    inherit (linux) version patches;
    src = linux-source;

    outputs = [
      "out"
      "dev"
      "modules"
    ];

    nativeBuildInputs = [
      llvmPackages_22.lld
      llvmPackages_22.llvm
      bc
      bison
      elfutils
      flex
      kmod
      openssl
      perl
      python3Minimal
      rsync
      rust-bindgen-unwrapped
      rustc-unwrapped
      zstd
    ];
    hardeningDisable = ["all"];

    makeFlags = [
      "ARCH=um"
      "LLVM=1"
    ];
    fragments = linux.fragments kernel;
    configureScript = ../linux/configure.sh;
    installDevScript = ../linux/install-dev.sh;
    env =
      linux.reproducible
      // {
        LLVM = "1";
        RUST_LIB_SRC = rustPlatform.rustLibSrc;
        KRUSTFLAGS = "--remap-path-prefix=${rustPlatform.rustLibSrc}=/";
      };

    postPatch = "patchShebangs scripts";
    configurePhase = ''
      source=$PWD build=$PWD/../build
      mkdir "$build"
      build=$(realpath "$build")
      bash $configureScript "$source" "$build" um $fragments
    '';
    buildPhase = ''
      make -C "$build" $makeFlags -j$NIX_BUILD_CORES
    '';
    installPhase = ''
      mkdir -p $out
      cp "$build/linux" "$build/System.map" $out/
      cp "$build/.config" $out/config
      make -C "$build" $makeFlags INSTALL_MOD_PATH=$modules modules_install
      rm -f $modules/lib/modules/*/build
      bash $installDevScript "$source" "$build" um,x86 $dev/lib/modules/${linux.modDirVersion}
    '';
    dontStrip = true;

    passthru = {
      inherit (linux) modDirVersion;
      inherit kernel;
      arch = "um";
      config = linux.config kernel;
    };

    meta = {
      description = "User-mode Linux with Rust, SDIO and mac80211" + lib.optionalString debug ", all detectors on";
      license = lib.licenses.gpl2Only;
      platforms = ["x86_64-linux"];
      mainProgram = "linux";
    };
  }
