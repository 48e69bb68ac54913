# SPDX-License-Identifier: GPL-2.0-only
#
# KUnit: the suites of the abstractions run as the kernel boots, those of the
# modules as they load. Every suite of checks/kunit-suites.txt must have run.
{
  callPackage,
  linux-uml,
}:
(callPackage ./lib/uml.nix {}) {
  name = "kunit";
  kernel = linux-uml;
  withChip = false;
  options = [
    "--append"
    "kunit.enable=1 kunit.autorun=1"
  ];
  judge = ''
    python3 ${./lib/ktap} "$OUT/console.log" ${./kunit-suites.txt} | tee "$OUT/results.tap"
  '';
}
