# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The second user of the mac80211 abstractions: the kernel's sample ($RADIOS),
# two radios without hardware that hear each other. They meet in an IBSS, lose
# each other, and go while traffic is on air.

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

answered() { ping -c 20 -i 0.05 -W 2 -q 10.9.0.2 | grep -q ' 0% packet loss'; }
verdict 'all of 20 pings are answered' answered
big() { ping -c 50 -i 0.02 -s 1400 -W 2 -q 10.9.0.2 | grep -q ' 0% packet loss'; }
verdict 'and of 50 large ones' big

stations() { iw dev "$a" station dump; }
counted() { stations | awk '/tx packets:/ { packets = $3 } /tx failed:/ { failed = $3 } END { exit !(packets >= 70 && failed == 0) }'; }
verdict 'the station counts what was acknowledged' counted

# Elsewhere nobody hears anything, and nobody acknowledges.
in_b iw dev "$b" ibss leave
verdict 'the second joins on another channel' join_b 2462
silent() { ! ping -c 5 -i 0.05 -W 1 -q 10.9.0.2 >/run/ping && grep -q ' 100% packet loss' /run/ping; }
verdict 'nothing is answered there' silent
in_b iw dev "$b" ibss leave
verdict 'the second comes back' join_b 2437
# The first frame from a station that was away only makes it known again.
heard() { ping -c 1 -W 1 -q 10.9.0.2 >/dev/null; }
verdict 'it is heard' wait_for 10 heard
verdict 'all pings are answered again' answered

for _ in 1 2 3 4 5; do
  ip link set "$a" down && ip link set "$a" up && join 2437
done
verdict 'it is heard' wait_for 10 heard
verdict 'also after the first was taken down and up five times' answered

# The module goes with frames on their way.
ping -f -s 1000 -w 5 -q 10.9.0.2 >/dev/null 2>&1 &
flood=$!
sleep 0.5
verdict 'the sample unloads under traffic' rmmod rust_mac80211
wait "$flood"
gone() { [ -z "$(iw dev)" ] && [ -z "$(in_b iw dev)" ]; }
verdict 'the interfaces are gone' gone

verdict 'it loads again' insmod "$RADIOS"
verdict 'and unloads' rmmod rust_mac80211
