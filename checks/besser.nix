# SPDX-License-Identifier: GPL-2.0-only
#
# The tests of the measuring tool: its statistics by experiments whose truth is
# known, and whole experiments with a runner that measures nothing.
{
  lib,
  callPackage,
  craneLib,
}:
(callPackage ./lib/cargo-tests.nix {}) (
  import ../pkgs/besser/workspace.nix {inherit lib craneLib;}
  // {
    pname = "check-besser";
    cargoExtraArgs = "--locked";
  }
)
