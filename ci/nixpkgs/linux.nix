# SPDX-License-Identifier: GPL-2.0-only
#
# linuxManualConfig: a kernel from a finished configuration, with nixpkgs'
# arguments, outputs and checks. Unlike nixpkgs', it compiles the unpatched
# source first, as a derivation of its own: a change of the patches then
# compiles what they touch and no more.
{
  lib,
  bc,
  bison,
  cpio,
  elfutils,
  flex,
  kmod,
  llvmPackages_22,
  openssl,
  perl,
  python3Minimal,
  rsync,
  rust-bindgen-unwrapped,
  rustPlatform,
  rustc-unwrapped,
  writeText,
  xz,
  zstd,
}:
lib.makeOverridable (
  {
    pname,
    version,
    modDirVersion,
    src,
    configfile,
    config,
    kernelPatches ? [],
    extraMakeFlags ? [],
    features ? {},
    # For a plugin of GCC
    randstructSeed ? "",
    extraMeta ? {},
    stdenv,
  }: let
    arch = stdenv.hostPlatform.linuxArch;
    commonMakeFlags = ["ARCH=${arch}"] ++ extraMakeFlags;

    getValue = symbol: config."CONFIG_${symbol}" or null;
    isSet = symbol: config ? "CONFIG_${symbol}";
    isYes = symbol: getValue symbol == "y";
    isNo = symbol: getValue symbol == "n";
    isModule = symbol: getValue symbol == "m";
    isEnabled = symbol: isYes symbol || isModule symbol;
    isDisabled = symbol: !isSet symbol || isNo symbol;

    common = {
      inherit version src;
      nativeBuildInputs = [
        bc
        bison
        cpio
        elfutils
        flex
        kmod
        llvmPackages_22.lld
        llvmPackages_22.llvm
        openssl
        perl
        python3Minimal
        rsync
        rust-bindgen-unwrapped
        rustc-unwrapped
        xz
        zstd
      ];
      env = {
        RUST_LIB_SRC = rustPlatform.rustLibSrc;
        KRUSTFLAGS = "--remap-path-prefix=${rustPlatform.rustLibSrc}=/";
      };
      makeFlags =
        [
          "ARCH=${arch}"
          "KBUILD_BUILD_TIMESTAMP=@1"
          "KBUILD_BUILD_VERSION=1-NixOS"
          "DTC_FLAGS=-@"
        ]
        ++ extraMakeFlags;
      # Make goes by time stamps: what comes from the archive is as old as what
      # a build in the store left, and what a patch touches is younger.
      prePatch = ''
        patchShebangs scripts
        find . -exec touch -h -d @1 {} +
      '';
      dontFixup = true;
    };

    # Make would hand these variables on to every program it starts.
    folders = ''
      source=$PWD
      build=$(realpath ..)/objects
      mkdir -p "$build"
      modulesOutput=''${modules:-}
      unset modules src
    '';
    buildAll = ''
      make -C "$build" $makeFlags -j$NIX_BUILD_CORES Image modules dtbs
    '';

    objects = stdenv.mkDerivation (common
      // {
        pname = "${pname}-objects";
        wanted = writeText "wanted.config" (lib.concatStrings (lib.mapAttrsToList (symbol: value: "${symbol}=${value}\n") config));
        configurePhase =
          folders
          + ''
            make O="$build" $makeFlags KCONFIG_ALLCONFIG="$wanted" allnoconfig
          '';
        buildPhase = buildAll;
        installPhase = ''cp -r "$build" $out'';
      });
  in
    stdenv.mkDerivation (common
      // {
        inherit pname objects configfile;
        outputs = ["out" "dev" "modules"];
        patches = lib.filter (patch: patch != null) (map (entry: entry.patch) kernelPatches);
        installDevScript = ../../pkgs/linux/install-dev.sh;

        configurePhase =
          folders
          + ''
            cp -r --preserve=timestamps $objects/. "$build/"
            chmod -R u+w "$build"
            cp "$configfile" "$build/.config"
            make O="$build" $makeFlags oldconfig </dev/null >/dev/null
            diff <(grep '^CONFIG_' "$configfile" | sort) <(grep '^CONFIG_' "$build/.config" | sort) || {
              echo "the configuration changed: the configfile was made by other tools" >&2
              exit 1
            }
            make O="$build" $makeFlags prepare
            release=$(cat "$build/include/config/kernel.release")
            if [ "$release" != ${modDirVersion} ]; then
              echo "modDirVersion is ${modDirVersion}, the kernel says $release" >&2
              exit 1
            fi
          '';
        buildPhase = buildAll;
        installPhase = ''
          mkdir -p $out
          cp "$build/arch/${arch}/boot/Image" "$build/System.map" $out/
          cp "$build/.config" $out/config
          make -C "$build" $makeFlags INSTALL_DTBS_PATH=$out/dtbs dtbs_install
          make -C "$build" $makeFlags INSTALL_MOD_PATH=$modulesOutput INSTALL_MOD_STRIP=1 modules_install
          rm -f $modulesOutput/lib/modules/*/build
          bash $installDevScript "$source" "$build" ${arch} $dev/lib/modules/${modDirVersion}
        '';

        passthru = {
          inherit version modDirVersion configfile kernelPatches objects commonMakeFlags features randstructSeed stdenv;
          target = "Image";
          buildDTBs = true;
          withRust = isYes "RUST";
          isZen = false;
          baseVersion = lib.head (lib.splitString "-rc" version);
          kernelOlder = lib.versionOlder version;
          kernelAtLeast = lib.versionAtLeast version;
          config = {inherit getValue isDisabled isEnabled isModule isNo isSet isYes;} // config;
        };
        meta =
          {
            license = lib.licenses.gpl2Only;
            platforms = lib.platforms.linux;
          }
          // extraMeta;
      })
)
