# SPDX-License-Identifier: GPL-2.0-only
{
  description = "The flake one folder up, with stand-ins for its inputs: for machines without a Nix binary cache";

  inputs = {
    nixpkgs.url = "path:./nixpkgs";
    crane.url = "path:./crane";
    project = {
      url = "path:..";
      inputs.nixpkgs.follows = "nixpkgs";
      inputs.crane.follows = "crane";
    };
  };

  outputs = {project, ...}: {
    inherit
      (project.outputs)
      apps
      checks
      devShells
      formatter
      hydraJobs
      legacyPackages
      nixosConfigurations
      nixosModules
      overlays
      packages
      templates
      ;
  };
}
