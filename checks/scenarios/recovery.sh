# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A chip that dies under traffic: it is started again, the user's connection
# comes back by itself, and what takes how long is measured. One that cannot be
# started is given up, left alone, and works again when it is bound anew.

# shellcheck source=checks/lib/wifi.sh
. "$LIB/wifi.sh"

psk_ap=(wpa=2 wpa_key_mgmt=WPA-PSK rsn_pairwise=CCMP wpa_passphrase="$passphrase")
psk_sta=('ssid="besser"' key_mgmt=WPA-PSK psk="\"$passphrase\"" scan_freq=2437)
sae_ap=(wpa=2 wpa_key_mgmt=SAE rsn_pairwise=CCMP ieee80211w=2 sae_require_mfp=1 sae_password="$passphrase")
sae_sta=('ssid="besser"' key_mgmt=SAE ieee80211w=2 sae_password="\"$passphrase\"" scan_freq=2437)

# count_of NAME: a counter of the driver, in $count
count_of() {
  local name value files=(/sys/kernel/debug/bes2600-*/counters)
  count=
  while read -r name value; do
    [ "$name" != "$1:" ] || count=$value
  done <"${files[0]}"
}
counter_is() { count_of "$1" && [ "$count" = "$2" ]; }
is_counter() { counter_is "$@" || { diag "$1 is $count and not $2"; return 1; }; }
joins() { ap ap1 "${psk_ap[@]}" && join "${psk_sta[@]}" && reachable; }
joins_sae() { ap ap1 "${sae_ap[@]}" && join "${sae_sta[@]}" && reachable; }
# What mac80211 complains about by itself is no failure of a test; this is.
hears() { logged "$1" || { diag "not logged: $1"; log_since_mark | tail -n 12 | sed 's/^/# /'; return 1; }; }

# with FAULT... -- COMMAND...: COMMAND on a chip with these faults
with() {
  local arguments=() result=0
  while [ "$1" != -- ]; do
    arguments+=(--fault "$1")
    shift
  done
  shift
  mark_log
  chip_begin --trace /run/chip.txt "${arguments[@]}" || { diag 'the station did not come up'; return 1; }
  "$@" || result=1
  leave
  chip_end || { diag 'the chip saw a breach of the protocol'; result=1; }
  grep -E '^breach' /run/chip.log | sed 's/^/# /'
  return $result
}

# Datagrams to the access point and back, until `measured`
watch() {
  rm -f /run/enough
  "$LIB/outage" watch $ap_ip 120 0.1 /run/enough >/run/outage.json &
  watch_pid=$!
}
# measured NAME LEAST: ends `watch`; there were LEAST outages, and the
# connection was there in the end
measured() {
  : >/run/enough
  wait "$watch_pid" || { diag 'no datagram came back'; return 1; }
  diag "$1: $(</run/outage.json)"
  jq -r '.gaps[]' /run/outage.json | sed "s/^/outage: $1 /" | tee -a /run/outages
  jq -e --argjson least "$2" '(.gaps | length) >= $least and .quiet_at_end < 1' /run/outage.json >/dev/null ||
    { diag 'outages are missing, or the connection is'; return 1; }
}
# dies NAME TIMES: the chip dies so often under traffic and comes back each time
dies() {
  watch
  wait_for 110 counter_is restarts "$2"
  wait_for 30 completed
  pause 2
  measured "$1" "$2" && is_counter restarts "$2" && reachable
}
dies_joined() { joins && dies "$@"; }
# The user's own address reaches the chip, also the one that was restarted.
other_address() {
  ip link set "$sta" down
  ip link set "$sta" address 02:00:5e:26:10:01 || return 1
  ip link set "$sta" up
  joins && dies address 1
}
# Content arrives as it was sent, through a restart.
stream() {
  joins && transfer tcp-both $ap_ip 1500000 && is_counter restarts 1
}
# The log says what happened, once.
says() {
  joins && dies "$1" 1 && hears "$2; the chip is restarted" && hears 'the chip is back, restart 1 of 5'
}
in_a_scan() {
  joins || return 1
  local _
  for _ in 1 2 3 4 5 6; do
    iw dev "$sta" scan >/run/scan.log 2>&1 || true
    counter_is restarts 0 || break
  done
  wait_for 10 counter_is restarts 1 && wait_for 20 completed && reachable && iw dev "$sta" scan >/dev/null
}
down_meanwhile() {
  joins || return 1
  ping -q -c 200 -i 0.05 $ap_ip >/run/ping.log 2>&1 &
  ping_pid=$!
  wait_for 60 logged 'the chip is restarted' || { diag 'the chip did not die'; return 1; }
  leave
  ip link set "$sta" down
  pause 0.5
  ip link set "$sta" up || { diag 'the interface does not come up'; return 1; }
  wait_for 20 counter_is restarts 1
  wait "$ping_pid"
  ip addr add $sta_ip/24 dev "$sta" 2>/dev/null
  join "${psk_sta[@]}" && reachable
}

given_up() {
  local began
  joins || return 1
  ping -q -c 200 -i 0.1 $ap_ip >/run/ping.log 2>&1 &
  ping_pid=$!
  wait_for 60 logged 'the chip is restarted' || { diag 'the chip did not die'; return 1; }
  began=$(cut -d ' ' -f 1 /proc/uptime)
  wait_for 120 logged 'did not recover in 5 restarts and is given up' || { diag 'it was not given up'; return 1; }
  diag "given up after $(awk -v a="$began" '{ printf "%.1f s\n", $1 - a }' /proc/uptime)"
  is_counter failed_restarts 5 && is_counter restarts 0 || return 1
  wait_for 5 disconnected || { diag 'the connection is still there'; return 1; }
  # Whatever is asked of it, it is left alone.
  local before after _
  pause 1
  count_of cmd52 && before=$count && count_of cmd53 && before+=/$count
  for _ in 1 2 3; do iw dev "$sta" scan >/run/scan.log 2>&1 && { diag 'a scan succeeds'; return 1; }; done
  ip link set "$sta" down
  ! ip link set "$sta" up 2>/run/up.log || { diag 'the interface comes up'; return 1; }
  pause 30
  count_of cmd52 && after=$count && count_of cmd53 && after+=/$count
  wait "$ping_pid"
  [ "$before" = "$after" ] || { diag "bus commands went from $before to $after"; return 1; }
}
# What the trace says of the time from the first fault on, once the chip is
# gone: those of function 0 are there, too.
left_alone() {
  awk -v end="$(jq '[.. | .time_us? // empty] | max / 1e6' /run/chip.json)" '
    $3 == "FAULT" { if (!died) died = $1 }
    $3 ~ /^CMD/ { if (died) { n++; gap = $1 - last; if (gap > quiet) quiet = gap } last = $1 }
    END { gap = end - last; if (gap > quiet) quiet = gap
          printf "# %d bus commands from the first fault on, the longest silence was %.1f s\n", n, quiet
          exit !(died && n < 1000 && quiet > 29) }' /run/chip.txt
}
bound_anew() {
  local path
  given_up || return 1
  leave
  path=$(echo /sys/bus/sdio/drivers/bes2600/mmc*)
  echo "${path##*/}" >/sys/bus/sdio/drivers/bes2600/unbind || return 1
  wait_for 10 has_no_station || return 1
  echo "${path##*/}" >/sys/bus/sdio/drivers/bes2600/bind || return 1
  wait_for 60 has_station && station_up && join "${psk_sta[@]}" && reachable
}
unbound_meanwhile() {
  local path began
  joins || return 1
  ping -q -c 100 -i 0.05 $ap_ip >/run/ping.log 2>&1 &
  ping_pid=$!
  wait_for 60 logged 'restart 3 of 5 failed' || { diag 'there was no third restart'; return 1; }
  path=$(echo /sys/bus/sdio/drivers/bes2600/mmc*)
  began=$(cut -d ' ' -f 1 /proc/uptime)
  # In the pause before the fourth.
  echo "${path##*/}" >/sys/bus/sdio/drivers/bes2600/unbind || return 1
  awk -v a="$began" '{ t = $1 - a; printf "# unbound in %.1f s\n", t; exit t > 2 }' /proc/uptime || return 1
  wait "$ping_pid" || true
}

if ! wifi_begin; then
  not_ok 'two access points and a station'
  return
fi
chip_end
ip netns exec ap "$LIB/outage" serve >/run/echo.log 2>&1 &
echo_pid=$!
: >/run/outages

test_case 'firmware that falls silent, three times' with hang:after=120 hang:after=280 hang:after=440 -- dies_joined hang 3
test_case 'firmware that dies of an exception, three times' with exception:after=120 exception:after=280 exception:after=440 -- dies_joined exception 3
test_case 'a bus that fails until the second restart' with cmd52-error:errno=110,after=1200,times=12 -- dies_joined bus 1
test_case 'a bus that loses every transfer for a while' with cmd53-error:errno=5,after=500,times=1 -- says transfer 'CMD53 (read|write) at 0x[0-9a-f]+ failed with EIO, attempt 1'
test_case 'a host that takes the card for pulled' with cmd53-error:errno=123,after=500,times=1 -- says pulled 'failed with ENOMEDIUM, attempt 1, but the card is still there'
test_case 'messages get lost' with sequence-gap:after=200 -- says gap 'messages were lost'
test_case 'a batch that is none' with batch-length:after=120 -- says batch 'claims 5000 bytes, [0-9]+ are left'
test_case 'WPA3: firmware that dies of an exception' with exception:after=160 -- eval 'joins_sae && dies wpa3 1'
test_case 'a chip with another address dies' with exception:after=160 -- other_address
test_case 'TCP goes on where it was' with hang:after=400 -- stream
test_case 'death in a scan' with exception:after=110 -- in_a_scan
test_case 'the interface goes down and up meanwhile' with exception:after=140 -- down_meanwhile
test_case 'a chip that never comes back is given up and left alone' with cmd52-error:errno=110,after=1200,times=0 -- given_up
test_case 'it was left alone, says the chip' left_alone
test_case 'one that was given up works when it is bound anew' with cmd52-error:errno=110,after=1200,times=30 -- bound_anew
test_case 'the driver is unbound between two restarts' with cmd52-error:errno=110,after=1200,times=0 -- unbound_meanwhile

# Median and worst of all restarts at once, and for each kind of death
sort -k 2,2 -k 3,3n /run/outages | awk '
  { kind[$2] = kind[$2] " " $3; if ($3 > worst[$2]) worst[$2] = $3 }
  END { for (k in kind) { n = split(kind[k], v, " "); printf "# %-10s %d outages, median %.2f s, worst %.2f s\n", k, n, v[int((n + 1) / 2)], worst[k] } }'
kill $echo_pid
wifi_end
