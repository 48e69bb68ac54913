# SPDX-License-Identifier: GPL-2.0-only
#
# The driver brings the emulated chip up in the kernel with all detectors on:
# step by step, again and again, and with every fault of checks/bring-up.tsv.
{
  callPackage,
  linux-uml-debug,
}:
(callPackage ./lib/uml.nix {}) {
  name = "bring-up";
  kernel = linux-uml-debug;
  board = ./uml.dts;
  options = [
    "--time-travel"
    "--timeout"
    "1200"
  ];
  variables.TABLE = ./bring-up.tsv;
}
