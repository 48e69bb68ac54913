// SPDX-License-Identifier: GPL-2.0-only

//! The guest in which the tablet's own kernel meets the emulated chip: what a service of systemd does
//! in it.
//!
//! Without arguments these are tests. They do what is not the tablet's: the access points, the emulator as the card. Then they watch:
//! udev loads the driver by the card's modalias, the chip comes up, iwd joins a WPA3 network, all by
//! the files that the NixOS module generated. They measure the link, and go the whole way back:
//! unbind, rebind, unload, unplug. They speak TAP on the console and end with the chip's trace, lines
//! `trace: TEXT`, and one line `summary: {JSON}`; systemd then switches off.
//!
//! `vm-guest serve` sets up the same and lets others measure it over ssh, see [`serve`].

#![forbid(unsafe_code)]

mod card;
mod network;
mod serve;
mod systemd;
mod tap;

use std::env;
use std::ffi::CString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::mount::{MountFlags, mount};
use rustix::system::{delete_module, uname};
use serde_json::{Map, Value, json};

use card::{Card, Function, poll};
use network::{AccessPoints, Station};
use tap::Tap;

/// How long a chip may take from its card's arrival to its driver's, and that to a network. Virtual
/// machines without hardware support are slow; the driver's own time-outs are far shorter.
const COME_UP: Duration = Duration::from_secs(120);

const IWD: &str = "iwd.service";
/// Where iwd's words go.
const IWD_LOG: &str = "/run/iwd.log";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        [] => {
            test();
            Ok(())
        }
        ["serve"] => serve::serve(),
        ["relay", listen, to] => serve::relay(listen, to),
        _ => Err("vm-guest, vm-guest serve, or vm-guest relay ADDRESS:PORT ADDRESS:PORT".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            println!("vm-guest: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// The tests. What fails is in what they print.
fn test() {
    let mut tap = Tap::default();
    let mut summary = Map::new();
    if let Err(reason) = all(&mut tap, &mut summary) {
        tap.fail(&reason);
        for line in read(IWD_LOG).lines() {
            println!("# iwd: {line}");
        }
    }
    card::print_trace();
    println!("summary: {}", Value::Object(summary));
    tap.plan();
}

/// The way up and the way down, a test for each step. An error ends it: what follows depends on it.
fn all(tap: &mut Tap, summary: &mut Map<String, Value>) -> Result<(), String> {
    let boot_ms = systemd::started_ms()?;
    summary.insert("boot_ms".into(), json!(boot_ms));
    let release = uname().release().to_string_lossy().into_owned();
    summary.insert("kernel".into(), json!(release));
    tap.verdict(
        read("/proc/1/comm") == "systemd",
        &format!("systemd is process 1, {boot_ms} ms after the kernel's start"),
    );
    for module in ["vsdio", "mac80211_hwsim"] {
        tap.verdict(
            loaded(module),
            &format!("systemd loaded {module}, as configured"),
        );
    }
    let country = network::country()?;
    tap.verdict(
        country == network::COUNTRY,
        &format!("the regulatory domain is {country}, by the command line"),
    );
    let access_points = AccessPoints::start()?;
    tap.ok("two access points, one of them WPA3");
    systemd::ready()?;

    let card = Card::insert()?;
    tap.ok("the emulated card is inserted");
    let function = card.function(Duration::from_secs(20))?;
    tap.ok(&format!("the SDIO core enumerated {}", function.name()));

    let (alias, began) = (function.modalias()?, Instant::now());
    let name = function.wait_bound(COME_UP)?;
    tap.ok(&format!(
        "udev loaded {name} for {alias}, it is bound to {}",
        function.name()
    ));
    summary.insert("module".into(), json!(name));
    summary.insert(
        "srcversion".into(),
        json!(read(format!("/sys/module/{name}/srcversion"))),
    );

    let startup = debugfs(&function, &name, "startup")?;
    let label = startup.get("firmware_label").cloned().unwrap_or_default();
    tap.verdict(
        label.as_str().is_some_and(|text| !text.is_empty()),
        &format!("startup indication received, firmware {label}"),
    );
    summary.insert("startup".into(), Value::Object(startup));
    summary.insert(
        "counters".into(),
        Value::Object(debugfs(&function, &name, "counters")?),
    );

    let station = Station::joined(function.path(), began, COME_UP)?;
    summary.insert(
        "network".into(),
        measure(tap, &station, &access_points, &function, &name)?,
    );

    function.unbind(&name)?;
    tap.ok("unbound");
    let again = Instant::now();
    function.bind(&name)?;
    function.wait_bound(COME_UP)?;
    tap.ok("bound again, the chip came up a second time");
    let station = Station::joined(function.path(), again, COME_UP)?;
    tap.ok(&format!(
        "iwd joined again, {} ms later",
        station.after.as_millis()
    ));
    systemd::ask("stop", IWD)?;
    tap.ok("left the network");
    station.change_address(network::OTHER_MAC)?;
    let third = Instant::now();
    systemd::ask("start", IWD)?;
    Station::joined(function.path(), third, COME_UP)?;
    access_points.station(network::OTHER_MAC)?;
    tap.ok("iwd joined with another hardware address");
    systemd::ask("stop", IWD)?;

    unload(&name)?;
    tap.ok(&format!("{name} unloaded"));
    let chip = card.remove()?;
    tap.ok("the card left, no breach of the protocol");
    summary.insert("chip".into(), chip);
    unload("vsdio")?;
    tap.ok("vsdio unloaded");
    access_points.stop()?;
    tap.ok("the access points are gone");
    Ok(())
}

/// What the network is like, and whether the module's settings arrived. Returns what the summary
/// says of it.
fn measure(
    tap: &mut Tap,
    station: &Station,
    access_points: &AccessPoints,
    function: &Function,
    module: &str,
) -> Result<Value, String> {
    let mut association = station.association()?;
    association.extend(access_points.station(&station.address())?);
    let method = association.get("key_mgmt").and_then(Value::as_str);
    tap.verdict(
        method == Some("SAE"),
        &format!(
            "iwd joined by itself, with {}, {} ms after the card came",
            method.unwrap_or("unknown security"),
            station.after.as_millis()
        ),
    );
    let power_save = station.power_save()?;
    tap.verdict(
        power_save == "off",
        &format!("power save is {power_save}, by the udev rule"),
    );
    let found = station.scan()?;
    tap.verdict(
        found.len() == 2,
        &format!(
            "{} scanned both bands: {} access points",
            station.interface(),
            found.len()
        ),
    );
    let ping = station.ping()?;
    tap.verdict(
        ping.received == ping.sent,
        &format!("the access point answers, in {} ms", ping.mean),
    );
    let before = debugfs(function, module, "counters")?;
    let up = station.throughput(false)?;
    tap.ok(&format!("TCP to the access point: {up} Mbit/s"));
    let between = debugfs(function, module, "counters")?;
    let down = station.throughput(true)?;
    tap.ok(&format!("TCP from the access point: {down} Mbit/s"));
    let after = debugfs(function, module, "counters")?;
    Ok(json!({
        "scan": found,
        "association": association,
        "ping": ping.to_json(),
        "up": {"mbit_s": up, "counters": difference(&before, &between)},
        "down": {"mbit_s": down, "counters": difference(&between, &after)},
    }))
}

/// What counters rose by. One that went down, as a level may, is left out.
fn difference(before: &Map<String, Value>, after: &Map<String, Value>) -> Map<String, Value> {
    after
        .iter()
        .filter_map(|(name, value)| {
            let rise = value
                .as_u64()?
                .checked_sub(before.get(name).and_then(Value::as_u64)?)?;
            Some((name.clone(), json!(rise)))
        })
        .collect()
}

/// The `name: value` lines of a debugfs file of the driver; numbers become numbers.
fn debugfs(function: &Function, module: &str, file: &str) -> Result<Map<String, Value>, String> {
    const ROOT: &str = "/sys/kernel/debug";
    let path = format!("{ROOT}/{module}-{}/{file}", function.name());
    if !Path::new(&path).exists() {
        // Where it cannot be mounted, or is already, reading says so.
        let _ = mount("debugfs", ROOT, "debugfs", MountFlags::empty(), None);
    }
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    Ok(text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(key, value)| {
            let value = value.trim();
            let parsed = value
                .parse::<u64>()
                .map_or_else(|_| json!(value), |number| json!(number));
            (key.trim().to_owned(), parsed)
        })
        .collect())
}

fn loaded(module: &str) -> bool {
    Path::new("/sys/module").join(module).exists()
}

/// Unloads a module once nobody uses it: what held it may take a moment to let go.
fn unload(module: &str) -> Result<(), String> {
    let name = CString::new(module).map_err(|error| error.to_string())?;
    let mut last = None;
    poll(Duration::from_secs(10), || {
        last = delete_module(&name, OFlags::NONBLOCK.bits().cast_signed()).err();
        last.is_none().then_some(())
    })
    .ok_or_else(|| last.map_or_else(String::new, |error| format!("unload {module}: {error}")))
}

/// A small file's text without its line end; empty when it cannot be read.
fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path)
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}
