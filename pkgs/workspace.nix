# SPDX-License-Identifier: GPL-2.0-only
#
# What every build of the cargo workspace starts from.
{
  lib,
  craneLib,
}: let
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../Cargo.toml
      ../Cargo.lock
      ../driver/logic
      ../driver/vsdio/abi
      ../driver/vsdio/abi.rs
      ../emulator
      ../guest
    ];
  };
  version = (lib.importTOML ../Cargo.toml).workspace.package.version;
  common = {
    pname = "bes2600-workspace";
    inherit src version;
    strictDeps = true;
  };
in
  common // {cargoArtifacts = craneLib.buildDepsOnly common;}
