# SPDX-License-Identifier: GPL-2.0-only
#
# Frames off the air are changed at random, each seed in the same way: the
# kernel's detectors have nothing to say, and a healthy chip joins afterwards.
{
  callPackage,
  linux-uml-debug,
}:
(callPackage ./lib/uml.nix {}) {
  name = "mutation-air";
  kernel = linux-uml-debug;
  withAir = true;
  options = ["--time-travel" "--mem" "1024M" "--timeout" "1200"];
}
