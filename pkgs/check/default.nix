# SPDX-License-Identifier: GPL-2.0-only
#
# All checks' results: to build it is to pass them.
{
  lib,
  writeShellApplication,
  checks,
  coreutils,
  gnused,
}:
writeShellApplication {
  name = "check";
  runtimeInputs = [coreutils gnused];
  text = ''
    ${lib.concatStrings (
      lib.mapAttrsToList (name: check: ''
        echo '${name}:'
        sed '/^1\.\./d; s/^/  /' ${check}/results.tap
      '')
      checks
    )}
    echo '${toString (builtins.length (builtins.attrNames checks))} passed, 0 failed'
  '';
  meta.description = "Runs every check that was not run on these sources before";
}
