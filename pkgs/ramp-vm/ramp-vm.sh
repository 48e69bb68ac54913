# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Boots the tablet's kernel and system with the emulated chip in QEMU, joined to
# a network, to be measured over ssh.
#
#   ramp-vm --ssh-port N --load-port N [--wifi-ssh-port N] [--count] --out DIR
#
#   --ssh-port N       where its ssh server is reached, on 127.0.0.1
#   --load-port N      where the listener of a load is: what comes there goes to
#                      the access point, and over the air to port 12345
#   --wifi-ssh-port N  the ssh server again, but over the air
#   --count            an instruction takes one nanosecond of its processors'
#                      time: CPU times are counts of instructions. Slower
#   --out DIR          gets `key`, root's, a fresh one, and console.log
#
# Says `ready` on standard output when the chip has joined its network and the
# ssh server listens; runs until SIGTERM or SIGINT, which end with status 0, or
# until the machine dies (status 1). Status 2: the command line is wrong.
#
# From its package it has: RAMP_VM_IMAGE, RAMP_VM_INITRD, RAMP_VM_PARAMETERS (of
# the kernel), RAMP_VM_LIB (checks/lib).
set -euo pipefail

usage() {
  echo "ramp-vm: $*; see --help" >&2
  exit 2
}
ssh_port='' load_port='' wifi_ssh_port='' out='' count=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) sed -n '4,23s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    --ssh-port | --load-port | --wifi-ssh-port)
      [[ ${2:-} =~ ^[0-9]{1,5}$ ]] || usage "$1 wants a port, not '${2:-}'"
      name=${1#--}
      printf -v "${name//-/_}" %s "$2"
      ;;
    --count)
      count=(-icount "shift=0")
      shift
      continue
      ;;
    --out) out=${2:-} ;;
    *) usage "unknown option $1" ;;
  esac
  [ $# -ge 2 ] || usage "$1 wants a value"
  shift 2
done
if [ -z "$ssh_port" ] || [ -z "$load_port" ] || [ -z "$out" ]; then
  usage '--ssh-port, --load-port and --out are needed'
fi

# Real seconds until it must serve; without hardware support it takes some 15.
limit=300
# shellcheck source=checks/lib/judge.sh
. "$RAMP_VM_LIB/judge.sh"
# shellcheck source=checks/lib/vm.sh
. "$RAMP_VM_LIB/vm.sh"

mkdir -p "$out"
raw=$out/console.raw
: >"$raw"
rm -f "$out/key" "$out/key.pub"
ssh-keygen -q -t ed25519 -N '' -C ramp-vm -f "$out/key"
read -r kind key _ <"$out/key.pub"

# Two wires, see guest/src/serve.rs; nothing gets out of them.
wire() { # NAME NUMBER NETWORK FORWARD...
  local name=$1 number=$2 netdev="user,id=$1,restrict=on,net=$3"
  shift 3
  wires+=(-netdev "$netdev$(printf ',hostfwd=tcp:127.0.0.1:%s' "$@")"
    -device "virtio-net-device,netdev=$name,mac=52:54:00:26:00:0$number")
}
wires=()
wire control 1 10.0.2.0/24 "$ssh_port-10.0.2.15:22"
wire load 2 10.0.3.0/24 "$load_port-10.0.3.15:12345" ${wifi_ssh_port:+"$wifi_ssh_port-10.0.3.15:22"}
vm_qemu "$RAMP_VM_IMAGE" "$RAMP_VM_INITRD" "$RAMP_VM_PARAMETERS vm_guest.key=$kind,$key" -serial "file:$raw" "${count[@]}" "${wires[@]}"

qemu_pid=''
# shellcheck disable=SC2317
finish() {
  [ -z "$qemu_pid" ] || kill "$qemu_pid" 2>/dev/null || true
  wait
  [ ! -e "$raw" ] || clean_log "$raw" "$out/console.log"
  rm -f "$out/key" "$out/key.pub"
}
trap finish EXIT
trap 'exit 0' INT TERM
"${vm_qemu[@]}" </dev/null >"$out/qemu.log" 2>&1 &
qemu_pid=$!

give_up() {
  echo "ramp-vm: $*; its console is in $out/console.log" >&2
  exit 1
}
alive() { kill -0 "$qemu_pid" 2>/dev/null; }
until grep -qa '^serving' "$raw"; do
  alive || give_up "the machine ended before it served: $(tail -n 1 "$out/qemu.log") $(grep -a '^vm-guest: ' "$raw" || true)"
  [ $SECONDS -lt $limit ] || give_up "the machine does not serve after $limit s"
  sleep 0.2
done
echo ready
wait "$qemu_pid" || true
give_up "the machine ended: $(grep -a '^vm-guest: ' "$raw" || true)"
