# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The virtual SDIO host with the smallest card there is ($CARD, an example of
# crate vsdio-abi) and the kernel's SDIO sample driver ($SAMPLE): plugging,
# interrupts, and every way in which the program that plays the card can fail.

# A card gets its commands by a FIFO and leaves its events in a file.
declare -A card_pid card_in
# start_card NAME ARGUMENT...
start_card() {
  local name=$1 fd
  shift
  rm -f "/run/$name.in" "/run/$name.out"
  mkfifo "/run/$name.in"
  "$CARD" "$@" <"/run/$name.in" >"/run/$name.out" 2>&1 &
  card_pid[$name]=$!
  exec {fd}>"/run/$name.in"
  card_in[$name]=$fd
}
# tell NAME COMMAND
tell() { echo "$2" 1>&"${card_in[$1]}"; }
# Ends a card orderly, or finds it dead; either way its controller is gone.
end_card() {
  local fd=${card_in[$1]}
  tell "$1" quit 2>/dev/null
  exec {fd}>&-
  wait "${card_pid[$1]}" 2>/dev/null
}
kill_card() {
  kill -KILL "${card_pid[$1]}"
  end_card "$1"
}
said() { grep -q -- "$2" "/run/$1.out"; }
said_times() { [ "$(grep -c -- "$2" "/run/$1.out")" = "$3" ]; }
devices() { ls /sys/bus/sdio/devices; }
count_is() { [ "$(devices | wc -l)" = "$1" ]; }
hosts_are() { [ "$(find /sys/class/mmc_host -mindepth 1 2>/dev/null | wc -l)" = "$1" ]; }
enumerated() { count_is 1; }
empty() { count_is 0; }

verdict 'the module loads' insmod "$MODULES/vsdio/vsdio.ko"
verdict 'the sample driver loads' insmod "$SAMPLE"
verdict 'there is a device' [ -c /dev/vsdio ]

# The life of a card
mark_log
start_card a
verdict 'a card enumerates' wait_for 10 enumerated
verdict 'the core calls it a high-speed SDIO card' wait_for 5 logged 'new high speed SDIO card'
verdict 'the driver reads its register' wait_for 5 logged 'Function 1 up, register 0x0 is 0x00, up to 65024 bytes'
verdict 'no module is unloaded under an open controller' bash -c '! rmmod vsdio 2>/dev/null'
tell a 'irq 3'
verdict 'the card interrupt is dispatched and acknowledged' wait_for 5 said a irq-ack
wait_for 5 said_times a irq-ack 3
tell a remove
verdict 'it is removed' wait_for 5 empty
verdict 'its level interrupted again until it fell' wait_for 5 logged 'Unbound after 3 interrupts'
verdict 'its supply is switched off' wait_for 5 said a power-off

replug() {
  local round
  for round in $(seq 50); do
    tell a insert
    wait_for 10 enumerated || { diag "not enumerated in round $round"; return 1; }
    tell a remove
    wait_for 10 empty || { diag "not removed in round $round"; return 1; }
  done
}
verdict 'it is plugged and unplugged 50 times' replug
hasty() {
  local _
  for _ in $(seq 100); do
    tell a insert
    tell a remove
  done
  tell a insert
  wait_for 20 enumerated
}
verdict 'it survives contact bounce' hasty
verdict 'it ends' end_card a
verdict 'the controller is gone with the program' hosts_are 0

mark_log
start_card a --uhs
verdict 'a UHS card enumerates, after voltage switch and tuning' wait_for 10 logged 'new UHS-I speed SDR104 SDIO card'
end_card a
start_card a --soldered
verdict 'a soldered card enumerates' wait_for 10 enumerated
end_card a

# Eight at once
for name in c1 c2 c3 c4 c5 c6 c7 c8; do start_card $name; done
verdict 'eight cards enumerate at once' wait_for 20 count_is 8
for name in c1 c3 c5 c7; do kill_card $name; done
verdict 'four are killed, four stay' wait_for 20 count_is 4
for name in c2 c4 c6 c8; do end_card $name; done
verdict 'none is left' hosts_are 0

# The last request of enumeration and of the sample driver's probe
start_card a
wait_for 10 enumerated
sleep 0.3
tell a count
wait_for 5 said a '^count'
last=$(sed -n 's/^count //p' /run/a.out)
end_card a
diag "probing takes $last requests"

# strike FAULT N SECONDS: after the fault the controller can be removed in time
strike() {
  local began=$SECONDS
  start_card a --timeout 50 "$1=$2"
  wait_for 10 said a ready
  sleep 0.15
  end_card a
  hosts_are 0 && [ $((SECONDS - began)) -le "$3" ]
}
at_every_request() { # FAULT STEP
  local n
  for n in $(seq 1 "$2" "$((last + 2))"); do
    strike "$1" "$n" 20 || { diag "$1 at request $n"; return 1; }
  done
}
at_every_request_killed() {
  local n
  for n in $(seq 1 7 "$last"); do
    start_card a "stall=$n"
    wait_for 10 said a ready
    sleep 0.1
    kill_card a
    hosts_are 0 || { diag "killed at request $n"; return 1; }
  done
}
verdict 'unplugged at every third request' at_every_request remove 3
verdict 'dead at every seventh request' at_every_request die 7
verdict 'stalled at every seventh request, and killed then' at_every_request_killed
verdict 'stalled at every thirteenth request' at_every_request stall 13
verdict 'CRC error at every seventh request' at_every_request crc 7

# outcome FAULT N TEXT...: enumerates all the same, and the program is told TEXT
outcome() {
  local fault=$1 n=$2 text
  shift 2
  start_card a --timeout 50 "$fault=$n"
  wait_for 10 said a ready
  for text in "$@"; do
    wait_for 10 said a "$text" || { diag "$fault at $n: no '$text'"; end_card a; return 1; }
  done
  tell a remove
  tell a insert
  wait_for 10 enumerated
  local result=$?
  end_card a
  return $result
}
verdict 'a late answer is cancelled and ignored' outcome late 12 '^cancel'
verdict 'an answer with a wrong tag is refused, then times out' outcome wrong-tag 12 '^refused' '^cancel'
verdict 'an answer of wrong length is refused, then times out' outcome wrong-length 12 '^refused' '^cancel'

stalled_driver() {
  start_card a --timeout 50
  wait_for 10 enumerated
  sleep 0.3
  tell a stall
  tell a 'irq 1'
  sleep 0.5
  tell a remove
  wait_for 10 empty
  local result=$?
  end_card a
  return $result
}
verdict 'a card that stalls under a bound driver can be removed' stalled_driver

# What is no message
refused() { ! "$@" 2>/dev/null; }
garbage() { head -c "$1" "$2" | tr '\0' "$3" >/dev/vsdio; }
verdict 'a short write is refused' refused garbage 15 /dev/zero '\0'
verdict 'zeros are refused' refused garbage 64 /dev/zero '\0'
verdict 'ones are refused' refused garbage 64 /dev/zero '\377'
verdict 'two megabytes are refused' refused dd if=/dev/zero of=/dev/vsdio bs=2M count=1
insert_first() { printf '\20\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0' >/dev/vsdio; }
verdict 'INSERT before SETUP is refused' refused insert_first

# setup ABI-VERSION: the 48 bytes
setup() {
  printf '\60\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0'
  printf '%b' "\\0$1" '\0\0\0\0\0\0\0\0\0002\0\0\01\0\0\0\0\02\0\0\0200\032\06\0\0200\0360\0372\02\0350\03\0\0'
}
setup 1 >/run/setup
setup 2 >/run/other-version
{ setup 1; printf '\20\0\0\0'; } >/run/setup-and-half
one_write() { dd if="$1" bs=4096 status=none 1>&6; }
first_kind() { dd bs=4096 count=1 status=none <&6 | od -An -tx1 -j4 -N1; }
exec 6<>/dev/vsdio
verdict 'another ABI version is refused' refused one_write /run/other-version
verdict 'SETUP with half a message after it takes no effect' refused one_write /run/setup-and-half
verdict 'nothing to read before SETUP' refused read -r -t 0 -u 6
verdict 'SETUP is taken' one_write /run/setup
verdict 'poll says that there is an answer' read -r -t 0 -u 6
verdict 'a second SETUP is refused' refused one_write /run/setup
verdict 'a buffer that is too short is refused' refused dd bs=8 count=1 status=none <&6
verdict 'SETUP_DONE comes first' [ "$(first_kind)" = ' 80' ]
exec 6>&-

verdict 'a reader is interrupted by a signal' bash -c 'timeout 0.2 cat </dev/vsdio; [ $? = 124 ]'

rmmod rust_driver_sdio
verdict 'the module unloads' rmmod vsdio
verdict 'nobody is left on the bus' empty
