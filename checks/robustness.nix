# SPDX-License-Identifier: GPL-2.0-only
#
# Every test that docs/robustness.md names has run, and passed.
{
  lib,
  runCommand,
  checks,
}: let
  names = [
    "address"
    "autoload"
    "bring-up"
    "emulator"
    "fuzz"
    "kunit"
    "misuse"
    "modules"
    "panics"
    "radios"
    "recovery"
    "series"
    "station"
    "station-faults"
    "station-knobs"
    "station-traffic"
    "vm-boot"
    "vsdio-node"
  ];
  source = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ./.
      ../docs/robustness.md
      ../driver
    ];
  };
in
  runCommand "check-robustness" {} ''
    mkdir results $out
    ${lib.concatMapStrings (name: "ln -s ${checks.${name}} results/${name}\n") names}
    bash ${./lib/robustness} ${source} results
    rows=$(grep -cE '^\| (W-|F-|B)' ${source}/docs/robustness.md)
    printf '1..1\nok 1 - the tests of all %s rows have run and passed\n' "$rows" | tee $out/results.tap
  ''
