# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The emulator's air: loss, distance, and a station that walks from one access
# point to another. With STATION=air only mac80211 is on it, so that what fails
# is the air's doing.

# shellcheck source=checks/lib/wifi.sh
. "$LIB/wifi.sh"

near=(path_loss=70.0)

# path NAME LINE...: the way between the station and an access point
path() { printf '%s\n' '[[air.path]]' "ends = [\"${bssid[$1]}\"]" "${@:2}"; }
# What the station measures of its access point is that much, give or take 3 dB.
signal_is() {
  local dbm
  dbm=$(iw dev "$sta" link | sed -n 's/.*signal: \(-[0-9]*\) dBm/\1/p')
  if [ -z "$dbm" ] || [ "$dbm" -lt $(($1 - 3)) ] || [ "$dbm" -gt $(($1 + 3)) ]; then
    diag "signal is ${dbm:-unknown}, not $1"
    return 1
  fi
}
# Mbit/s of what the station sent last
bitrate() { iw dev "$sta" station dump | sed -n 's/^\s*tx bitrate:\s*\([0-9]*\).*/\1/p'; }
# carried FIELD: what the medium had carried when the air changed last
carried() { sed -n "s/^air changed.*\"$1\":\([0-9]*\).*/\1/p" /run/{air,chip}.log 2>/dev/null | tail -n 1; }

quiet() {
  air_is "${near[@]}" && ap ap1 "${psk_ap[@]}" && join "${psk_sta[@]}" "${on_6[@]}" &&
    reachable && transfer tcp-both $ap_ip 1000000 && signal_is -50
}
# hwsim counts no retries of aggregated frames; the medium does.
lossy() {
  local frames tries
  air_is "${near[@]}" loss=0.2 ack_loss=0.1 || return 1
  frames=$(carried from_kernel) tries=$(carried tries)
  ap ap1 "${psk_ap[@]}" && join "${psk_sta[@]}" "${on_6[@]}" && transfer tcp-both $ap_ip 300000 && air_is "${near[@]}" || return 1
  frames=$(($(carried from_kernel) - frames)) tries=$(($(carried tries) - tries))
  [ $((tries * 100)) -gt $((frames * 115)) ] || { diag "$tries tries of $frames frames"; return 1; }
}
# Only the slow rates get through.
far() {
  air_is path_loss=108.0 && ap ap1 "${psk_ap[@]}" && join "${psk_sta[@]}" "${on_6[@]}" && transfer tcp-up $ap_ip 100000 &&
    signal_is -88 || return 1
  local rate
  rate=$(bitrate)
  [ "${rate:-99}" -lt 30 ] || { diag "$rate Mbit/s"; return 1; }
}
out_of_range() {
  air_is "${near[@]}" && ap ap1 "${psk_ap[@]}" && join "${psk_sta[@]}" "${on_6[@]}" && air_is path_loss=150.0 &&
    wait_for 30 disconnected && air_is "${near[@]}" && wait_for 60 completed && reachable
}
connected_to() {
  local lines text
  mapfile -t lines </run/sta.log
  text="${lines[*]}"
  text=${text##*CTRL-EVENT-CONNECTED}
  completed && [[ $text == *"Connection to ${bssid[$1]} completed"* ]]
}
# The nearer access point is taken before the other one is out of range.
walk() {
  local -a lines
  mapfile -t lines < <(path ap1 path_loss=60.0; path ap2 path_loss=100.0)
  air_is "${lines[@]}" && ap ap1 "${psk_ap[@]}" channel=1 && ap ap2 "${psk_ap[@]}" hw_mode=a channel=36 &&
    join "${psk_sta[@]}" scan_freq='2412 5180' 'bgscan="simple:2:-75:60"' && connected_to ap1 && reachable || return 1
  mapfile -t lines < <(path ap1 path_loss=100.0; path ap2 path_loss=60.0)
  if ! air_is "${lines[@]}" || ! wait_for 60 connected_to ap2; then
    tail -n 8 /run/sta.log | sed 's/^/# sta: /'
    return 1
  fi
  reachable && signal_is -40
}

# What `iw scan` needs of the kernel when an event comes in the midst of it
dump_beside_event() {
  local result=0
  "$LIB/dump-beside-event" >/run/dump.log 2>&1 || result=1
  diag "$(</run/dump.log)"
  return $result
}

if ! wifi_begin; then
  not_ok 'two access points and a station'
  return
fi
ok "two access points and a station, which is $STATION"

test_case 'a good air: nothing is lost, the signal is that of the model' quiet
test_case 'a fifth of all tries and a tenth of the acknowledgements lost' lossy
test_case 'far away, the slow rates carry' far
test_case 'out of range and back' out_of_range
test_case 'walking from one access point to another' walk
verdict 'a netlink dump waits for room beside an event' dump_beside_event

wifi_end
