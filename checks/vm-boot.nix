# SPDX-License-Identifier: GPL-2.0-only
#
# The tablet's own kernel, its Image as it ships, boots in QEMU; the driver
# finds the emulated chip, brings it up and joins a WPA3 network.
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
  vm-programs,
  vsdio,
  wireless-regdb,
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
    cp -r --no-preserve=mode ${bes2600-firmware-emulated}/lib/firmware firmware
    cp -L ${wireless-regdb}/lib/firmware/regulatory.db* firmware/
    bash ${source}/make-initrd initrd.cpio ${vm-guest}/bin/vm-init ${vm-guest}/bin/bes2600-emulator ${vm-programs} \
      firmware ${linux-pinetab2.modules} ${release} \
      ${linux-pinetab2.modules}/lib/modules/${release}/kernel/drivers/net/wireless/virtual/mac80211_hwsim.ko \
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
