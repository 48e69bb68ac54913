# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# $vm_boot is the folder of the check's results.
summary=${vm_boot:?}/summary.json
case ${1:-} in
  --json)
    jq --arg serial "$vm_boot/console.log" --arg results "$vm_boot/results.tap" --arg trace "$vm_boot/trace.txt" \
      '. + {log: $serial, results: $results, trace: $trace}' "$summary"
    exit
    ;;
  '') ;;
  *)
    echo "usage: demo [--json]" >&2
    exit 2
    ;;
esac

jq -r --arg log "$vm_boot/console.log" --arg results "$vm_boot/results.tap" --arg trace "$vm_boot/trace.txt" '
  def mib: . / 1048576 * 10 | round / 10 | "\(.) MiB";
  def kib: . / 1024 | round | "\(.) KiB";
  def ms: if . == null then "?" else . / 1000 * 10 | round / 10 | "\(.) ms" end;
  def entry(name; text): "  " + (name + "                    ")[:22] + (text | tostring);
  # What the frames of a measurement cost: both directions, since TCP answers.
  def cost:
    ((.tx_frames // 0) + (.rx_frames // 0)) as $frames |
    def each: if $frames == 0 then "?" else . / $frames * 1000 | round / 1000 end;
    "\((.cmd52 // 0) + (.cmd53 // 0) | each) bus commands, \(.interrupts // 0 | each) wake-ups and \(.sdio_tx_work // 0 | each) dispatches a frame";
  entry("kernel"; "Linux \(.kernel) for the PineTab2, \(.image_bytes | mib)"),
  entry("driver"; "\(.module // "bes2600"), \(.module_bytes | kib), srcversion \(.srcversion // "?")"),
  entry("boot to systemd"; "\(.boot_ms) ms, emulated"),
  entry("firmware"; .startup.firmware_label // "?"),
  entry("firmware download"; .startup.download_us | ms),
  entry("probe to startup"; .startup.startup_us | ms),
  entry("bus commands"; "\(.counters.cmd52 // 0) CMD52, \(.counters.cmd53 // 0) CMD53, from probe to startup indication"),
  (.chip.cards[0]? // .chip // {} | select(.download) |
    entry("the chip saw"; "\(.download.bytes) bytes in \(.download.frames) frames, \(.breaches | length) breaches of the protocol")),
  (.network // {} | select(.association) |
    (.scan[] | entry("network"; "\(.ssid), \(.bssid), \(.mhz) MHz, \(.signal_dbm) dBm, \(.security)")),
    (.association | entry("joined"; "\(.ssid) by \(.key_mgmt) with \(.pairwise_cipher), PMF \(.pmf), on \(.freq) MHz, \(.ms) ms after the card came")),
    (.ping | entry("latency"; "\(.mean_ms) ms in the mean, \(.max_ms) ms at most; \(.received) of \(.sent) answered")),
    (.up | entry("TCP up"; "\(.mbit_s) Mbit/s; " + (.counters | cost))),
    (.down | entry("TCP down"; "\(.mbit_s) Mbit/s; " + (.counters | cost)))),
  entry("serial log"; $log),
  entry("bus and messages"; $trace),
  entry("results"; $results)
' "$summary"
