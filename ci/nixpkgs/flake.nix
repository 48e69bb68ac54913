# SPDX-License-Identifier: GPL-2.0-only
{
  description = "The part of nixpkgs that this project uses, made of a Debian machine's own toolchain";

  # Written by ci/set-up: the versions of the Debian packages behind the tools.
  inputs.host = {
    url = "path:/var/lib/nix-host";
    flake = false;
  };

  outputs = {host, ...}: let
    lib = import ./lib.nix;
    legacyPackages.x86_64-linux = import ./. {
      inherit lib;
      debianPackages = lib.importJSON (host + "/packages.json");
    };
  in {
    inherit legacyPackages;
    lib =
      lib
      // {
        nixosSystem = import ./nixos {
          inherit lib;
          pkgs = legacyPackages.x86_64-linux;
        };
      };
  };
}
