# SPDX-License-Identifier: GPL-2.0-only
#
# The emulator's medium between radios of mac80211_hwsim, without a chip: loss,
# distance, and a station that walks.
{
  callPackage,
  linux-uml,
}:
(callPackage ./lib/uml.nix {}) {
  name = "air";
  kernel = linux-uml;
  withAir = true;
  variables.STATION = "air";
  options = ["--time-travel"];
}
