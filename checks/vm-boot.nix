# SPDX-License-Identifier: GPL-2.0-only
#
# The tablet's own kernel, its Image as it ships, boots in QEMU; the driver
# finds the emulated chip and brings it up.
{
  lib,
  runCommand,
  bes2600,
  bes2600-firmware-emulated,
  cpio,
  jq,
  kmod,
  linux-pinetab2,
  qemu,
  vm-guest,
  vsdio,
}: let
  source = lib.fileset.toSource {
    root = ./lib;
    fileset = lib.fileset.unions [
      ./lib/allowed-reports.txt
      ./lib/judge.sh
      ./lib/kernel-reports
      ./lib/make-initrd
      ./lib/vm-run
    ];
  };
  release = linux-pinetab2.modDirVersion;
in
  runCommand "check-vm-boot"
  {
    nativeBuildInputs = [
      cpio
      jq
      kmod
      qemu
    ];
    passthru = {inherit linux-pinetab2;};
  }
  ''
    bash ${source}/make-initrd initrd.cpio ${vm-guest}/bin/vm-init ${vm-guest}/bin/bes2600-emulator \
      ${bes2600-firmware-emulated}/lib/firmware ${linux-pinetab2.modules} ${release} \
      ${vsdio}/lib/modules/${release}/updates/vsdio.ko ${bes2600}/lib/modules/${release}/updates/bes2600.ko
    bash ${source}/vm-run --timeout 600 ${linux-pinetab2}/Image initrd.cpio out || {
      echo "--- the whole console log:"
      cat out/console.log || true
      exit 1
    }
    mkdir $out
    cp out/console.log out/results.tap $out/
    # The sizes of what was booted belong to the summary.
    jq --argjson image_size "$(stat -c %s ${linux-pinetab2}/Image)" \
      --argjson module_size "$(stat -c %s ${bes2600}/lib/modules/${release}/updates/bes2600.ko)" \
      --arg log "$out/console.log" \
      '. + {image_bytes: $image_size, module_bytes: $module_size, log: $log}' out/summary.json >$out/summary.json
  ''
