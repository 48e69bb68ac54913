# SPDX-License-Identifier: GPL-2.0-only
#
# What every build of the measuring tool starts from. A workspace of its own: a
# change to it is no reason to build the emulator again.
{
  lib,
  craneLib,
}: let
  common = {
    pname = "besser";
    inherit ((lib.importTOML ../../tool/Cargo.toml).package) version;
    src = lib.fileset.toSource {
      root = ../../tool;
      fileset = ../../tool;
    };
    strictDeps = true;
  };
in
  common // {cargoArtifacts = craneLib.buildDepsOnly common;}
