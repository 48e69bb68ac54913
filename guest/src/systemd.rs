// SPDX-License-Identifier: GPL-2.0-only

//! What a service says to systemd, and asks of it.

use std::env;
use std::os::unix::net::UnixDatagram;

use crate::network::run;

const SYSTEMCTL: &str = "/bin/systemctl";

/// Says that what waits for this service may start.
pub(crate) fn ready() -> Result<(), String> {
    let socket = env::var_os("NOTIFY_SOCKET").ok_or("systemd gave no socket for notifications")?;
    UnixDatagram::unbound()
        .and_then(|sender| sender.send_to(b"READY=1", socket))
        .map(|_| ())
        .map_err(|error| format!("notification: {error}"))
}

/// Milliseconds from the kernel's start to systemd's.
pub(crate) fn started_ms() -> Result<u64, String> {
    let property = "UserspaceTimestampMonotonic";
    let text = run(SYSTEMCTL, &["show", "--value", "--property", property])?;
    text.trim()
        .parse::<u64>()
        .map(|microseconds| microseconds / 1000)
        .map_err(|error| format!("{property} is {text}: {error}"))
}

/// Starts or stops a unit and waits until that is done.
pub(crate) fn ask(verb: &str, unit: &str) -> Result<(), String> {
    run(SYSTEMCTL, &[verb, unit]).map(|_| ())
}
