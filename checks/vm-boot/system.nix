# SPDX-License-Identifier: GPL-2.0-only
#
# The tablet's system in the virtual machine: a kernel and an initramfs with what
# the NixOS modules generate.
{
  lib,
  runCommand,
  bes2600-firmware-emulated,
  cpio,
  nixos,
  stdenv,
  vm-guest,
  vm-programs,
  vsdio,
}: {
  # Of vm-guest, the guest's one service.
  arguments ? "",
}: let
  inherit
    (nixos.nixosSystem {
      modules = [
        nixos.nixosModules.default
        ../modules/minimal.nix
        ./configuration.nix
        {
          nixpkgs.buildPlatform = stdenv.buildPlatform.system;
          hardware.bes2600.firmware = bes2600-firmware-emulated;
          boot.extraModulePackages = [vsdio];
        }
      ];
    })
    config
    ;

  # Of what NixOS has in /etc, what these modules have to do with
  etc = lib.genAttrs [
    "iwd/main.conf"
    "modprobe.d/nixos.conf"
    "modules-load.d/nixos.conf"
    "systemd/network/80-iwd.link"
    "udev/rules.d"
  ] (name: config.environment.etc.${name}.source);

  programs = vm-programs.override {extra = [config.hardware.firmware] ++ builtins.attrValues etc;};
  files = lib.fileset.toSource {
    root = ./.;
    fileset = lib.fileset.unions [
      ./besser.psk
      ./dbus.conf
      ./dbus.service
      ./dbus.socket
      ./firmware.service
      ./iwd.conf
      ./system.conf
      ./vm-guest.service
    ];
  };
in {
  inherit config;
  inherit (config.boot.kernelPackages) kernel;
  driver = config.hardware.bes2600.package;

  initrd = runCommand "vm-initrd.cpio" {nativeBuildInputs = [cpio];} ''
    ${lib.concatStrings (lib.mapAttrsToList (name: file: ''
        mkdir -p etc/${dirOf name}
        cp -r --no-preserve=mode ${file} etc/${name}
      '')
      etc)}
    # Where nobody has compressed them they have no ending.
    mkdir early
    for file in ${lib.escapeShellArgs config.boot.initrd.extraFirmwarePaths}; do
      cp -L --no-preserve=mode ${config.hardware.firmware}/lib/firmware/$file* early/
    done
    bash ${../lib/make-initrd} $out ${programs} etc early ${config.hardware.firmware} ${config.system.modulesTree} ${vm-guest} \
      ${files} ${lib.escapeShellArg arguments}
  '';
}
