# SPDX-License-Identifier: GPL-2.0-only
#
# Debian's arm64 programs for the guest of the tablet's kernel, with their
# libraries, made independent of where Debian has them. packages.json pins them;
# update.sh moves the pins.
{
  lib,
  buildPackages,
  fetchurl,
  runCommand,
}: let
  fetch = package: let
    name = "${package.package}-arm64-${builtins.substring 0 8 package.sha256}.deb";
  in
    fetchurl {
      inherit name;
      inherit (package) sha256;
      url = name;
    };
in
  runCommand "programs-of-debian-arm64"
  {
    debs = map fetch (lib.importJSON ./packages.json);
    programs = ["busybox" "dbus-daemon" "dropbear" "hostapd" "hostapd_cli" "iperf3" "iw" "systemctl" "udevadm"];
    systemd = ["systemd" "systemd-modules-load" "systemd-shutdown"];
    libexec = ["iwd"];
    nativeBuildInputs = [buildPackages.dpkg buildPackages.patchelf];
  }
  "bash -eu ${./unpack.sh}"
