# SPDX-License-Identifier: GPL-2.0-only
#
# One of the modules in driver/, for a kernel.
{
  lib,
  llvmPackages_22,
  kernel,
  kmod,
  rustc-unwrapped,
  clippy,
  # The folder in driver/, and the module in it.
  name,
  # Only look at it, with clippy, and take no warning.
  lint ? false,
}: let
  linux = import ../linux {inherit lib;};
  inherit (llvmPackages_22) stdenv;
in
  stdenv.mkDerivation {
    pname = name + lib.optionalString lint "-clippy";
    version = kernel.modDirVersion;
    src = lib.fileset.toSource {
      root = ../../driver;
      fileset = ../../driver;
    };

    nativeBuildInputs =
      [
        llvmPackages_22.lld
        llvmPackages_22.llvm
        kmod
        rustc-unwrapped
      ]
      ++ lib.optional lint clippy;
    hardeningDisable = ["all"];
    env =
      removeAttrs linux.reproducible ["KBUILD_BUILD_VERSION"]
      // linux.forWrappedCompiler stdenv;

    kernelBuild = "${kernel.dev}/lib/modules/${kernel.modDirVersion}/build";
    # As the kernel was compiled: linuxManualConfig says how.
    makeFlags =
      kernel.commonMakeFlags
      or [
        "ARCH=${kernel.arch}"
        "LLVM=1"
      ]
      ++ lib.optionals lint ["CLIPPY=1" "KRUSTFLAGS=-Dwarnings"];
    # To modpost, srcversion is that of this file alone. Receipts go by it, so it
    # is made that of all sources.
    buildPhase = ''
      printf 'const _: &str = "%s";\n' $(find . -name '*.rs' | LC_ALL=C sort | xargs cat | sha256sum | cut -c 1-64) >>${name}/${name}.rs
      make -C $kernelBuild $makeFlags M=$PWD/${name} -j$NIX_BUILD_CORES modules
    '';
    installPhase = ''
      install -D -m 644 -t $out/lib/modules/${kernel.modDirVersion}/updates ${name}/${name}.ko
    '';
    dontStrip = true;

    passthru = {inherit kernel;};
    meta = {
      description = "Linux kernel module ${name}, written in Rust";
      license = lib.licenses.gpl2Only;
      platforms = lib.platforms.linux;
    };
  }
