# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A virtual SDIO host of the device tree (checks/uml.dts; $CARD, $SAMPLE as in vsdio.sh): the
# function gets its node, programs come and go, and the host can be unbound.

declare card_pid card_in
start_card() {
  rm -f /run/card.in
  mkfifo /run/card.in
  "$CARD" --device /dev/vsdio0 "$@" </run/card.in >/run/card.out 2>&1 &
  card_pid=$!
  exec {card_in}>/run/card.in
}
tell() { echo "$1" 1>&"$card_in"; }
end_card() {
  tell quit 2>/dev/null
  exec {card_in}>&-
  wait "$card_pid" 2>/dev/null
}
said() { grep -q -- "$1" /run/card.out; }
function_path() { compgen -G '/sys/bus/sdio/devices/*' | head -n 1; }
enumerated() { [ -n "$(function_path)" ]; }
empty() { ! enumerated; }
refused() { ! "$@" 2>/dev/null; }

verdict 'the module loads' insmod "$MODULES/vsdio/vsdio.ko"
verdict 'the sample driver loads' insmod "$SAMPLE"
verdict 'the node has a device' [ -c /dev/vsdio0 ]
node=$(basename "$(compgen -G '/sys/bus/platform/drivers/vsdio/*vsdio*' | head -n 1)")
diag "node $node"

mark_log
start_card
verdict 'a card enumerates' wait_for 10 enumerated
verdict 'its function has the node of its number' [ -e "$(function_path)/of_node/reg" ]
verdict 'the driver reads its register' wait_for 5 logged 'Function 1 up'
verdict 'a second program is refused' refused "$CARD" --device /dev/vsdio0 </dev/null
verdict 'the card interrupt is dispatched' eval 'tell "irq 1"; wait_for 5 said irq-ack'
end_card
verdict 'the card leaves with its program' wait_for 10 empty

again() {
  local _
  for _ in $(seq 20); do
    start_card
    wait_for 10 enumerated || return 1
    kill -KILL "$card_pid"
    end_card
    wait_for 10 empty || return 1
  done
}
verdict 'programs come and are killed 20 times' again

start_card --timeout 60000
wait_for 10 enumerated
tell stall
tell 'irq 1'
began=$SECONDS
echo "$node" >/sys/bus/platform/drivers/vsdio/unbind
verdict 'the host is unbound under a stalled card at once' [ $((SECONDS - began)) -le 5 ]
verdict 'its card is gone' empty
verdict 'its device is gone' [ ! -e /dev/vsdio0 ]
verdict 'its program is told' wait_for 5 said 'No such device'
end_card
echo "$node" >/sys/bus/platform/drivers/vsdio/bind
start_card
verdict 'bound again, a card enumerates' wait_for 10 enumerated
end_card

rmmod rust_driver_sdio
verdict 'the module unloads' rmmod vsdio
verdict 'no host is left' refused compgen -G '/sys/class/mmc_host/*'
