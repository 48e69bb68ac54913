# SPDX-License-Identifier: GPL-2.0-only
#
# The driver joins access points of mac80211_hwsim over the air of the emulated
# chip: each security mode, band and supplicant, roaming, loss. Real programs,
# and the kernel with all detectors on.
{
  callPackage,
  linux-uml-debug,
}:
(callPackage ./lib/uml.nix {}) {
  name = "station";
  kernel = linux-uml-debug;
  withAir = true;
  options = ["--time-travel" "--mem" "1024M" "--timeout" "1200"];
}
