# SPDX-License-Identifier: GPL-2.0-only
#
# The fault matrix: every fault of bus and chip at every stage of a
# connection's life, and what becomes of the connection.
{
  callPackage,
  linux-uml-debug,
}:
(callPackage ./lib/uml.nix {}) {
  name = "faults";
  kernel = linux-uml-debug;
  withAir = true;
  options = ["--time-travel" "--mem" "1024M" "--timeout" "3000"];
  variables.TABLE = ./faults.tsv;
}
