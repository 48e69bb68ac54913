# SPDX-License-Identifier: GPL-2.0-only
#
# A check that runs a scenario of checks/scenarios in user-mode Linux. Its
# output keeps the console log and the results.
{
  lib,
  callPackage,
  runCommand,
  busybox,
  dbus,
  dtc,
  hostapd,
  iperf3,
  iproute2,
  iputils,
  iw,
  iwd,
  jq,
  kmod,
  openssl,
  procps,
  python3,
  util-linux,
  wireless-regdb,
  wpa_supplicant,
  bes2600For,
  bes2600-emulator,
  bes2600-firmware-emulated,
  vsdioFor,
}: {
  # Of the check, and of checks/scenarios/NAME.sh.
  name,
  kernel,
  scenario ? name,
  # Options of uml-run.
  options ? [],
  # Whether the scenario plays with the emulated chip.
  withChip ? true,
  # The source of the guest's device tree, such as checks/uml.dts.
  board ? null,
  # Whether it has access points around it, see wifi.sh.
  withAir ? false,
  # Programs of checks/lib that only this scenario uses.
  programs ? [],
  # Further variables for the scenario.
  variables ? {},
  # Further commands, after a run that passed; OUT is where its files are, LIB
  # has the programs of lib/.
  judge ? "",
  # Files that these leave in OUT for the check's own output.
  keeps ? [],
  # What a run that must not pass has to say, in its results or its log: an
  # extended regular expression.
  fails ? null,
}: let
  source = callPackage ./guest.nix {} ([(../scenarios + "/${scenario}.sh")] ++ programs);
  modules = runCommand "modules" {} ''
    for module in ${vsdioFor kernel} ${bes2600For kernel}; do
      for file in $module/lib/modules/*/updates/*.ko; do
        name=$(basename "$file" .ko)
        mkdir -p $out/$name
        cp "$file" $out/$name/
      done
    done
  '';
  firmware = "${bes2600-firmware-emulated}/lib/firmware";
  tree = runCommand "board.dtb" {nativeBuildInputs = [dtc];} ''
    dtc -q -I dts -O dtb -o $out ${board}
  '';
  environment =
    {MODULES = modules;}
    // lib.optionalAttrs withChip {
      EMULATOR = "${bes2600-emulator}/bin/bes2600-emulator";
      FIRMWARE = firmware;
    }
    // lib.optionalAttrs withAir {
      IWD = "${iwd}/libexec/iwd";
      MAC80211_HWSIM = "${kernel.modules}/lib/modules/${kernel.modDirVersion}/kernel/drivers/net/wireless/virtual/mac80211_hwsim.ko";
      REGDB = "${wireless-regdb}/lib/firmware";
      MEASURE = "${source}/lib/measure";
      TRAFFIC = "${source}/lib/traffic";
    }
    // variables;
in
  runCommand "check-${name}"
  {
    nativeBuildInputs =
      [
        busybox
        iproute2
        jq
        kmod
        procps
        python3
        util-linux
      ]
      ++ lib.optionals withAir [
        dbus
        hostapd
        iperf3
        iputils
        iw
        openssl
        wpa_supplicant
      ];
  }
  ''
    OUT=$PWD/out
    LIB=${source}/lib
    status=0
    bash ${source}/lib/uml-run ${lib.optionalString withChip "--append firmware_class.path=${firmware}"} \
      ${lib.optionalString (board != null) "--dtb ${tree}"} ${lib.escapeShellArgs options} \
      ${kernel}/linux ${source}/scenarios/${scenario}.sh "$OUT" \
      ${
      lib.escapeShellArgs (lib.mapAttrsToList (variable: value: "${variable}=${value}") environment)
    } || status=$?
    whole_log() {
      echo "--- the whole console log:"
      cat "$OUT/console.log" || true
    }
    ${
      if fails == null
      then ''
        if [ $status -ne 0 ]; then whole_log && exit 1; fi
      ''
      else ''
        if [ $status -eq 0 ]; then
          echo "the run passed, and was to fail with:" ${lib.escapeShellArg fails}
          exit 1
        fi
        if ! grep -hE -- ${lib.escapeShellArg fails} "$OUT/results.tap" "$OUT/console.log"; then
          whole_log
          echo "the run failed, but not with:" ${lib.escapeShellArg fails}
          exit 1
        fi
      ''
    }
    ${judge}
    mkdir $out
    cp "$OUT/console.log" "$OUT/results.tap" ${lib.concatMapStringsSep " " (file: "\"$OUT/${file}\"") keeps} $out/
  ''
