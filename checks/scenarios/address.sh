# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A chip whose board keeps its MAC address in an NVMEM cell (checks/address,
# $CELLS): its provider comes late, holds no address, or cannot be read.

chip_log=/run/chip.log
driver=/sys/bus/sdio/drivers/bes2600
made=''
bound() { compgen -G "$driver/mmc*" >/dev/null; }
unbound() { ! bound; }
said_nothing() { ! log_since_mark | grep 'bes2600'; }
# A made-up address, which is a locally administered one, in $made
made_up() { wait_for 5 logged 'MAC (02:00:[0-9a-f:]{11})' && made=${BASH_REMATCH[1]}; }

verdict 'vsdio loads' insmod "$MODULES/vsdio/vsdio.ko"
verdict 'bes2600 loads' insmod "$MODULES/bes2600/bes2600.ko"
mark_log
"$EMULATOR" run --device /dev/vsdio0 --summary /run/chip.json >"$chip_log" 2>&1 &
chip_pid=$!
verdict 'the chip is inserted' wait_for 20 said_line "$chip_log" ready
sleep 3
verdict 'without the provider the driver waits' unbound
verdict 'and says nothing' said_nothing

mark_log
verdict 'the provider comes' insmod "$CELLS"
verdict 'the chip comes up' wait_for 60 bound
verdict 'with the address of the cell' wait_for 5 logged 'MAC 02:00:5e:26:00:02'

# other CONTENT: the provider again, with another content, and the driver
other() {
  local function
  function=$(compgen -G "$driver/mmc*") && echo "${function##*/}" >"$driver/unbind" && rmmod cells || return 1
  mark_log
  insmod "$CELLS" content="$1" && echo "${function##*/}" >"$driver/bind" && wait_for 60 bound
}
verdict 'a cell without an address does not keep the chip from coming up' other zero
verdict 'that is a warning' wait_for 5 logged 'the NVMEM cell mac-address .* \(EINVAL\); one is made up'
verdict 'an address is made up' made_up
first=$made
verdict 'nor does one that cannot be read' other unreadable
verdict 'which is a warning, too' wait_for 5 logged 'the NVMEM cell mac-address .* \(EIO\); one is made up'
verdict 'an address is made up again' made_up
verdict 'which is another one' [ "$made" != "$first" ]
verdict 'a cell that is mended is used' other address
verdict 'by its address' wait_for 5 logged 'MAC 02:00:5e:26:00:02'

kill -TERM "$chip_pid"
verdict 'the chip saw no breach of the protocol' wait "$chip_pid"
verdict 'the driver unloads' rmmod bes2600
verdict 'vsdio unloads' rmmod vsdio
verdict 'the provider unloads' rmmod cells
