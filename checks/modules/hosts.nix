# SPDX-License-Identifier: GPL-2.0-only
#
# The host and its images evaluate to what can be built, of the kernel that the
# other checks look at.
{
  bes2600,
  complaints,
  configOf,
  equal,
  holds,
  lib,
  linux-pinetab2,
  linuxPackages-pinetab2,
  nixosConfigurations,
  nixosModules,
  nixosSystem,
  templates,
  ...
}: let
  inherit (nixosConfigurations) pinetab2 pinetab2-cross;
  isDerivation = package: builtins.match "/nix/store/.*\\.drv" (builtins.unsafeDiscardStringContext package.drvPath) != null;
  host =
    if linux-pinetab2.stdenv.buildPlatform.system == "aarch64-linux"
    then pinetab2
    else pinetab2-cross;
  image = module: (host.extendModules {modules = [../../hosts/pinetab2/image.nix module];}).config;
  card = image {};
  emmc = image {sdImage.rootVolumeLabel = "NIXOS_EMMC";};
  ours = host.pkgs.besser;

  # The template's flake with this one as its input
  template =
    (import "${templates.tablet.path}/flake.nix").outputs
    {
      besser = {
        inherit nixosModules;
        inputs.nixpkgs.lib = {inherit nixosSystem;};
      };
    };
in [
  (holds "host pinetab2 has a toplevel" (isDerivation pinetab2.config.system.build.toplevel))
  (holds "host pinetab2-cross has a toplevel" (isDerivation pinetab2-cross.config.system.build.toplevel))
  (equal "host: no complaint" [] (complaints host.config))
  (equal "host: the kernel of the other checks" linux-pinetab2.drvPath host.config.boot.kernelPackages.kernel.drvPath)
  (equal "host: the driver of the other checks" bes2600.drvPath host.config.hardware.bes2600.package.drvPath)
  (equal "what is without source says so" ["Unfree redistributable firmware" "Unfree redistributable firmware"]
    (map (package: package.meta.license.fullName) [ours.bes2600-firmware ours.uboot-pinetab2]))
  (holds "what is without source may be passed on, so nixpkgs asks nobody to admit it" (
    lib.all (package: package.meta.license.free) [ours.bes2600-firmware ours.uboot-pinetab2 host.pkgs.rkbin]
  ))
  (equal "template: a tablet as the host is one" pinetab2.config.system.build.toplevel.drvPath template.nixosConfigurations.pinetab2.config.system.build.toplevel.drvPath)
  (equal "the virtual machine of vm-boot: no complaint of NixOS either" [] (
    map (x: x.message) (lib.filter (x: !x.assertion) (configOf ../vm-boot/configuration.nix).assertions)
  ))
  (equal "kernel and driver of another machine: no complaint" [] (complaints (configOf {
    boot.kernelPackages = linuxPackages-pinetab2;
    hardware.bes2600.package = bes2600;
  })))
  (holds "image: evaluates" (isDerivation card.system.build.sdImage))
  (equal "image: its first partition leaves 8 MiB for u-boot.itb" 16 card.sdImage.firmwarePartitionOffset)
  (holds "image: the boot loader is written to it" (builtins.match ".*install.sh .*uboot-pinetab2.*img\n" card.sdImage.postBuildCommands != null))
  (equal "image: no modules of other boards" false card.hardware.enableAllHardware)
  (equal "image for the eMMC: another label" "/dev/disk/by-label/NIXOS_EMMC" emmc.fileSystems."/".device)
]
