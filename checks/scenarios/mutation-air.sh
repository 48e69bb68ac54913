# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Frames off the air that are slightly wrong, see `air` in section [mutation]
# of the emulator: beacons, probe responses, answers to authentication and
# association, action and data frames of two real access points, changed on
# their way to the chip. For each seed a chip and a driver that were just
# bound, scans, attempts to join, and what traffic there is. Nothing is expected
# of that but that the kernel's detectors are silent, and that a healthy chip
# joins afterwards.
#
# SEEDS (first-last) says how much; every seed can be had again alone.

# shellcheck source=checks/lib/wifi.sh
. "$LIB/wifi.sh"

SEEDS=${SEEDS:-1-10}
# Whatever a station may be asked for, an access point offers.
mixed_ap=(wpa=2 'wpa_key_mgmt=WPA-PSK SAE' rsn_pairwise=CCMP ieee80211w=1 sae_require_mfp=1
  wpa_passphrase="$passphrase" beacon_int=25)
mixed_sta=('ssid="besser"' 'key_mgmt=WPA-PSK SAE' ieee80211w=1 psk="\"$passphrase\"")

live() {
  local round
  supplicant "${mixed_sta[@]}"
  for round in 1 2 3 4; do
    timeout 30 iw dev "$sta" scan >/dev/null 2>&1
    wait_for 8 completed || continue
    "$TRAFFIC" udp-down $ap_ip 50 600 100 >/dev/null 2>&1
    [ "$round" != 2 ] || in_ap hostapd_cli -p /run/hostapd -i ap1 disassociate "$(<"/sys/class/net/$sta/address")" >/dev/null
    [ "$round" != 3 ] || timeout 5 iw dev "$sta" set power_save on
  done
}

if ! wifi_begin; then
  not_ok 'two access points and a station'
  return
fi
chip_end
verdict 'an access point on 2.4 GHz' ap ap1 "${mixed_ap[@]}" channel=6
verdict 'and one on 5 GHz' ap ap2 "${mixed_ap[@]}" hw_mode=a channel=36

changed=0 joined=0 seeds=0 stuck=0
for ((seed = ${SEEDS%-*}; seed <= ${SEEDS#*-}; seed++)); do
  case $((seed % 4)) in 0) share=1.0 ;; 1) share=0.02 ;; 2) share=0.1 ;; *) share=0.4 ;; esac
  printf '[mutation]\nair = %s\nseed = %s\n' $share "$seed" >/run/chip.toml
  seeds=$((seeds + 1))
  if chip_begin --config /run/chip.toml; then
    live
    ! said /run/sta.log CTRL-EVENT-CONNECTED || joined=$((joined + 1))
    leave
  else
    stuck=$((stuck + 1))
  fi
  # A breach of the protocol is no news where both ends were told lies.
  chip_end
  wait_for 10 has_no_station || { diag "seed $seed: the station did not leave"; stuck=$((stuck + 1)); }
  mutated=$(jq '[.cards[0].mutations[]?] | add // 0' /run/chip.json)
  changed=$((changed + mutated))
  diag "seed $seed: $mutated frames changed, of all $share"
done
verdict "$seeds seeds, $changed frames changed" [ "$changed" -gt 1000 ]
verdict "the station joined with some of them ($joined)" [ "$joined" -gt 0 ]
verdict 'every chip and every station came and left' [ "$stuck" -eq 0 ]
verdict 'a healthy chip comes up after all of that' chip_begin
verdict 'and joins' join "${mixed_sta[@]}"
leave
wifi_end
