# SPDX-License-Identifier: GPL-2.0-only
#
# The programs of the guest that boots the tablet's kernel: its tests and
# the emulator, for the tablet's architecture and static.
{
  lib,
  craneLib,
  stdenv,
}: let
  # Linked in another way than the workspace's other builds, so dependencies
  # are compiled once for this, too.
  common =
    removeAttrs (import ../workspace.nix {inherit lib craneLib;}) ["cargoArtifacts"]
    // {
      pname = "vm-guest";
      cargoExtraArgs = "--locked --package vm-guest --package bes2600-emulator";
      RUSTFLAGS = "-C target-feature=+crt-static";
      buildInputs = lib.optional (stdenv.cc.libc.static or null != null) stdenv.cc.libc.static;
    };
in
  craneLib.buildPackage (
    common
    // {
      cargoArtifacts = craneLib.buildDepsOnly common;
      doCheck = false;
      meta = {
        description = "Tests and the emulated chip for the guest of the check vm-boot";
        license = lib.licenses.gpl2Only;
        platforms = ["aarch64-linux"];
      };
    }
  )
