# SPDX-License-Identifier: GPL-2.0-only
#
# The programs of the guest that boots the tablet's kernel: its process 1 and
# the emulator, for the tablet's architecture and static.
{
  lib,
  craneLib,
  stdenv,
}:
craneLib.buildPackage (
  removeAttrs (import ../workspace.nix {inherit lib craneLib;}) ["cargoArtifacts"]
  // {
    pname = "vm-guest";
    cargoExtraArgs = "--locked --package vm-init --package bes2600-emulator";
    RUSTFLAGS = "-C target-feature=+crt-static";
    buildInputs = lib.optional (stdenv.cc.libc.static or null != null) stdenv.cc.libc.static;
    doCheck = false;
    meta = {
      description = "Process 1 and the emulated chip for the guest of the check vm-boot";
      license = lib.licenses.gpl2Only;
      platforms = ["aarch64-linux"];
    };
  }
)
