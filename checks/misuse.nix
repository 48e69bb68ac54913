# SPDX-License-Identifier: GPL-2.0-only
#
# What the abstractions of patches/linux forbid does not compile: each snippet
# of checks/misuse is refused with the message it names.
{
  lib,
  llvmPackages_22,
  kmod,
  linux-uml,
  rustc-unwrapped,
}:
llvmPackages_22.stdenv.mkDerivation {
  name = "check-misuse";
  src = ./misuse;
  nativeBuildInputs = [
    llvmPackages_22.lld
    llvmPackages_22.llvm
    kmod
    rustc-unwrapped
  ];
  hardeningDisable = ["all"];
  env = (import ../pkgs/linux {inherit lib;}).forWrappedCompiler llvmPackages_22.stdenv;
  kernelBuild = "${linux-uml.dev}/lib/modules/${linux-uml.modDirVersion}/build";
  buildPhase = ''
    set -o pipefail
    bash ./run $kernelBuild ARCH=um LLVM=1 | tee results.tap
  '';
  installPhase = "install -D -m 644 -t $out results.tap";
  dontFixup = true;
}
