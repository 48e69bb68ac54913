# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A station whose chip has a fault, and what is expected of it all the same:
# one test for each fault, each with a chip and a driver that were just bound.
# The rows of docs/robustness.md that need more than pure code are here.

# shellcheck source=checks/lib/wifi.sh
. "$LIB/wifi.sh"


counted() { # NAME [LEAST]
  local have
  have=$(counter "$1")
  [ "${have:-0}" -ge "${2:-1}" ] || { diag "$1 is ${have:-missing}"; return 1; }
}
works() { reachable || { diag "$(tail -n 2 /run/ping.log | head -n 1)"; return 1; }; }
joins() { ap ap1 "${psk_ap[@]}" && join "${psk_sta[@]}" "${on_6[@]}" && works; }

both_bands() {
  ap ap1 ssid=low channel=11 && ap ap2 ssid=high hw_mode=a channel=149 && iw dev "$sta" scan >/dev/null &&
    found low 2462 && found high 5745
}
# A scan none of whose requests is accepted ends, and so does the next.
no_scan() {
  local _
  for _ in 1 2; do iw dev "$sta" scan >/run/scan.log 2>&1 || true; done
  counted refused_scans 20
}
# Frames that cannot be decrypted: the station gives the link up and has
# another within a second, by wpa_supplicant's clock.
storm() {
  local away
  joins || return 1
  "$TRAFFIC" udp-down $ap_ip 100 200 50 >/run/down.json
  counted decrypt_storms && wait_for 5 completed && works || return 1
  away=$(awk -F: '/CTRL-EVENT-DISCONNECTED/ { left = $1 } /CTRL-EVENT-CONNECTED/ && left { print int(($1 - left) * 1000); exit }' /run/sta.log)
  diag "without a link for ${away:-unknown} ms"
  [ "${away:-9999}" -le 1000 ]
}
# frames COUNTER FAULT...: the link carries traffic all the same, and COUNTER
# of the driver shows that the fault happened
frames() {
  joins && transfer tcp-both $ap_ip 200000 && counted "$1"
}
sleeps() {
  joins && iw dev "$sta" set power_save on && pause 1 && works && iw dev "$sta" set power_save off && works
}

# Legacy power save, which goes with U-APSD
sleeps_legacy() {
  uapsd_queues 0xf && ap ap1 "${psk_ap[@]}" uapsd_advertisement_enabled=1 && join "${psk_sta[@]}" "${on_6[@]}" && works &&
    iw dev "$sta" set power_save on && pause 1 && works && iw dev "$sta" set power_save off && works
}
# mac80211 takes everything from the hardware and hands it over again. It ends
# the connection by itself then.
resets() {
  joins || return 1
  local _
  for _ in 1 2 3; do
    echo 1 >"/sys/kernel/debug/ieee80211/$sta_phy/reset"
    pause 1
    wait_for 10 completed && works || return 1
  done
}
# A connection whose key the chip does not take is made anew.
key_refused() { joins && counted refused_keys && said /run/sta.log CTRL-EVENT-DISCONNECTED; }
# More names than a request takes, the hidden one last
many_names() {
  ap ap1 "${psk_ap[@]}" ignore_broadcast_ssid=1 &&
    iw dev "$sta" scan ssid one two three four besser >/dev/null && found besser 2437
}

if ! wifi_begin; then
  not_ok 'two access points and a station'
  return
fi
chip_end

test_case 'W-28: a request of a scan is refused, the others are made' with scan-reject -- both_bands
test_case 'W-28: every request of a scan is refused, it ends' with scan-reject:times=0 -- no_scan
test_case 'W-28: a scan that nobody asked for completes' with spurious:times=0,after=20 -- joins
test_case 'W-28: a channel switch is never indicated' with switch-missing:times=0 -- joins
test_case 'B7: a join is refused once' with join-reject -- joins
test_case 'B7: a join is refused three times' with join-reject:times=3 -- joins
test_case 'W-29: no power mode is ever indicated' with 'knob:pm_indication = "never"' -- sleeps
test_case 'F-7: legacy power save is never indicated' with 'knob:pm_indication = "not-legacy"' -- sleeps_legacy
test_case 'W-47: an event names no inactive station' with spurious:id=0x0805,len=12,value=9,times=0,after=20 -- joins
test_case 'W-28: a channel switch nobody asked for is indicated' with spurious:id=0x080A,len=8,times=0,after=20 -- joins
test_case 'W-28: a power mode nobody asked for is indicated' with spurious:id=0x0809,len=9,times=0,after=20 -- sleeps
test_case 'B3: a storm of frames that cannot be decrypted' with receive-status:times=5,after=30 -- storm
test_case 'W-34: a key is refused' with key-reject -- key_refused
test_case 'mac80211 resets the hardware three times' with -- resets
test_case 'a scan for five names finds a hidden network' with -- many_names
test_case 'W-18: confirms of frames that nobody sent' with transmit-packet-id:times=4,after=60 -- frames unexpected_confirms
test_case 'W-22: a multi-confirm of no frames' with multi-confirm-count:count=0,times=1,after=60 -- frames malformed_messages
test_case 'W-22: a multi-confirm of more frames than it holds' with multi-confirm-count:count=100,times=1,after=60 -- frames malformed_messages
test_case 'W-21: receive indications that are cut off' with receive-short:times=4,after=60 -- frames malformed_messages
test_case 'W-48: frames at a rate that does not exist' with receive-rate:times=4,after=60 -- frames rx_bad_rate
test_case 'W-48: frames on a channel that does not exist' with receive-channel:times=4,after=60 -- frames rx_bad_channel
test_case 'F-8: frames for which there is no key' with receive-status:status=9,times=4,after=60 -- frames rx_no_key
test_case 'W-55: interrupts that get lost' with lost-irq:times=3,after=300 -- frames lost_interrupts
test_case 'F-4: frames that come back to be sent again' with transmit-status:status=11,times=4,after=60 -- frames tx_requeues
test_case 'W-56: frames that nobody acknowledges' with transmit-status:status=6,times=4,after=60 -- frames tx_failures

wifi_end
