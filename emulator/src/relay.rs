// SPDX-License-Identifier: GPL-2.0-only
//! The command `air`.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use bes2600_emulator::air::hwsim::HwsimMedium;
use bes2600_emulator::config::Config;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::cli::AirArgs;
use crate::reload;

pub(crate) fn relay(args: &AirArgs) -> Result<(), Box<dyn Error>> {
    let config = match &args.config {
        Some(path) => Config::load(path)?,
        None => Config::default(),
    };
    let (stop, signal) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SIGTERM, signal.try_clone()?)?;
    signal_hook::low_level::pipe::register(SIGINT, signal)?;
    let medium = HwsimMedium::open(config.air)?;
    if let Some(path) = &args.config {
        reload::on_hangup(path.clone(), Some(medium.clone()), Vec::new())?;
    }
    if let Some(path) = &args.capture {
        medium
            .capture(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let start = Instant::now();
    println!("ready");
    io::stdout().flush()?;

    let kernel = medium.kernel_fd()?;
    loop {
        let next = medium.turn(start.elapsed())?;
        let timeout = next.map(|next| next.saturating_sub(start.elapsed()));
        if wait(&kernel, &stop, timeout)? {
            break;
        }
    }
    if let Some(path) = &args.summary {
        let summary = serde_json::json!({
            "kernel_radios": medium.kernel_radios(),
            "air": medium.counts(),
        });
        let text = serde_json::to_string_pretty(&summary)?;
        fs::write(path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// Waits for the kernel or the time, and answers whether somebody asked to stop.
fn wait(kernel: &OwnedFd, stop: &UnixStream, timeout: Option<Duration>) -> io::Result<bool> {
    let timeout = timeout.map(|timeout| Timespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(timeout.subsec_nanos()),
    });
    let mut files = [
        PollFd::new(stop, PollFlags::IN),
        PollFd::new(kernel, PollFlags::IN),
    ];
    match poll(&mut files, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let [stop, _] = files;
    Ok(!stop.revents().is_empty())
}
