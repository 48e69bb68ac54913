# SPDX-License-Identifier: GPL-2.0-only
{
  description = "The part of crane that this project uses, for the stand-in for nixpkgs";

  outputs = _: {
    mkLib = pkgs: import ./lib.nix {inherit pkgs;};
  };
}
