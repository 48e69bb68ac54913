# SPDX-License-Identifier: GPL-2.0-only
#
# udev, of what nixpkgs' systemd has: for guests, and not installed, where it
# would rule the machine's own devices.
{
  lib,
  runCommand,
  fetchurl,
  dpkg,
}: let
  source = lib.importJSON ./source.json;
  name = "udev-${builtins.substring 0 8 source.sha256}.deb";
in
  runCommand "udev-of-debian" {
    deb = fetchurl {
      inherit name;
      inherit (source) sha256;
      url = name;
    };
    nativeBuildInputs = [dpkg];
  } ''
    mkdir -p $out/bin $out/lib/systemd $out/lib/udev
    dpkg-deb --fsys-tarfile $deb | tar -x --no-same-owner
    cp bin/udevadm $out/bin/
    cp -r lib/udev/rules.d $out/lib/udev/
    ln -s ../../bin/udevadm $out/lib/systemd/systemd-udevd
  ''
