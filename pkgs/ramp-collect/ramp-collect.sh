#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Counts what a load costs the driver bes2600, and prints a receipt.
#
#   ramp-collect [OPTION...]
#
#   --interface IF     to measure; default the one whose driver is bes2600
#   --load stream      listens on --port and takes what comes
#   --load none        only counts (default)
#   --seconds N        how long (default 30)
#   --interval S       between samples (default 1)
#   --port N           of --load stream (default 12345)
#   --seed N, --variant NAME
#                      go into the receipt
#   --module FILE.ko   loads this driver first, in place of the one there is
#   --bind             takes the driver off its chip and binds it again first
#
# For any POSIX shell; needs root. docs/ramp.md says what is in the receipt,
# which is all of standard output. Exit status 0 with a receipt that says ok,
# 1 with one that says failed, 2 when the command line is wrong.

# As functions of the runner in user-mode Linux, which has a load of its own:
#   --fact NAME=JSON   a member of the receipt, in place of what this would say
#   --role NAME=REGEX  a role of variants.toml, in place of those below
#   --after FILE       measuring begins when FILE is there
#   --loaded           the module is loaded already
#   --trace FILE       the last events that were counted
# shellcheck disable=SC2154
# what take_interface sets
set -u

interface='' load=none seconds=30 interval=1 port=12345 seed=0 variant='' module='' bind='' loaded=''
facts='' after='' trace_file='' status=ok failure='' cause='' roles=''
usage() {
  echo "ramp-collect: $1" >&2
  exit 2
}
number() { # NAME VALUE: refuses what is no number
  case $2 in '' | *[!0-9]*) usage "$1 wants a whole number, not '$2'" ;; esac
}
while [ $# -gt 0 ]; do
  case $1 in
    --bind) bind=1; shift; continue ;;
    --loaded) loaded=1; shift; continue ;;
    -h | --help) sed -n '4,21s/^# \{0,1\}//p' "$0" 2>/dev/null; exit 0 ;;
    --*) [ $# -ge 2 ] || usage "$1 wants a value, or is unknown" ;;
    *) usage "what is '$1'? See --help" ;;
  esac
  case $1 in
    --interface) interface=$2 ;;
    --load) load=$2 ;;
    --seconds) number "$1" "$2"; seconds=$2 ;;
    --interval) interval=$2 ;;
    --port) number "$1" "$2"; port=$2 ;;
    --seed) number "$1" "$2"; seed=$2 ;;
    --variant) variant=$2 ;;
    --module) module=$2 ;;
    --fact) facts="$facts${2%%=*}
" && eval "fact_${2%%=*}=\${2#*=}" ;;
    --role) roles="$roles$2
" ;;
    --after) after=$2 ;;
    --trace) trace_file=$2 ;;
    *) usage "unknown option $1; see --help" ;;
  esac
  shift 2
done
case $load in stream | none) ;; *) usage "no load is named '$load'; there are stream and none" ;; esac
case $interval in '' | *[!0-9.]* | .*) usage "--interval wants seconds, not '$interval'" ;; esac
[ "$seconds" -ge 1 ] || usage '--seconds wants at least 1'
[ -n "$roles" ] || roles='receive_work=4WifiE.*WorkItemPointerKy8_E3run
transmit_work=4WifiE.*WorkItemPointerKy0_E3run
bottom_half=4WifiE.*WorkItemPointerKy9_E3run
interrupt=^sdio_irq_work$
'

# JSON ------------------------------------------------------------------------

quoted() { # TEXT: as a JSON string
  if [ -z "$1" ]; then
    printf null
  else
    printf '"'
    printf '%s' "$1" | tr '\n\t' '  ' | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g'
    printf '"'
  fi
}
member() { # NAME JSON: unless the caller has said it
  case "
$facts" in *"
$1
"*) eval "set -- \"\$1\" \"\$fact_$1\"" ;; esac
  printf ',\n "%s": %s' "$1" "$2"
}
# Three decimals of thousandths, and so on: decimal UNITS DIGITS. (The awk of
# BusyBox may take no width from an argument, and know no powers.)
decimal() {
  awk -v value="$1" -v digits="$2" 'BEGIN { for (i = 0; i < digits; i++) value /= 10; printf "%." digits "f", value }'
}
ratio() { # A B FACTOR: A / B * FACTOR, or null
  awk -v a="$1" -v b="$2" -v f="$3" 'BEGIN { if (a == "null" || b == "null" || b + 0 == 0) print "null"; else printf "%.6f", a / b * f }'
}

# State -----------------------------------------------------------------------

tracing='' instances='' listener='' work=''
clean_up() {
  [ -z "$listener" ] || kill "$listener" 2>/dev/null
  for instance in $instances; do
    echo 0 >"$tracing/instances/$instance/tracing_on"
    rmdir "$tracing/instances/$instance"
  done 2>/dev/null
  [ -z "$work" ] || rm -rf "$work"
  listener='' instances='' work=''
}
give_up() { # KIND SENTENCE: a receipt of what is known
  status=failed failure=$1 cause=$2
  echo "ramp-collect: $2" >&2
  receipt
  clean_up
  trap - EXIT
  exit 1
}
trap clean_up EXIT
trap 'give_up interrupted "stopped by a signal"' INT TERM HUP

progress() { echo "ramp: progress $1 $2" >&2; }

now=0
take_time() { # the monotonic clock in nanoseconds, in $now
  now=
  if [ -r /proc/timer_list ]; then
    while read -r a b c _; do
      if [ "$a $b" = 'now at' ]; then
        now=$c
        break
      fi
    done </proc/timer_list
  fi
  if [ -z "$now" ]; then
    read -r a _ </proc/uptime
    now=${a%.*}${a#*.}0000000
  fi
}
value_of() { # FILE: its first line
  value=
  [ ! -r "$1" ] || read -r value <"$1" || true
}
net_names='rx_bytes rx_packets rx_errors rx_dropped tx_bytes tx_packets tx_errors tx_dropped'
take_interface() { # PREFIX: the interface's statistics into PREFIX_NAME
  for name in $net_names; do
    value_of "/sys/class/net/$interface/statistics/$name"
    [ -n "$value" ] || return 1
    eval "$1_$name=$value"
  done
}
interface_json() { # PREFIX
  separator='{'
  for name in $net_names; do
    eval "value=\$$1_$name"
    printf '%s"%s": %s' "$separator" "$name" "$value"
    separator=', '
  done
  printf '}'
}
counters_json() { # FILE with lines "name: number"
  awk -F ': ' 'BEGIN { printf "{" } { printf "%s\"%s\": %s", n++ ? ", " : "", $1, $2 } END { printf "}" }' "$1"
}
counter() { # NAME: by how much it grew, or null
  awk -F ': ' -v name="$1" '$1 == name { value[n++] = $2 } END { if (n == 2) print value[1] - value[0]; else print "null" }' \
    "$work/before" "$work/after"
}
# Processors, and how long all of them were idle so far, in nanoseconds. The
# kernel counts that exactly as long as it has no tick while idle.
take_idle() {
  # shellcheck disable=SC2046
  set -- $(awk '$1 == "cpu" { idle = $5 + $6 } /^cpu[0-9]/ { n++ } END { printf "%d %.0f", n, idle * 1e7 }' /proc/stat)
  processors=$1 idle=$2
}
counters_file() {
  for file in /sys/kernel/debug/bes2600-*/counters; do
    [ ! -r "$file" ] || { echo "$file"; return; }
  done
}

# Tracepoints: an instance for each function, whose filter only lets its events
# pass, counts without anybody reading them.
watch() { # INSTANCE EVENT FILTER
  mkdir "$tracing/instances/$1" || return 1
  instances="$instances $1"
  echo "${4:-64}" >"$tracing/instances/$1/buffer_size_kb"
  if ! echo "$3" >"$tracing/instances/$1/events/$2/filter" || ! echo 1 >"$tracing/instances/$1/events/$2/enable"; then
    echo "ramp-collect: $2 does not take the filter $3: $(cat "$tracing/instances/$1/events/$2/filter")" >&2
    return 1
  fi
}
events() { # INSTANCE: how many passed so far
  cat "$tracing/instances/$1"/per_cpu/cpu*/stats |
    awk -F ': ' '$1 == "entries" || $1 == "overrun" || $1 == "read events" { sum += $2 } END { print sum + 0 }'
}

receipt() {
  printf '{"schema": 1'
  member kind '"ramp"'
  member status "\"$status\""
  member failure "$(quoted "$failure")"
  member cause "$(quoted "$cause")"
  member target '"ssh"'
  member variant "$(quoted "$variant")"
  member module "{\"path\": $(quoted "${module:-$(modinfo -n bes2600 2>/dev/null)}"), \"srcversion\": $(quoted "$(cat /sys/module/bes2600/srcversion 2>/dev/null)")}"
  member kernel "{\"release\": $(quoted "$(uname -r)"), \"version\": $(quoted "$(uname -v)"), \"machine\": $(quoted "$(uname -m)")}"
  startup=$(counters_file)
  startup=${startup%counters}startup
  if [ -r "$startup" ]; then
    startup=$(sed 's/["\\]//g; s/^\([^:]*\): \(.*\)$/"\1": "\2"/' "$startup" | paste -s -d , -)
    startup="{$startup}"
  else
    startup=null
  fi
  # A card in the virtual slot is a program.
  case $(readlink -f "/sys/class/net/${interface:-none}/device") in */vsdio*) emulated=true ;; *) emulated=false ;; esac
  member chip "{\"emulated\": $emulated, \"air\": null, \"bus\": null, \"phy_kbps\": null, \"startup\": $startup}"
  member load "{\"name\": \"$load\", \"rate_bytes_s\": null, \"seconds\": $seconds}"
  member seed "$seed"
  member clock '"real"'
  if [ -z "${ended:-}" ]; then
    printf '\n}\n'
    return
  fi
  elapsed=$((ended - began))
  member began "\"$wall\""
  member uptime_s "{\"kernel\": $(decimal "$began" 9), \"chip\": $chip_age}"
  member elapsed_s "$(decimal "$elapsed" 9)"
  member samples "{\"interval_s\": $interval, \"t_s\": [$t_s], \"rx_bytes\": [$rx_bytes], \"rx_frames\": [$rx_frames], \"tx_bytes\": [$tx_bytes], \"tx_frames\": [$tx_frames]}"
  member payload null
  member latency_ms null
  member interface "{\"before\": $(interface_json before), \"after\": $(interface_json after)}"
  member counters "{\"before\": $(counters_json "$work/before"), \"after\": $(counters_json "$work/after")}"
  commands=null
  cmd52=$(counter cmd52) cmd53=$(counter cmd53) batches=$(counter batches)
  [ "$cmd52" = null ] || commands=$((cmd52 + cmd53))
  member bus "{\"commands\": $commands, \"cmd52\": $cmd52, \"cmd53\": $cmd53, \"bytes_read\": $(counter bytes_read), \"bytes_written\": $(counter bytes_written), \"batches\": $batches}"

  # ROLE COUNT SYMBOL a line
  sum() { awk -v role="$1" '$1 == role { sum += $2 } END { print sum + 0 }' "$work/counted"; }
  receive_work=$(sum receive_work) transmit_work=$(sum transmit_work) bottom_half=$(sum bottom_half) core=$(sum interrupt)
  member dispatches "{\"receive_work\": $receive_work, \"transmit_work\": $transmit_work, \"bottom_half\": $bottom_half, \"interrupt\": $core, \"other\": $(sum other), \"functions\": $(awk 'BEGIN { printf "{" } $1 != "wakeup" { printf "%s\"%s\": %s", n++ ? ", " : "", $3, $2 } END { printf "}" }' "$work/counted")}"
  interrupts=$((core + $(awk '$1 == "wakeup" && $3 == "thread" { sum += $2 } END { print sum + 0 }' "$work/counted")))
  # Where the bus is used in the loop, most of the scheduler's wake-ups are
  # completions of commands; the driver knows its own.
  scheduler=$(awk '$1 == "wakeup" && $3 == "loop" { sum += $2 } END { print sum + 0 }' "$work/counted")
  loop=$(counter bottom_half_wakeups)
  [ "$loop" != null ] || loop=0
  all=$((interrupts + receive_work + loop))
  member wakeups "{\"interrupt\": $interrupts, \"receive_work\": $receive_work, \"bottom_half\": $loop, \"scheduler\": $scheduler, \"all\": $all}"
  received=$((after_rx_packets - before_rx_packets)) sent=$((after_tx_packets - before_tx_packets))
  frames=$((received + sent))
  member cpu "{\"frames\": $frames, \"elapsed_s\": $(decimal "$elapsed" 9), \"kernel_ns\": $busy, \"method\": \"time in which the target's processors were not idle, whatever they did\"}"
  member reports "[$reports]"
  member breaches '[]'

  mb=$(awk 'BEGIN { printf "%.15f", 1e9 / 1048576 }')
  printf ',\n "metrics": {"rx_mb_s": %s' "$(ratio $((after_rx_bytes - before_rx_bytes)) "$elapsed" "$mb")"
  printf ', "tx_mb_s": %s' "$(ratio $((after_tx_bytes - before_tx_bytes)) "$elapsed" "$mb")"
  printf ', "rx_frames_s": %s, "tx_frames_s": %s' "$(ratio "$received" "$elapsed" 1e9)" "$(ratio "$sent" "$elapsed" 1e9)"
  printf ', "bus_commands_per_frame": %s' "$(ratio "$commands" "$frames" 1)"
  printf ', "wakeups_per_frame": %s' "$(ratio "$all" "$frames" 1)"
  printf ', "frames_per_batch": %s' "$(ratio "$received" "$batches" 1)"
  printf ', "receive_work_s": %s' "$(ratio "$receive_work" "$elapsed" 1e9)"
  printf ', "transmit_work_s": %s' "$(ratio "$transmit_work" "$elapsed" 1e9)"
  printf ', "bottom_half_s": %s' "$(ratio "$bottom_half" "$elapsed" 1e9)"
  printf ', "cpu_us_per_frame": %s' "$(ratio "$busy" "$frames" 0.001)"
  printf ', "latency_median_ms": null, "latency_p95_ms": null}\n}\n'
}

# What is needed --------------------------------------------------------------

for tool in awk sed tr cat mkdir sleep date paste; do
  command -v $tool >/dev/null 2>&1 || give_up missing "the target lacks the program $tool"
done
[ "$(id -u)" = 0 ] || give_up missing 'only root may read tracepoints and counters; use sudo'
work=$(mktemp -d 2>/dev/null) || give_up disk 'no temporary folder can be made'
for tracing in /sys/kernel/tracing /sys/kernel/debug/tracing ''; do
  [ ! -d "$tracing/instances" ] || break
done
[ -n "$tracing" ] || give_up missing 'tracefs is not mounted, or the kernel has none: mount -t tracefs tracefs /sys/kernel/tracing'
[ -e "$tracing/events/workqueue/workqueue_execute_start" ] || give_up missing 'the kernel has no tracepoint workqueue_execute_start'
[ "$load" != stream ] || command -v nc >/dev/null 2>&1 || give_up missing 'the target lacks the program nc'

over_wifi() { # whether our own connection comes in by the interface
  [ -n "${SSH_CONNECTION:-}" ] || return 1
  # shellcheck disable=SC2086
  set -- $SSH_CONNECTION
  ip -o addr show dev "$interface" 2>/dev/null | grep -qF " $3/"
}
find_interface() {
  for path in /sys/class/net/*; do
    driver=$(readlink "$path/device/driver" 2>/dev/null)
    [ "${driver##*/}" != bes2600 ] || { echo "${path##*/}"; return; }
  done
}
[ -n "$interface" ] || interface=$(find_interface)
fresh=$bind
[ -n "$loaded" ] || fresh=$module$bind
if [ -n "$fresh" ]; then
  [ -n "$interface" ] || [ -n "$module" ] || give_up missing 'no interface has the driver bes2600'
  if [ -n "$interface" ] && over_wifi; then
    give_up missing "this connection comes in by $interface, which a fresh chip would cut; use a wired path"
  fi
  if [ -n "$module" ]; then
    [ -r "$module" ] || give_up missing "there is no module $module"
    [ ! -d /sys/module/bes2600 ] || rmmod bes2600 || give_up setup 'the driver cannot be unloaded'
    insmod "$module" || give_up setup "the module $module cannot be loaded"
  else
    device=$(readlink -f "/sys/class/net/$interface/device")
    device=${device##*/}
    { echo "$device" >/sys/bus/sdio/drivers/bes2600/unbind && echo "$device" >/sys/bus/sdio/drivers/bes2600/bind; } ||
      give_up setup "the driver cannot be bound to $device again"
  fi
  # Its network comes back by itself, by what the system has for that.
  tries=60
  while
    interface=$(find_interface)
    value_of "/sys/class/net/${interface:-none}/carrier" 2>/dev/null
    [ "$value" != 1 ]
  do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || give_up setup 'the fresh chip has no link after 60 s'
    sleep 1
  done
fi
[ -d /sys/module/bes2600 ] || give_up missing 'the module bes2600 is not loaded'
[ -n "$interface" ] || give_up missing 'no interface has the driver bes2600'
[ -d "/sys/class/net/$interface" ] || give_up missing "there is no interface $interface"
counters=$(counters_file)
[ -n "$counters" ] || give_up missing 'the driver shows no counters; is debugfs mounted?'

# ROLE ADDRESS SYMBOL for each work function of the module, and the core's
printf '%s' "$roles" >"$work/roles"
awk -v roles="$work/roles" '
  BEGIN { n = 0; while ((getline line < roles) > 0) { at = index(line, "="); name[n] = substr(line, 1, at - 1); regex[n++] = substr(line, at + 1) } }
  $4 == "[bes2600]" && $3 ~ /WorkItemPointer.*3run/ || $3 == "sdio_irq_work" {
    role = "other"
    for (i = 0; i < n; i++) if ($3 ~ regex[i]) role = name[i]
    print role, $1, $3
  }' /proc/kallsyms >"$work/functions"
grep -q ' 0*[1-9a-f]' "$work/functions" || give_up missing 'the kernel shows no addresses of functions: sysctl kernel.kptr_restrict=1'
total=0
while read -r role address symbol; do
  total=$((total + 1))
  watch "besser-$total" workqueue/workqueue_execute_start "function == 0x$address" || give_up missing 'tracepoints cannot be filtered by function'
done <"$work/functions"
watch besser-thread sched/sched_wakeup 'comm ~ "ksdioirqd*"' || give_up missing 'wake-ups cannot be counted'
# What waits in a loop is a worker that is at a work item of the queue now.
loops=''
for path in /proc/[0-9]*; do
  value_of "$path/comm"
  case $value in kworker*+bes2600) loops="$loops ${path##*/}" ;; esac
done
for pid in $loops; do
  watch "besser-loop-$pid" sched/sched_wakeup "pid == $pid" || give_up missing 'wake-ups cannot be counted'
done

# The load --------------------------------------------------------------------

if [ "$load" = stream ]; then
  case $(nc -h 2>&1) in
    *OpenBSD*) nc -l "$port" </dev/null >/dev/null 2>&1 & ;;
    *) nc -l -p "$port" </dev/null >/dev/null 2>&1 & ;;
  esac
  listener=$!
  # A network that has just come up gives its address a little later.
  tries=30
  while
    address=$(ip -o -4 addr show dev "$interface" 2>/dev/null | awk '{ sub("/.*", "", $4); print $4; exit }')
    [ -z "$address" ]
  do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || give_up missing "$interface has no IPv4 address after 30 s"
    sleep 1
  done
  take_interface before
  sleep 1
  kill -0 $listener 2>/dev/null || give_up load "nc cannot listen on port $port"
  echo "ramp: listening $address $port" >&2
  tries=60
  while take_interface after && [ $((after_rx_bytes - before_rx_bytes)) -lt 65536 ]; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || give_up load 'nobody has sent anything for 60 s'
    sleep 1
  done
  sleep 1
fi
while [ -n "$after" ] && [ ! -e "$after" ]; do sleep 0.1; done

# Measuring -------------------------------------------------------------------

# Of the log, what is new.
logged() { dmesg 2>/dev/null | wc -l; }
log_lines=$(logged)
wall=$(date -u +%Y-%m-%dT%H:%M:%SZ)
chip_age=null
made=$(stat -c %Y "${counters%/counters}" 2>/dev/null) && chip_age=$(($(date +%s) - made))
t_s='' rx_bytes='' rx_frames='' tx_bytes='' tx_frames='' separator='' reports=''
take_counts() { # FILE: ROLE COUNT SYMBOL a line
  number=0
  while read -r role address symbol; do
    number=$((number + 1))
    echo "$role $(events besser-$number) $symbol"
  done <"$work/functions" >"$1"
  echo "wakeup $(events besser-thread) thread" >>"$1"
  for pid in $loops; do echo "wakeup $(events "besser-loop-$pid") loop" >>"$1"; done
}
take_counts "$work/counts-before"
cat "$counters" >"$work/before"
take_interface before || give_up load "the interface $interface is gone"
take_idle
idle_before=$idle
take_time
began=$now
goal=$((began + seconds * 1000000000))
for name in $net_names; do eval "last_$name=\$before_$name"; done
while [ "$now" -lt "$goal" ]; do
  sleep "$interval"
  take_time
  take_interface after || give_up load "the interface $interface went away while it was measured"
  ended=$now
  t_s=$t_s$separator$(decimal $((now - began)) 9)
  rx_bytes=$rx_bytes$separator$((after_rx_bytes - last_rx_bytes))
  rx_frames=$rx_frames$separator$((after_rx_packets - last_rx_packets))
  tx_bytes=$tx_bytes$separator$((after_tx_bytes - last_tx_bytes))
  tx_frames=$tx_frames$separator$((after_tx_packets - last_tx_packets))
  separator=,
  for name in $net_names; do eval "last_$name=\$after_$name"; done
  progress "$(ratio $((now - began)) $((goal - began)) 1)" measuring
  if [ -n "$listener" ] && ! kill -0 "$listener" 2>/dev/null; then
    listener='' status=failed failure=load cause='the sender broke off'
    break
  fi
done
take_idle
busy=$((processors * (ended - began) - (idle - idle_before)))
[ "$busy" -ge 0 ] || busy=0
if ! cat "$counters" >"$work/after" 2>/dev/null; then
  cp "$work/before" "$work/after"
  status=failed failure=load cause='the driver was taken off its chip while it was measured'
fi
take_counts "$work/counts-after"
paste -d ' ' "$work/counts-after" "$work/counts-before" | awk '{ print $1, $2 - $5, $3 }' >"$work/counted"
if [ -n "$trace_file" ]; then
  for instance in $instances; do grep -v '^#' "$tracing/instances/$instance/trace" | tail -n 50; done >"$trace_file"
fi

# What the kernel said meanwhile.
if [ "$(logged)" -gt "$log_lines" ]; then
  dmesg | tail -n +$((log_lines + 1)) |
    grep -E 'WARNING:|BUG:|Oops|INFO: (possible|task)|Call Trace|unable to handle' >"$work/reports"
  while read -r line; do reports=$reports${reports:+, }$(quoted "$line"); done <"$work/reports"
  [ -z "$reports" ] || { status=failed failure=kernel cause='the kernel reported something while it was measured'; }
fi
receipt
[ "$status" = ok ]
