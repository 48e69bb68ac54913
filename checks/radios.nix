# SPDX-License-Identifier: GPL-2.0-only
#
# The second user of the mac80211 abstractions: two radios without hardware,
# the kernel's sample, carry traffic and go in the midst of it, in the kernel
# with all detectors on.
{
  callPackage,
  linux-uml-debug,
}:
(callPackage ./lib/uml.nix {}) {
  name = "radios";
  kernel = linux-uml-debug;
  withChip = false;
  withAir = true;
  options = ["--time-travel" "--timeout" "1800"];
  variables.RADIOS = "${linux-uml-debug.modules}/lib/modules/${linux-uml-debug.modDirVersion}/kernel/samples/rust/rust_mac80211.ko";
}
