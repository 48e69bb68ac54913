# SPDX-License-Identifier: GPL-2.0-only
#
# A check that runs the tests of a cargo workspace, and tells of each file of
# tests how many passed; tests.txt names them all.
{craneLib}: args:
craneLib.cargoTest (
  args
  // {
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
      grep -E '^test .* \.\.\. ' test.log >$out/tests.txt
    '';
    doInstallCargoArtifacts = false;
  }
)
