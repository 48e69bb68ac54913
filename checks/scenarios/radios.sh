# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The second user of the mac80211 abstractions: the kernel's sample ($RADIOS),
# two radios without hardware that hear each other. They meet in an IBSS, lose
# each other, lose their state, and go while traffic is on air.

two() { [ "$(iw dev | grep -c Interface)" = 2 ]; }
in_b() { ip netns exec b "$@"; }

mark_log
verdict 'the sample loads' insmod "$RADIOS"
verdict 'there are two interfaces' wait_for 10 two
mapfile -t names < <(iw dev | awk '$1 == "Interface" { print $2 }' | sort)
a=${names[0]} b=${names[1]}

ip netns add b
phy=$(iw dev "$b" info | awk '$1 == "wiphy" { print $2 }')
verdict 'a radio moves to a namespace of its own' iw phy "phy$phy" set netns name b

up() { # PREFIX... -- INTERFACE ADDRESS
  local prefix=()
  while [ "$1" != -- ]; do prefix+=("$1") && shift; done
  "${prefix[@]}" iw dev "$2" set type ibss &&
    "${prefix[@]}" ip address add "$3" dev "$2" &&
    "${prefix[@]}" ip link set "$2" up
}
join() { iw dev "$a" ibss join sample "$1" fixed-freq 02:00:00:00:00:01; }
join_b() { in_b iw dev "$b" ibss join sample "$1" fixed-freq 02:00:00:00:00:01; }
verdict 'the first comes up' up -- "$a" 10.9.0.1/24
verdict 'the second comes up' up ip netns exec b -- "$b" 10.9.0.2/24
verdict 'the first joins' join 2437
verdict 'the second joins' join_b 2437

# One at a time: with nothing under way and less than 10 ms to the next probe,
# ping spins until it is due, which is never where only waiting takes time.
pings() { # COUNT SIZE: all are answered
  local left=$1
  while ((left-- > 0)); do
    ping -q -c 1 -W 2 -s "$2" 10.9.0.2 >/run/ping 2>&1 || {
      diag "$left to go: $(grep loss /run/ping)"
      return 1
    }
  done
}
# The first frame may have to find its way, and makes a station known that was
# away.
heard() { ping -q -c 1 -W 1 10.9.0.2 >/run/ping 2>&1; }
verdict 'they hear each other' wait_for 10 heard
verdict 'all of 20 pings are answered' pings 20 56
verdict 'and of 50 large ones' pings 50 1400

stations() { iw dev "$a" station dump; }
counted() { stations | awk '/tx packets:/ { packets = $3 } /tx failed:/ { failed = $3 } END { exit !(packets >= 70 && failed == 0) }'; }
verdict 'the station counts what was acknowledged' counted

# Elsewhere nobody hears anything, and nobody acknowledges.
in_b iw dev "$b" ibss leave
verdict 'the second joins on another channel' join_b 2462
silent() {
  local _
  for _ in 1 2 3 4 5; do
    ! heard || return 1
  done
}
verdict 'nothing is answered there' silent
in_b iw dev "$b" ibss leave
verdict 'the second comes back' join_b 2437
verdict 'it is heard' wait_for 10 heard
verdict 'all pings are answered again' pings 20 56

# A restart: mac80211 has to tell the radio everything again.
restored() { [ "$(dmesg | grep -c "radio $1 is what it was")" = "$2" ]; }
lost_and_found() { # RADIO TIMES
  local time
  for ((time = 1; time <= $2; time++)); do
    echo -n "$1" >/sys/kernel/debug/rust_mac80211/lose || return 1
    wait_for 10 restored "$1" "$time" || return 1
    wait_for 10 heard || { diag "not heard after restart $time"; return 1; }
  done
  pings 20 56
}
verdict 'the first is heard again after losing its state three times' lost_and_found 0 3
verdict 'so is the second' lost_and_found 1 3
no_such() { ! echo -n 2 >/sys/kernel/debug/rust_mac80211/lose; }
verdict 'there is no third' no_such

for _ in 1 2 3 4 5; do
  ip link set "$a" down && ip link set "$a" up && join 2437
done
verdict 'it is heard' wait_for 10 heard
verdict 'also after the first was taken down and up five times' pings 20 56

# The module goes with frames on their way, and one of its radios restarting.
flood() {
  local _
  for _ in {1..300}; do
    dd if=/dev/zero bs=1000 count=30 >/dev/udp/10.9.0.2/9 || return
    pause 0.01
  done
}
flood 2>/dev/null &
flood=$!
pause 0.5
under_way() { kill -0 "$flood"; }
verdict 'traffic is under way' under_way
echo -n 0 >/sys/kernel/debug/rust_mac80211/lose
verdict 'the sample unloads under traffic, while it restarts' rmmod rust_mac80211
wait "$flood"
gone() { [ -z "$(iw dev)" ] && [ -z "$(in_b iw dev)" ]; }
verdict 'the interfaces are gone' gone

verdict 'it loads again' insmod "$RADIOS"
verdict 'and unloads' rmmod rust_mac80211
