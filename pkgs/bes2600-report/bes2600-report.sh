# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bes2600-report [--root FOLDER] [FILE.tar.gz]
#
# Writes what a report about the Wi-Fi driver needs: versions, the kernel's log,
# the driver's counters, the state of radio and bus, recorded tracepoints.
# Of MAC addresses the maker's half is kept, names of networks are left out.
# --root reads /proc, /sys and so on below a folder, and asks no program.

root='' file=bes2600-report.tar.gz
while [ $# -gt 0 ]; do
  case $1 in
    --root)
      root=${2:?bes2600-report: --root needs a folder}
      shift
      ;;
    -h | --help)
      echo 'usage: bes2600-report [--root FOLDER] [FILE.tar.gz]'
      exit 0
      ;;
    -*)
      echo "bes2600-report: unknown option $1; see --help" >&2
      exit 2
      ;;
    *) file=$1 ;;
  esac
  shift
done
if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
  echo 'bes2600-report: needs root: the kernel shows its log and its counters to nobody else. Run: sudo bes2600-report' >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
report=$work/bes2600-report
mkdir "$report"

private() {
  sed -E -e 's/(([0-9a-fA-F]{2}:){3})([0-9a-fA-F]{2}:){2}[0-9a-fA-F]{2}/\1xx:xx:xx/g' \
    -e 's/^([[:space:]]*)ssid .*/\1ssid (left out)/I'
}
# keep NAME FILE...: what the files hold, under one name. What is not there is
# not there on this kernel; that is part of the report.
keep() {
  local name=$1 each
  shift
  for each in "$@"; do
    if [ -f "$each" ]; then
      echo "==> ${each#"$root"}"
      timeout 10 cat "$each" 2>&1 || echo '(cannot be read)'
    else
      echo "==> ${each#"$root"} is not there"
    fi
  done | private >"$report/$name.txt"
}
# ask NAME COMMAND...
ask() {
  local name=$1
  shift
  [ -z "$root" ] || return 0
  { timeout 10 "$@" 2>&1 || echo "($* failed)"; } | private >"$report/$name.txt"
}

shopt -s nullglob
keep versions "$root"/proc/version "$root"/proc/cmdline "$root"/etc/os-release \
  "$root"/sys/module/bes2600/srcversion "$root"/proc/device-tree/compatible
keep driver "$root"/sys/kernel/debug/bes2600-*/*
keep radio "$root"/sys/kernel/debug/ieee80211/*/hwflags "$root"/sys/kernel/debug/ieee80211/*/statistics/* "$root"/proc/net/wireless
keep bus "$root"/sys/kernel/debug/mmc*/ios "$root"/sys/bus/sdio/devices/*/uevent
keep tracepoints "$root"/sys/kernel/tracing/set_event "$root"/sys/kernel/tracing/trace
ask log dmesg
ask module modinfo bes2600
ask interfaces iw dev
ask regulatory iw reg get

tar -czf "$file" -C "$work" bes2600-report
echo "bes2600-report: $file is written; look into it before you publish it"
if ! grep -qs . "$report"/driver.txt; then
  echo 'bes2600-report: the driver shows no counters: it is not bound to a chip, and the log tells why' >&2
fi
