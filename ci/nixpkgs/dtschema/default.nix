# SPDX-License-Identifier: GPL-2.0-only
#
# The devicetree schema tools: their own package from PyPI, the libraries they
# use from Debian.
{
  lib,
  stdenvNoCC,
  fetchurl,
  python3,
  dtschema-libraries,
}: let
  source = lib.importJSON ./source.json;
  wheel = "dtschema-${source.version}-py3-none-any.whl";
in
  stdenvNoCC.mkDerivation {
    pname = "dtschema";
    inherit (source) version;
    src = fetchurl {
      name = wheel;
      url = wheel;
      inherit (source) sha256;
    };
    nativeBuildInputs = [python3 dtschema-libraries];
    buildCommand = ''
      mkdir -p $out/bin $out/lib
      python3 -m zipfile -e $src $out/lib
      sed -nE 's/^([a-z0-9-]+) = ([a-z0-9_.]+):([a-z_]+)$/\1 \2 \3/p' $out/lib/*.dist-info/entry_points.txt |
        while read -r program module function; do
          printf '#!/usr/bin/python3\nimport sys\nsys.path.insert(0, "%s/lib")\nfrom %s import %s\nsys.exit(%s())\n' \
            $out "$module" "$function" "$function" >$out/bin/$program
          chmod +x $out/bin/$program
        done
    '';
  }
