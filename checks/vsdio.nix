# SPDX-License-Identifier: GPL-2.0-only
#
# The virtual SDIO host under a card that fails in every way, in the kernel
# with all detectors on: an error in bounded time, never a hang or a leak.
{
  callPackage,
  lib,
  linux-uml-debug,
  minimal-card,
}:
(callPackage ./lib/uml.nix {}) {
  name = "vsdio";
  kernel = linux-uml-debug;
  withChip = false;
  options = ["--time-travel" "--timeout" "600"];
  variables = {
    CARD = lib.getExe minimal-card;
    SAMPLE = "${linux-uml-debug.modules}/lib/modules/${linux-uml-debug.modDirVersion}/kernel/samples/rust/rust_driver_sdio.ko";
  };
}
