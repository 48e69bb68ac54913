# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# One repetition of a load, see docs/ramp.md; ramp-uml runs it. RAMP_MODE=count
# counts, and leaves guest.json and payload.json in OUT; RAMP_MODE=cpu has
# ramp-uml take the CPU time between cpu-begin and cpu-end, and leaves
# frames.json.

# shellcheck source=checks/lib/wifi.sh
. "$LIB/wifi.sh"

source_port=5027 sink_port=5028 tcp_port=12345

# fail KIND SENTENCE: why there is no result; the first reason counts.
fail() {
  [ -e "$OUT/failure" ] || printf '%s %s\n' "$1" "$2" >"$OUT/failure"
  not_ok "$2"
}

chip_settings() {
  printf '[bus]\nenabled = true\nclock_hz = %s\nwidth = %s\ncommand_overhead_ns = %s\n' "$CLOCK" "$WIDTH" "$OVERHEAD"
  printf '[air]\nseed = %s\n' "$SEED"
  [ "$medium" != network ] || printf '[traffic]\nsource_port = %s\nsink_port = %s\nphy_kbps = %s\n' $source_port $sink_port "$phy_kbps"
}
insert_chip() {
  "$EMULATOR" run --air "$medium" --config /run/chip.toml --summary "$OUT/chip.json" >"$OUT/chip.log" 2>&1 &
  chip_pid=$!
  wait_for 20 said "$OUT/chip.log" ready
}

# A small open network of the emulator's own; nobody behind it answers.
join_emulated() {
  insmod "$MODULES/vsdio/vsdio.ko" && insmod "$MODULES/bes2600/bes2600.ko" || return 1
  insert_chip && wait_for 60 has_station || return 1
  # What the kernel would say by itself is traffic, too.
  echo 1 >"/proc/sys/net/ipv6/conf/$sta/disable_ipv6"
  ip link set "$sta" up && iw dev "$sta" connect emulated && wait_for 20 carrier || return 1
  ip addr add $sta_ip/24 dev "$sta"
  ip neigh replace $ap_ip lladdr 02:00:00:00:01:00 nud permanent dev "$sta"
}
join_simulated() {
  wifi_begin && ap ap1 && join 'ssid="besser"' key_mgmt=NONE scan_freq=2437 && reachable
}

# end COMMAND...: an end of the load
ends=()
end() {
  "$@" >"/run/end.${#ends[@]}" &
  ends+=($!)
}
begin_load() {
  local down='' up='' frames_before
  frames_before=$(frames)
  case $LOAD in
    stream) end "$RAMP_LOAD" stream $ap_ip $source_port $sink_port "$RATE" ;;
    tcp-down) down=1 ;;
    tcp-up) up=1 ;;
    tcp-both) down=1 up=1 ;;
    udp-down) end "$RAMP_LOAD" order $ap_ip $source_port 1472 ;;
    udp-up) end "$RAMP_LOAD" flood $ap_ip $sink_port 1472 ;;
    udp-both)
      end "$RAMP_LOAD" order $ap_ip $source_port 1472
      end "$RAMP_LOAD" flood $ap_ip $sink_port 1472
      ;;
    small-down) end "$RAMP_LOAD" order $ap_ip $source_port 64 ;;
    small-up) end "$RAMP_LOAD" flood $ap_ip $sink_port 64 ;;
    latency)
      end "$RAMP_LOAD" ask $ap_ip $source_port /run/alone
      pause 2
      kill "${ends[0]}"
      wait "${ends[0]}"
      ends=()
      end "$RAMP_LOAD" flood $ap_ip $sink_port 1472
      end "$RAMP_LOAD" ask $ap_ip $source_port /run/loaded
      ;;
  esac
  if [ -n "$down" ]; then
    end "$RAMP_LOAD" listen $tcp_port
    pause 0.5
    end ip netns exec ap "$RAMP_LOAD" send $sta_ip $tcp_port
  fi
  if [ -n "$up" ]; then
    end ip netns exec ap "$RAMP_LOAD" listen $tcp_port
    pause 0.5
    end "$RAMP_LOAD" send $ap_ip $tcp_port
  fi
  { wait_for 60 flows && loaded; } || fail load "the load did not begin, or ended: $(cat /run/end.* | tr '\n' ' ')"
  pause 1
}
end_load() {
  local pid
  for pid in "${ends[@]}"; do kill "$pid" 2>/dev/null; done
  for pid in "${ends[@]}"; do wait "$pid" || fail load "an end of the load failed: $(cat /run/end.* | tr '\n' ' ')"; done
  jq -s '{rx_bytes: (map(.rx_bytes) | add), tx_bytes: (map(.tx_bytes) | add), lost: (map(.lost) | add)}' /run/end.* >/run/payload.json
}
frames() { echo $(($(<"/sys/class/net/$sta/statistics/rx_packets") + $(<"/sys/class/net/$sta/statistics/tx_packets"))); }
# The load runs: a program may take its time to start where time is real.
flows() { [ "$(frames)" -ge $((frames_before + 100)) ] || ! loaded; }
loaded() { # every end is there
  local pid
  for pid in "${ends[@]}"; do kill -0 "$pid" 2>/dev/null || return 1; done
}

count() {
  mount -t tracefs tracefs /sys/kernel/tracing
  local role roles=() said
  # shellcheck disable=SC2153
  while read -r role; do roles+=(--role "$role"); done <"$ROLES"
  sh "$COLLECT" --interface "$sta" --seconds "$RAMP_SECONDS" --interval 0.1 --seed "$SEED" --variant "$VARIANT" \
    --module "$MODULES/bes2600/bes2600.ko" --loaded --after /run/go --trace "$OUT/trace.txt" "${roles[@]}" >"$OUT/guest.json" &
  collector=$!
  begin_load
  : >/run/go
  if ! wait $collector; then
    said=$(jq -re '"\(.failure) \(.cause)"' "$OUT/guest.json") || said='setup the collector failed'
    fail "${said%% *}" "${said#* }"
  fi
  end_load
  jq -n --slurpfile payload /run/payload.json --rawfile alone <(cat /run/alone 2>/dev/null) --rawfile loaded <(cat /run/loaded 2>/dev/null) '
    def numbers: split("\n") | map(select(. != "") | tonumber);
    {payload: $payload[0], latency_ms: (if $loaded == "" then null else {alone: ($alone | numbers), loaded: ($loaded | numbers)} end)}' >"$OUT/payload.json"
  dmesg >"$OUT/kernel.log"
}

cpu() {
  local first last began ended
  begin_load
  read -r began _ </proc/uptime
  first=$(frames)
  : >"$OUT/cpu-begin"
  pause "$RAMP_SECONDS"
  : >"$OUT/cpu-end"
  last=$(frames)
  read -r ended _ </proc/uptime
  end_load
  jq -n --argjson frames $((last - first)) --argjson began "$began" --argjson ended "$ended" \
    '{$frames, elapsed_s: ($ended - $began)}' >"$OUT/frames.json"
}

phy_kbps=0
case $LOAD in
  tcp-*) medium=hwsim ;;
  latency) medium=network phy_kbps=65000 ;;
  *) medium=network ;;
esac
chip_settings >/run/chip.toml
if [ $medium = hwsim ]; then joined=join_simulated; else joined=join_emulated; fi
if $joined; then
  ok 'the station has a link'
  "$RAMP_MODE"
  verdict 'bes2600 unloads' rmmod bes2600
  kill -TERM "$chip_pid"
  wait "$chip_pid" || fail breach "the emulated chip: $(grep -m 1 '^breach' "$OUT/chip.log" || echo it failed)"
else
  fail setup "the station has no link: $(tail -n 1 "$OUT/chip.log")"
fi
