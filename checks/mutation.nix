# SPDX-License-Identifier: GPL-2.0-only
#
# A chip whose messages are changed at random, each seed in the same way: the
# kernel's detectors have nothing to say, and a healthy chip works afterwards.
{
  callPackage,
  linux-uml-debug,
}:
(callPackage ./lib/uml.nix {}) {
  name = "mutation";
  kernel = linux-uml-debug;
  withAir = true;
  options = ["--time-travel" "--mem" "1024M" "--timeout" "1800"];
}
