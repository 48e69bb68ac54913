# SPDX-License-Identifier: GPL-2.0-only
{
  lib,
  craneLib,
}:
craneLib.buildPackage (
  import ../workspace.nix {inherit lib craneLib;}
  // {
    pname = "bes2600-emulator";
    cargoExtraArgs = "--locked --package bes2600-emulator";
    # The check of the same name runs the tests.
    doCheck = false;
    meta = {
      description = "The BES2600 Wi-Fi chip as a program: the card behind a virtual SDIO host";
      license = lib.licenses.gpl2Only;
      mainProgram = "bes2600-emulator";
    };
  }
)
