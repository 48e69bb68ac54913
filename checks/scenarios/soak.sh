# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Endurance: what a driver is asked for again and again, for hours of virtual
# time. At the end of each part the rate is what it was, the kernel holds no
# more memory, the log has no more lines than there were occasions, and the
# driver has counted nothing that went wrong. See lib/wifi.sh for what the
# scenario needs, lib/endure for the loops.
#
# PARTS names parts; how much of each: LINK and MIXED in seconds, SCANS,
# RECONNECTS, RELOADS and SUSPENDS in times.

# shellcheck source=checks/lib/wifi.sh
. "$LIB/wifi.sh"

read -ra parts <<<"${PARTS:-link mixed scans reconnects reloads suspends}"
: "${LINK:=960}" "${MIXED:=180}" "${SCANS:=40}" "${RECONNECTS:=20}" "${RELOADS:=10}" "${SUSPENDS:=5}"
# The campaign's links lost their rate after 13 minutes, and scans failed every 301 s.
between_rates=780 between_scans=60

# Kilobytes that a part may end with more than it began with: free pages that
# the processor has put aside, and partly used pages of each cache.
export SLACK_KB=${SLACK_KB:-512}
export SIZE=${SIZE:-1000000}
export STA AP_IP=$ap_ip BSSIDS TRAFFIC CHIP_MODULE=$MODULES/bes2600/bes2600.ko
export SOUND="${sound_counters[*]} restarts failed_restarts failed_commands refused_scans beacon_losses"
endure() { "$LIB/endure" "$@"; }

both_bands=(scan_freq='5180 2437')
# Two access points of one network, on two bands, which change their keys so
# often; and a connection to the first of them
keys=()
connect() {
  STA=$sta BSSIDS="${bssid[ap1]} ${bssid[ap2]}"
  # The access point's rate control learns nothing on this medium: its statistics
  # stand still, each association gets the rate that was tried first, and one
  # would not compare with another.
  ap ap1 "${psk_ap[@]}" hw_mode=a channel=36 "${keys[@]}" && in_ap iw dev ap1 set bitrates ht-mcs-5 7 &&
    ap ap2 "${psk_ap[@]}" "${keys[@]}" &&
    join "${psk_sta[@]}" "${both_bands[@]}" && reachable && endure home
}
disconnect() {
  leave
  ap_stop ap1
  ap_stop ap2
}
# A connection for as long as its rate takes
rate() { # PART
  has_station || return 1
  # It has its addresses, unless the module was loaded anew.
  station_up 2>/dev/null
  connect && endure rate "$1"
  local result=$?
  disconnect
  return $result
}

# A part: what is done before its first snapshot, what is done a number of
# times, the driver's lines in the log that this may cost, what is done after
# its last one.
# endures PART BEFORE TEXT COMMAND LINES AFTER
endures() {
  local part=$1 before=$2 text=$3 command=$4 log_limit=$5 after=$6
  if ! { eval "$before" && endure snapshot "$part"; }; then
    not_ok "$part: begins"
    disconnect
    return
  fi
  verdict "$part: $text" eval "$command"
  endure snapshot "$part"
  verdict "$part: ends with a connection" eval "$after"
  verdict "$part: the rate is what it was" endure judge "$part" rate
  # The detectors hold on to what was freed, to find who still uses it; what
  # leaks there is kmemleak's to tell.
  [ -e /sys/kernel/debug/kmemleak ] || verdict "$part: the kernel holds no more memory" endure judge "$part" memory
  verdict "$part: the log has no line too many" endure judge "$part" log "$log_limit"
  verdict "$part: the driver has counted nothing that went wrong" endure judge "$part" counters
  disconnect
}
part_link() {
  endures link 'connect && endure scans warm-up 3' \
    "$LINK s of one connection, with a scan of both bands each minute" \
    "endure hold link $LINK $between_rates $between_scans" 0 reachable
}
part_mixed() {
  keys=(wpa_group_rekey=30 wpa_ptk_rekey=45)
  endures mixed 'connect && endure mix warm-up 120 && endure rate mixed' \
    "$MIXED s of transfers, roaming, new keys, scans and power save" \
    "endure mix mixed $MIXED" 0 'endure rate mixed'
  keys=()
}
part_scans() {
  endures scans 'connect && endure scans warm-up 10 && endure rate scans' \
    "$SCANS scans, none of which failed" "endure scans scans $SCANS" 0 'endure rate scans'
}
part_reconnects() {
  endures reconnects 'connect && endure reconnects warm-up 5 && endure home && endure rate reconnects' \
    "$RECONNECTS times disconnected and connected" "endure reconnects reconnects $RECONNECTS" 0 \
    'endure home && endure rate reconnects'
}
# Each time there is another interface, and two lines: what the factory's file
# says, and which firmware it is.
part_reloads() {
  endures reloads 'endure reloads warm-up 3 && rate reloads' \
    "$RELOADS times loaded anew, the chip is up each time" "endure reloads reloads $RELOADS" \
    $((2 * RELOADS)) 'rate reloads'
}
part_suspends() {
  endures suspends 'rate suspends && endure suspends warm-up 2' \
    "$SUSPENDS suspends of the devices, a scan after each" "endure suspends suspends $SUSPENDS" 0 'rate suspends'
}

if ! wifi_begin; then
  not_ok 'two access points and a station'
  return
fi
for part in "${parts[@]}"; do
  if declare -F "part_$part" >/dev/null; then
    "part_$part"
  else
    not_ok "there is no part $part"
  fi
done
wifi_end
