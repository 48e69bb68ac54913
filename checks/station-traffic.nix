# SPDX-License-Identifier: GPL-2.0-only
#
# The station under traffic whose content is compared: both directions and at
# once, latency, multicast, IPv6, power save, while keys change and while it
# scans, in the kernel with all detectors on.
{
  callPackage,
  linux-uml-debug,
}:
(callPackage ./lib/uml.nix {}) {
  name = "station-traffic";
  kernel = linux-uml-debug;
  withAir = true;
  options = ["--time-travel" "--mem" "1024M" "--timeout" "1200"];
}
