# SPDX-License-Identifier: GPL-2.0-only
#
# A short soak in the kernel with all detectors on: one connection for longer
# than the 13 minutes after which the campaign's lost their rate, and a part of
# everything else that the scenario can go on with for hours.
{
  callPackage,
  linux-uml-debug,
}:
(callPackage ./lib/uml.nix {}) {
  name = "soak";
  kernel = linux-uml-debug;
  withAir = true;
  programs = import ./lib/endure.nix;
  options = ["--time-travel" "--mem" "1024M" "--timeout" "1800"];
}
