# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs one repetition of a load over a driver in user-mode Linux.
#
#   ramp-uml --module FILE.ko --load NAME --seconds N --seed N --out DIR [OPTION...]
#   ramp-uml --list-loads
#
#   --rate RATE      cap of load stream, bytes a second (k, M, G); default 4M
#   --variant NAME   goes into the receipt
#   --bus NAME       a row of the table of buses; default its first
#   --no-cpu         leaves out the second boot, which measures CPU time
#
# DIR/receipt.json is the result. Exit status 0 with one that says ok, 1 with
# one that says failed, 2 when the command line is wrong. docs/ramp.md has all
# of it.
#
# From its package it has: RAMP_KERNEL (user-mode Linux), RAMP_VSDIO (the
# module), RAMP_EMULATOR, RAMP_FIRMWARE, RAMP_HWSIM (the module), RAMP_REGDB,
# RAMP_GUEST (checks/ for guests), RAMP_COLLECT, RAMP_TABLE (buses), RAMP_ROLES.
set -euo pipefail

loads=(stream tcp-down tcp-up tcp-both udp-down udp-up udp-both small-down small-up latency)
usage() {
  echo "ramp-uml: $*; see --help" >&2
  exit 2
}

module='' load='' rate='' seconds='' seed='' out='' variant='' bus='' cpu=1
while [ $# -gt 0 ]; do
  case $1 in
    --list-loads) printf '%s\n' "${loads[@]}"; exit 0 ;;
    --no-cpu) cpu=''; shift; continue ;;
    -h | --help) sed -n '4,20s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    --module | --load | --rate | --seconds | --seed | --out | --variant | --bus) [ $# -ge 2 ] || usage "$1 wants a value" ;;
    *) usage "unknown option $1" ;;
  esac
  printf -v "${1#--}" %s "$2"
  shift 2
done
for name in module load seconds seed out; do [ -n "${!name}" ] || usage "--$name is missing"; done
[[ " ${loads[*]} " == *" $load "* ]] || usage "no load is named $load; there are: ${loads[*]}"
[ -f "$module" ] || usage "there is no module $module"
[[ $seconds =~ ^[0-9]{1,4}$ && $seconds -ge 1 && $seconds -le 3600 ]] || usage "--seconds wants 1 to 3600, not $seconds"
[[ $seed =~ ^[0-9]{1,10}$ && $seed -le 4294967295 ]] || usage "--seed wants 0 to 4294967295, not $seed"
bytes=0
if [ "$load" = stream ]; then
  [[ ${rate:=4M} =~ ^([0-9]+)([kMG]?)$ ]] || usage "--rate wants a number with k, M or G, not $rate"
  case ${BASH_REMATCH[2]} in k) bytes=1024 ;; M) bytes=1048576 ;; G) bytes=1073741824 ;; *) bytes=1 ;; esac
  bytes=$((bytes * BASH_REMATCH[1]))
  [ "$bytes" -ge 1000 ] || usage "--rate wants at least 1000 bytes a second, not $rate"
elif [ -n "$rate" ]; then
  usage "load $load has no --rate"
fi
row=$(grep -v '^#' "$RAMP_TABLE" | awk -F '\t' -v name="$bus" 'NF == 4 && (name == "" || $1 == name) { print; exit }')
[ -n "$row" ] || usage "no bus is named $bus; there are: $(grep -v '^#' "$RAMP_TABLE" | cut -f 1 | tr '\n' ' ')"
IFS=$'\t' read -r bus clock width overhead <<<"$row"
mkdir -p "$out" || exit 2
[ -z "$(ls -A "$out")" ] || usage "$out is not empty"
out=$(realpath "$out")

case $load in tcp-*) air=hwsim phy=null ;; latency) air=network phy=65000 ;; *) air=network phy=null ;; esac
# With the firmware as the peer: the CPU time is not that of an access point.
case $load in tcp-down) cpu_load=udp-down ;; tcp-up) cpu_load=udp-up ;; tcp-both) cpu_load=udp-both ;; *) cpu_load=$load ;; esac

work=$(mktemp -d)
guest_pid=''
kill_guest() {
  [ -n "$guest_pid" ] || return 0
  local pids
  kill -TERM -- "-$guest_pid" 2>/dev/null || true
  # The kernel is in a group that timeout made; its user processes die with it.
  if mapfile -t pids < <(pgrep -f "init=($out|$out/cpu)/init") && [ ${#pids[@]} -gt 0 ]; then
    kill -KILL "${pids[@]}" 2>/dev/null || true
  fi
  wait "$guest_pid" 2>/dev/null || true
  guest_pid=''
}
finish() {
  kill_guest
  rm -rf "$work"
}
trap finish EXIT

# receipt STATUS FAILURE CAUSE: writes it, of what there is
receipt() {
  local file
  for file in guest payload frames cpu; do
    [ -s "$work/$file.json" ] && jq -e . "$work/$file.json" >/dev/null 2>&1 || echo null >"$work/$file.json"
  done
  [ -e "$out/reports.txt" ] || : >"$out/reports.txt"
  if ! jq -n --arg status "$1" --arg failure "$2" --arg cause "$3" --arg variant "$variant" \
    --arg path "$(realpath "$module")" --arg srcversion "$srcversion" --arg load "$load" --argjson bytes "$bytes" \
    --argjson seconds "$seconds" --argjson seed "$seed" --arg air "$air" --argjson phy "$phy" \
    --arg bus "$bus" --argjson clock "$clock" --argjson width "$width" --argjson overhead "$overhead" \
    --slurpfile guest "$work/guest.json" --slurpfile payload "$work/payload.json" \
    --slurpfile frames "$work/frames.json" --slurpfile cpu "$work/cpu.json" \
    --rawfile reports "$out/reports.txt" --rawfile chip <(cat "$out/chip.log" "$out/cpu/chip.log" 2>/dev/null) --arg wall "$began" '
    def percentile(p): sort | if length == 0 then null else .[[(length * p | floor), length - 1] | min] end;
    def lines: split("\n") | map(select(. != ""));
    def or_null: if . == "" then null else . end;
    ($guest[0] // {}) as $g
    | (if $cpu[0] == null or $frames[0] == null then null else
        ($frames[0] + {kernel_ns: $cpu[0], method: "CPU time of the process that is the guest'"'"'s kernel, in a boot of its own"}) end) as $c
    | $payload[0].latency_ms as $latency
    | {metrics: ["rx_mb_s", "tx_mb_s", "rx_frames_s", "tx_frames_s", "bus_commands_per_frame", "wakeups_per_frame", "frames_per_batch", "receive_work_s", "transmit_work_s", "bottom_half_s"] | map({(.): null}) | add}
      * $g
    | . + {
        schema: 1, kind: "ramp", status: $status, failure: ($failure | or_null), cause: ($cause | or_null),
        target: "uml", variant: ($variant | or_null), module: {path: $path, srcversion: ($g.module.srcversion // $srcversion)},
        kernel: ($g.kernel // null),
        chip: {emulated: true, air: $air, bus: {name: $bus, clock_hz: $clock, width: $width, command_overhead_ns: $overhead}, phy_kbps: $phy, startup: ($g.chip.startup // null)},
        load: {name: $load, rate_bytes_s: (if $bytes == 0 then null else $bytes end), seconds: $seconds}, seed: $seed,
        began: $wall, clock: "virtual", uptime_s: ($g.uptime_s // null), elapsed_s: ($g.elapsed_s // null), samples: ($g.samples // null),
        payload: ($payload[0].payload // null), latency_ms: $latency, interface: ($g.interface // null), counters: ($g.counters // null),
        bus: ($g.bus // null), dispatches: ($g.dispatches // null), wakeups: ($g.wakeups // null), cpu: $c,
        reports: ($reports | lines), breaches: ($chip | lines | map(select(startswith("breach")))),
        metrics: (.metrics + {
          cpu_us_per_frame: (if $c == null or $c.frames == 0 then null else $c.kernel_ns / $c.frames / 1000 end),
          latency_median_ms: (if $latency == null then null else ($latency.loaded | percentile(0.5)) end),
          latency_p95_ms: (if $latency == null then null else ($latency.loaded | percentile(0.95)) end)})}' >"$out/receipt.json.part" || ! mv "$out/receipt.json.part" "$out/receipt.json"; then
    rm -f "$out/receipt.json.part"
    echo "ramp-uml: $out/receipt.json cannot be written" >&2
    exit 1
  fi
}
give_up() { # KIND SENTENCE
  trap '' INT TERM HUP
  kill_guest
  echo "ramp-uml: $2" >&2
  receipt failed "$1" "$2"
  exit 1
}
trap 'give_up interrupted "stopped by a signal"' INT TERM HUP

began=$(date -u +%Y-%m-%dT%H:%M:%SZ)
srcversion=$(modinfo -F srcversion "$module") || usage "$module is no kernel module"
mkdir -p "$work/modules/bes2600" "$work/modules/vsdio"
ln -s "$(realpath "$module")" "$work/modules/bes2600/bes2600.ko"
ln -s "$(realpath "$RAMP_VSDIO")" "$work/modules/vsdio/vsdio.ko"

# kernel_time OUT: nanoseconds that the guest's kernel was on a CPU: the oldest
# of its processes
kernel_time() {
  local pid
  pid=$(pgrep -o -f "^$(realpath "$RAMP_KERNEL") .*init=$1/init") || return 1
  cut -d ' ' -f 1 "/proc/$pid/schedstat"
}

# boot MODE LOAD OUT FROM TO [OPTION...]: runs the guest; progress goes from FROM to TO percent
boot() {
  local mode=$1 of=$2 dir=$3 from=$4 to=$5 share first='' last=''
  shift 5
  mkdir -p "$dir"
  set -m
  "$RAMP_GUEST/lib/uml-run" "$@" --mem 1024M --timeout $((300 + seconds * 60)) --append "firmware_class.path=$RAMP_FIRMWARE" \
    "$RAMP_KERNEL" "$RAMP_GUEST/scenarios/ramp.sh" "$dir" \
    RAMP_MODE="$mode" LOAD="$of" RATE="$bytes" RAMP_SECONDS="$seconds" SEED="$seed" VARIANT="$variant" \
    CLOCK="$clock" WIDTH="$width" OVERHEAD="$overhead" MODULES="$work/modules" EMULATOR="$RAMP_EMULATOR" \
    FIRMWARE="$RAMP_FIRMWARE" MAC80211_HWSIM="$RAMP_HWSIM" REGDB="$RAMP_REGDB" COLLECT="$RAMP_COLLECT" ROLES="$RAMP_ROLES" \
    RAMP_LOAD="$RAMP_GUEST/lib/ramp-load" TRAFFIC="$RAMP_GUEST/lib/traffic" </dev/null >"$work/uml-run.log" 2>&1 &
  guest_pid=$!
  set +m
  while kill -0 $guest_pid 2>/dev/null; do
    if [ "$mode" = cpu ]; then
      # What passes between the two marks is what counts, so look often.
      [ -n "$first" ] || [ ! -e "$dir/cpu-begin" ] || first=$(kernel_time "$dir") || true
      [ -n "$last" ] || [ ! -e "$dir/cpu-end" ] || last=$(kernel_time "$dir") || true
      [ -z "$first" ] || [ -n "$last" ] || { sleep 0.005; continue; }
    fi
    sleep 0.1
    share=$(tail -c 4000 "$dir/console.log.raw" 2>/dev/null | tr -d '\r' | sed -n 's/^ramp: progress \([0-9.]*\) .*/\1/p' | tail -n 1)
    [ -z "$share" ] || [ "$share" = "${told:-}" ] || awk -v a="$from" -v b="$to" -v s="$share" -v t="$of" \
      'BEGIN { if (s > 1) s = 1; printf "ramp: progress %.3f %s\n", (a + (b - a) * s) / 100, t }' >&2
    told=$share
  done
  local result=0
  wait $guest_pid || result=$?
  guest_pid=''
  if [ -n "$first" ] && [ -n "$last" ]; then echo $((last - first)) >"$work/cpu.json"; fi
  return $result
}

# Why a guest failed, of what it left in DIR
explain() {
  local dir=$1 kind cause
  if [ -s "$dir/failure" ]; then
    read -r kind cause <"$dir/failure"
    give_up "$kind" "$cause"
  elif [ -s "$dir/reports.txt" ]; then
    give_up kernel "the kernel reported: $(head -n 1 "$dir/reports.txt")"
  elif grep -q 'no end after' "$work/uml-run.log"; then
    give_up timeout "$(sed -n 's/^uml-run: \(no end after.*\)/\1/p' "$work/uml-run.log")"
  elif grep -qi 'no space left' "$work/uml-run.log" "$dir/console.log"; then
    give_up disk "no space is left for $dir"
  fi
  give_up setup "the guest failed: $(grep -m 1 -E '^(uml-run:|not ok)' "$work/uml-run.log" || tail -n 1 "$work/uml-run.log")"
}

upto=100
[ -z "$cpu" ] || upto=70
boot count "$load" "$out" 10 $upto --time-travel || {
  cp "$out/guest.json" "$out/payload.json" "$work/" 2>/dev/null || true
  explain "$out"
}
cp "$out/guest.json" "$out/payload.json" "$work/"
if [ -n "$cpu" ]; then
  boot cpu "$cpu_load" "$out/cpu" 70 100 --time-travel || explain "$out/cpu"
  cp "$out/cpu/frames.json" "$work/"
  rm -f "$out/cpu"/{cpu-begin,cpu-end,init,frames.json,results.tap,reports.txt}
fi
receipt ok '' ''
rm -f "$out"/{init,guest.json,payload.json,results.tap,reports.txt}
echo 'ramp: progress 1.000 done' >&2
