# SPDX-License-Identifier: GPL-2.0-only
#
# A station whose chip breaks the protocol in one way or the other: the link
# comes up all the same, or recovers.
{
  callPackage,
  linux-uml-debug,
}:
(callPackage ./lib/uml.nix {}) {
  name = "station-faults";
  kernel = linux-uml-debug;
  withAir = true;
  options = ["--time-travel" "--mem" "1024M" "--timeout" "1200"];
}
