# SPDX-License-Identifier: GPL-2.0-only
#
# A chip that dies under traffic is started again and the connection comes
# back; one that cannot be started is given up and left alone.
{
  callPackage,
  linux-uml-debug,
}:
(callPackage ./lib/uml.nix {}) {
  name = "recovery";
  kernel = linux-uml-debug;
  withAir = true;
  options = ["--time-travel" "--mem" "1024M" "--timeout" "1800"];
}
