# SPDX-License-Identifier: GPL-2.0-only
#
# The pinned kernel source, packed so that it unpacks in seconds.
{
  lib,
  stdenvNoCC,
  fetchurl,
  dpkg,
  xz,
  zstd,
}: let
  linux = import ../linux {inherit lib;};
in
  stdenvNoCC.mkDerivation {
    name = "linux-${linux.version}.tar.zst";
    src = fetchurl {
      url = "mirror://debian/${linux.path}";
      # "~" has no place in a store path.
      name = builtins.replaceStrings ["~"] ["-"] (baseNameOf linux.path);
      inherit (linux) hash;
    };
    nativeBuildInputs = [
      dpkg
      xz
      zstd
    ];
    buildCommand = ''
      dpkg-deb --fsys-tarfile $src | tar -xO --wildcards './usr/src/*.tar.xz' | xz -dc | zstd -q -T0 -3 -o $out
    '';
    passthru = {inherit (linux) version;};
  }
