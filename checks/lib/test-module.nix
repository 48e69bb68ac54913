# SPDX-License-Identifier: GPL-2.0-only
#
# A module in C that a check needs in its guest: NAME.ko, of a folder with a
# Kbuild.
{
  lib,
  llvmPackages_22,
  kmod,
}: {
  name,
  kernel,
  src,
}:
llvmPackages_22.stdenv.mkDerivation {
  name = "test-module-${name}";
  inherit src;
  nativeBuildInputs = [
    llvmPackages_22.lld
    llvmPackages_22.llvm
    kmod
  ];
  hardeningDisable = ["all"];
  env = (import ../../pkgs/linux {inherit lib;}).forWrappedCompiler llvmPackages_22.stdenv;
  buildPhase = ''
    make -C ${kernel.dev}/lib/modules/${kernel.modDirVersion}/build ARCH=${kernel.arch} LLVM=1 M=$PWD modules
  '';
  installPhase = "install -D -m 644 -t $out ${name}.ko";
  dontStrip = true;
}
