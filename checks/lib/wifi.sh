# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by scenarios that need access points and a station.
#
# Access points are radios of mac80211_hwsim in a network namespace of their
# own, so that what is sent to their addresses has to cross the air. The
# station's radio stays in the first namespace. It is
#   STATION=bes2600   the driver under test; its chip shares the air with the
#                     access points, by hwsim's netlink medium
#   STATION=hwsim     one more radio of hwsim: the same programs and the same
#                     configurations against mac80211 alone, which tells a
#                     defect of the driver from one of the scenario
#   STATION=air       the same, but the air is the emulator's: tells a defect
#                     of its medium from one of its chip
#
# Waits poll without starting processes, see guest-init.
#
# Needs MAC80211_HWSIM (the module's file), REGDB (a folder with
# regulatory.db), TRAFFIC (checks/lib/traffic).

STATION=${STATION:-bes2600}
# shellcheck disable=SC2034
# of all networks that have one; for scenarios
passphrase='correct horse battery'
# The network that most tests use, as hostapd and wpa_supplicant want it
# shellcheck disable=SC2034
psk_ap=(wpa=2 wpa_key_mgmt=WPA-PSK rsn_pairwise=CCMP wpa_passphrase="$passphrase")
# shellcheck disable=SC2034
psk_sta=('ssid="besser"' key_mgmt=WPA-PSK psk="\"$passphrase\"")
# Its channel, by its frequency
# shellcheck disable=SC2034
on_6=(scan_freq=2437)
# Addresses of the access points' network, and of the station.
ap_ip=10.26.0.1 sta_ip=10.26.0.2 ap_ip6=fd26::1 sta_ip6=fd26::2
# The station's interface and radio; wifi_begin finds them.
sta='' sta_phy=''
chip_pid='' traffic_pid='' air_pid=''

in_ap() { ip netns exec ap "$@"; }

# said FILE TEXT [TIMES]: TEXT is in FILE, that often
said() {
  local lines text rest times=${3:-1}
  [ -e "$1" ] && mapfile -t lines <"$1" || return 1
  rest="${lines[*]}"
  for ((; times > 0; times--)); do
    [[ $rest == *"$2"* ]] || return 1
    rest=${rest#*"$2"}
  done
}
# The station's link is up, as its interface says.
carrier() {
  local up=0
  [ -n "$sta" ] && read -r up 2>/dev/null </sys/class/net/"$sta"/carrier && [ "$up" = 1 ]
}

# find_interface PHY: sets $interface to that of a phy of this namespace
interface=''
find_interface() {
  local path name
  interface=''
  for path in /sys/class/ieee80211/"$1"/device/net/*; do
    [ -e "$path/phy80211/name" ] && read -r name <"$path/phy80211/name" && [ "$name" = "$1" ] && interface=${path##*/}
  done
  [ -n "$interface" ]
}
# find_phys DRIVER: sets $phys to those that a driver made
phys=()
find_phys() {
  local path driver
  phys=()
  for driver in /sys/bus/*/drivers/"$1"; do
    for path in /sys/class/ieee80211/*; do
      [ ! "$path/device/driver" -ef "$driver" ] || phys+=("${path##*/}")
    done
  done
  [ ${#phys[@]} -gt 0 ]
}

# The rules of one country are in force.
country_is() { iw reg get | grep -q "^country $1:"; }
set_country() {
  iw reg set "$1"
  wait_for 5 country_is "$1" || { diag "regulatory domain $1 is not in force"; iw reg get | sed 's/^/# /'; }
}

# The station's chip, inserted, on the air of the access points; arguments go
# to the emulator
insert_chip() {
  # Its settings are what air_is changes, unless it comes with its own.
  : >/run/air.toml
  [[ " $* " == *" --config "* ]] || set -- --config /run/air.toml "$@"
  "$EMULATOR" run --air hwsim --summary /run/chip.json "$@" >/run/chip.log 2>&1 &
  chip_pid=$!
  wait_for 20 said /run/chip.log ready
}
has_station() {
  sta='' sta_phy=''
  find_phys bes2600 && sta_phy=${phys[0]} && find_interface "$sta_phy" && sta=$interface
}
has_no_station() { ! has_station; }
station_up() {
  ip link set "$sta" up || return 1
  ip addr add $sta_ip/24 dev "$sta"
  ip addr add $sta_ip6/64 dev "$sta" nodad
}
# chip_begin ARGUMENT...: a chip with its own settings and the station on it.
# chip_end takes it away again; its status is that of the emulator.
# shellcheck disable=SC2120
chip_begin() {
  insert_chip "$@" || { diag 'the chip was not inserted'; sed 's/^/# chip: /' /run/chip.log; return 1; }
  wait_for 60 has_station || { diag 'the driver made no interface'; return 1; }
  station_up
}
chip_end() {
  [ -n "$chip_pid" ] || return 0
  local result=0
  kill -TERM "$chip_pid"
  wait "$chip_pid" || result=$?
  chip_pid=''
  wait_for 10 has_no_station || { diag 'the station outlived its chip'; return 1; }
  return $result
}

# The emulator's air without a chip
begin_air() {
  : >/run/air.toml
  "$EMULATOR" air --config /run/air.toml --summary /run/air.json >/run/air.log 2>&1 &
  air_pid=$!
  wait_for 20 said /run/air.log ready
}

# air_is LINE...: has the emulator's air changed; LINEs are of its section [air]
air_changes=0
air_is() {
  local log=/run/chip.log pid=$chip_pid
  [ "$STATION" != air ] || log=/run/air.log pid=$air_pid
  printf '%s\n' '[air]' "$@" >/run/air.toml
  air_changes=$((air_changes + 1))
  kill -HUP "$pid"
  wait_for 5 said $log 'air changed' $air_changes || { diag 'the air did not change'; sed 's/^/# /' $log; return 1; }
}

# Loads the radios, moves two of them into namespace ap, brings the station up.
wifi_begin() {
  local radios=2 name
  [ "$STATION" = bes2600 ] || radios=3
  # The database of countries: the kernel asked for it before there was a root.
  mkdir -p /run/firmware
  [ -z "${FIRMWARE:-}" ] || cp -r --no-preserve=mode "$FIRMWARE"/. /run/firmware/
  cp --no-preserve=mode "$REGDB"/regulatory.db* /run/firmware/
  echo -n /run/firmware >/sys/module/firmware_class/parameters/path
  iw reg reload || diag 'the regulatory database was not loaded'

  insmod "$MAC80211_HWSIM" radios=$radios || return 1
  two_radios && [ ${#phys[@]} -eq $radios ] || return 1
  if [ "$STATION" = air ]; then
    begin_air || { diag 'there is no air'; sed 's/^/# air: /' /run/air.log; return 1; }
  fi
  # A radio takes the country of the whole system only once it is in force.
  set_country US
  ip netns add ap
  in_ap ip link set lo up
  in_ap ip link add br0 type bridge forward_delay 0
  in_ap ip addr add $ap_ip/24 dev br0
  in_ap ip addr add $ap_ip6/64 dev br0 nodad
  in_ap ip link set br0 up
  for name in ap1 ap2; do
    find_interface "${phys[0]}" && ip link set "$interface" name $name
    bssid[$name]=$(</sys/class/net/$name/address)
    iw phy "${phys[0]}" set netns name ap
    phys=("${phys[@]:1}")
  done
  if [ "$STATION" = bes2600 ]; then
    insmod "$MODULES/vsdio/vsdio.ko" && insmod "$MODULES/bes2600/bes2600.ko" || return 1
    # shellcheck disable=SC2119
    chip_begin || return 1
  else
    sta_phy=${phys[0]}
    find_interface "$sta_phy" && sta=$interface
    station_up || return 1
  fi
  ip netns exec ap "$TRAFFIC" serve >/run/traffic.log 2>&1 &
  traffic_pid=$!
}

two_radios() { find_phys mac80211_hwsim && [ ${#phys[@]} -ge 2 ]; }
wifi_end() {
  ap_stop ap1
  ap_stop ap2
  [ -z "$traffic_pid" ] || kill "$traffic_pid"
  [ -z "$sta" ] || ip link set "$sta" down
  if [ "$STATION" = bes2600 ]; then
    verdict 'bes2600 unloads' rmmod bes2600
    verdict 'the chip saw no breach of the protocol' chip_end
    grep -E '^breach' /run/chip.log | sed 's/^/# /'
    verdict 'vsdio unloads' rmmod vsdio
  fi
  if [ -n "$air_pid" ]; then
    kill "$air_pid"
    verdict 'the air ends well' wait "$air_pid"
    sed 's/^/# /' /run/air.json
  fi
  # Radios go home when their namespace ends.
  ip netns del ap
  wait_for 5 two_radios
  verdict 'mac80211_hwsim unloads' rmmod mac80211_hwsim
}

# ap NAME LINE...: an access point on radio NAME (ap1, ap2); LINEs are
# hostapd's. Without others: besser, channel 6, 20 MHz, open.
declare -A hostapd_pid
decided() { said "/run/$1.log" AP-ENABLED || said "/run/$1.log" AP-DISABLED; }
ap() {
  local name=$1
  shift
  {
    cat <<END
interface=$name
bridge=br0
driver=nl80211
ctrl_interface=/run/hostapd
ssid=besser
country_code=US
hw_mode=g
channel=6
ieee80211n=1
wmm_enabled=1
logger_stdout=-1
logger_stdout_level=2
END
    printf '%s\n' "$@"
  } >"/run/$name.conf"
  # What an access point of this name said before must not count for this one.
  : >"/run/$name.log"
  # Not by a function: its process would be the one that gets the signals.
  ip netns exec ap hostapd -t "/run/$name.conf" >"/run/$name.log" 2>&1 &
  hostapd_pid[$name]=$!
  wait_for 20 decided "$name"
  said "/run/$name.log" AP-ENABLED && return
  diag "access point $name did not start"
  tail -n 8 "/run/$name.log" | sed 's/^/# /'
  return 1
}
ap_cli() {
  local name=$1
  shift
  in_ap hostapd_cli -p /run/hostapd -i "$name" "$@"
}
ap_stop() { # NAME [SIGNAL]: with KILL nobody is told that it leaves
  [ -n "${hostapd_pid[$1]:-}" ] || return 0
  kill "-${2:-TERM}" "${hostapd_pid[$1]}" 2>/dev/null
  wait "${hostapd_pid[$1]}" 2>/dev/null
  [ "${2:-TERM}" != KILL ] || in_ap ip link set "$1" down
  unset "hostapd_pid[$1]"
}
# The address of an access point's radio
declare -A bssid

# The station, by wpa_supplicant ---------------------------------------------

supplicant_pid=
# supplicant LINE...: starts it; LINEs are those of one network block.
supplicant() {
  {
    printf 'ctrl_interface=/run/wpa\ncountry=US\npmf=1\nsae_pwe=2\nnetwork={\n'
    printf '  %s\n' "$@"
    printf '}\n'
  } >/run/sta.conf
  : >/run/sta.log
  wpa_supplicant -t -D nl80211 -i "$sta" -c /run/sta.conf >/run/sta.log 2>&1 &
  supplicant_pid=$!
}
sta_cli() { wpa_cli -p /run/wpa -i "$sta" "$@"; }
# status FIELD: of wpa_cli's status
status() { sta_cli status 2>/dev/null | sed -n "s/^$1=//p"; }
# The last thing that wpa_supplicant said of the connection is that it is there.
completed() {
  local lines text
  mapfile -t lines </run/sta.log || return 1
  text="${lines[*]}"
  text=${text##*CTRL-EVENT-DISCONNECTED}
  [[ $text == *CTRL-EVENT-CONNECTED* ]] && carrier
}
disconnected() { ! carrier; }
# join LINE...: starts wpa_supplicant and waits for the association
join() {
  supplicant "$@"
  wait_for "${join_limit:-30}" completed && return
  diag 'not associated; the end of its log:'
  tail -n "${told_lines:-15}" /run/sta.log | sed 's/^/# sta: /'
  return 1
}
leave() {
  [ -n "$supplicant_pid" ] || return 0
  kill "$supplicant_pid"
  wait "$supplicant_pid" 2>/dev/null
  supplicant_pid=
  wait_for 5 disconnected
  ip link set "$sta" up
}

# with CAUSE... -- COMMAND...: COMMAND on a chip with these faults, knobs (as
# knob:LINE of its settings) and settings of its air (air:LINE). Nothing else
# has a chip then.
with() {
  local arguments=() knobs=() air=()
  while [ "$1" != -- ]; do
    case $1 in
      knob:*) knobs+=("${1#knob:}") ;;
      air:*) air+=("${1#air:}") ;;
      *) arguments+=(--fault "$1") ;;
    esac
    shift
  done
  shift
  printf '%s\n' '[knobs]' "${knobs[@]}" '[air]' "${air[@]}" >/run/chip.toml
  chip_begin --config /run/chip.toml "${arguments[@]}" || { diag 'the station did not come up'; return 1; }
  local result=0
  "$@" || result=1
  leave
  chip_end || { diag 'the chip saw a breach of the protocol'; result=1; }
  grep -E '^breach' /run/chip.log | sed 's/^/# /'
  return $result
}

# test_case TEXT COMMAND...: COMMAND is a test; afterwards nothing of it runs.
test_case() {
  local began now text=$1
  read -r began _ </proc/uptime
  shift
  if [[ -n ${ONLY:-} && ! $text =~ $ONLY ]]; then return; fi
  if "$@"; then
    ok "$text"
  else
    not_ok "$text"
  fi
  leave
  ap_stop ap1
  ap_stop ap2
  read -r now _ </proc/uptime
  now=$((10#${now/./} - 10#${began/./}))
  diag "$((now / 100)).$((now / 10 % 10)) s"
}

# uapsd_queues MASK: these access categories, bits of IEEE80211_WMM_IE_STA_QOSINFO,
# are delivered by U-APSD from the next association on
uapsd_queues() { echo "$1" >"/sys/kernel/debug/ieee80211/$sta_phy/netdev:$sta/uapsd_queues"; }

# What a link is good for ----------------------------------------------------

# One at a time: with nothing under way and less than 10 ms to the next probe,
# ping spins until it is due, which is never where only waiting takes time.
reachable() {
  local _
  for _ in 1 2 3; do
    ! ping -q -c 1 -W 2 $ap_ip >/run/ping.log 2>&1 || return 0
  done
  return 1
}
# transfer ARGUMENT...: checksummed traffic, see checks/lib/traffic
transfer() {
  "$TRAFFIC" "$@" >/run/transfer.json 2>/run/transfer.err && return
  diag "traffic $*: $(cat /run/transfer.json) $(tail -n 1 /run/transfer.err)"
  return 1
}
# The access point of a link, the channel, the width
link_is() { # NAME [MHZ]
  iw dev "$sta" link | grep -q "^Connected to ${bssid[$1]}" &&
    { [ $# -lt 2 ] || iw dev "$sta" link | grep -qE "freq: $2(\.0)?\$"; }
}
# found SSID MHZ: in the last scan
found() {
  iw dev "$sta" scan dump | awk -v ssid="$1" -v mhz="$2" '
    /^BSS/ { f = 0 } $1 == "freq:" { f = int($2) } $1 == "SSID:" && $2 == ssid && f == mhz { hit = 1 } END { exit !hit }' ||
    { diag "$1 on $2 MHz was not found"; return 1; }
}
# counter NAME: of the driver
counter() { sed -n "s/^$1: //p" /sys/kernel/debug/bes2600-*/counters; }
# A sound chip gives no occasion to count any of these.
sound_counters=(lost_interrupts stale_announcements unknown_messages malformed_messages unexpected_confirms
  stuck_scans silent_switches refused_keys refused_policies decrypt_storms tx_requeues tx_refused
  rx_malformed rx_bad_rate rx_bad_channel rx_bad_status rx_mic_failures)
nothing_went_wrong() {
  local name value result=0
  for name in "${sound_counters[@]}"; do
    value=$(counter "$name")
    [ "$value" = 0 ] || { diag "$name is ${value:-missing}"; result=1; }
  done
  return $result
}
