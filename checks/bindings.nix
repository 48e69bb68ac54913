# SPDX-License-Identifier: GPL-2.0-only
#
# Part of the check series: the binding documents of the series are valid, and
# the tablet's device trees keep to them.
{
  lib,
  llvmPackages_22,
  linux-source,
  bison,
  dtc,
  flex,
  perl,
  python3,
  python3Packages,
  which,
  yamllint,
  zstd,
}: let
  linux = import ../pkgs/linux {inherit lib;};
in
  llvmPackages_22.stdenv.mkDerivation {
    name = "check-bindings";
    src = linux-source;
    inherit (linux) patches;
    nativeBuildInputs = [
      llvmPackages_22.lld
      llvmPackages_22.llvm
      bison
      dtc
      flex
      perl
      python3
      python3Packages.dtschema
      which
      yamllint
      zstd
    ];
    postPatch = "patchShebangs scripts";
    configurePhase = ''
      printf 'CONFIG_ARCH_ROCKCHIP=y\n' >wanted.config
      make ARCH=arm64 LLVM=1 O=build KCONFIG_ALLCONFIG=$PWD/wanted.config allnoconfig
      documents=$(sed -nE 's,^\+\+\+ b/Documentation/devicetree/bindings/(.*\.yaml)$,\1,p' $patches | sort -u | paste -sd:)
      [ -n "$documents" ] || { echo "the series has no binding document"; exit 1; }
    '';
    buildPhase = ''
      make ARCH=arm64 LLVM=1 O=build -j$NIX_BUILD_CORES dt_binding_check DT_SCHEMA_FILES="$documents" 2>&1 | tee binding.log
      boards=$(cd arch/arm64/boot/dts && echo rockchip/rk3566-pinetab2-v*.dts)
      make ARCH=arm64 LLVM=1 O=build -j$NIX_BUILD_CORES CHECK_DTBS=y DT_SCHEMA_FILES="$documents" ''${boards//.dts/.dtb} 2>&1 | tee board.log
    '';
    # Other documents' faults are not the series'.
    installPhase = ''
      names=$(basename -a $(echo "$documents" | tr : ' ') | sed 's/\.yaml$//')
      if grep -F "$names" binding.log | grep -vE '^ +(DTEX|DTC)' || grep -E '\.dtb: |[Ww]arning' board.log; then
        echo "the binding documents or the boards have faults"
        exit 1
      fi
      echo "$documents" | tr : '\n' >$out
    '';
    dontFixup = true;
  }
