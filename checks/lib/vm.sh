# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by what boots an arm64 Image in QEMU.

# vm_qemu IMAGE INITRD PARAMETERS [OPTION...]: sets vm_qemu to the command; the
# OPTIONs are QEMU's.
#
# An emulated CPU of the same family as the tablet's (QEMU 7.2 has no A55). KVM
# is never used: it would need an arm64 host, and results should not depend on
# one. Two CPUs, so that contexts meet as they do on the tablet. The last console
# is /dev/console, and the last log level counts.
vm_qemu() {
  local image=$1 initrd=$2 parameters=$3
  shift 3
  # shellcheck disable=SC2034
  vm_qemu=(qemu-system-aarch64 -accel tcg -M virt -cpu cortex-a53 -smp 2 -m 512 -nodefaults -no-reboot -nographic
    "$@" -kernel "$image" -initrd "$initrd" -append "$parameters console=ttyAMA0 panic=-1 loglevel=7 rdinit=/init")
}
