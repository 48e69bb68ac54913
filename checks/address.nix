# SPDX-License-Identifier: GPL-2.0-only
#
# The chip has the MAC address that its board keeps in an NVMEM cell, also when
# the cell's provider comes late; one that cannot be read costs a warning.
{
  callPackage,
  linux-uml-debug,
}:
(callPackage ./lib/uml.nix {}) {
  name = "address";
  kernel = linux-uml-debug;
  board = ./address/board.dts;
  options = ["--time-travel" "--timeout" "600"];
  variables.CELLS = "${(callPackage ./lib/test-module.nix {}) {
    name = "cells";
    kernel = linux-uml-debug;
    src = ./address;
  }}/cells.ko";
}
