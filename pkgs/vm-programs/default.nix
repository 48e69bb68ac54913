# SPDX-License-Identifier: GPL-2.0-only
#
# What the guest that boots the tablet's kernel runs besides its own tests: bin/
# by name, parts of systemd, and in store-paths all that they and what the guest
# has in /etc need.
{
  lib,
  runCommand,
  closureInfo,
  busybox,
  dbus,
  dropbear,
  hostapd,
  iperf3,
  iw,
  iwd,
  systemd,
  # More paths in the store that the guest refers to
  extra ? [],
}: let
  # Program to package
  programs = {
    inherit busybox dropbear hostapd iperf3 iw;
    dbus-daemon = dbus;
    hostapd_cli = hostapd;
    systemctl = systemd;
    udevadm = systemd;
  };
in
  runCommand "vm-programs" {
    closure = closureInfo {rootPaths = builtins.attrValues programs ++ [iwd] ++ extra;};
  } ''
    mkdir -p $out/bin $out/systemd
    ${lib.concatStrings (lib.mapAttrsToList (name: package: ''
        ln -s ${lib.getExe' package name} $out/bin/
      '')
      programs)}
    ln -s ${systemd}/lib/systemd $out/systemd/lib
    ln -s ${systemd}/example/systemd/system $out/systemd/units
    ln -s ${iwd}/lib/systemd/system/iwd.service $out/systemd/
    cp "$closure/store-paths" $out/
  ''
