# SPDX-License-Identifier: GPL-2.0-only
#
# Runs one repetition of a load over a driver in user-mode Linux.
{
  lib,
  callPackage,
  writeShellApplication,
  writeText,
  busybox,
  coreutils,
  # Part of what the stand-in for nixpkgs gives every script.
  gawk ? null,
  gnugrep,
  gnused,
  hostapd,
  iproute2,
  iputils,
  iw,
  jq,
  kmod,
  procps,
  python3,
  util-linux,
  wireless-regdb,
  wpa_supplicant,
  bes2600-emulator,
  bes2600-firmware-emulated,
  linux-uml,
  ramp-collect,
  vsdioFor,
}: let
  modules = "lib/modules/${linux-uml.modDirVersion}";
  roles = (lib.importTOML ../../patches/variants/variants.toml).roles;
in
  writeShellApplication {
    name = "ramp-uml";
    runtimeInputs =
      [
        busybox
        coreutils
        gnugrep
        gnused
        hostapd
        iproute2
        iputils
        iw
        jq
        kmod
        procps
        python3
        util-linux
        wpa_supplicant
      ]
      ++ lib.optional (gawk != null) gawk;
    text = ''
      export RAMP_KERNEL=${linux-uml}/linux
      export RAMP_VSDIO=${vsdioFor linux-uml}/${modules}/updates/vsdio.ko
      export RAMP_EMULATOR=${bes2600-emulator}/bin/bes2600-emulator
      export RAMP_FIRMWARE=${bes2600-firmware-emulated}/lib/firmware
      export RAMP_HWSIM=${linux-uml.modules}/${modules}/kernel/drivers/net/wireless/virtual/mac80211_hwsim.ko
      export RAMP_REGDB=${wireless-regdb}/lib/firmware
      export RAMP_GUEST=${callPackage ../../checks/lib/guest.nix {} [../../checks/lib/ramp-load ../../checks/scenarios/ramp.sh]}
      export RAMP_COLLECT=${ramp-collect}/bin/ramp-collect
      export RAMP_TABLE=${../../checks/bench.tsv}
      export RAMP_ROLES=${writeText "roles" (lib.concatStrings (lib.mapAttrsToList (name: role: "${name}=${role.function}\n") roles))}
      exec "$BASH" ${./ramp-uml.sh} "$@"
    '';
    meta.description = "Runs one repetition of a load over the driver in user-mode Linux, and writes a receipt";
  }
