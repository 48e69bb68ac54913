# SPDX-License-Identifier: GPL-2.0-only
{
  description = "NixOS on my PineTab2";

  # The name is from your flake registry: nix registry add besser ADDRESS
  inputs.besser.url = "flake:besser";

  outputs = {besser, ...}: {
    # With besser's own nixpkgs, kernel and driver are those that its checks ran
    # with, and a cache can have them. `nix flake update` moves all of it on.
    nixosConfigurations.pinetab2 = besser.inputs.nixpkgs.lib.nixosSystem {
      modules = [
        besser.nixosModules.default
        ./tablet.nix
        {nixpkgs.hostPlatform = "aarch64-linux";}
      ];
    };
  };
}
