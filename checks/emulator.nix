# SPDX-License-Identifier: GPL-2.0-only
#
# The tests of the cargo workspace: the emulator, the driver's pure parts, and
# both codecs against each other.
{
  lib,
  callPackage,
  craneLib,
}:
(callPackage ./lib/cargo-tests.nix {}) (
  import ../pkgs/workspace.nix {inherit lib craneLib;}
  // {
    pname = "check-emulator";
    cargoExtraArgs = "--locked --workspace";
  }
)
