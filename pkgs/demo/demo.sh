# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# $vm_boot is the folder of the check's results.
summary=${vm_boot:?}/summary.json
case ${1:-} in
  --json)
    jq --arg serial "$vm_boot/console.log" --arg results "$vm_boot/results.tap" '. + {log: $serial, results: $results}' "$summary"
    exit
    ;;
  '') ;;
  *)
    echo "usage: demo [--json]" >&2
    exit 2
    ;;
esac

jq -r --arg log "$vm_boot/console.log" --arg results "$vm_boot/results.tap" '
  def mib: . / 1048576 * 10 | round / 10 | "\(.) MiB";
  def kib: . / 1024 | round | "\(.) KiB";
  def ms: if . == null then "?" else . / 1000 * 10 | round / 10 | "\(.) ms" end;
  def entry(name; text): "  " + (name + "                    ")[:22] + (text | tostring);
  entry("kernel"; "Linux \(.kernel) for the PineTab2, \(.image_bytes | mib)"),
  entry("driver"; "\(.module // "bes2600"), \(.module_bytes | kib), srcversion \(.srcversion // "?")"),
  entry("boot to user space"; "\(.boot_ms) ms, emulated"),
  entry("firmware"; .startup.firmware_label // "?"),
  entry("firmware download"; .startup.download_us | ms),
  entry("probe to startup"; .startup.startup_us | ms),
  entry("bus commands"; "\(.counters.cmd52 // 0) CMD52, \(.counters.cmd53 // 0) CMD53, from probe to startup indication"),
  (.chip.cards[0]? // .chip // {} | select(.download) |
    entry("the chip saw"; "\(.download.bytes) bytes in \(.download.frames) frames, \(.breaches | length) breaches of the protocol")),
  entry("serial log"; $log),
  entry("results"; $results)
' "$summary"
