# SPDX-License-Identifier: GPL-2.0-only
#
# The tablet's own kernel, its Image as it ships, boots systemd in QEMU. udev
# finds the driver of the emulated chip, iwd joins a WPA3 network, by what the
# NixOS modules generate.
{
  lib,
  callPackage,
  runCommand,
  jq,
  kmod,
  qemu,
}: let
  inherit (callPackage ./vm-boot/system.nix {} {}) config driver initrd kernel;
  source = lib.fileset.toSource {
    root = ./.;
    fileset = lib.fileset.unions [
      ./lib/allowed-reports.txt
      ./lib/judge.sh
      ./lib/kernel-reports
      ./lib/vm-run
      ./lib/vm.sh
    ];
  };
in
  runCommand "check-vm-boot"
  {
    nativeBuildInputs = [
      jq
      kmod
      qemu
    ];
    inherit (config.boot) kernelParams;
    passthru = {inherit config;};
  }
  ''
    bash ${source}/lib/vm-run --timeout 600 --append "$kernelParams" ${kernel}/Image ${initrd} out || {
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
