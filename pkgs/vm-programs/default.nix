# SPDX-License-Identifier: GPL-2.0-only
#
# What the guest that boots the tablet's kernel runs besides its own process 1:
# bin/ by name, and in store-paths all that they need.
{
  lib,
  runCommand,
  closureInfo,
  busybox,
  hostapd,
  iperf3,
  iw,
  wpa_supplicant,
}: let
  # Program to package
  programs = {
    inherit busybox hostapd iperf3 iw wpa_supplicant;
    wpa_cli = wpa_supplicant;
  };
in
  runCommand "vm-programs" {
    closure = closureInfo {rootPaths = builtins.attrValues programs;};
  } ''
    mkdir -p $out/bin
    ${lib.concatStrings (lib.mapAttrsToList (name: package: ''
        ln -s ${lib.getExe' package name} $out/bin/
      '')
      programs)}
    cp "$closure/store-paths" $out/
  ''
