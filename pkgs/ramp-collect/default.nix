# SPDX-License-Identifier: GPL-2.0-only
#
# Counts what a load costs the driver; for a tablet, and inside the guests of
# ramp-uml. A plain script: it goes over ssh to machines that have no Nix.
{
  lib,
  runCommand,
}:
runCommand "ramp-collect" {
  meta = {
    description = "Counts what a load costs the BES2600's driver, and prints a receipt";
    license = lib.licenses.gpl2Only;
    mainProgram = "ramp-collect";
  };
} ''
  install -D -m 755 ${./ramp-collect.sh} $out/bin/ramp-collect
''
