// SPDX-License-Identifier: GPL-2.0-only
//! The tablet's kernel in QEMU, measured over ssh like a tablet: `ramp-vm` boots it (docs/ramp.md), one
//! machine for all repetitions. A machine in which one failed is not used again.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{Job, Target, failed, ssh::Ssh};
use crate::{
    error::{Error, Result},
    process::{Background, Stop},
    receipt::Receipt,
    store::Ended,
};

/// How long `ramp-vm` may take; it gives up by itself before.
const BOOT: Duration = Duration::from_secs(330);

/// Boots machines and measures them.
#[derive(Debug)]
pub struct Vm {
    runner: PathBuf,
    options: Vec<String>,
    ssh: Ssh,
    folder: PathBuf,
    machine: Option<(Background, Ssh)>,
}

impl Vm {
    /// Machines of the program `runner`, `ramp-vm`, with further options for it; `ssh` is how any
    /// of them is reached, but for its ports and key, and `folder` gets what they leave. None is
    /// booted yet.
    #[must_use]
    pub fn new(runner: PathBuf, options: &[String], ssh: Ssh, folder: &Path) -> Self {
        Self {
            runner,
            options: options.to_vec(),
            ssh,
            folder: folder.to_owned(),
            machine: None,
        }
    }

    fn boot(&self, stop: &Stop) -> Result<(Background, Ssh)> {
        let mut number = 1;
        let out = loop {
            let out = self.folder.join(format!("{number:02}"));
            if !out.exists() {
                break out;
            }
            number += 1;
        };
        std::fs::create_dir_all(&out).map_err(Error::io("make the folder", &out))?;
        let (ssh_port, load_port) = free_ports()?;
        let mut command = Command::new(&self.runner);
        command
            .args(["--ssh-port", &ssh_port.to_string()])
            .args(["--load-port", &load_port.to_string()])
            .args(&self.options)
            .arg("--out")
            .arg(&out);
        let process = Background::start(&mut command, &out.join("ramp-vm.log"), BOOT, stop)?;
        let option = |name: &str, value: &str| ["-o".to_owned(), format!("{name}={value}")];
        let mut ssh = self.ssh.clone();
        ssh.port = Some(ssh_port);
        ssh.send_to = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, load_port)));
        // Keys of machines that live for minutes are nothing to remember.
        ssh.options = [
            option("IdentitiesOnly", "yes"),
            option("IdentityFile", &out.join("key").to_string_lossy()),
            option("StrictHostKeyChecking", "no"),
            option("UserKnownHostsFile", "/dev/null"),
            option("LogLevel", "ERROR"),
        ]
        .concat();
        Ok((process, ssh))
    }
}

/// Two ports of this machine's that nobody uses now.
fn free_ports() -> Result<(u16, u16)> {
    let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let port = |listener: &TcpListener| listener.local_addr().map(|address| address.port());
    // Both are held at once, so that they differ.
    free()
        .and_then(|one| Ok((free()?, one)))
        .and_then(|(one, other)| Ok((port(&one)?, port(&other)?)))
        .map_err(|source| Error::Io {
            what: "cannot find a free port".to_owned(),
            source,
        })
}

impl Target for Vm {
    fn repeat(
        &mut self,
        job: &Job,
        out: &Path,
        stop: &Stop,
        line: &mut dyn FnMut(&str),
    ) -> Result<(Ended, Option<Receipt>)> {
        let used = self.machine.take();
        let mut machine = match used.map(|(mut process, ssh)| (process.alive(), process, ssh)) {
            Some((true, process, ssh)) => (process, ssh),
            _ => {
                line("boots the virtual machine");
                match self.boot(stop) {
                    Ok(machine) => machine,
                    Err(_) if stop.asked() => {
                        return Ok(failed("interrupted", "the user interrupted it"));
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        let result = machine.1.repeat(job, out, stop, line)?;
        if matches!(result, (Ended::Ok, _)) {
            self.machine = Some(machine);
        }
        Ok(result)
    }
}
