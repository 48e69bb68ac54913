# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# udev loads the driver by the card's modalias, and what the NixOS module
# generates for udev takes effect: the rule about power save, the link file with
# the address.
#
# Needs UDEV (a folder with lib/systemd/systemd-udevd and udev's own rules),
# RULES and LINK (the generated files), ADDRESS and POWER_SAVE (what they ask
# for), IW (the program).

# udev looks for modules in /lib/modules only: it gets a root of its own, made of
# the guest's.
diag 'making a root for udev'
root=/mnt/root
release=$(uname -r)
mkdir -p "$root/lib/modules/$release/updates"
for folder in /*; do
  case $folder in /lib | /mnt) continue ;; esac
  if [ -L "$folder" ]; then
    cp -P "$folder" "$root/"
  elif [ -d "$folder" ]; then
    mkdir -p "$root$folder"
    mount --rbind "$folder" "$root$folder"
  fi
done
ln -s /usr/lib/* "$root/lib/" 2>/dev/null
cp "$MODULES"/*/*.ko "$root/lib/modules/$release/updates/"
for list in order builtin builtin.modinfo; do : >"$root/lib/modules/$release/modules.$list"; done
depmod -b "$root" "$release" || diag 'depmod failed'

mkdir -p /run/udev/rules.d /run/systemd/network
cp "$UDEV"/lib/udev/rules.d/{75-net-description,80-drivers,80-net-setup-link}.rules /run/udev/rules.d/
cp "$RULES" /run/udev/rules.d/99-local.rules
cp "$LINK" /run/systemd/network/10-bes2600.link

busybox chroot "$root" "$UDEV/lib/systemd/systemd-udevd" --debug >/run/udevd.log 2>&1 &
verdict 'udev runs' wait_for 10 test -S /run/udev/control

loaded() { [ -e "/sys/module/$1" ]; }
verdict 'the driver is not loaded yet' eval '! loaded bes2600'
insmod "$root/lib/modules/$release/updates/vsdio.ko"
"$EMULATOR" run >/run/chip.log 2>&1 &
chip_pid=$!
verdict 'udev loads the driver of the card' wait_for 30 loaded bes2600

interface=
found() {
  local path
  for path in /sys/bus/sdio/drivers/bes2600/*/net/*; do
    [ ! -e "$path" ] || interface=${path##*/}
  done
  [ -n "$interface" ]
}
verdict 'an interface appears' wait_for 60 found

has_address() { [ -n "$interface" ] && [ "$(cat "/sys/class/net/$interface/address")" = "$ADDRESS" ]; }
verdict "it has the address $ADDRESS" wait_for 20 has_address
power_save() { [ -n "$interface" ] && [[ $("$IW" dev "$interface" get power_save) == "Power save: $POWER_SAVE" ]]; }
verdict "power save is $POWER_SAVE" wait_for 20 power_save
[ "$interface" = wlan0 ] || diag "its name is $interface"

cp /run/udevd.log "$OUT/" 2>/dev/null
kill -TERM "$chip_pid"
wait "$chip_pid"
