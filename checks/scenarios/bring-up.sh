# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The driver brings the emulated chip up: once with every step looked at, 50
# times by bind and unbind, with the module reloaded, and then once for each
# row of $TABLE, in which the chip or a file has a fault of known outcome.
#
# Row: name, cause, expected text in the kernel log (extended regular
# expression), outcome (up or fails), virtual seconds it may take. ONLY, an
# extended regular expression, picks rows, and leaves out what repeats.

chip_pid=
# With a board around it (checks/uml.dts) the chip sits in the board's slot and
# sees the driver's wake line; else in a slot of its own, always awake.
slot=()
# Settings of the chip's [knobs] for every row, and for this one
board_knobs=
knob=
wake_line=$(echo /sys/devices/platform/lines/gpiochip*/sim_gpio0/value)
if [ -e "$wake_line" ]; then
  slot=(--device /dev/vsdio0 --wake-line "$wake_line")
  board_knobs='wake_line_active_low = true'
  # As on the board: a line that nobody drives is not asserted.
  echo pull-up >"${wake_line%value}pull"
  diag 'in the slot of a board'
fi
files=/mnt/firmware
chip_log=/run/chip.log

# The emulated chip, inserted; arguments go to the emulator.
insert_chip() {
  printf '[knobs]\n%s\n%s\n' "$board_knobs" "$knob" >/run/chip.toml
  "$EMULATOR" run --config /run/chip.toml "${slot[@]}" --summary /run/chip.json "$@" >"$chip_log" 2>&1 &
  chip_pid=$!
  wait_for 20 said_line "$chip_log" ready
}
# Ends the emulator; its status is 3 when the driver broke the protocol.
remove_chip() {
  kill -TERM "$chip_pid" 2>/dev/null
  wait "$chip_pid"
}
# Whether there is a function; its name is then in $function.
enumerated() {
  local paths=(/sys/bus/sdio/devices/*)
  function=${paths[0]##*/}
  [ -e "${paths[0]}" ]
}
gone() { ! enumerated; }
bound() { enumerated && [ -e "/sys/bus/sdio/drivers/bes2600/$function" ]; }
unbound() { ! bound; }
# Up: bound, with a startup indication that names a firmware.
up() {
  local line=
  bound && read -r line <"/sys/kernel/debug/bes2600-$function/startup"
  [[ $line == 'firmware_label: '?* ]]
}
unbind() { echo "$function" >/sys/bus/sdio/drivers/bes2600/unbind; }
bind() { echo "$function" >/sys/bus/sdio/drivers/bes2600/bind; }
loaded() { [ -e "/sys/module/$1" ]; }

fresh_firmware() {
  rm -rf $files
  cp -r --no-preserve=mode "$FIRMWARE" $files
}
# damage FILE DEFECT: see the table's head
damage() {
  local file=$files/$1
  case $2 in
    missing) rm "$file" ;;
    truncate=*) truncate -s "${2#*=}" "$file" ;;
    size=*) truncate -s "${2#*=}" "$file" ;;
    flip=*)
      local at=${2#*=} byte
      byte=$(od -An -tu1 -j "$at" -N 1 "$file")
      # shellcheck disable=SC2059
      printf "\\$(printf %o $((byte ^ 255)))" | dd of="$file" bs=1 seek="$at" conv=notrunc status=none
      ;;
    delete-line=*) sed -i -E "/${2#*=}/d" "$file" ;;
    set-line=*)
      local rule=${2#set-line=}
      sed -i -E "s/^.*${rule%%=>*}.*\$/${rule#*=>}/" "$file"
      ;;
    *) return 1 ;;
  esac
}

fresh_firmware
echo -n $files >/sys/module/firmware_class/parameters/path
verdict 'vsdio loads' insmod "$MODULES/vsdio/vsdio.ko"

# The way up, step by step.
mark_log
verdict 'a healthy chip is inserted' insert_chip
verdict 'the SDIO core enumerates it' wait_for 20 enumerated
alias=$(cat "/sys/bus/sdio/devices/$function/modalias")
pattern=$(modinfo -F alias "$MODULES/bes2600/bes2600.ko")
# shellcheck disable=SC2053
alias_matches() { [[ $alias == $pattern ]]; }
verdict "the module's alias $pattern matches $alias" alias_matches
verdict 'bes2600 loads' insmod "$MODULES/bes2600/bes2600.ko"
verdict 'the chip comes up' wait_for 60 up
if [ ${#slot[@]} -gt 0 ]; then
  verdict 'the wake line is asserted' [ "$(cat "$wake_line")" = 0 ]
  verdict "the board's MAC address is used" wait_for 5 logged 'MAC 02:00:5e:10:26:00'
fi
sed 's/^/# /' "/sys/kernel/debug/bes2600-$function/startup" "/sys/kernel/debug/bes2600-$function/counters"

cycles=50 reloads=5
[ -z "${ONLY:-}" ] || cycles=1 reloads=1
failed=0
for ((cycle = 1; cycle <= cycles; cycle++)); do
  unbind && wait_for 20 unbound && bind && wait_for 60 up && continue
  diag "cycle $cycle failed"
  failed=$((failed + 1))
done
verdict "$cycles times unbound and bound, up each time" [ "$failed" -eq 0 ]

failed=0
for ((cycle = 1; cycle <= reloads; cycle++)); do
  rmmod bes2600 && insmod "$MODULES/bes2600/bes2600.ko" && wait_for 60 up && continue
  diag "reload $cycle failed"
  failed=$((failed + 1))
done
verdict "the module reloaded $reloads times, up each time" [ "$failed" -eq 0 ]
# As far as devices go, that is: nothing would wake the machine up.
suspend_and_resume() {
  echo devices >/sys/power/pm_test && echo freeze >/sys/power/state
}
verdict 'the devices suspend and resume' suspend_and_resume
verdict 'the chip is still up' up
verdict 'and obeys: it unbinds and binds' eval 'unbind && wait_for 20 unbound && bind && wait_for 60 up'
verdict 'the card is pulled while the driver is bound' remove_chip
verdict 'nothing of it is left' wait_for 20 gone
# A function leaves the bus's list before its driver has let go of it.
wake_line_is() { [ "$(<"$wake_line")" = "$1" ]; }
[ ${#slot[@]} -eq 0 ] || verdict 'the wake line is released' wait_for 20 wake_line_is 1
grep -E '^breach' "$chip_log" | sed 's/^/# /'

# The table. The module stays loaded: a fault must leave it usable.
while IFS=$'\t' read -r -u 3 name cause expected outcome limit; do
  case $name in '#'* | '') continue ;; esac
  [[ -z ${ONLY:-} || $name =~ $ONLY ]] || continue
  limit=${limit:-60}
  mark_log
  fresh_firmware
  arguments=()
  knob=
  case $cause in
    knob:*) knob=${cause#knob:} ;;
    fault:*) arguments=(--fault "${cause#fault:}") ;;
    file:*)
      rest=${cause#file:}
      damage "${rest%%:*}" "${rest#*:}" || diag "cannot apply $cause"
      ;;
    none) ;;
    *) diag "cause $cause is none of fault:, file: and knob:" ;;
  esac
  reason=
  insert_chip "${arguments[@]}" || reason='the chip was not inserted'
  if [ "$outcome" = up ]; then
    wait_for "$limit" up || reason=${reason:-the chip did not come up}
    wait_for 5 logged "$expected" || reason=${reason:-not logged: $expected}
  else
    wait_for "$limit" logged "$expected" || reason=${reason:-not logged: $expected}
    pause 1
    ! up || reason=${reason:-the chip came up all the same}
  fi
  remove_chip
  wait_for 30 gone || reason=${reason:-the card did not leave}
  loaded bes2600 || reason=${reason:-the module is gone}
  if [ -z "$reason" ]; then
    ok "$name: ${logged_line:-}"
  else
    not_ok "$name: $reason"
    log_since_mark | tail -n 12 | sed 's/^/# /'
    tail -n 3 "$chip_log" | sed 's/^/# chip: /'
  fi
done 3<"$TABLE"
knob=

fresh_firmware
mark_log
verdict 'a healthy chip comes up after all of that' eval 'insert_chip && wait_for 60 up'
verdict 'and leaves without a breach of the protocol' remove_chip
wait_for 20 gone
verdict 'bes2600 unloads' rmmod bes2600
verdict 'vsdio unloads' rmmod vsdio
