# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Throughput, bus commands and latency of the driver on a bus that takes time,
# with the source and the sink of the emulated firmware; $MEASURE says how.
# $TABLE has the buses. And once over the air of mac80211_hwsim, which is
# slower than any bus: see lib/wifi.sh for what that needs.

# shellcheck source=checks/lib/wifi.sh
. "$LIB/wifi.sh"

rounds=${ROUNDS:-3}
# Addresses of the chips' own network. Not those of the air: the last words of a
# connection there are said again for minutes, on whatever link leads there.
source_ip=10.27.0.1 own_ip=10.27.0.2

# The whole way, on one core: both access point and air are programs of this
# guest.
over_the_air() {
  local direction server
  ap ap1 && join 'ssid="besser"' key_mgmt=NONE scan_freq=2437 || return 1
  for direction in '' -R; do
    ip netns exec ap iperf3 -s -1 >/run/iperf3-server.log 2>&1 &
    server=$!
    sleep 0.5
    # shellcheck disable=SC2086
    iperf3 -c $ap_ip --json -n 4M $direction >/run/iperf3.json || { diag "$(jq -r .error /run/iperf3.json)"; return 1; }
    wait $server
    jq -c --arg workload "air${direction:+-down}" \
      '{$workload, round: 0, mbit_s: (.end.sum_received.bits_per_second / 1e6)}' /run/iperf3.json | sed 's/^/bench: /'
  done
}

# chip SETTINGS: a chip with them joins the open network of its own air.
chip() {
  printf '%b' "$1" >/run/chip.toml
  "$EMULATOR" run --config /run/chip.toml --air network --summary /run/chip.json >/run/chip.log 2>&1 &
  chip_pid=$!
  wait_for 60 has_station || return 1
  # What the kernel would say by itself is traffic, too.
  echo 1 >"/proc/sys/net/ipv6/conf/$sta/disable_ipv6"
  ip link set "$sta" up && iw dev "$sta" connect emulated && wait_for 20 carrier || return 1
  ip addr add $own_ip/24 dev "$sta"
  # Nobody behind the access point answers.
  ip neigh replace $source_ip lladdr 02:00:00:00:01:00 nud permanent dev "$sta"
  sleep 2
}
no_station() { ! has_station; }
end_chip() {
  local result
  kill -TERM "$chip_pid"
  wait "$chip_pid"
  result=$?
  wait_for 20 no_station && [ $result -eq 0 ]
}
counters() { echo /sys/kernel/debug/bes2600-*/counters; }

if wifi_begin; then
  test_case 'throughput over the air of hwsim' over_the_air
  wifi_end
else
  not_ok 'two access points and a station'
fi

insmod "$MODULES/vsdio/vsdio.ko"
insmod "$MODULES/bes2600/bes2600.ko"
first=
while IFS=$'\t' read -r -u 3 name clock width overhead; do
  case $name in '#'* | '') continue ;; esac
  bus="[bus]\nenabled = true\nclock_hz = $clock\nwidth = $width\ncommand_overhead_ns = $overhead\n"
  first=${first:-$bus}
  verdict "$name: associated" chip "${bus}[traffic]\nsource_port = 5027\nsink_port = 5028\n"
  verdict "$name: measured" "$MEASURE" throughput "$(counters)" $source_ip "$name" "$clock" "$width" "$overhead" "$rounds"
  verdict "$name: no breach of the protocol" end_chip
done 3<"$TABLE"
for kbps in 6500 65000; do
  verdict "$kbps kbit/s: associated" chip "${first}[traffic]\nsource_port = 5027\nsink_port = 5028\nphy_kbps = $kbps\n"
  verdict "$kbps kbit/s: measured" "$MEASURE" latency "$(counters)" $source_ip $kbps
  verdict "$kbps kbit/s: no breach of the protocol" end_chip
done
mount -t tracefs tracefs /sys/kernel/tracing
verdict 'allocations: associated' chip '[traffic]\nsource_port = 5027\n'
verdict 'allocations: measured' "$MEASURE" allocations "$(counters)" $source_ip
verdict 'allocations: no breach of the protocol' end_chip
rmmod bes2600
rmmod vsdio
