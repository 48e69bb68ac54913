# SPDX-License-Identifier: GPL-2.0-only
#
# The series applies without fuzz or offset; checkpatch and rustfmt are content
# with it, clippy with what it makes of the kernel's Rust side, where every
# warning is an error.
{
  lib,
  callPackage,
  runCommand,
  clippy,
  codespell,
  git,
  hasUml,
  jq,
  linux-source,
  linux-uml,
  openssl,
  perl,
  python3,
  rustfmt,
  zstd,
}: let
  source = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../docs/soundness.md
      ../patches/linux
      ../pkgs/linux/series.sh
      ../pkgs/linux/source.json
    ];
  };

  # The kernel's Rust side once more, looked at by clippy.
  linted = linux-uml.overrideAttrs (old: {
    pname = "linux-rust-clippy";
    outputs = ["out"];
    modules = "";
    nativeBuildInputs = old.nativeBuildInputs ++ [clippy];
    buildPhase = ''
      make -C "$build" $makeFlags -j$NIX_BUILD_CORES CLIPPY=1 KRUSTFLAGS="$KRUSTFLAGS -Dwarnings" prepare
    '';
    installPhase = "touch $out";
  });
in
  runCommand "check-series" {
    nativeBuildInputs = [codespell git jq openssl perl python3 rustfmt zstd];
    linted = lib.optional hasUml linted;
    bindings = callPackage ./bindings.nix {};
  } ''
    export HOME=$PWD
    bash ${source}/pkgs/linux/series.sh unpack tree ${linux-source}
    bash ${source}/pkgs/linux/series.sh check tree
    {
      echo "ok 1 - $(grep -c . ${source}/patches/linux/series) patches apply exactly"
      echo "ok 2 - checkpatch --strict"
      echo "ok 3 - rustfmt"
      echo "ok 4 - clippy: the kernel's Rust side, warnings as errors"
      echo "ok 5 - dt_binding_check and dtbs_check: $(tr '\n' ' ' <$bindings)"
      echo "ok 6 - docs/soundness.md covers each patch that adds unsafe code"
      echo "1..6"
    } >results.tap
    mkdir $out
    cp results.tap $out/
  ''
