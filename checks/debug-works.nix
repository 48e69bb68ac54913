# SPDX-License-Identifier: GPL-2.0-only
#
# Every detector of the debug kernel reports a defect planted for it.
{
  callPackage,
  runCommand,
  linux-uml-debug,
  busybox,
  kmod,
  util-linux,
}: let
  kernel = linux-uml-debug;
  source = callPackage ./lib/guest.nix {} [./debug-works ./scenarios/planted.sh];
  planted = (callPackage ./lib/test-module.nix {}) {
    name = "planted";
    inherit kernel;
    src = ./debug-works;
  };
in
  runCommand "check-debug-works"
  {
    nativeBuildInputs = [
      busybox
      kmod
      util-linux
    ];
  }
  ''
    bash ${source}/debug-works/run ${kernel}/linux ${planted}/planted.ko "$PWD/out" | tee results.tap
    mkdir $out
    grep -E '^(ok|not ok|1\.\.)' results.tap >$out/results.tap
    for log in out/*/console.log; do
      cp "$log" "$out/$(basename "$(dirname "$log")").log"
    done
  ''
