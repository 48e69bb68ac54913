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
    programs = ["busybox" "hostapd" "hostapd_cli" "iperf3" "iw" "wpa_cli" "wpa_supplicant"];
    nativeBuildInputs = [buildPackages.dpkg buildPackages.patchelf];
  }
  ''
    mkdir -p debian $out/bin $out/lib
    for deb in $debs; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C debian --no-same-owner; done
    find debian -path '*/aarch64-linux-gnu/*' -prune -o -name 'ld-linux-aarch64.so.1' -exec cp -L {} $out/lib/ \;
    find debian -path '*/aarch64-linux-gnu/*.so*' -not -path '*/aarch64-linux-gnu/*/*' -exec cp -P {} $out/lib/ \;
    for program in $programs; do
      cp "$(find debian -path "*bin/$program" -type f)" $out/bin/
      # A static one needs nothing.
      patchelf --print-interpreter "$out/bin/$program" >/dev/null 2>&1 || continue
      patchelf --set-interpreter $out/lib/ld-linux-aarch64.so.1 --set-rpath $out/lib "$out/bin/$program"
    done
    # Every library that is asked for is there.
    for file in $out/bin/* $out/lib/*; do patchelf --print-needed "$file" 2>/dev/null || true; done | sort -u | while read -r library; do
      [ -e "$out/lib/$library" ] || {
        echo "no package of packages.json has $library" >&2
        exit 1
      }
    done
    for library in $out/lib/*.so*; do
      case $library in */ld-linux-aarch64.so.1 | */libc.so.6) continue ;; esac
      [ -L "$library" ] || patchelf --set-rpath $out/lib "$library"
    done
  ''
