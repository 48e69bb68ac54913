// SPDX-License-Identifier: GPL-2.0-only

//! The emulated card, and the SDIO function that the kernel makes of it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::read;

const EMULATOR: &str = "/bin/bes2600-emulator";
const DEVICES: &str = "/sys/bus/sdio/devices";
const SUMMARY: &str = "/run/chip.json";
const TRACE: &str = "/run/trace.txt";

/// How many lines of the trace leave the guest: all of bring-up and the first steps of the radio,
/// at some 60 bytes a line over a serial console.
const TRACE_LINES: usize = 2500;

/// A running emulator with its card in the slot.
pub(crate) struct Card {
    emulator: Child,
}

impl Card {
    /// Starts the emulator on the air of mac80211_hwsim's radios, and waits until it says that the
    /// card is in.
    pub(crate) fn insert() -> Result<Self, String> {
        let mut emulator = Command::new(EMULATOR)
            .args(["run", "--air", "hwsim", "--summary", SUMMARY])
            .args(["--trace", TRACE])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{EMULATOR}: {error}"))?;
        let output = emulator.stdout.take().ok_or("the emulator has no output")?;
        let mut lines = BufReader::new(output).lines();
        loop {
            match lines.next() {
                Some(Ok(line)) if line == "ready" => break,
                Some(Ok(line)) => println!("# emulator: {line}"),
                _ => return Err("the emulator ended before the card was in".into()),
            }
        }
        // A breach is told while it runs; the pipe must not fill up.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                println!("# emulator: {line}");
            }
        });
        Ok(Self { emulator })
    }

    /// Waits for the SDIO function of the card.
    pub(crate) fn function(&self, limit: Duration) -> Result<Function, String> {
        let first = || {
            fs::read_dir(DEVICES)
                .ok()?
                .filter_map(Result::ok)
                .map(|entry| entry.path())
                .next()
        };
        poll(limit, first)
            .map(|path| Function { path })
            .ok_or_else(|| {
                format!(
                    "no SDIO function after {} s: was the card enumerated?",
                    limit.as_secs()
                )
            })
    }

    /// Unplugs the card and returns the emulator's account of its life. A breach of the protocol is
    /// an error: the emulator then ends with a status of its own.
    pub(crate) fn remove(mut self) -> Result<Value, String> {
        kill_process(Pid::from_child(&self.emulator), Signal::TERM)
            .map_err(|error| format!("emulator: {error}"))?;
        let status = self
            .emulator
            .wait()
            .map_err(|error| format!("emulator: {error}"))?;
        if !status.success() {
            return Err(format!(
                "the emulator ended with {status}; its breach lines are above"
            ));
        }
        let text = fs::read_to_string(SUMMARY).map_err(|error| format!("{SUMMARY}: {error}"))?;
        serde_json::from_str(&text).map_err(|error| format!("{SUMMARY}: {error}"))
    }
}

/// Prints the beginning of what the emulator wrote of every bus command and message, each line
/// behind `trace: `. It is whole once the card is removed.
pub(crate) fn print_trace() {
    for line in read(TRACE).lines().take(TRACE_LINES) {
        println!("trace: {line}");
    }
}

/// An SDIO function in sysfs.
pub(crate) struct Function {
    path: PathBuf,
}

impl Function {
    /// The device's name, such as `mmc0:0001:1`.
    pub(crate) fn name(&self) -> String {
        self.path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }

    /// Its folder in sysfs.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What udev looks a module up by.
    pub(crate) fn modalias(&self) -> Result<String, String> {
        Some(read(self.path.join("modalias")))
            .filter(|alias| !alias.is_empty())
            .ok_or_else(|| format!("{} has no modalias", self.name()))
    }

    /// Waits until a driver's probe has succeeded, and names its module. The kernel links driver and
    /// device before the probe, but driver and module after it.
    pub(crate) fn wait_bound(&self, limit: Duration) -> Result<String, String> {
        let module = || {
            let target = fs::read_link(self.path.join("driver/module")).ok()?;
            Some(target.file_name()?.to_string_lossy().into_owned())
        };
        poll(limit, module).ok_or_else(|| {
            format!(
                "no driver bound to {} within {} s",
                self.name(),
                limit.as_secs()
            )
        })
    }

    /// Takes the driver off the function.
    pub(crate) fn unbind(&self, driver: &str) -> Result<(), String> {
        self.write(driver, "unbind")
    }

    /// Probes the function again.
    pub(crate) fn bind(&self, driver: &str) -> Result<(), String> {
        self.write(driver, "bind")
    }

    fn write(&self, driver: &str, file: &str) -> Result<(), String> {
        let path = Path::new("/sys/bus/sdio/drivers").join(driver).join(file);
        fs::write(&path, self.name()).map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// Asks ten times a second until there is an answer or the limit is reached.
pub(crate) fn poll<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        let answer = ask();
        if answer.is_some() || began.elapsed() > limit {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
