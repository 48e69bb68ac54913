// SPDX-License-Identifier: GPL-2.0-only
//! A tablet, or any machine with the chip, over ssh: `ramp-collect` counts there (docs/ramp.md), this
//! side sends. Nothing is installed on the target but the module's file in /tmp.

use std::{
    fs::File,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use super::{Job, Target, failed, judge};
use crate::{
    error::{Error, Result},
    process::{self, Stop},
    receipt::Receipt,
    store::Ended,
    target::sender,
};

/// Where the module's file goes on the target.
const MODULE: &str = "/tmp/besser-bes2600.ko";

/// A target over ssh.
#[derive(Clone, Debug)]
pub struct Ssh {
    /// The program, `ssh`.
    pub program: PathBuf,
    /// `[USER@]HOST`
    pub host: String,
    /// Another port than ssh's own.
    pub port: Option<u16>,
    /// Further options for the program.
    pub options: Vec<String>,
    /// Where the listener is reached from here, when that is not its own address.
    pub send_to: Option<SocketAddr>,
    /// What it is called in receipts; otherwise what the collector says.
    pub called: Option<&'static str>,
    /// The script `ramp-collect`.
    pub collector: PathBuf,
    /// The interface to measure, when it is not the only one of the driver.
    pub interface: Option<String>,
    /// The port of the listener.
    pub listen: u16,
}

impl Ssh {
    /// Reads `ssh://[USER@]HOST[:PORT]`.
    ///
    /// # Errors
    ///
    /// It is not of that form.
    pub fn address(url: &str) -> Result<(String, Option<u16>)> {
        let bad = || Error::Usage(format!("'{url}' is no target: ssh://[USER@]HOST[:PORT]"));
        let rest = url
            .strip_prefix("ssh://")
            .ok_or_else(bad)?
            .trim_end_matches('/');
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().map_err(|_| bad())?)),
            None => (rest, None),
        };
        let good = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
        // A host that begins with a hyphen would be an option of ssh.
        if host.is_empty() || host.starts_with('-') || !host.chars().all(good) {
            return Err(bad());
        }
        Ok((host.to_owned(), port))
    }

    fn command(&self, script: &str) -> Command {
        let mut command = Command::new(&self.program);
        // Never asks, and notices within 15 s that the target is gone.
        command.args([
            "-T",
            "-o",
            "BatchMode=yes",
            "-o",
            "ConnectTimeout=10",
            "-o",
            "ServerAliveInterval=5",
            "-o",
            "ServerAliveCountMax=3",
        ]);
        command.args(&self.options);
        if let Some(port) = self.port {
            command.args(["-p", &port.to_string()]);
        }
        command.arg(&self.host).arg(script);
        command
    }

    fn upload(&self, job: &Job, stop: &Stop) -> Result<Option<String>> {
        let file =
            File::open(&job.variant.module).map_err(Error::io("read", &job.variant.module))?;
        let mut command = self.command(&format!("cat >{MODULE}"));
        command.stdin(file).stdout(Stdio::null());
        let end = process::run(&mut command, Duration::from_secs(120), stop, |_| {})?;
        Ok((!end.status.success()).then(|| {
            end.last_lines
                .last()
                .cloned()
                .unwrap_or_else(|| format!("ssh ended with {}", end.status))
        }))
    }

    /// The command line of the collector, as the target's shell reads it.
    fn script(&self, job: &Job) -> String {
        let mut words = vec![
            "sh -s --".to_owned(),
            format!("--load {}", job.load),
            format!("--seconds {}", job.seconds),
            format!("--seed {}", job.slot.seed),
            format!("--port {}", self.listen),
            format!("--variant {}", quote(&job.variant.label)),
            format!("--module {MODULE}"),
        ];
        if let Some(name) = self.called {
            words.push(format!("--fact {}", quote(&format!("target=\"{name}\""))));
        }
        if let Some(interface) = &self.interface {
            words.push(format!("--interface {}", quote(interface)));
        }
        words.join(" ")
    }
}

/// A word that the shell takes as it is.
fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// `ramp: listening ADDRESS PORT`
fn listening(line: &str) -> Option<SocketAddr> {
    let (address, port) = line.strip_prefix("ramp: listening ")?.split_once(' ')?;
    Some(SocketAddr::from((
        address.parse::<Ipv4Addr>().ok()?,
        port.trim().parse().ok()?,
    )))
}

impl Target for Ssh {
    fn repeat(
        &mut self,
        job: &Job,
        out: &Path,
        stop: &Stop,
        line: &mut dyn FnMut(&str),
    ) -> Result<(Ended, Option<Receipt>)> {
        if let Some(cause) = self.upload(job, stop)? {
            return Ok(if stop.asked() {
                failed("interrupted", "the user interrupted it")
            } else {
                failed(
                    "target",
                    format!("{} cannot be reached: {cause}", self.host),
                )
            });
        }
        std::fs::create_dir_all(out).map_err(Error::io("make the folder", out))?;
        let part = out.join("receipt.part");
        let collector = File::open(&self.collector)
            .map_err(Error::io("read the collector", &self.collector))?;
        let mut command = self.command(&self.script(job));
        command
            .stdin(collector)
            .stdout(File::create(&part).map_err(Error::io("write", &part))?);

        let rate = job.rate_bytes_s.unwrap_or(u64::MAX / 2_000_000);
        let mut sending = None;
        let mut unreachable = None;
        let end = process::run(&mut command, job.limit(), stop, |text| {
            line(text);
            if let Some(to) = listening(text).map(|own| self.send_to.unwrap_or(own)) {
                line(&format!("sends to {to}"));
                let (limit, stop) = (
                    Duration::from_secs(job.seconds.saturating_add(60)),
                    stop.clone(),
                );
                sending = Some(thread::spawn(move || {
                    sender::send(to, rate, limit, &stop)
                        .map_err(|error| format!("cannot send to {to}: {error}"))
                }));
            }
        })?;
        if let Some(Err(error)) = sending.and_then(|thread| thread.join().ok()) {
            unreachable = Some(error);
        }
        // Only what came whole is a receipt.
        let whole = std::fs::read(&part)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok())
            .is_some();
        if whole {
            std::fs::rename(&part, out.join("receipt.json")).map_err(Error::io("write", out))?;
        } else if !end.stopped && !end.timed_out {
            let last = end
                .last_lines
                .last()
                .map_or("it said nothing", String::as_str);
            return Ok(failed(
                "target",
                format!(
                    "{} went away in mid-run ({}): {last}",
                    self.host, end.status
                ),
            ));
        }
        match judge(job, out, &end)? {
            (Ended::Failed { kind, cause }, _) => Ok(failed(
                &kind,
                unreachable.map_or(cause.clone(), |reason| format!("{cause}; {reason}")),
            )),
            good => Ok(good),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(
            Ssh::address("ssh://root@tablet:2222").unwrap(),
            ("root@tablet".to_owned(), Some(2222))
        );
        assert_eq!(
            Ssh::address("ssh://192.0.2.7").unwrap(),
            ("192.0.2.7".to_owned(), None)
        );
        for bad in [
            "ssh://",
            "ssh://-oProxyCommand=x",
            "ssh://a b",
            "ssh://host:port",
            "tablet",
        ] {
            assert_eq!(Ssh::address(bad).unwrap_err().status(), 2, "{bad}");
        }
    }

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(quote("a'b; rm"), r"'a'\''b; rm'");
    }

    #[test]
    fn hears_where_to_send() {
        assert_eq!(
            listening("ramp: listening 192.0.2.1 12345"),
            Some(SocketAddr::from(([192, 0, 2, 1], 12345)))
        );
        assert_eq!(listening("ramp: listening nowhere 12345"), None);
        assert_eq!(listening("anything else"), None);
    }
}
