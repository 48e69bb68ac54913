# SPDX-License-Identifier: GPL-2.0-only
#
# Measuring over ssh, as a tablet is measured: the tablet's kernel in QEMU, an
# ancestor of the driver and the driver, by the whole of besser; and that a
# connection over the air is never cut.
{
  runCommand,
  bes2600-variants-pinetab2,
  besser,
  jq,
  kmod,
  linux-pinetab2,
  openssh,
  ramp-collect,
  ramp-vm,
}: let
  file = name: "${bes2600-variants-pinetab2.${name}}/lib/modules/${linux-pinetab2.modDirVersion}/updates/bes2600.ko";
in
  runCommand "check-vm-ramp" {
    nativeBuildInputs = [
      besser
      jq
      kmod
      openssh
      ramp-vm
    ];
    collector = "${ramp-collect}/bin/ramp-collect";
    relay = file "patch-b";
    head = file "head";
  } ''
    bash ${./vm-ramp/run} results.tap
    mkdir $out
    cp results.tap relay.json head.json $out/
  ''
