# SPDX-License-Identifier: GPL-2.0-only
#
# Each way to configure the driver wrongly, with what to change.
{
  cfg,
  config,
  kernel,
  lib,
  variants,
}: let
  quoted = builtins.toJSON;
  ourKernel = "boot.kernelPackages = pkgs.linuxPackagesFor pkgs.linux-pinetab2";
  countries = import ./countries.nix;
  isStation = address:
    builtins.match "[0-9a-fA-F][02468aceACE](:[0-9a-fA-F]{2}){5}" address
    != null
    && builtins.match "[0:]*" address == null;
in [
  {
    assertion = kernel.missing == [];
    message = "hardware.bes2600.enable: Linux ${kernel.version} of boot.kernelPackages lacks ${toString (builtins.length kernel.missing)} of the ${toString kernel.count} patches that the driver is built on. Set ${ourKernel}; patches of your own go on top of it by boot.kernelPatches.";
  }
  {
    assertion = kernel.lacking == [];
    message = "hardware.bes2600.enable: the kernel's configuration lacks ${lib.concatStringsSep ", " kernel.lacking}. Take back what switches it off in boot.kernelPatches, or set ${ourKernel}.";
  }
  {
    assertion = variants ? ${cfg.variant};
    message = "hardware.bes2600.variant is ${quoted cfg.variant}, which is no variant of the driver. Set it to one of: ${lib.concatStringsSep ", " (lib.attrNames variants)}.";
  }
  {
    assertion = (cfg.package.kernel or config.boot.kernelPackages.kernel).outPath == config.boot.kernelPackages.kernel.outPath;
    message = "hardware.bes2600.package is built for another kernel than that of boot.kernelPackages. Leave it at its default, or set it to pkgs.besser.bes2600For config.boot.kernelPackages.kernel.";
  }
  {
    assertion = cfg.regulatoryDomain == null || lib.elem cfg.regulatoryDomain countries;
    message = "hardware.bes2600.regulatoryDomain is ${quoted cfg.regulatoryDomain}, which is no country that the regulatory database knows. Set it to the two capital letters of ISO 3166 of the country that the tablet is in, such as \"DE\", or to null.";
  }
  {
    assertion = cfg.macAddress == null || isStation cfg.macAddress;
    message = "hardware.bes2600.macAddress is ${quoted cfg.macAddress}, which is no address of a station. Set it to six bytes such as \"02:ba:5e:00:00:01\", the first one even and not all zero, or to null for the boot loader's.";
  }
]
