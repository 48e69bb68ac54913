# SPDX-License-Identifier: GPL-2.0-only
#
# Wrong configurations, and the sentence each of them gets.
{
  configOf,
  equal,
  lib,
  linux,
  mistyped,
  refused,
  ...
}: let
  variants = lib.attrNames ({default = null;} // (lib.importTOML ../../patches/variants/variants.toml).variants);
  count = toString (builtins.length linux.patches);

  # A kernel as nixpkgs has them: without our series.
  foreign = {
    version = "6.18.1";
    modDirVersion = "6.18.1";
    outPath = "/nix/store/00000000000000000000000000000000-linux-6.18.1";
    kernelPatches = [];
    features = {};
    config = {
      isYes = _: true;
      isModule = _: true;
      isEnabled = _: true;
    };
    override = _: foreign;
  };
  switchedOff = symbols: {
    boot.kernelPatches = [
      {
        name = "smaller";
        patch = null;
        structuredExtraConfig = lib.genAttrs symbols (_: lib.kernel.no);
      }
    ];
  };
in [
  (refused "a kernel without the series" ({pkgs, ...}: {
    boot.kernelPackages = pkgs.linuxPackagesFor foreign;
    # Neither is asked to build.
    hardware.bes2600.package = derivation {
      name = "bes2600";
      system = "aarch64-linux";
      builder = "none";
    };
  }) "hardware.bes2600.enable: Linux 6.18.1 of boot.kernelPackages lacks ${count} of the ${count} patches that the driver is built on. Set boot.kernelPackages = pkgs.linuxPackagesFor pkgs.linux-pinetab2; patches of your own go on top of it by boot.kernelPatches.")

  (refused "a kernel without Rust" (switchedOff ["RUST"])
    "hardware.bes2600.enable: the kernel's configuration lacks CONFIG_RUST=y (the driver is written in Rust). Take back what switches it off in boot.kernelPatches, or set boot.kernelPackages = pkgs.linuxPackagesFor pkgs.linux-pinetab2.")

  (refused "a kernel without mac80211 and cfg80211" (switchedOff ["MAC80211" "CFG80211"])
    "hardware.bes2600.enable: the kernel's configuration lacks CONFIG_CFG80211=y (the series' Rust side links to it), CONFIG_MAC80211=y (the series' Rust side links to it). Take back what switches it off in boot.kernelPatches, or set boot.kernelPackages = pkgs.linuxPackagesFor pkgs.linux-pinetab2.")

  (refused "an unknown variant" {hardware.bes2600.variant = "patch-z";}
    ''hardware.bes2600.variant is "patch-z", which is no variant of the driver. Set it to one of: ${lib.concatStringsSep ", " variants}.'')

  (refused "a driver for another kernel" ({pkgs, ...}: {
    hardware.bes2600.package = pkgs.besser.bes2600For (pkgs.linux-pinetab2.override {
      kernelPatches = [
        {
          name = "other";
          patch = null;
          structuredExtraConfig.SWAP = lib.kernel.no;
        }
      ];
    });
  }) "hardware.bes2600.package is built for another kernel than that of boot.kernelPackages. Leave it at its default, or set it to pkgs.besser.bes2600For config.boot.kernelPackages.kernel.")

  (refused "a regulatory domain that is no country" {hardware.bes2600.regulatoryDomain = "XX";}
    ''hardware.bes2600.regulatoryDomain is "XX", which is no country that the regulatory database knows. Set it to the two capital letters of ISO 3166 of the country that the tablet is in, such as "DE", or to null.'')
  (refused "a country in small letters" {hardware.bes2600.regulatoryDomain = "de";}
    ''hardware.bes2600.regulatoryDomain is "de", which is no country that the regulatory database knows. Set it to the two capital letters of ISO 3166 of the country that the tablet is in, such as "DE", or to null.'')

  (refused "a group address" {hardware.bes2600.macAddress = "01:00:5e:00:00:01";}
    ''hardware.bes2600.macAddress is "01:00:5e:00:00:01", which is no address of a station. Set it to six bytes such as "02:ba:5e:00:00:01", the first one even and not all zero, or to null for the boot loader's.'')
  (refused "an address of zeros" {hardware.bes2600.macAddress = "00:00:00:00:00:00";}
    ''hardware.bes2600.macAddress is "00:00:00:00:00:00", which is no address of a station. Set it to six bytes such as "02:ba:5e:00:00:01", the first one even and not all zero, or to null for the boot loader's.'')
  (refused "half an address" {hardware.bes2600.macAddress = "02:ba:5e";}
    ''hardware.bes2600.macAddress is "02:ba:5e", which is no address of a station. Set it to six bytes such as "02:ba:5e:00:00:01", the first one even and not all zero, or to null for the boot loader's.'')

  (mistyped "power save that is neither on nor off" {hardware.bes2600.powerSave = "auto";} (config: config.hardware.bes2600.powerSave))
  (mistyped "a board of which there is none" {hardware.pinetab2.revision = "v3.0";} (config: config.hardware.deviceTree.name))
  (mistyped "a country that is a number" {hardware.bes2600.regulatoryDomain = 49;} (config: config.boot.kernelParams))
  (mistyped "an option that does not exist" {hardware.bes2600.powersave = true;} (config: config.hardware.bes2600.powerSave))
  (mistyped "the toplevel of a wrong configuration" {hardware.bes2600.regulatoryDomain = "XX";} (config: config.system.build.toplevel.drvPath))

  (equal "warned: a kernel without debugfs" [
    "hardware.bes2600: the kernel's configuration lacks CONFIG_DEBUG_FS=y: bes2600-report finds no counters. Take back what switches it off in boot.kernelPatches."
  ] (lib.filter (lib.hasPrefix "hardware.") (configOf (switchedOff ["DEBUG_FS"])).warnings))
]
