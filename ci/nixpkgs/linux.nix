# SPDX-License-Identifier: GPL-2.0-only
#
# linuxManualConfig: a kernel from a finished configuration, with nixpkgs'
# arguments, outputs and checks.
{
  lib,
  stdenv,
  bc,
  bison,
  cpio,
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
    extraMeta ? {},
    stdenv,
  }: let
    isYes = symbol: config."CONFIG_${symbol}" or null == "y";
    isModule = symbol: config."CONFIG_${symbol}" or null == "m";
  in
    stdenv.mkDerivation {
      inherit pname version src;
      outputs = [
        "out"
        "dev"
        "modules"
      ];
      patches = map (entry: entry.patch) kernelPatches;
      nativeBuildInputs =
        [
          bc
          bison
          cpio
          elfutils
          flex
          kmod
          openssl
          perl
          python3Minimal
          rsync
          xz
          zstd
        ]
        ++ lib.optionals (isYes "RUST") [
          rust-bindgen-unwrapped
          rustc-unwrapped
        ];
      env = lib.optionalAttrs (isYes "RUST") {
        RUST_LIB_SRC = rustPlatform.rustLibSrc;
        KRUSTFLAGS = "--remap-path-prefix=${rustPlatform.rustLibSrc}=/";
      };

      makeFlags =
        [
          "ARCH=${stdenv.hostPlatform.linuxArch}"
          "KBUILD_BUILD_TIMESTAMP=@1"
          "KBUILD_BUILD_VERSION=1-NixOS"
          "DTC_FLAGS=-@"
        ]
        ++ extraMakeFlags;
      inherit configfile;
      installDevScript = ../../pkgs/linux/install-dev.sh;

      # Make would hand these variables on to every program it starts.
      configurePhase = ''
        source=$PWD
        mkdir ../build
        build=$(realpath ../build)
        modulesOutput=$modules
        unset modules src
        cp "$configfile" "$build/.config"
        chmod u+w "$build/.config"
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
      buildPhase = ''
        make -C "$build" $makeFlags -j$NIX_BUILD_CORES Image modules dtbs
      '';
      installPhase = ''
        mkdir -p $out
        cp "$build/arch/${stdenv.hostPlatform.linuxArch}/boot/Image" "$build/System.map" $out/
        cp "$build/.config" $out/config
        make -C "$build" $makeFlags INSTALL_DTBS_PATH=$out/dtbs dtbs_install
        make -C "$build" $makeFlags INSTALL_MOD_PATH=$modulesOutput INSTALL_MOD_STRIP=1 modules_install
        rm -f $modulesOutput/lib/modules/*/build
        bash $installDevScript "$source" "$build" ${stdenv.hostPlatform.linuxArch} $dev/lib/modules/${modDirVersion}
      '';

      passthru =
        {
          inherit modDirVersion configfile kernelPatches;
          config =
            config
            // {
              inherit isYes isModule;
              isEnabled = symbol: isYes symbol || isModule symbol;
            };
        }
        // lib.optionalAttrs (features != {}) {inherit features;};
      meta =
        {
          license = lib.licenses.gpl2Only;
          platforms = lib.platforms.linux;
        }
        // extraMeta;
    }
)
