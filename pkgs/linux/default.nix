# SPDX-License-Identifier: GPL-2.0-only
#
# What all kernels here have in common: the pinned version, the series, and
# which configuration fragments make which kernel.
{lib}: let
  lines = file: lib.splitString "\n" (builtins.readFile file);
  kernels = lib.importJSON ./kernels.json;
  fragment = name: ./config + "/${name}.config";
in rec {
  inherit (lib.importJSON ./source.json) version path hash;
  modDirVersion = version;

  # patches/linux/series names the patches, one a line, in order.
  patches = map (name: ../../patches/linux + "/${name}") (
    lib.filter (line: line != "" && !lib.hasPrefix "#" line) (lines ../../patches/linux/series)
  );

  fragments = kernel: map fragment kernels.${kernel}.fragments;

  # Those that a kernel without the series knows, too.
  baseFragments = kernel: map fragment (lib.filter (name: name != "series") kernels.${kernel}.fragments);

  # { CONFIG_RUST = "y"; ... }: what the fragments ask for. configure.sh proves
  # that the kernel has it, so nothing needs to be built to know it.
  config = kernel:
    lib.listToAttrs (
      lib.concatMap (
        line: let
          symbol = builtins.match "(CONFIG_[A-Za-z0-9_]+)=(.*)" line;
        in
          lib.optional (symbol != null) {
            name = lib.elemAt symbol 0;
            value = lib.elemAt symbol 1;
          }
      ) (lib.concatMap lines (fragments kernel))
    );

  # The same source, toolchain and configuration give the same bits.
  reproducible = {
    KBUILD_BUILD_USER = "nix";
    KBUILD_BUILD_HOST = "nix";
    KBUILD_BUILD_VERSION = "1";
    KBUILD_BUILD_TIMESTAMP = "@1";
  };

  # nixpkgs' compiler is a script that adds options for programs. User-mode Linux
  # is a program and needs them; but its makefiles make an error of options that
  # an object file has no use for.
  forWrappedCompiler = stdenv:
    lib.optionalAttrs (stdenv.cc ? cc) {
      NIX_CFLAGS_COMPILE = "-Wno-unused-command-line-argument";
      # Of another name for the same target
      NIX_CC_WRAPPER_SUPPRESS_TARGET_WARNING = "1";
    };

  # Make goes by time stamps: all that comes from the archive is as old as what
  # a build in the Nix store left, and what a patch touches is younger.
  prepareSource = ''
    patchShebangs scripts
    find . -exec touch -h -d @1 {} +
  '';
  findFolders = ''
    source=$PWD
    build=$(realpath ..)/objects
    mkdir -p "$build"
  '';
  startFromObjects = ''
    cp -r --preserve=timestamps $objects/. "$build/"
    chmod -R u+w "$build"
  '';
}
