# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A station whose chip is the other one of two that the protocol page leaves
# open: each knob of the emulator away from its default, one at a time, each
# with a chip and a driver that were just bound. The defaults are what the
# scenario station runs with. See lib/wifi.sh for what the scenario needs.

# shellcheck source=checks/lib/wifi.sh
. "$LIB/wifi.sh"

works() { reachable && transfer tcp-both $ap_ip 100000; }
lively() { ap ap1 "${psk_ap[@]}" && join "${psk_sta[@]}" "${on_6[@]}" && works; }
# The driver leaves its chip, and takes it again as it finds it.
driver=/sys/bus/sdio/drivers/bes2600
taken_again() {
  local path function
  lively || return 1
  leave
  for path in "$driver"/mmc*; do function=${path##*/}; done
  echo "$function" >"$driver/unbind"
  wait_for 20 has_no_station || { diag 'the station outlived its driver'; return 1; }
  echo "$function" >"$driver/bind"
  wait_for 60 has_station || { diag 'the driver made no interface again'; return 1; }
  station_up && join "${psk_sta[@]}" "${on_6[@]}" && works
}
# Both bands are scanned without a link, and with one.
scans() {
  ap ap2 ssid=high hw_mode=a channel=149 && ap ap1 "${psk_ap[@]}" && iw dev "$sta" scan >/dev/null &&
    found besser 2437 && found high 5745 && join "${psk_sta[@]}" "${on_6[@]}" &&
    iw dev "$sta" scan >/dev/null && found high 5745 && link_is ap1 && works
}
sleeps() {
  lively && iw dev "$sta" set power_save on && pause 1 && works && iw dev "$sta" set power_save off && works
}
# Frames wait in the chip, as their number shows.
moves() {
  ap ap1 "${psk_ap[@]}" hw_mode=a channel=36 && join "${psk_sta[@]}" scan_freq=5180 && link_is ap1 5180 && works
}

if ! wifi_begin; then
  not_ok 'two access points and a station'
  return
fi
chip_end

test_case 'irq_clear: the interrupt ends with the data' with 'knob:irq_clear = "read-data"' -- lively
test_case 'toggle_reset: toggles restart at deactivation' with 'knob:toggle_reset = "wifi-deactive"' -- taken_again
test_case 'echo_interface: confirms name no interface' with 'knob:echo_interface = false' -- lively
test_case 'input_buffers: two' with 'knob:input_buffers = 2' -- lively
test_case 'input_buffer_size: 2048 bytes' with 'knob:input_buffer_size = 2048' -- lively
test_case 'download_buffers, download_max_frame: eight of 512 bytes' with 'knob:download_buffers = 8' 'knob:download_max_frame = 512' -- lively
test_case 'need_setup_registers: two registers do not matter' with 'knob:need_setup_registers = false' -- lively
test_case 'all delays of the way up' with 'knob:dpd_delay_ms = 10000' 'knob:mcu_delay_ms = 3000' 'knob:mcu_wake_delay_ms = 50' \
  'knob:wifi_delay_ms = 3000' 'knob:startup_delay_ms = 8000' 'knob:bt_delay_ms = 3000' 'knob:reply_delay_us = 20000' -- lively
test_case 'confirm_delay_us: confirms after 20 ms' with 'knob:confirm_delay_us = 20000' -- lively
test_case 'awake_at_start: asleep' with 'knob:awake_at_start = false' -- lively
test_case 'sleep, wake_attempts, asleep_errno: asleep means silent' with 'knob:sleep = "refuse"' 'knob:wake_attempts = 2' 'knob:asleep_errno = 84' -- taken_again
test_case 'power_off_resets, io_reset_resets: the other reset' with 'knob:power_off_resets = false' 'knob:io_reset_resets = true' -- taken_again
test_case 'multi_confirm: each frame has a confirm' with 'knob:multi_confirm = false' -- lively
test_case 'multi_confirm_us: confirms are gathered for 2 ms' with 'knob:multi_confirm_us = 2000' -- lively
test_case 'check_padding: nobody looks at padding' with 'knob:check_padding = false' -- lively
test_case 'scan_time_unit: milliseconds' with 'knob:scan_time_unit = "ms"' -- scans
test_case 'scan_5ghz_sweep: several channels of 5 GHz in a scan' with 'knob:scan_5ghz_sweep = true' -- scans
test_case 'join_timeout_ms: a join waits for 50 ms' with 'knob:join_timeout_ms = 50' -- lively
test_case 'channel_switch_us: a channel takes 20 ms' with 'knob:channel_switch_us = 20000' -- moves
test_case 'sequence_owner: the firmware numbers frames' with 'knob:sequence_owner = "firmware"' -- lively
test_case 'receive_iv: frames keep IV and MIC' with 'knob:receive_iv = "present"' -- lively
test_case 'replay_check: none' with 'knob:replay_check = false' -- lively
test_case 'unjoined_frames: none before a join' with 'knob:unjoined_frames = false' -- lively
test_case 'transmit_lifetime_tu: 100 time units' with 'knob:transmit_lifetime_tu = 100' -- lively
test_case 'pm_indication: never' with 'knob:pm_indication = "never"' -- sleeps
test_case 'receive_buffers: four' with 'knob:receive_buffers = 4' -- lively
test_case 'receive_fill: unknown bytes are not zero' with 'knob:receive_fill = 165' -- lively

wifi_end
