# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A station and access points: every way to associate that the driver offers,
# both supplicants, roaming, and access points that vanish. Each test starts
# its own access points and its own supplicant and ends them. See lib/wifi.sh
# for what the scenario needs, and station-traffic for traffic.

# shellcheck source=checks/lib/wifi.sh
. "$LIB/wifi.sh"
# shellcheck source=checks/lib/certificates.sh
. "$LIB/certificates.sh"

sae_ap=(wpa=2 wpa_key_mgmt=SAE rsn_pairwise=CCMP ieee80211w=2 sae_pwe=2 sae_password="$passphrase")
sae_sta=(key_mgmt=SAE ieee80211w=2 sae_password="\"$passphrase\"")
besser=(ssid='"besser"')

# uses FIELD VALUE: what wpa_supplicant says of the association
uses() {
  local have
  have=$(status "$1")
  [ "$have" = "$2" ] || { diag "$1 is ${have:-unknown}, not $2"; return 1; }
}
width_is() { # MHZ
  iw dev "$sta" info | grep -q "width: $1 MHz" || { diag "$(iw dev "$sta" info | grep width)"; return 1; }
}
works() {
  reachable || { diag "$(tail -n 2 /run/ping.log | head -n 1)"; return 1; }
  transfer tcp-both $ap_ip 200000
}

# Security --------------------------------------------------------------------

open() { ap ap1 && join "${besser[@]}" key_mgmt=NONE "${on_6[@]}" && works; }
psk() { ap ap1 "${psk_ap[@]}" && join "${psk_sta[@]}" "${on_6[@]}" && uses pairwise_cipher CCMP && works; }
psk_sha256() {
  ap ap1 wpa=2 wpa_key_mgmt=WPA-PSK-SHA256 rsn_pairwise=CCMP ieee80211w=2 wpa_passphrase="$passphrase" &&
    join "${besser[@]}" key_mgmt=WPA-PSK-SHA256 ieee80211w=2 psk="\"$passphrase\"" "${on_6[@]}" &&
    uses key_mgmt WPA2-PSK-SHA256 && uses pmf 2 && works
}
sae() { ap ap1 "${sae_ap[@]}" && join "${besser[@]}" "${sae_sta[@]}" "${on_6[@]}" && uses key_mgmt SAE && uses pmf 2 && works; }
mixed_ap=(wpa=2 "wpa_key_mgmt=WPA-PSK SAE" rsn_pairwise=CCMP ieee80211w=1 sae_require_mfp=1 wpa_passphrase="$passphrase")
mixed_sae() {
  ap ap1 "${mixed_ap[@]}" && join "${besser[@]}" 'key_mgmt=WPA-PSK SAE' ieee80211w=1 psk="\"$passphrase\"" "${on_6[@]}" &&
    uses key_mgmt SAE && uses pmf 1 && works
}
mixed_psk() { ap ap1 "${mixed_ap[@]}" && join "${psk_sta[@]}" ieee80211w=0 "${on_6[@]}" && uses key_mgmt WPA2-PSK && works; }
tls_ap=(wpa=2 wpa_key_mgmt=WPA-EAP rsn_pairwise=CCMP ieee8021x=1 eap_server=1 eap_user_file=/run/tls/users
  ca_cert=/run/tls/ca.pem server_cert=/run/tls/server.pem private_key=/run/tls/server.key)
has_certificates() {
  [ -s /run/tls/users ] || { certificates /run/tls && printf '"besser-user" TLS\n' >/run/tls/users; }
}
eap_tls() {
  has_certificates && ap ap1 "${tls_ap[@]}" &&
    join "${besser[@]}" key_mgmt=WPA-EAP eap=TLS 'identity="besser-user"' 'ca_cert="/run/tls/ca.pem"' \
      'client_cert="/run/tls/client.pem"' 'private_key="/run/tls/client.key"' 'domain_match="ap.besser"' "${on_6[@]}" &&
    uses key_mgmt WPA2/IEEE\ 802.1X/EAP && works
}
# What is left of WPA. Nobody aggregates with it.
tkip() {
  ap ap1 wpa=1 wpa_key_mgmt=WPA-PSK wpa_pairwise=TKIP ieee80211n=0 wpa_passphrase="$passphrase" &&
    join "${psk_sta[@]}" proto=WPA pairwise=TKIP group=TKIP "${on_6[@]}" && uses pairwise_cipher TKIP && works
}
wrong_passphrase() {
  ap ap1 "${psk_ap[@]}" || return 1
  join_limit=12 told_lines=0 join "${besser[@]}" key_mgmt=WPA-PSK 'psk="not the passphrase"' "${on_6[@]}" >/dev/null && return 1
  grep -q 'reason=WRONG_KEY' /run/sta.log || { tail -n 5 /run/sta.log | sed 's/^/# sta: /'; return 1; }
  leave
  join "${psk_sta[@]}" "${on_6[@]}" && works
}
# PMF: a deauthentication that is not protected is a forgery.
forged_deauthentication() {
  ap ap1 "${sae_ap[@]}" && join "${besser[@]}" "${sae_sta[@]}" "${on_6[@]}" || return 1
  ap_cli ap1 deauthenticate "$(cat "/sys/class/net/$sta/address")" test=0 >/dev/null
  sleep 2
  completed && ! grep -q CTRL-EVENT-DISCONNECTED /run/sta.log && works
}

# Bands, widths, scanning -----------------------------------------------------

# band CHANNEL MHZ WIDTH AP-LINE...
band() {
  local channel=$1 mhz=$2 width=$3
  shift 3
  ap ap1 "${psk_ap[@]}" channel="$channel" "$@" && join "${psk_sta[@]}" scan_freq="$mhz" &&
    link_is ap1 "$mhz" && width_is "$width" && works
}
hidden() {
  ap ap1 "${psk_ap[@]}" ignore_broadcast_ssid=1 &&
    join "${besser[@]}" scan_ssid=1 "${psk_sta[@]}" "${on_6[@]}" && works
}
scan_all() {
  ap ap1 ssid=low channel=11 && ap ap2 ssid=high hw_mode=a channel=149 && iw dev "$sta" scan >/dev/null &&
    found low 2462 && found high 5745
}
scan_passive() {
  ap ap1 ssid=low channel=11 && ap ap2 ssid=high hw_mode=a channel=36 && iw dev "$sta" scan passive >/dev/null &&
    found low 2462 && found high 5180
}
scan_associated() {
  ap ap1 "${psk_ap[@]}" && ap ap2 ssid=high hw_mode=a channel=36 && join "${psk_sta[@]}" "${on_6[@]}" &&
    iw dev "$sta" scan >/dev/null && found high 5180 && found besser 2437 && link_is ap1 && works
}

# Roaming, loss, persistence --------------------------------------------------

seen() { sta_cli scan_results | grep -q "${bssid[$1]}"; }
# The last association that wpa_supplicant tells of is to this access point.
connected_to() {
  local lines text
  mapfile -t lines </run/sta.log
  text="${lines[*]}"
  text=${text##*CTRL-EVENT-CONNECTED}
  completed && [[ $text == *"Connection to ${bssid[$1]} completed"* ]]
}
roam() {
  ap ap1 "${sae_ap[@]}" channel=1 && ap ap2 "${sae_ap[@]}" hw_mode=a channel=36 &&
    join "${besser[@]}" "${sae_sta[@]}" scan_freq='2412 5180' || return 1
  local target
  for target in ap2 ap1 ap2; do
    sta_cli scan freq=2412,5180 >/dev/null
    wait_for 10 seen $target || { diag "$target is not seen"; return 1; }
    link_is $target || sta_cli roam "${bssid[$target]}" >/dev/null
    wait_for 10 connected_to $target || { diag "no roaming to $target"; tail -n 8 /run/sta.log | sed 's/^/# sta: /'; return 1; }
    works || return 1
  done
}
# An access point that vanishes without a word is noticed; the other one is taken.
failover() {
  ap ap1 "${psk_ap[@]}" channel=1 && join "${psk_sta[@]}" && ap ap2 "${psk_ap[@]}" channel=6 || return 1
  ap_stop ap1 KILL
  wait_for 40 connected_to ap2 || { tail -n 8 /run/sta.log | sed 's/^/# sta: /'; return 1; }
  works
}
vanish() {
  ap ap1 "${psk_ap[@]}" && join "${psk_sta[@]}" "${on_6[@]}" && works || return 1
  ap_stop ap1 KILL
  wait_for 20 disconnected || { diag 'the loss went unnoticed'; return 1; }
  ap ap1 "${psk_ap[@]}" && wait_for 60 completed && works
}
# Sent away by the access point
kicked() {
  ap ap1 "${sae_ap[@]}" && join "${besser[@]}" "${sae_sta[@]}" "${on_6[@]}" || return 1
  ap_cli ap1 "$1" "$(cat "/sys/class/net/$sta/address")" >/dev/null
  wait_for 5 said /run/sta.log CTRL-EVENT-DISCONNECTED || { diag 'not noticed'; return 1; }
  wait_for 30 completed && works
}
cycles() {
  local cycle
  ap ap1 "${sae_ap[@]}" && join "${besser[@]}" "${sae_sta[@]}" "${on_6[@]}" || return 1
  for ((cycle = 1; cycle <= 20; cycle++)); do
    sta_cli disconnect >/dev/null
    wait_for 5 disconnected && sta_cli reconnect >/dev/null && wait_for 20 completed &&
      ping -q -c 1 -W 2 $ap_ip >/dev/null && continue
    diag "cycle $cycle"
    tail -n 8 /run/sta.log | sed 's/^/# sta: /'
    return 1
  done
  works
}
down_and_up() {
  ap ap1 "${psk_ap[@]}" && join "${psk_sta[@]}" "${on_6[@]}" || return 1
  local _
  for _ in 1 2 3; do
    ip link set "$sta" down && ip link set "$sta" up || return 1
    wait_for 30 completed || { tail -n 8 /run/sta.log | sed 's/^/# sta: /'; return 1; }
  done
  # The address of version 6 went with the interface.
  ip addr add $sta_ip6/64 dev "$sta" nodad 2>/dev/null
  works
}

# The signal ------------------------------------------------------------------

# An event of the firmware's each time the signal crosses the threshold
signal_events() {
  air_is path_loss=70.0 && ap ap1 "${psk_ap[@]}" && join "${psk_sta[@]}" "${on_6[@]}" &&
    sta_cli signal_monitor THRESHOLD=-65 HYSTERESIS=4 >/dev/null && works &&
    signal_changes 95 above=0 && signal_changes 60 above=1 && signal_changes 95 above=0
  local result=$?
  air_is path_loss=70.0 && return $result
}
# signal_changes PATH-LOSS EVENT: the event comes once more; the first may tell
# how it was when the threshold was set
signal_changes() {
  local event="CTRL-EVENT-SIGNAL-CHANGE $2" times=1
  while said /run/sta.log "$event" $times; do times=$((times + 1)); done
  air_is "path_loss=$1.0" && wait_for 20 said /run/sta.log "$event" $times && return
  diag "no event $2"
  tail -n 5 /run/sta.log | sed 's/^/# sta: /'
  return 1
}

# Regulation ------------------------------------------------------------------

# channel_says MHZ PATTERN: a line of `iw phy channels`
channel_says() {
  local text
  text=$(iw phy "$sta_phy" channels | awk -v m="$1" '$2 == m {on = 1; print; next} /\* /{on = 0} on')
  grep -qE "$2" <<<"$text" || { diag "$1 MHz: $text"; return 1; }
}
regulation() {
  set_country JP
  channel_says 2472 '[0-9.]+ dBm' && channel_says 5745 disabled && channel_says 5260 'Radar detection|No IR' || return 1
  set_country US
  channel_says 2472 'disabled|No IR' && channel_says 5745 '[0-9.]+ dBm'
}

if ! wifi_begin; then
  not_ok 'two access points and a station'
  return
fi
ok "two access points and a station, which is $STATION"

test_case 'open' open
test_case 'WPA2-PSK' psk
test_case 'WPA2-PSK-SHA256 with PMF required' psk_sha256
test_case 'WPA3-SAE with PMF' sae
test_case 'transition mode, joined with SAE' mixed_sae
test_case 'transition mode, joined with PSK' mixed_psk
test_case 'WPA2-Enterprise, EAP-TLS' eap_tls
test_case 'WPA-PSK with TKIP' tkip
test_case 'a wrong passphrase, then the right one' wrong_passphrase
test_case 'PMF: a forged deauthentication is ignored' forged_deauthentication
test_case 'channel 1, HT20' band 1 2412 20
test_case 'channel 6, HT40' band 6 2437 40 'ht_capab=[HT40+]'
test_case 'channel 36, HT20' band 36 5180 20 hw_mode=a
test_case 'channel 36, HT40' band 36 5180 40 hw_mode=a 'ht_capab=[HT40+]'
test_case 'channel 165, HT20' band 165 5825 20 hw_mode=a
test_case 'hidden network' hidden
test_case 'scan of both bands' scan_all
test_case 'passive scan of both bands' scan_passive
test_case 'scan of both bands while associated' scan_associated
test_case 'roaming between bands, there and back' roam
test_case 'an access point vanishes, another is taken' failover
test_case 'an access point vanishes and returns' vanish
test_case 'deauthenticated by the access point, joins again' kicked deauthenticate
test_case 'disassociated by the access point, joins again' kicked disassociate
test_case 'disconnected and connected 20 times' cycles
test_case 'interface down and up three times' down_and_up
test_case 'regulatory domains' regulation
test_case 'the signal crosses a threshold, there and back' signal_events

# shellcheck source=checks/lib/iwd.sh
. "$LIB/iwd.sh"
test_case 'iwd: open' iwd_open
test_case 'iwd: WPA2-PSK' iwd_psk
test_case 'iwd: WPA3-SAE' iwd_sae
test_case 'iwd: WPA2-Enterprise, EAP-TLS' iwd_eap_tls
test_case 'iwd: hidden network' iwd_hidden

[ "$STATION" != bes2600 ] || verdict 'the driver has counted nothing that went wrong' nothing_went_wrong
wifi_end
