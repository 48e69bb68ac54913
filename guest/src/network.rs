// SPDX-License-Identifier: GPL-2.0-only

//! A WPA3 network around the chip: access points on mac80211_hwsim's radios, and what became of the
//! station, which iwd brings into it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value, json};

use crate::card::poll;
use crate::read;

pub(crate) const BUSYBOX: &str = "/bin/busybox";
const SSID: &str = "besser";
const PASSWORD: &str = "correct horse battery";
const AP_ADDRESS: &str = "10.26.0.1";
/// The control sockets of the access points.
const HOSTAPD: &str = "/run/hostapd";
/// A hardware address that is not the chip's own.
pub(crate) const OTHER_MAC: &str = "02:ba:5e:00:00:01";
/// As in the guest's configuration, and so is the next one.
pub(crate) const COUNTRY: &str = "DE";
pub(crate) const STATION_ADDRESS: &str = "10.26.0.2";
/// How long each measurement of throughput sends, in seconds.
const SECONDS: &str = "3";

/// Runs a program to its end and returns what it printed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let error = String::from_utf8_lossy(&output.stderr);
    let last = error.lines().chain(text.lines()).last().unwrap_or_default();
    Err(format!("{program} {}: {last}", arguments.join(" ")))
}

/// Starts a program that goes on; its output goes to a file.
pub(crate) fn start(program: &str, arguments: &[&str], log: &str) -> Result<Child, String> {
    let file = File::create(log).map_err(|error| format!("{log}: {error}"))?;
    let errors = file
        .try_clone()
        .map_err(|error| format!("{log}: {error}"))?;
    Command::new(program)
        .args(arguments)
        .stdout(file)
        .stderr(errors)
        .spawn()
        .map_err(|error| format!("{program}: {error}"))
}

/// Ends a program and waits for it.
fn end(mut child: Child) -> Result<(), String> {
    kill_process(Pid::from_child(&child), Signal::TERM).map_err(|error| error.to_string())?;
    child.wait().map(|_| ()).map_err(|error| error.to_string())
}

/// Waits until a log says `text`; the log's last line is part of the error.
fn wait_for(log: &str, text: &str, limit: Duration) -> Result<(), String> {
    let said = || fs::read_to_string(log).unwrap_or_default();
    poll(limit, || said().contains(text).then_some(())).ok_or_else(|| {
        let all = said();
        let last = all.lines().last().unwrap_or("nothing");
        format!(
            "no {text} in {log} within {} s; it ends with: {last}",
            limit.as_secs()
        )
    })
}

/// Two access points in a network namespace of their own, so that what is sent to them crosses the
/// air: a WPA3 network on channel 36, and an open one on channel 11 for the scan list.
pub(crate) struct AccessPoints {
    /// A process that keeps the namespace.
    namespace: Child,
    daemons: Vec<Child>,
}

impl AccessPoints {
    /// Moves the first two radios that there are into the namespace and starts an access point on
    /// each.
    pub(crate) fn start() -> Result<Self, String> {
        // Its own view of sysfs belongs to a namespace: hostapd looks its interface up there.
        let keep = format!(
            "{BUSYBOX} mount -t sysfs sysfs /sys && echo ready && exec {BUSYBOX} sleep 1000000"
        );
        let mut namespace = Command::new(BUSYBOX)
            .args(["unshare", "-n", "-m", BUSYBOX, "sh", "-c", &keep])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{BUSYBOX} unshare: {error}"))?;
        let output = namespace.stdout.take().ok_or("unshare has no output")?;
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .map_err(|error| format!("unshare: {error}"))?;
        if line.trim() != "ready" {
            return Err("no network namespace for the access points".into());
        }
        let mut all = Self {
            namespace,
            daemons: Vec::new(),
        };
        let owner = all.namespace.id().to_string();
        let secure = format!(
            "ssid={SSID}\nhw_mode=a\nchannel=36\nht_capab=[HT40+]\nwpa=2\nwpa_key_mgmt=SAE\nrsn_pairwise=CCMP\n\
             ieee80211w=2\nsae_password={PASSWORD}\nctrl_interface={HOSTAPD}\n"
        );
        let open = format!("ssid={SSID}-guest\nhw_mode=g\nchannel=11\n");
        for (number, settings) in [secure, open].iter().enumerate() {
            run(
                "/bin/iw",
                &["phy", &format!("phy{number}"), "set", "netns", &owner],
            )?;
            let (config, log) = (
                format!("/run/ap{number}.conf"),
                format!("/run/ap{number}.log"),
            );
            let common = format!(
                "interface=wlan{number}\ndriver=nl80211\ncountry_code={COUNTRY}\nieee80211n=1\nwmm_enabled=1\n{settings}"
            );
            fs::write(&config, common).map_err(|error| format!("{config}: {error}"))?;
            let daemon = all.spawn(&["/bin/hostapd", &config], &log)?;
            all.daemons.push(daemon);
            wait_for(&log, "AP-ENABLED", Duration::from_secs(60))?;
        }
        let network = format!("{AP_ADDRESS}/24");
        all.run(&[BUSYBOX, "ip", "addr", "add", &network, "dev", "wlan0"])?;
        let daemon = all.spawn(&["/bin/iperf3", "-s"], "/run/iperf3.log")?;
        all.daemons.push(daemon);
        Ok(all)
    }

    /// The arguments that run a command in the namespace.
    fn inside<'a>(owner: &'a str, command: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = vec!["nsenter", "-t", owner, "-n", "-m"];
        arguments.extend(command);
        arguments
    }

    /// Moves an interface into the namespace; it loses its addresses on the way.
    pub(crate) fn take_in(&self, interface: &str) -> Result<(), String> {
        let owner = self.namespace.id().to_string();
        run(
            BUSYBOX,
            &["ip", "link", "set", "dev", interface, "netns", &owner],
        )
        .map(|_| ())
    }

    /// Runs a command in the namespace to its end and returns what it printed.
    pub(crate) fn run(&self, command: &[&str]) -> Result<String, String> {
        run(
            BUSYBOX,
            &Self::inside(&self.namespace.id().to_string(), command),
        )
    }

    /// Starts a command in the namespace that goes on; its output goes to a file.
    pub(crate) fn spawn(&self, command: &[&str], log: &str) -> Result<Child, String> {
        start(
            BUSYBOX,
            &Self::inside(&self.namespace.id().to_string(), command),
            log,
        )
    }

    /// What the WPA3 access point says of the security of a station that has joined.
    pub(crate) fn station(&self, address: &str) -> Result<Map<String, Value>, String> {
        let text = run(
            "/bin/hostapd_cli",
            &["-p", HOSTAPD, "-i", "wlan0", "sta", address],
        )?;
        if !text.contains("[AUTHORIZED]") {
            return Err(format!("the access point does not know {address}"));
        }
        let value = |key: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
                .unwrap_or_default()
        };
        // IEEE 802.11-2020, tables 9-149 and 9-151
        let method = match value("AKMSuiteSelector") {
            "00-0f-ac-2" => "PSK",
            "00-0f-ac-8" => "SAE",
            other => other,
        };
        let cipher = match value("dot11RSNAStatsSelectedPairwiseCipher") {
            "00-0f-ac-4" => "CCMP",
            other => other,
        };
        let protected = value("flags").contains("[MFP]");
        Ok(Map::from_iter([
            ("key_mgmt".to_owned(), json!(method)),
            ("pairwise_cipher".to_owned(), json!(cipher)),
            (
                "pmf".to_owned(),
                json!(if protected { "on" } else { "off" }),
            ),
        ]))
    }

    /// Ends the access points; the radios go back to the first namespace.
    pub(crate) fn stop(self) -> Result<(), String> {
        for daemon in self.daemons {
            end(daemon)?;
        }
        end(self.namespace)
    }
}

/// The kernel's regulatory domain.
pub(crate) fn country() -> Result<String, String> {
    let text = run("/bin/iw", &["reg", "get"])?;
    text.lines()
        .find_map(|line| line.strip_prefix("country ")?.split(':').next())
        .map(str::to_owned)
        .ok_or_else(|| format!("iw reg get: {text}"))
}

/// The station's network interface, on its network.
pub(crate) struct Station {
    interface: String,
    /// How long that took.
    pub(crate) after: Duration,
}

impl Station {
    /// Waits until an interface of a device in sysfs is associated and has its IP address. It may
    /// come and go on the way: iwd makes its own.
    pub(crate) fn joined(device: &Path, began: Instant, limit: Duration) -> Result<Self, String> {
        let folder = device.join("net");
        let mut last = format!("no network interface in {}", folder.display());
        let up = || {
            let interface = fs::read_dir(&folder)
                .ok()?
                .filter_map(Result::ok)
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .next()?;
            last = run(BUSYBOX, &["ip", "-4", "addr", "show", "dev", &interface])
                .unwrap_or_else(|error| error);
            last.contains(&format!("inet {STATION_ADDRESS}/"))
                .then_some(interface)
        };
        match poll(limit, up) {
            Some(interface) => Ok(Self {
                interface,
                after: began.elapsed(),
            }),
            None => Err(format!(
                "not on the network within {} s: {}",
                limit.as_secs(),
                last.trim_end().replace('\n', ", ")
            )),
        }
    }

    pub(crate) fn interface(&self) -> &str {
        &self.interface
    }

    /// The interface's hardware address.
    pub(crate) fn address(&self) -> String {
        read(format!("/sys/class/net/{}/address", self.interface))
    }

    /// Gives the interface another hardware address; it goes down for that.
    pub(crate) fn change_address(&self, address: &str) -> Result<(), String> {
        let set = |what: &[&str]| {
            let command = [&["ip", "link", "set", "dev", &self.interface], what].concat();
            run(BUSYBOX, &command).map(|_| ())
        };
        set(&["down"])?;
        set(&["address", address])
    }

    /// Whether the station sleeps between beacons: `on` or `off`.
    pub(crate) fn power_save(&self) -> Result<String, String> {
        let text = run("/bin/iw", &["dev", &self.interface, "get", "power_save"])?;
        text.trim()
            .strip_prefix("Power save: ")
            .map(str::to_owned)
            .ok_or(text)
    }

    /// The network and its frequency in MHz, and how many milliseconds it took to get there.
    pub(crate) fn association(&self) -> Result<Map<String, Value>, String> {
        let text = run("/bin/iw", &["dev", &self.interface, "link"])?;
        let value = |key: &str| {
            text.lines()
                .find_map(|line| line.trim().strip_prefix(key))
                .and_then(|rest| rest.split_whitespace().next())
        };
        Ok(Map::from_iter([
            ("ssid".to_owned(), json!(value("SSID: "))),
            ("bssid".to_owned(), json!(value("Connected to "))),
            ("freq".to_owned(), json!(value("freq: "))),
            ("ms".to_owned(), json!(self.after.as_millis())),
        ]))
    }

    /// What a scan of all channels finds, strongest first. Another scan may be under way.
    pub(crate) fn scan(&self) -> Result<Vec<Value>, String> {
        let mut last = String::new();
        let text = poll(Duration::from_secs(60), || {
            run("/bin/iw", &["dev", &self.interface, "scan"])
                .map_err(|error| last = error)
                .ok()
        })
        .ok_or(last)?;
        let mut found = networks(&text);
        found.sort_by_key(|network| {
            -network
                .get("signal_dbm")
                .and_then(Value::as_f64)
                .unwrap_or(-999.0) as i64
        });
        Ok(found)
    }

    /// Echo requests, each sent when the one before was answered.
    pub(crate) fn ping(&self) -> Result<Latency, String> {
        latency(&run(
            BUSYBOX,
            &["ping", "-A", "-q", "-c", "50", "-w", "30", AP_ADDRESS],
        )?)
        .ok_or_else(|| "ping said nothing that can be read".into())
    }

    /// Mbit/s of TCP payload from the station to the access point, or back.
    pub(crate) fn throughput(&self, down: bool) -> Result<f64, String> {
        let mut arguments = vec![
            "timeout",
            "60",
            "/bin/iperf3",
            "-c",
            AP_ADDRESS,
            "-t",
            SECONDS,
            "-J",
        ];
        if down {
            arguments.push("-R");
        }
        let text = run(BUSYBOX, &arguments)?;
        let report: Value =
            serde_json::from_str(&text).map_err(|error| format!("iperf3: {error}"))?;
        report
            .pointer("/end/sum_received/bits_per_second")
            .and_then(Value::as_f64)
            .filter(|&bits| bits > 0.0)
            .map(|bits| (bits / 1e5).round() / 10.0)
            .ok_or_else(|| format!("iperf3: {}", report.get("error").unwrap_or(&report)))
    }
}

/// The networks in what `iw dev X scan` prints.
fn networks(text: &str) -> Vec<Value> {
    let mut found: Vec<Map<String, Value>> = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("BSS ") {
            let bssid = rest.split('(').next().unwrap_or_default().trim();
            found.push(Map::from_iter([
                ("bssid".to_owned(), json!(bssid)),
                ("security".to_owned(), json!("open")),
            ]));
        }
        let Some(network) = found.last_mut() else {
            continue;
        };
        let line = line.trim();
        if let Some(ssid) = line.strip_prefix("SSID: ") {
            network.insert("ssid".into(), json!(ssid));
        } else if let Some(mhz) = line.strip_prefix("freq: ") {
            let mhz = mhz.parse::<f64>().unwrap_or_default().round();
            network.insert("mhz".into(), json!(mhz as u32));
        } else if let Some(signal) = line.strip_prefix("signal: ") {
            let dbm = signal.trim_end_matches(" dBm").parse::<f64>();
            network.insert("signal_dbm".into(), json!(dbm.unwrap_or(-999.0)));
        } else if let Some(suites) = line.strip_prefix("* Authentication suites: ") {
            let name = if suites.contains("SAE") {
                "WPA3"
            } else {
                "WPA2"
            };
            network.insert("security".into(), json!(name));
        }
    }
    found.into_iter().map(Value::Object).collect()
}

/// What echo requests told.
#[derive(Debug, PartialEq)]
pub(crate) struct Latency {
    pub(crate) sent: u32,
    pub(crate) received: u32,
    /// Milliseconds, and so are the others.
    pub(crate) min: f64,
    pub(crate) mean: f64,
    pub(crate) max: f64,
}

impl Latency {
    pub(crate) fn to_json(&self) -> Value {
        json!({"sent": self.sent, "received": self.received, "min_ms": self.min, "mean_ms": self.mean, "max_ms": self.max})
    }
}

/// The figures in what BusyBox's ping prints at its end.
fn latency(text: &str) -> Option<Latency> {
    let counts = text
        .lines()
        .find(|line| line.contains("packets transmitted"))?;
    let mut numbers = counts
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|word| word.parse::<u32>().ok());
    let (sent, received) = (numbers.next()?, numbers.next()?);
    let times = text
        .lines()
        .find_map(|line| line.split_once("min/avg/max = "))?
        .1;
    let mut times = times
        .trim_end_matches(" ms")
        .split('/')
        .filter_map(|word| word.parse::<f64>().ok());
    Some(Latency {
        sent,
        received,
        min: times.next()?,
        mean: times.next()?,
        max: times.next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_list() {
        let text = "BSS 02:00:00:00:00:00(on wlan2)\n\tfreq: 5180.0\n\tsignal: -30.00 dBm\n\tSSID: besser\n\
                    \tRSN:\t * Version: 1\n\t\t * Authentication suites: SAE\n\
                    BSS 02:00:00:00:01:00(on wlan2)\n\tfreq: 2462\n\tsignal: -40.50 dBm\n\tSSID: other\n";
        assert_eq!(
            networks(text),
            [
                json!({"bssid": "02:00:00:00:00:00", "mhz": 5180, "signal_dbm": -30.0, "ssid": "besser", "security": "WPA3"}),
                json!({"bssid": "02:00:00:00:01:00", "mhz": 2462, "signal_dbm": -40.5, "ssid": "other", "security": "open"}),
            ]
        );
        assert_eq!(networks("command failed"), Vec::<Value>::new());
    }

    #[test]
    fn a_summary_of_ping() {
        let text = "\n--- 10.26.0.1 ping statistics ---\n50 packets transmitted, 49 packets received, 2% packet loss\n\
                    round-trip min/avg/max = 1.250/2.500/9.000 ms\n";
        assert_eq!(
            latency(text),
            Some(Latency {
                sent: 50,
                received: 49,
                min: 1.25,
                mean: 2.5,
                max: 9.0
            })
        );
        assert_eq!(
            latency("50 packets transmitted, 0 packets received, 100% packet loss"),
            None
        );
    }
}
