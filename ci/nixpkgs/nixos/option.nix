# SPDX-License-Identifier: GPL-2.0-only
#
# The kinds of options that there are many of: those that take an argument take
# their default.
{lib}: let
  inherit (lib) types;
  option = type: default: lib.mkOption {inherit type default;};
in {
  bool = option types.bool;
  int = option types.int;
  string = option types.str;
  lines = option types.lines "";
  strings = option (types.listOf types.str) [];
  packages = option (types.listOf types.package) [];
  settings = option (types.attrsOf types.anything) {};
}
