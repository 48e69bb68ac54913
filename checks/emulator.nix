# SPDX-License-Identifier: GPL-2.0-only
#
# The tests of the cargo workspace: the emulator, the driver's pure parts, and
# both codecs against each other.
{
  lib,
  craneLib,
}:
craneLib.cargoTest (
  import ../pkgs/workspace.nix {inherit lib craneLib;}
  // {
    pname = "check-emulator";
    cargoExtraArgs = "--locked --workspace";
    cargoTestExtraArgs = "2>&1 | tee test.log";
    preConfigure = "set -o pipefail";
    installPhase = ''
      mkdir $out
      awk '
        /^ *Running / { name = $NF; sub(/.*\//, "", name); sub(/-[0-9a-f]+\)$/, "", name) }
        /^ *Doc-tests / { name = "documentation of " $2 }
        /^test result: / { n++; tests += $4; printf "%s %d - %s: %s tests\n", ($3 == "ok." ? "ok" : "not ok"), n, name, $4 }
        END { print "1.." n; exit tests == 0 }
      ' test.log >$out/results.tap
    '';
    doInstallCargoArtifacts = false;
  }
)
