# SPDX-License-Identifier: GPL-2.0-only
#
# The NixOS modules and the host: options, what they generate, the message of
# every wrong configuration, the kernel's configuration against NixOS' wishes;
# the scripts behind firmware, boot loader and report, with small made data; and
# that the troubleshooting page quotes the driver.
{
  lib,
  callPackage,
  runCommandCC,
  writeText,
  bes2600-report,
  gnugrep,
  gnutar,
  gzip,
  stdenv,
  wireless-regdb,
  nixos,
  zstd,
}: let
  evaluated = callPackage ./modules/evaluated.nix {};
  # A value may name packages; the results do not need them built.
  text = builtins.unsafeDiscardStringContext (lib.concatMapStrings ({
    name,
    problem,
  }:
    if problem == null
    then "ok - ${name}\n"
    else "not ok - ${name}\n# ${builtins.replaceStrings ["\n"] ["\n# "] problem}\n")
  evaluated);

  # What /run/current-system/firmware would be, of a package with the names of
  # the real one.
  made = runCommandCC "made-firmware" {} ''
    mkdir -p $out/lib/firmware/bes2600
    for file in best2002_fw_boot_sdio.bin best2002_fw_sdio.bin bes2600_factory.txt sdd.bin; do
      echo "$file" >$out/lib/firmware/bes2600/$file
    done
  '';
  firmware =
    (nixos.nixosSystem {
      modules = [
        nixos.nixosModules.default
        ./modules/minimal.nix
        {
          nixpkgs.buildPlatform = stdenv.buildPlatform.system;
          hardware.bes2600.firmware = made;
        }
      ];
    })
    .config
    .hardware
    .firmware;
in
  runCommandCC "check-modules" {
    nativeBuildInputs = [
      bes2600-report
      gnugrep
      gnutar
      gzip
      zstd
    ];
    evaluated = writeText "evaluated.tap" text;
    makeFirmware = ../pkgs/bes2600-firmware/make-firmware.sh;
    installBootLoader = ../pkgs/uboot-pinetab2/install.sh;
    countries = writeText "countries" (lib.concatMapStrings (country: "${country}\n") (import ../modules/bes2600/countries.nix));
    database = "${wireless-regdb}/lib/firmware/regulatory.db";
    inherit firmware;
    driver = lib.fileset.toSource {
      root = ../driver;
      fileset = lib.fileset.unions [../driver/bes2600 ../driver/logic];
    };
    troubleshooting = ../docs/troubleshooting.md;
  } ''
    bash ${./modules/run} results.tap
    mkdir $out
    cp results.tap $out/
  ''
