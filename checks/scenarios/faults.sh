# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The fault matrix: every fault of $TABLE at every stage that it names. Two
# access points stand throughout, and as few chips as the outcomes allow: a
# fault is planned in the chip that runs, once the stage begins. The link works
# before each cell; after it the link works again, or the chip is taken away
# and the next one works.
#
# A row of the table: stages, separated by commas, faults, separated by spaces,
# and the outcome, which is
#   absorbed    the connection is what it was
#   recovered   it was lost, and came back by itself
#   down        the driver said what is wrong; the next chip works
# or several of them, separated by |, where it is up to chance whom it hits.
#
# ONLY, a regular expression, picks cells ("STAGE FAULT").

# shellcheck source=checks/lib/wifi.sh
. "$LIB/wifi.sh"

# Seconds within which a link is back
limit=60
# Both access points, for roaming
mine=("${psk_sta[@]}" 'scan_freq=2437 2462' 'freq_list=2437 2462')
# What `bes2600-emulator run` ends with when a host broke the protocol
breach=3

cells=0 chips=0 breaches=0 planned=0 happened=0 slowest=0
declare -A seen=()

# faults_are FAULT...: the settings of a chip that has these
faults_are() {
  local fault parameter
  {
    for fault in "$@"; do
      printf '[[fault]]\nname = "%s"\n' "${fault%%:*}"
      [[ $fault == *:* ]] || continue
      for parameter in $(tr , ' ' <<<"${fault#*:}"); do echo "${parameter/=/ = }"; done
    done
  } >/run/chip.toml
}
# plan FAULT...: the chip that runs has these from now on, and no others
plans=0
plan() {
  faults_are "$@"
  kill -HUP "$chip_pid" 2>/dev/null || return 0
  plans=$((plans + 1))
  wait_for 5 said /run/chip.log 'faults planned' $plans || ! kill -0 "$chip_pid" 2>/dev/null
}

# The station, its interface set up as whatever manages networks would
known_index=
station_there() {
  local index
  has_station && read -r index 2>/dev/null <"/sys/class/net/$sta/ifindex" || return 1
  [ "$index" != "$known_index" ] || return 0
  known_index=$index
  station_up 2>/dev/null
}
link_works() { station_there && completed && reachable; }

# give FAULT...: a chip that has these from the beginning
give() {
  chips=$((chips + 1)) plans=0 known_index=
  faults_are "$@"
  insert_chip --config /run/chip.toml
}
no_card() { ! compgen -G '/sys/bus/sdio/devices/*' >/dev/null; }
take_away() {
  local status=0 count
  if [ -n "$supplicant_pid" ]; then
    kill "$supplicant_pid" 2>/dev/null
    wait "$supplicant_pid" 2>/dev/null
    supplicant_pid=
  fi
  [ -n "$chip_pid" ] || return 0
  kill -TERM "$chip_pid" 2>/dev/null
  wait "$chip_pid" || status=$?
  chip_pid=''
  # One that died by a fault has not counted.
  if [ $status -eq 4 ]; then
    happened=$((happened + 1))
  else
    count=$(jq '[.cards[].faults[] | select(.fired > 0)] | length' /run/chip.json) && happened=$((happened + count))
  fi
  [ $status -ne $breach ] || { breaches=$((breaches + 1)); grep -E '^breach' /run/chip.log | sed 's/^/# /'; }
  wait_for 30 no_card && wait_for 30 has_no_station
}
# The link, by whatever is needed for it. A chip that died too often in a short
# time would be given up, which has a scenario of its own.
ensure_link() {
  if [ -n "$chip_pid" ] && [ -n "$supplicant_pid" ] && station_there && [ "$(counter restarts)" -lt 3 ] && link_works; then return; fi
  take_away && give && wait_for $limit station_there && join "${mine[@]}" && wait_for 5 link_works
}

# What is done at a stage while the fault is planned. That it succeeds is not
# asked for.
stage_scan() {
  plan "$1"
  timeout 30 iw dev "$sta" scan freq 2437 2462 5180
}
stage_join() {
  sta_cli disconnect
  wait_for 5 disconnected
  plan "$1"
  sta_cli reconnect
  wait_for 12 carrier
}
stage_traffic() {
  plan "$1"
  timeout 20 "$TRAFFIC" ping $ap_ip 40 1200 0.02
}
# The first thing that an idle link carries is hit.
stage_idle() {
  plan "$1"
  pause 2
  ping -q -c 1 -W 2 $ap_ip
}
stage_power_save() {
  plan "$1"
  iw dev "$sta" set power_save on
  pause 1
  ping -q -c 2 -W 1 $ap_ip
  iw dev "$sta" set power_save off
}
stage_roaming() {
  local to=ap1
  link_is ap1 && to=ap2
  plan "$1"
  sta_cli roam "${bssid[$to]}"
  wait_for 10 link_is $to
}
# Unbound with the fault, bound without
stage_shutdown() {
  local path=(/sys/bus/sdio/drivers/bes2600/*:*) name
  name=${path[0]##*/}
  kill "$supplicant_pid"
  wait "$supplicant_pid"
  plan "$1"
  echo "$name" >/sys/bus/sdio/drivers/bes2600/unbind
  wait_for 20 has_no_station
  plan
  echo "$name" >/sys/bus/sdio/drivers/bes2600/bind
  known_index=
  wait_for $limit station_there && join "${mine[@]}"
}

# Opportunities that come before a stage, by the fault's kind
declare -A begins=([probe-cmd52]=0 [download-cmd52]=100 [activation-cmd52]=560 [probe-cmd53]=0 [download-cmd53]=30 [activation-cmd53]=258)

# early STAGE FAULT: sets $outcome
early() {
  local kind=${2%%-*}
  take_away || return
  mark_log
  give "$2,after=${begins[$1-$kind]}" || return
  if wait_for 25 station_there; then
    plan
    join "${mine[@]}" && wait_for 10 link_works && outcome=absorbed
    [ "$(counter restarts)" = 0 ] || outcome=recovered
  elif logged 'bes2600 mmc|mmc[0-9]+: error'; then
    outcome=down
  fi
}
lost() { grep -c CTRL-EVENT-DISCONNECTED /run/sta.log; }
# late STAGE FAULT: sets $outcome
late() {
  local losses restarts began now
  ensure_link || { diag 'there was no link to begin with'; return; }
  mark_log
  losses=$(lost) restarts=$(counter restarts)
  read -r began _ </proc/uptime
  "stage_$1" "$2" >/run/stage.log 2>&1
  [ -z "$chip_pid" ] || plan
  case $1 in join) losses=$((losses + 1)) ;; shutdown) losses=0 restarts=0 ;; esac
  if wait_for $limit link_works; then
    outcome=absorbed
    if [ "$(lost)" -gt "$losses" ] || [ "$(counter restarts)" != "$restarts" ]; then
      outcome=recovered
      read -r now _ </proc/uptime
      now=$((10#${now/./} - 10#${began/./}))
      [ $now -le $slowest ] || slowest=$now
    fi
  elif logged 'bes2600 mmc|mmc[0-9]+: card [0-9a-f]+ removed'; then
    outcome=down
  fi
}

cell() { # STAGE FAULT EXPECTED
  local outcome=nothing word=ok
  if [[ -n ${ONLY:-} && ! "$1 $2" =~ $ONLY ]]; then return; fi
  cells=$((cells + 1)) planned=$((planned + 1))
  case $1 in
    probe | download | activation) early "$1" "$2" ;;
    *) late "$1" "$2" ;;
  esac
  logged 'card [0-9a-f]+ removed|bes2600 mmc.*(failed|error|lost|did not|is restarted|removed|claims|unknown)' || logged_line=
  # Whatever it was, the next chip works.
  if [ $outcome = down ] && ! ensure_link; then outcome='down for good'; fi
  [[ "|$3|" == *"|$outcome|"* ]] || word='not ok'
  seen[$outcome]=$((${seen[$outcome]:-0} + 1))
  tests=$((tests + 1))
  echo "$word $tests - $1, $2: $outcome${logged_line:+; ${logged_line#*: }}"
  [ "$word" = ok ] || { diag "expected: $3"; log_since_mark | tail -n 8 | sed 's/^/# /'; tail -n 3 /run/sta.log | sed 's/^/# sta: /'; }
}

row() { # STAGES FAULTS EXPECTED
  local stage fault
  for stage in ${1//,/ }; do
    for fault in $2; do cell "$stage" "$fault" "$3"; done
  done
}

networks() { ap ap1 "${psk_ap[@]}" && ap ap2 channel=11 "${psk_ap[@]}"; }

if ! wifi_begin; then
  not_ok 'two access points and a station'
  return
fi
chip_end
verdict 'two access points' networks
while IFS=$'\t' read -r -u 3 stages faults expected; do
  case $stages in '#'* | '') continue ;; esac
  row "$stages" "$faults" "$expected"
done 3<"$TABLE"
verdict 'the link works after all of that' ensure_link
diag "back $((slowest / 100)).$((slowest / 10 % 10)) s after a stage began at the latest"
leave
take_away
diag "$cells cells with $chips chips: ${seen[absorbed]:-0} absorbed, ${seen[recovered]:-0} recovered, ${seen[down]:-0} down"
verdict 'every fault happened' [ $happened -eq $planned ]
[ $happened -eq $planned ] || diag "$happened of $planned"
verdict 'the host broke no rule of the protocol' [ $breaches -eq 0 ]
wifi_end
