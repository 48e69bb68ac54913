# SPDX-License-Identifier: GPL-2.0-only
#
# Finds what Nix code binds and never uses.
{callPackage}:
callPackage ../crate-program.nix {} {
  pname = "deadnix";
  folder = ./.;
}
