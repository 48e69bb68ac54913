# SPDX-License-Identifier: GPL-2.0-only
#
# Every variant of the driver builds, and the receive relay's ancestors and the
# driver as it stands differ in what the campaign counted: who is dispatched,
# who is woken, what the bus is used for.
{
  lib,
  runCommand,
  bes2600-variants,
  jq,
  kmod,
  linux-uml,
  procps,
  ramp-uml,
}: let
  file = name: "${bes2600-variants.${name}}/lib/modules/${linux-uml.modDirVersion}/updates/bes2600.ko";
  compared = ["patch-b" "patch-c-v3" "patch-c2" "head"];
in
  runCommand "check-variants" {
    nativeBuildInputs = [jq kmod procps ramp-uml];
  } ''
    number=0 failed=0
    verdict() { # TEXT COMMAND...
      local text=$1 word=ok
      shift
      number=$((number + 1))
      "$@" || { word='not ok' failed=1; }
      echo "$word $number - $text" | tee -a results.tap
    }
    quietly() { "$@" >/dev/null; }
    ${lib.concatMapStrings (name: ''
      verdict '${name} is built' test -s ${file name}
    '') (lib.attrNames bes2600-variants)}
    different() { [ "$(printf '%s\n' "$@" | sort -u | wc -l)" = "$(for each; do modinfo -F srcversion "$each"; done | sort -u | wc -l)" ]; }
    verdict 'srcversion tells them apart' different ${lib.concatMapStringsSep " " file (lib.attrNames bes2600-variants)}
    ${lib.concatMapStrings (name: ''
        ramp-uml --module ${file name} --variant ${name} --load stream --seconds 5 --seed 1 --out ${name} 2>&1 | grep -v '^ramp: progress' || true
        verdict '${name} is ramped' quietly jq -e '.status == "ok"' ${name}/receipt.json
        jq -c '{variant, metrics, dispatches: (.dispatches | del(.functions)), wakeups}' ${name}/receipt.json
      '')
      compared}

    # holds TEXT CONDITION: on the receipts, by name
    holds() {
      verdict "$1" quietly jq -es "map({(.variant): .}) | add | $2" \
        ${lib.concatMapStringsSep " " (name: "${name}/receipt.json") compared}
    }
    holds 'the relay dispatches receive work, and nothing else does' \
      '.["patch-b"].dispatches.receive_work > 0 and ([.["patch-c-v3"], .["patch-c2"], .head] | all(.dispatches.receive_work == 0))'
    holds 'without the relay at least 99 % less transmit work is dispatched' \
      '.["patch-b"].metrics.transmit_work_s as $b | $b > 0 and ([.["patch-c-v3"], .["patch-c2"], .head] | all(.metrics.transmit_work_s <= $b * 0.01))'
    holds 'no bottom half is dispatched again' 'map(.dispatches.bottom_half == 0) | all'
    holds 'head is woken least for a frame' \
      '.head.metrics.wakeups_per_frame as $h | ([.["patch-b"], .["patch-c-v3"], .["patch-c2"]] | all(.metrics.wakeups_per_frame > $h))'
    holds 'head uses the bus least for a frame' \
      '.head.metrics.bus_commands_per_frame as $h | ([.["patch-b"], .["patch-c-v3"], .["patch-c2"]] | all(.metrics.bus_commands_per_frame > $h))'
    echo "1..$number" >>results.tap
    [ "$failed" -eq 0 ]
    mkdir $out
    cp results.tap $out/
    for name in ${toString compared}; do cp $name/receipt.json $out/$name.json; done
  ''
