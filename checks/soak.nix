# SPDX-License-Identifier: GPL-2.0-only
#
# A short soak: one connection for longer than the 13 minutes after which the
# campaign's lost their rate, and a part of everything else that the scenario can
# go on with for hours. With all detectors on, and without, where memory is
# judged, which detectors hold on to.
{
  lib,
  callPackage,
  linux-uml,
  linux-uml-debug,
  runCommand,
}: let
  run = kernel:
    (callPackage ./lib/uml.nix {}) {
      name = "soak-in-${kernel.pname}";
      scenario = "soak";
      inherit kernel;
      withAir = true;
      programs = [./lib/endure ./lib/nl80211.py ./lib/wpa_control.py];
      # What is timed under the detectors takes most of the time.
      variables.SIZE = "400000";
      options = ["--time-travel" "--mem" "1024M" "--timeout" "1800"];
    };
in
  runCommand "check-soak" {} ''
    mkdir $out
    ${lib.concatMapStrings (kernel: ''
        cp ${run kernel}/console.log $out/${kernel.pname}.log
        sed -n 's/^ok [0-9]* - /${kernel.pname}: /p' ${run kernel}/results.tap >>results
      '')
      [linux-uml linux-uml-debug]}
    awk '{ print "ok " NR " - " $0 } END { print "1.." NR }' results >$out/results.tap
  ''
