# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A chip that says things slightly wrong, see section [mutation] of the
# emulator: for each seed a chip and a driver that were just bound, a network
# of the emulator's own, scans, and traffic in both directions. Nothing is
# expected of that but that the kernel's detectors are silent, and that a
# healthy chip works afterwards.
#
# SEEDS (first-last), FRAMES (ordered a seed) and COPIES (what the chip says
# again of each message, changed) say how much; every seed can be had again
# alone: SEEDS=17-17. LEAST is how many changed messages it must become.

SEEDS=${SEEDS:-1-12}
FRAMES=${FRAMES:-20000}
COPIES=${COPIES:-4}
LEAST=${LEAST:-20000}
chip_pid=
chip_ip=10.27.0.1 sta_ip=10.27.0.2
files=/run/firmware

insert_chip() {
  "$EMULATOR" run --air network --config /run/chip.toml --summary /run/chip.json >/run/chip.log 2>&1 &
  chip_pid=$!
  wait_for 20 said_line /run/chip.log ready
}
remove_chip() {
  kill -TERM "$chip_pid" 2>/dev/null
  wait "$chip_pid"
}
has_station() {
  local path
  for path in /sys/class/net/*; do
    [ "$(basename "$(realpath "$path/device/driver" 2>/dev/null)")" = bes2600 ] || continue
    sta=${path##*/}
    return 0
  done
  sta=
  return 1
}
no_station() { ! has_station; }
no_function() { ! compgen -G '/sys/bus/sdio/devices/*' >/dev/null; }
carrier() {
  local up=0
  [ -n "$sta" ] && read -r up 2>/dev/null </sys/class/net/"$sta"/carrier && [ "$up" = 1 ]
}
# settings CONTENT CONFIRMS FRAMING AFTER SEED COPIES
settings() {
  cat >/run/chip.toml <<END
[traffic]
source_port = 5001
sink_port = 5002
[mutation]
content = $1
confirms = $2
framing = $3
after = $4
seed = $5
copies = $6
END
}
# The station's way through a life, whatever becomes of it
live() {
  local burst
  timeout 20 iw dev "$sta" connect emulated >/dev/null 2>&1
  wait_for 5 carrier || return 0
  ip neigh replace $chip_ip lladdr 02:00:00:00:01:00 dev "$sta" 2>/dev/null
  for burst in 1 2 3 4; do
    has_station && carrier || return 0
    # Replies come whether or not anybody wants them.
    echo -n "$((FRAMES / 4)) 600" 2>/dev/null >"/dev/udp/$chip_ip/5001" || true
    for _ in 1 2 3 4 5 6 7 8; do echo -n 'up and away' 2>/dev/null >"/dev/udp/$chip_ip/5002" || true; done
    pause 2
    [ "$burst" != 2 ] || timeout 30 iw dev "$sta" scan >/dev/null 2>&1
    [ "$burst" != 3 ] || { iw dev "$sta" set power_save on; pause 1; iw dev "$sta" set power_save off; } 2>/dev/null
  done
  iw dev "$sta" disconnect 2>/dev/null
}

mkdir -p $files
cp -r --no-preserve=mode "$FIRMWARE"/. $files/
echo -n $files >/sys/module/firmware_class/parameters/path
verdict 'vsdio loads' insmod "$MODULES/vsdio/vsdio.ko"
verdict 'bes2600 loads' insmod "$MODULES/bes2600/bes2600.ko"

messages=0 changed=0 framing=0 seeds=0 lives=0 stuck=0
for ((seed = ${SEEDS%-*}; seed <= ${SEEDS#*-}; seed++)); do
  # Every third chip lies from its first word on; every fourth breaks the
  # framing and every fifth its confirms, which ends a firmware's life.
  after=200 share=0 confirms=0
  [ $((seed % 3)) -ne 0 ] || after=0
  [ $((seed % 4)) -ne 0 ] || share=0.0005
  [ $((seed % 5)) -ne 0 ] || confirms=0.01
  case $((seed % 3)) in 0) content=0.05 ;; 1) content=0.5 ;; *) content=1.0 ;; esac
  settings $content $confirms $share $after "$seed" "$COPIES"
  insert_chip || { diag "seed $seed: the chip was not inserted"; stuck=$((stuck + 1)); }
  if wait_for 30 has_station; then
    lives=$((lives + 1))
    ip link set "$sta" up 2>/dev/null && ip addr add $sta_ip/24 dev "$sta" 2>/dev/null
    live
  fi
  remove_chip
  wait_for 60 no_function || { diag "seed $seed: the card did not leave"; stuck=$((stuck + 1)); }
  wait_for 60 no_station || { diag "seed $seed: the station did not leave"; stuck=$((stuck + 1)); }
  read -r sent mutated broken < <(jq -r '.cards[0] | [.radio.indicated, ([.mutations[]?] | add // 0),
    ([.mutations | to_entries[] | select(.key | startswith("framing")) | .value] | add // 0)] | @tsv' /run/chip.json)
  messages=$((messages + sent)) changed=$((changed + mutated)) framing=$((framing + broken)) seeds=$((seeds + 1))
  [ -n "${QUIET:-}" ] || diag "seed $seed: $mutated messages changed, $broken of them in their framing"
done
diag "$(sed 's/^/ /' /run/chip.log | tail -n 2)"
verdict "$seeds seeds, $lives with a station: $changed messages changed, $framing of them in their framing" [ "$changed" -ge "$LEAST" ]
verdict 'every card and every station left' [ "$stuck" -eq 0 ]

settings 0 0 0 0 0 0
healthy() { insert_chip && wait_for 60 has_station && ip link set "$sta" up && timeout 20 iw dev "$sta" connect emulated && wait_for 10 carrier; }
verdict 'a healthy chip joins its network after all of that' healthy
verdict 'and leaves without a breach of the protocol' remove_chip
wait_for 30 no_function
verdict 'bes2600 unloads' rmmod bes2600
verdict 'vsdio unloads' rmmod vsdio
