# SPDX-License-Identifier: GPL-2.0-only
#
# The scope of this project's packages: each in its folder, listed here.
{
  lib,
  pkgs,
  newScope,
  stdenv,
  pkgsCross,
  alejandra,
  crane,
}: let
  # The tablet's side: built natively on arm64, cross-compiled elsewhere.
  pkgsTablet =
    if stdenv.hostPlatform.isAarch64
    then pkgs
    else pkgsCross.aarch64-multiplatform;

  # User-mode Linux exists for x86-64 only.
  hasUml = stdenv.hostPlatform.isx86_64;
in
  lib.makeScope newScope (
    self: let
      inherit (self) callPackage;
      module = name: kernel: callPackage ./kernel-module {inherit name kernel;};
    in {
      inherit hasUml;
      craneLib = crane.mkLib pkgs;
      formatter = alejandra;

      linux-source = callPackage ./linux-source {};
      linux-pinetab2 = pkgsTablet.callPackage ./linux-pinetab2 {inherit (self) linux-source;};
      linux-uml = callPackage ./linux-uml {};
      linux-uml-debug = callPackage ./linux-uml {debug = true;};

      # Kernel modules, for a kernel each.
      bes2600For = module "bes2600";
      vsdioFor = module "vsdio";
      bes2600 = self.bes2600For self.linux-pinetab2;
      vsdio = self.vsdioFor self.linux-pinetab2;

      bes2600-emulator = callPackage ./bes2600-emulator {};
      bes2600-firmware-emulated = callPackage ./bes2600-firmware-emulated {};
      minimal-card = callPackage ./minimal-card {};
      vm-programs = pkgsTablet.callPackage ./vm-programs {};
      vm-guest = pkgsTablet.callPackage ./vm-guest {craneLib = crane.mkLib pkgsTablet;};

      checks = import ../checks {inherit lib callPackage hasUml;};
      check = callPackage ./check {};
      demo = callPackage ./demo {};
      shell = callPackage ./shell {};

      # What `nix build` can name.
      packages =
        {
          inherit
            (self)
            bes2600
            bes2600-emulator
            bes2600-firmware-emulated
            check
            demo
            linux-pinetab2
            vm-guest
            vsdio
            ;
          default = self.linux-pinetab2;
        }
        // lib.optionalAttrs hasUml {
          inherit (self) linux-uml linux-uml-debug;
          bes2600-uml = self.bes2600For self.linux-uml;
          bes2600-uml-debug = self.bes2600For self.linux-uml-debug;
          vsdio-uml = self.vsdioFor self.linux-uml;
          vsdio-uml-debug = self.vsdioFor self.linux-uml-debug;
        };
    }
  )
