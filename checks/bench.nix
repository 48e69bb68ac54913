# SPDX-License-Identifier: GPL-2.0-only
#
# What ./bench tells: throughput, bus commands and latency on a bus that takes
# time. Passes when everything could be measured; whether the targets are met is
# in bench.json.
{
  callPackage,
  linux-uml,
}:
(callPackage ./lib/uml.nix {}) {
  name = "bench";
  kernel = linux-uml;
  withAir = true;
  options = ["--time-travel" "--mem" "1024M" "--timeout" "1800"];
  variables.TABLE = ./bench.tsv;
  judge = ''
    python3 $LIB/bench-report collect "$OUT/console.log" >"$OUT/bench.json"
  '';
  keeps = ["bench.json"];
}
