#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A runner as docs/ramp.md has it, which measures nothing: the figure follows
# from the label and the seed. A test puts its own behaviour in BEFORE.
set -u

rate=null
while [ $# -gt 0 ]; do
  case $1 in
    --module) module=$2 ;;
    --load) load=$2 ;;
    --rate) rate=$2 ;;
    --seconds) seconds=$2 ;;
    --seed) seed=$2 ;;
    --out) out=$2 ;;
    --variant) variant=$2 ;;
    *) echo "ramp-fake: unknown option $1" >&2 && exit 2 ;;
  esac
  shift 2
done
mkdir -p "$out"
echo 'ramp: progress 0.5 measures' >&2
srcversion=$(tr '\0' '\n' <"$module" | sed -n 's/^srcversion=//p' | head -n 1)

# failed KIND CAUSE
# shellcheck disable=SC2329
failed() {
  printf '{"schema": 1, "status": "failed", "failure": "%s", "cause": "%s", "target": "uml", "load": {"name": "%s", "rate_bytes_s": null, "seconds": %d}, "seed": %d}\n' \
    "$1" "$2" "$load" "$seconds" "$seed" >"$out/receipt.json"
  exit 1
}

base=1500 work=0
case $variant in
  slow*) base=1000 work=86.4 ;;
  fast*) base=2000 ;;
esac
value=$((base + seed % 20))
: BEFORE

bytes=$(for i in {1..20}; do printf '%d,' $((value * 1048 + i % 3 * 1000)); done)
times=$(for i in {1..20}; do printf '%d,' "$i"; done)
cat >"$out/receipt.json" <<END
{"schema": 1, "kind": "ramp", "status": "ok", "failure": null, "cause": null, "target": "uml", "variant": "$variant",
"module": {"path": "$module", "srcversion": "$srcversion"},
"kernel": {"release": "7.3.4", "version": "#1", "machine": "x86_64"}, "chip": {"emulated": true},
"load": {"name": "$load", "rate_bytes_s": $rate, "seconds": $seconds}, "seed": $seed,
"began": "2026-05-07T23:08:00Z", "uptime_s": {"kernel": 5.0, "chip": 2.0}, "clock": "virtual", "elapsed_s": $seconds,
"samples": {"interval_s": 1, "t_s": [${times%,}], "rx_bytes": [${bytes%,}], "tx_bytes": [${bytes%,}]},
"reports": [], "breaches": [],
"metrics": {"rx_mb_s": $((value / 1000)).$(printf %03d $((value % 1000))), "receive_work_s": $work, "transmit_work_s": 0, "cpu_us_per_frame": null}}
END
