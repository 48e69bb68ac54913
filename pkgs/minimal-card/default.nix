# SPDX-License-Identifier: GPL-2.0-only
#
# The smallest card there is behind a virtual SDIO host: an example of the
# crate vsdio-abi.
{
  lib,
  craneLib,
}:
craneLib.buildPackage (
  import ../workspace.nix {inherit lib craneLib;}
  // {
    pname = "minimal-card";
    cargoExtraArgs = "--locked --package vsdio-abi --example minimal-card";
    doCheck = false;
    installPhase = ''
      install -D -t $out/bin target/release/examples/minimal-card
    '';
    meta = {
      description = "The smallest SDIO card for the virtual SDIO host";
      license = lib.licenses.gpl2Only;
      mainProgram = "minimal-card";
    };
  }
)
