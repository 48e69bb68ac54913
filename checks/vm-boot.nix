# SPDX-License-Identifier: GPL-2.0-only
#
# The tablet's own kernel, its Image as it ships, boots systemd in QEMU. udev
# finds the driver of the emulated chip, iwd joins a WPA3 network, by what the
# NixOS modules generate.
{
  lib,
  runCommand,
  bes2600-firmware-emulated,
  cpio,
  jq,
  kmod,
  nixos,
  qemu,
  stdenv,
  vm-guest,
  vm-programs,
  vsdio,
}: let
  inherit
    (nixos.nixosSystem {
      modules = [
        nixos.nixosModules.default
        ./modules/minimal.nix
        ./vm-boot/configuration.nix
        {
          nixpkgs.buildPlatform = stdenv.buildPlatform.system;
          hardware.bes2600.firmware = bes2600-firmware-emulated;
          boot.extraModulePackages = [vsdio];
        }
      ];
    })
    config
    ;
  inherit (config.boot.kernelPackages) kernel;
  driver = config.hardware.bes2600.package;

  # Of what NixOS has in /etc, what these modules have to do with
  etc = lib.genAttrs [
    "iwd/main.conf"
    "modprobe.d/nixos.conf"
    "modules-load.d/nixos.conf"
    "systemd/network/80-iwd.link"
    "udev/rules.d"
  ] (name: config.environment.etc.${name}.source);

  programs = vm-programs.override {extra = [config.hardware.firmware] ++ builtins.attrValues etc;};
  source = lib.fileset.toSource {
    root = ./.;
    fileset = lib.fileset.unions [
      ./lib/allowed-reports.txt
      ./lib/judge.sh
      ./lib/kernel-reports
      ./lib/make-initrd
      ./lib/vm-run
      ./vm-boot
    ];
  };
in
  runCommand "check-vm-boot"
  {
    nativeBuildInputs = [
      cpio
      jq
      kmod
      qemu
    ];
    inherit (config.boot) kernelParams;
    passthru = {inherit config;};
  }
  ''
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
    bash ${source}/lib/make-initrd initrd.cpio ${programs} etc early ${config.hardware.firmware} \
      ${config.system.modulesTree} ${vm-guest} ${source}/vm-boot
    bash ${source}/lib/vm-run --timeout 600 --append "$kernelParams" ${kernel}/Image initrd.cpio out || {
      echo "--- the whole console log:"
      cat out/console.log || true
      exit 1
    }
    mkdir $out
    cp out/console.log out/results.tap out/trace.txt $out/
    grep -q 'WSM <- startup' $out/trace.txt
    # The sizes of what was booted belong to the summary.
    jq --argjson image_size "$(stat -c %s ${kernel}/Image)" \
      --argjson module_size "$(stat -c %s ${driver}/lib/modules/${kernel.modDirVersion}/updates/bes2600.ko)" \
      --arg log "$out/console.log" \
      '. + {image_bytes: $image_size, module_bytes: $module_size, log: $log}' out/summary.json >$out/summary.json
  ''
