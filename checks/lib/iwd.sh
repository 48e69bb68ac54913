# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by the scenario station: the same station by iwd, on a D-Bus of its
# own. IWD is the daemon's file. Some variables are the scenario's.
# shellcheck disable=SC2154

dbus_pid='' iwd_pid=''
start_iwd() {
  mkdir -p /run/iwd /run/iwd-settings
  cat >/run/iwd-settings/main.conf <<'END'
[General]
EnableNetworkConfiguration=false
[Network]
NameResolvingService=none
END
  cat >/run/dbus.conf <<'END'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus.socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
END
  export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/dbus.socket
  dbus-daemon --config-file=/run/dbus.conf --nofork >/run/dbus.log 2>&1 &
  dbus_pid=$!
  wait_for 5 [ -S /run/dbus.socket ] || { sed 's/^/# dbus: /' /run/dbus.log; return 1; }
  STATE_DIRECTORY=/run/iwd CONFIGURATION_DIRECTORY=/run/iwd-settings "$IWD" >/run/iwd.log 2>&1 &
  iwd_pid=$!
}
stop_iwd() {
  local pid
  for pid in $iwd_pid $dbus_pid; do
    kill "$pid"
    wait "$pid" 2>/dev/null
  done
  iwd_pid='' dbus_pid=''
  rm -rf /run/iwd /run/dbus.socket
}
# The daemon takes the interface that is there away and makes its own, which
# goes with it. sta_phy is the radio's.
own_interface() {
  sta=''
  find_interface "$sta_phy" && sta=$interface
}
authorized() { said /run/ap1.log AP-STA-CONNECTED && own_interface && carrier; }
# iwd_join FILE TEXT: a network's file in iwd's state; what it says is joined.
iwd_join() {
  local result name=$sta
  mkdir -p /run/iwd
  printf '%b' "$2" >"/run/iwd/$1"
  # The kernel remembers what an access point of this address said a test ago,
  # for half a minute, until somebody asks, and would go on showing it to whoever
  # listens passively, as iwd does.
  sleep 31
  iw dev "$sta" scan dump >/dev/null
  start_iwd
  wait_for 60 authorized
  result=$?
  if [ $result -eq 0 ]; then
    ip addr replace "$sta_ip"/24 dev "$sta"
    works || result=1
  else
    diag 'not associated; the end of its log:'
    tail -n 12 /run/iwd.log | sed 's/^/# iwd: /'
  fi
  stop_iwd
  # Its interface goes in a work item of the kernel's.
  pause 1
  own_interface || { sta=$name && iw phy "$sta_phy" interface add "$sta" type managed; }
  ip link set "$sta" up
  ip addr replace "$sta_ip"/24 dev "$sta"
  ip addr replace "$sta_ip6"/64 dev "$sta" nodad
  return $result
}
iwd_open() { ap ap1 && iwd_join besser.open ''; }
iwd_psk() { ap ap1 "${psk_ap[@]}" && iwd_join besser.psk "[Security]\nPassphrase=$passphrase\n"; }
iwd_sae() { ap ap1 "${sae_ap[@]}" && iwd_join besser.psk "[Security]\nPassphrase=$passphrase\n"; }
iwd_hidden() {
  ap ap1 "${psk_ap[@]}" ignore_broadcast_ssid=1 &&
    iwd_join besser.psk "[Security]\nPassphrase=$passphrase\n[Settings]\nHidden=true\n"
}
iwd_eap_tls() {
  has_certificates && ap ap1 "${tls_ap[@]}" && iwd_join besser.8021x "[Security]
EAP-Method=TLS
EAP-TLS-CACert=/run/tls/ca.pem
EAP-TLS-ClientCert=/run/tls/client.pem
EAP-TLS-ClientKey=/run/tls/client.key
EAP-TLS-ServerDomainMask=ap.besser
EAP-Identity=besser-user
"
}
