# SPDX-License-Identifier: GPL-2.0-only
#
# The driver joins a network and carries traffic whatever the chip does where
# nobody outside its maker knows: each knob of the emulator at its other
# setting, in the kernel with all detectors on.
{
  callPackage,
  linux-uml-debug,
}:
(callPackage ./lib/uml.nix {}) {
  name = "station-knobs";
  kernel = linux-uml-debug;
  withAir = true;
  options = ["--time-travel" "--mem" "1024M" "--timeout" "1200"];
}
