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

  common = {
    inherit (linux) version;
    src = linux-source;
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
    makeFlags = ["ARCH=um" "LLVM=1"];
    fragments = linux.fragments kernel;
    env =
      linux.reproducible
      // linux.forWrappedCompiler llvmPackages_22.stdenv
      // {
        LLVM = "1";
        RUST_LIB_SRC = rustPlatform.rustLibSrc;
        KRUSTFLAGS = "--remap-path-prefix=${rustPlatform.rustLibSrc}=/";
      };
    dontStrip = true;
    dontFixup = true;
  };

  # The kernel without the series: what make starts from, so that a change of
  # the series compiles what it touches and no more.
  objects = llvmPackages_22.stdenv.mkDerivation (common
    // {
      pname = "linux-${kernel}-objects";
      fragments = linux.baseFragments kernel;
      postPatch = linux.prepareSource;
      configurePhase = linux.findFolders;
      buildPhase = ''
        cat $fragments >"$build/fragments.config"
        make -C "$source" O="$build" $makeFlags KCONFIG_ALLCONFIG="$build/fragments.config" allnoconfig
        make -C "$build" $makeFlags -j$NIX_BUILD_CORES
      '';
      installPhase = ''cp -r "$build" $out'';
    });
in
  llvmPackages_22.stdenv.mkDerivation (common
    // {
      pname = "linux-${kernel}";
      inherit (linux) patches;
      outputs = ["out" "dev" "modules"];
      inherit objects;
      configureScript = ../linux/configure.sh;
      installDevScript = ../linux/install-dev.sh;

      prePatch = linux.prepareSource;
      configurePhase =
        linux.findFolders
        + ''
          # Make would hand these on to every program it starts.
          modulesOutput=$modules
          unset modules src
          ${linux.startFromObjects}
          bash $configureScript "$source" "$build" um $fragments
        '';
      buildPhase = ''
        make -C "$build" $makeFlags -j$NIX_BUILD_CORES
      '';
      installPhase = ''
        mkdir -p $out
        cp "$build/linux" "$build/System.map" $out/
        cp "$build/.config" $out/config
        make -C "$build" $makeFlags INSTALL_MOD_PATH=$modulesOutput modules_install
        rm -f $modulesOutput/lib/modules/*/build
        bash $installDevScript "$source" "$build" um,x86 $dev/lib/modules/${linux.modDirVersion}
      '';

      passthru = {
        inherit (linux) modDirVersion;
        inherit kernel objects;
        arch = "um";
        config = linux.config kernel;
      };

      meta = {
        description = "User-mode Linux with Rust, SDIO and mac80211" + lib.optionalString debug ", all detectors on";
        license = lib.licenses.gpl2Only;
        platforms = ["x86_64-linux"];
        mainProgram = "linux";
      };
    })
