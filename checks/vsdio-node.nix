# SPDX-License-Identifier: GPL-2.0-only
#
# The virtual SDIO host as a device-tree node: a slot whose chip has a node of
# its own, in the kernel with all detectors on.
{
  callPackage,
  lib,
  linux-uml-debug,
  minimal-card,
}:
(callPackage ./lib/uml.nix {}) {
  name = "vsdio-node";
  kernel = linux-uml-debug;
  withChip = false;
  board = ./uml.dts;
  options = ["--time-travel" "--timeout" "600"];
  variables = {
    CARD = lib.getExe minimal-card;
    SAMPLE = "${linux-uml-debug.modules}/lib/modules/${linux-uml-debug.modDirVersion}/kernel/samples/rust/rust_driver_sdio.ko";
  };
}
