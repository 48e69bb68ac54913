// SPDX-License-Identifier: GPL-2.0-only

//! Process 1 of the guest in which the tablet's own kernel meets the emulated chip.
//!
//! It does what a distribution's user space would do, and nothing else: mounts the kernel's file
//! systems, loads the virtual SDIO host, starts the emulator as the card, lets the card's modalias
//! find the driver, and watches the chip come up. It joins a WPA3 network and measures the link.
//! Then the whole way back: leave, unbind, rebind, unload, unplug. It speaks TAP on its console, ends with one line `summary: {JSON}` and switches off.

#![forbid(unsafe_code)]

mod card;
mod modules;
mod network;
mod tap;

use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::mount::{MountFlags, mount};
use rustix::system::{RebootCommand, reboot, uname};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value, json};

use card::Card;
use modules::Modules;
use network::{AccessPoints, Station};
use tap::Tap;

/// How long a chip may take from the driver's load to its startup indication. Virtual machines
/// without hardware support are slow; the driver's own time-outs are far shorter.
const COME_UP: Duration = Duration::from_secs(120);

fn main() {
    let booted = uptime();
    for (source, target) in [
        ("proc", "/proc"),
        ("sysfs", "/sys"),
        ("devtmpfs", "/dev"),
        ("tmpfs", "/run"),
        // wpa_cli and iperf3 insist on it.
        ("tmpfs", "/tmp"),
        ("debugfs", "/sys/kernel/debug"),
    ] {
        // A missing directory or file system shows in the tests that need it.
        let _ = fs::create_dir_all(target);
        if let Err(error) = mount(source, target, source, MountFlags::empty(), None) {
            println!("# {target}: {error}");
        }
    }

    let mut tap = Tap::default();
    let mut summary = Map::new();
    summary.insert("boot_ms".into(), json!(booted.as_millis()));
    summary.insert("kernel".into(), json!(release()));
    tap.ok(&format!("user space after {} ms", booted.as_millis()));

    if let Err(reason) = bring_up(&mut tap, &mut summary) {
        tap.fail(&reason);
    }
    println!("summary: {}", Value::Object(summary));
    tap.plan();
    rustix::fs::sync();
    if let Err(error) = reboot(RebootCommand::PowerOff) {
        println!("# power off: {error}");
    }
    // Process 1 must not end before the machine does.
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// The way up and the way down, a test for each step. An error ends it: what follows depends on it.
fn bring_up(tap: &mut Tap, summary: &mut Map<String, Value>) -> Result<(), String> {
    let modules = Modules::open(&release())?;
    let mut loaded = modules.load("vsdio")?;
    loaded.extend(modules.load("mac80211_hwsim")?);
    tap.ok(&format!("{} loaded", loaded.join(", ")));
    let access_points = AccessPoints::start()?;
    tap.ok("two access points, one of them WPA3");

    let card = Card::insert()?;
    tap.ok("the emulated card is inserted");
    let function = card.function(Duration::from_secs(20))?;
    tap.ok(&format!("the SDIO core enumerated {}", function.name()));

    let alias = function.modalias()?;
    let names = modules.resolve(&alias);
    let [name] = names.as_slice() else {
        return Err(format!(
            "modalias {alias} is claimed by {names:?}, not by one module"
        ));
    };
    tap.ok(&format!("modalias {alias} finds {name}"));
    modules.load(name)?;
    function.wait_bound(COME_UP)?;
    tap.ok(&format!("{name} is bound to {}", function.name()));
    summary.insert("module".into(), json!(name));
    summary.insert(
        "srcversion".into(),
        json!(read(format!("/sys/module/{name}/srcversion"))),
    );

    let startup = debugfs(&function, name, "startup")?;
    let label = startup.get("firmware_label").cloned().unwrap_or_default();
    tap.verdict(
        label.as_str().is_some_and(|text| !text.is_empty()),
        &format!("startup indication received, firmware {label}"),
    );
    summary.insert("startup".into(), Value::Object(startup));
    summary.insert(
        "counters".into(),
        Value::Object(debugfs(&function, name, "counters")?),
    );

    let mut station = Station::up(function.path())?;
    summary.insert("network".into(), join(tap, &mut station, &function, name)?);
    station.leave()?;
    tap.ok("left the network");

    function.unbind(name)?;
    tap.ok("unbound");
    function.bind(name)?;
    function.wait_bound(COME_UP)?;
    tap.ok("bound again, the chip came up a second time");
    modules.unload(name)?;
    tap.ok(&format!("{name} unloaded"));
    let chip = card.remove()?;
    tap.ok("the card left, no breach of the protocol");
    summary.insert("chip".into(), chip);
    modules.unload("vsdio")?;
    tap.ok("vsdio unloaded");
    access_points.stop()?;
    tap.ok("the access points are gone");
    Ok(())
}

/// Scans, joins, measures. Returns what the summary says of it.
fn join(
    tap: &mut Tap,
    station: &mut Station,
    function: &card::Function,
    module: &str,
) -> Result<Value, String> {
    let found = station.scan()?;
    tap.verdict(
        found.len() == 2,
        &format!(
            "{} scanned both bands: {} access points",
            station.interface(),
            found.len()
        ),
    );
    let association = station.join()?;
    let method = association.get("key_mgmt").and_then(Value::as_str);
    tap.verdict(
        method == Some("SAE"),
        &format!("joined, with {}", method.unwrap_or("unknown security")),
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
fn debugfs(
    function: &card::Function,
    module: &str,
    file: &str,
) -> Result<Map<String, Value>, String> {
    let path = format!("/sys/kernel/debug/{module}-{}/{file}", function.name());
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

/// A small file's text without its line end; empty when it cannot be read.
fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path)
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

/// The running kernel's release, as in `/lib/modules/RELEASE`.
fn release() -> String {
    uname().release().to_string_lossy().into_owned()
}

/// Time since the kernel started.
fn uptime() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default()
}
