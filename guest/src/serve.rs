// SPDX-License-Identifier: GPL-2.0-only

//! The guest as a machine to measure: its chip is on a network, and it is reached over ssh.
//!
//! It has two wires, told apart by their hardware addresses. One leads to its ssh server. The other
//! ends in the access points' network namespace, where relays take what comes by it over the air to
//! the station; it is as if the measuring machine were behind the access point.

use std::fs;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::{Duration, Instant};

use rustix::mount::{MountFlags, mount};

use crate::card::{Card, poll};
use crate::network::{AccessPoints, BUSYBOX, STATION_ADDRESS, Station, run, start};
use crate::{COME_UP, read, systemd};

/// The wire to the ssh server, as `ramp-vm` plugs it in.
const CONTROL_MAC: &str = "52:54:00:26:00:01";
const CONTROL_ADDRESS: &str = "10.0.2.15";
/// The wire to the access points' side.
const LOAD_MAC: &str = "52:54:00:26:00:02";
const LOAD_ADDRESS: &str = "10.0.3.15";
/// Ports that relays take over the air: of a load's listener, and of the ssh server.
const PORTS: [u16; 2] = [12345, 22];
/// A word of the kernel's command line: the user's public key, its parts joined by a comma.
const KEY_WORD: &str = "vm_guest.key=";
const DROPBEAR: &str = "/bin/dropbear";
const DROPBEAR_LOG: &str = "/run/dropbear.log";

/// Sets all up, says `serving` on the console, and goes on until the ssh server ends.
pub(crate) fn serve() -> Result<(), String> {
    admit()?;
    // As systemd does on a tablet
    for (kind, place) in [
        ("debugfs", "/sys/kernel/debug"),
        ("tracefs", "/sys/kernel/tracing"),
    ] {
        mount(kind, place, kind, MountFlags::empty(), None)
            .map_err(|error| format!("{place}: {error}"))?;
    }
    let access_points = AccessPoints::start()?;
    systemd::ready()?;
    let card = Card::insert()?;
    let began = Instant::now();
    let function = card.function(Duration::from_secs(20))?;
    function.wait_bound(COME_UP)?;
    Station::joined(function.path(), began, COME_UP)?;

    let load = wire(LOAD_MAC)?;
    access_points.take_in(&load)?;
    set_up(&load, LOAD_ADDRESS, |words| {
        access_points.run(&[&[BUSYBOX], words].concat())
    })?;
    for port in PORTS {
        let (listen, to) = (
            format!("{LOAD_ADDRESS}:{port}"),
            format!("{STATION_ADDRESS}:{port}"),
        );
        access_points.spawn(
            &["/bin/vm-guest", "relay", &listen, &to],
            &format!("/run/relay{port}.log"),
        )?;
    }

    let control = wire(CONTROL_MAC)?;
    set_up(&control, CONTROL_ADDRESS, |words| run(BUSYBOX, words))?;
    // In the foreground, with a host key that it makes, no passwords.
    let mut server = start(DROPBEAR, &["-F", "-E", "-R", "-s"], DROPBEAR_LOG)?;
    poll(Duration::from_secs(60), || {
        TcpStream::connect((CONTROL_ADDRESS, 22)).ok()
    })
    .ok_or("the ssh server does not listen")?;
    println!("serving");
    let status = server
        .wait()
        .map_err(|error| format!("{DROPBEAR}: {error}"))?;
    Err(format!(
        "the ssh server ended with {status}: {}",
        read(DROPBEAR_LOG).lines().last().unwrap_or_default()
    ))
}

/// Gives an interface its address; `busybox` runs BusyBox where it is.
fn set_up(
    interface: &str,
    address: &str,
    busybox: impl Fn(&[&str]) -> Result<String, String>,
) -> Result<(), String> {
    let network = format!("{address}/24");
    busybox(&["ip", "addr", "add", &network, "dev", interface])?;
    busybox(&["ip", "link", "set", "dev", interface, "up"]).map(|_| ())
}

/// Lets in whoever has the key that the command line names.
fn admit() -> Result<(), String> {
    let line = read("/proc/cmdline");
    let key = line
        .split_whitespace()
        .find_map(|word| word.strip_prefix(KEY_WORD))
        .ok_or_else(|| format!("the kernel's command line has no {KEY_WORD}"))?;
    let written = |path: &str, text: &str| {
        fs::write(path, text)
            .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o600)))
            .map_err(|error| format!("{path}: {error}"))
    };
    for (folder, mode) in [
        ("/root", 0o700),
        ("/root/.ssh", 0o700),
        ("/etc/dropbear", 0o700),
    ] {
        fs::create_dir_all(folder)
            .and_then(|()| fs::set_permissions(folder, fs::Permissions::from_mode(mode)))
            .map_err(|error| format!("{folder}: {error}"))?;
    }
    written(
        "/root/.ssh/authorized_keys",
        &format!("{}\n", key.replace(',', " ")),
    )
}

/// The interface with a hardware address. Its driver may not have been there at first.
fn wire(address: &str) -> Result<String, String> {
    let has = |name: &str| read(format!("/sys/class/net/{name}/address")) == address;
    poll(Duration::from_secs(20), || {
        fs::read_dir("/sys/class/net")
            .ok()?
            .filter_map(Result::ok)
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .find(|name| has(name))
    })
    .ok_or_else(|| format!("no network interface has the address {address}"))
}

/// Hands every connection on to another address, both ways, until the process is killed.
pub(crate) fn relay(listen: &str, to: &str) -> Result<(), String> {
    let listener = TcpListener::bind(listen).map_err(|error| format!("{listen}: {error}"))?;
    for near in listener.incoming() {
        let near = near.map_err(|error| format!("{listen}: {error}"))?;
        match TcpStream::connect(to) {
            Ok(far) => join(&near, &far),
            // Whoever connected sees it end at once.
            Err(error) => println!("{to}: {error}"),
        }
    }
    Ok(())
}

/// Copies both ways, each until its source ends, in threads of their own.
fn join(near: &TcpStream, far: &TcpStream) {
    for (from, into) in [(near, far), (far, near)] {
        let (Ok(mut from), Ok(mut into)) = (from.try_clone(), into.try_clone()) else {
            println!("too many connections");
            return;
        };
        thread::spawn(move || {
            // A connection that breaks ends like one that is closed: the other side sees it.
            let _ = io::copy(&mut from, &mut into);
            let _ = into.shutdown(Shutdown::Write);
            // What the sender still sends has no way to go.
            let _ = from.shutdown(Shutdown::Read);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn a_relay_hands_on_both_ways_and_ends_with_either_side() {
        let far = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = far.local_addr().unwrap();
        let near = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = near.local_addr().unwrap();
        thread::spawn(move || {
            for stream in near.incoming() {
                join(&stream.unwrap(), &TcpStream::connect(to).unwrap());
            }
        });
        let mut client = TcpStream::connect(at).unwrap();
        let (mut server, _) = far.accept().unwrap();
        client.write_all(b"to the far side").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut text = String::new();
        server.read_to_string(&mut text).unwrap();
        assert_eq!(text, "to the far side");
        server.write_all(b"and back").unwrap();
        drop(server);
        text.clear();
        client.read_to_string(&mut text).unwrap();
        assert_eq!(text, "and back");
    }

    #[test]
    fn a_listener_that_leaves_ends_the_sender() {
        let far = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = far.local_addr().unwrap();
        let near = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(near.local_addr().unwrap()).unwrap();
        let (stream, _) = near.accept().unwrap();
        join(&stream, &TcpStream::connect(to).unwrap());
        drop(stream);
        drop(far.accept().unwrap());
        drop(far);
        let zeroes = [0; 65536];
        let began = Instant::now();
        while client.write(&zeroes).is_ok() {
            assert!(began.elapsed() < Duration::from_secs(20));
        }
    }
}
