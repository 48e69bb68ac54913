# SPDX-License-Identifier: GPL-2.0-only
#
# The emulator's medium between radios of mac80211_hwsim, without a chip: loss,
# distance, and a station that walks; in the kernel with all detectors on.
{
  callPackage,
  linux-uml-debug,
}:
(callPackage ./lib/uml.nix {}) {
  name = "air";
  kernel = linux-uml-debug;
  withAir = true;
  programs = [./lib/dump-beside-event];
  variables.STATION = "air";
  options = ["--time-travel" "--mem" "1024M" "--timeout" "600"];
}
