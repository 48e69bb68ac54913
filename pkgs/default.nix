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
  busybox,
  crane,
  # What the check of the modules evaluates: nixosSystem and the flake's outputs.
  nixos,
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
      # Of the builder's packages: the host has the very module that the checks load.
      module = name: kernel: pkgs.buildPackages.callPackage ./kernel-module {inherit name kernel;};
    in {
      inherit hasUml;
      craneLib = crane.mkLib pkgs;
      formatter = alejandra;
      # Without links by the names of what it can do: they would be found before
      # GNU's programs of these names.
      busybox = busybox.override {enableAppletSymlinks = false;};

      # The same for all that is built of it, wherever that is built.
      linux-source = pkgs.buildPackages.callPackage ./linux-source {};
      linux-pinetab2 = pkgsTablet.callPackage ./linux-pinetab2 {
        inherit (self) linux-source;
        # nixpkgs has a set of that name, which callPackage would hand on.
        kernelPatches = [];
      };
      linuxPackages-pinetab2 = pkgsTablet.linuxPackagesFor self.linux-pinetab2;
      linux-uml = callPackage ./linux-uml {};
      linux-uml-debug = callPackage ./linux-uml {debug = true;};

      # Kernel modules, for a kernel each.
      bes2600For = module "bes2600";
      vsdioFor = module "vsdio";
      # Variants of the driver by name, for a kernel each.
      variantsFor = import ./bes2600-variants {
        inherit lib;
        driverFor = self.bes2600For;
      };
      # hardware.bes2600.variant
      bes2600Variants = {default = self.bes2600For;} // self.variantsFor;
      bes2600-variants = lib.mapAttrs (_: for: for self.linux-uml) self.variantsFor;
      bes2600-variants-pinetab2 = lib.mapAttrs (_: for: for self.linux-pinetab2) self.variantsFor;
      bes2600 = self.bes2600For self.linux-pinetab2;
      vsdio = self.vsdioFor self.linux-pinetab2;

      bes2600-emulator = callPackage ./bes2600-emulator {};
      bes2600-firmware = callPackage ./bes2600-firmware {};
      bes2600-report = callPackage ./bes2600-report {};
      uboot-pinetab2 = pkgsTablet.callPackage ./uboot-pinetab2 {};
      bes2600-firmware-emulated = callPackage ./bes2600-firmware-emulated {};
      ramp-collect = callPackage ./ramp-collect {};
      ramp-uml = callPackage ./ramp-uml {};
      ramp-vm = callPackage ./ramp-vm {};
      minimal-card = callPackage ./minimal-card {};
      vm-programs = pkgsTablet.callPackage ./vm-programs {};
      vm-guest = pkgsTablet.callPackage ./vm-guest {craneLib = crane.mkLib pkgsTablet;};

      inherit nixos;
      checks = import ../checks {inherit lib callPackage hasUml;};
      bench = callPackage ./bench {};
      besser = callPackage ./besser {};
      check = callPackage ./check {};
      demo = callPackage ./demo {};
      shell = callPackage ./shell {};

      # What `nix build` can name. A scope has an attribute `packages` already.
      flakePackages =
        {
          inherit
            (self)
            bes2600
            bes2600-emulator
            bes2600-firmware
            bes2600-firmware-emulated
            bes2600-report
            besser
            check
            demo
            linux-pinetab2
            ramp-collect
            ramp-vm
            vm-guest
            vsdio
            ;
          default = self.linux-pinetab2;
        }
        // lib.optionalAttrs hasUml {
          inherit (self) bench linux-uml linux-uml-debug ramp-uml;
          bes2600-uml = self.bes2600For self.linux-uml;
          bes2600-uml-debug = self.bes2600For self.linux-uml-debug;
          vsdio-uml = self.vsdioFor self.linux-uml;
          vsdio-uml-debug = self.vsdioFor self.linux-uml-debug;
        };
    }
  )
