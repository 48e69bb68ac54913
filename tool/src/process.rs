// SPDX-License-Identifier: GPL-2.0-only
//! Programs that run for long: watched, timed, and ended with all that they started.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::error::{Error, Result};

/// Time that a program has to end by itself after it was told to.
const GRACE: Duration = Duration::from_secs(15);

/// Whether the user wants it to stop.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Is set by SIGINT and SIGTERM. The second SIGINT ends the program at once.
    ///
    /// # Errors
    ///
    /// The system refuses handlers.
    pub fn on_signals() -> Result<Self> {
        let stop = Self::default();
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // In this order: the first one finds the flag unset.
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop.0))
                .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop.0)))
                .map_err(|source| Error::Io {
                    what: "cannot handle signals".to_owned(),
                    source,
                })?;
        }
        Ok(stop)
    }

    /// Whether it was set.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sets it.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How a program ended.
#[derive(Debug)]
pub struct End {
    /// Its status.
    pub status: ExitStatus,
    /// It was ended since the user wanted so.
    pub stopped: bool,
    /// It was ended since its time was up.
    pub timed_out: bool,
    /// The last lines of its standard error.
    pub last_lines: Vec<String>,
}

/// Starts a program in a process group of its own.
fn spawn(command: &mut Command) -> Result<(Child, Option<Pid>)> {
    let name = command.get_program().to_string_lossy().into_owned();
    let child = command
        .process_group(0)
        .spawn()
        .map_err(|source| Error::Target(format!("cannot run {name}: {source}")))?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    Ok((child, group))
}

/// What a program says, line by line, by a thread of its own.
fn lines_of(output: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    if let Some(output) = output {
        thread::spawn(move || {
            for text in BufReader::new(output).split(b'\n') {
                let Ok(text) = text else { break };
                if sender
                    .send(String::from_utf8_lossy(&text).trim_end().to_owned())
                    .is_err()
                {
                    break;
                }
            }
        });
    }
    lines
}

/// Runs a program to its end and hands each line of its standard error on. It is in a process group
/// of its own, which is told to end when the user wants that or the time is up.
///
/// # Errors
///
/// It cannot be started.
pub fn run(
    command: &mut Command,
    limit: Duration,
    stop: &Stop,
    mut line: impl FnMut(&str),
) -> Result<End> {
    let name = command.get_program().to_string_lossy().into_owned();
    let (mut child, group) = spawn(command.stderr(Stdio::piped()))?;
    let lines = lines_of(child.stderr.take());

    let began = Instant::now();
    let mut told: Option<Instant> = None;
    let (mut stopped, mut timed_out) = (false, false);
    let mut last_lines: Vec<String> = Vec::new();
    let mut note = |text: String, line: &mut dyn FnMut(&str)| {
        line(&text);
        if !text.is_empty() && !text.starts_with("ramp: progress ") {
            if last_lines.len() == 20 {
                last_lines.remove(0);
            }
            last_lines.push(text);
        }
    };
    let status = loop {
        match lines.recv_timeout(Duration::from_millis(50)) {
            Ok(text) => note(text, &mut line),
            Err(RecvTimeoutError::Timeout) => {}
            // Its standard error is closed: it is at its end, or nearly.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(Duration::from_millis(10)),
        }
        let ended = child.try_wait().map_err(|source| Error::Io {
            what: format!("cannot wait for {name}"),
            source,
        })?;
        if let Some(status) = ended {
            break status;
        }
        match told {
            None if stop.asked() || began.elapsed() > limit => {
                stopped = stop.asked();
                timed_out = !stopped;
                told = Some(Instant::now());
                signal(group, Signal::TERM);
            }
            Some(since) if since.elapsed() > GRACE => signal(group, Signal::KILL),
            _ => {}
        }
    };
    // What it started may live on and hold the pipe: some time for the rest of the lines.
    while let Ok(text) = lines.recv_timeout(Duration::from_millis(100)) {
        note(text, &mut line);
    }
    if told.is_some() {
        signal(group, Signal::KILL);
    }
    Ok(End {
        status,
        stopped,
        timed_out,
        last_lines,
    })
}

/// A program that others use while it runs, in a process group of its own. All of it ends with this.
#[derive(Debug)]
pub struct Background {
    child: Child,
    group: Option<Pid>,
}

impl Background {
    /// Starts it, with its standard error in the file `log`, and waits for a line `ready`.
    ///
    /// # Errors
    ///
    /// It cannot be started, ends before it says so, takes too long, or the user wants it to stop.
    pub fn start(command: &mut Command, log: &Path, limit: Duration, stop: &Stop) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(log).map_err(Error::io("write", log))?);
        let (mut child, group) = spawn(command)?;
        let said = lines_of(child.stdout.take());
        let mut this = Self { child, group };
        let began = Instant::now();
        loop {
            match said.recv_timeout(Duration::from_millis(50)) {
                Ok(text) if text == "ready" => return Ok(this),
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => thread::sleep(Duration::from_millis(10)),
            }
            if stop.asked() {
                return Err(Error::Interrupted(String::new()));
            }
            if began.elapsed() > limit {
                return Err(Error::Target(format!(
                    "{name} is not ready after {} s",
                    limit.as_secs()
                )));
            }
            if !this.alive() {
                let log = fs::read_to_string(log).unwrap_or_default();
                let last = log.lines().last().unwrap_or("it said nothing");
                return Err(Error::Target(format!("{name} ended: {last}")));
            }
        }
    }

    /// Whether it runs still.
    pub fn alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        signal(self.group, Signal::TERM);
        let began = Instant::now();
        while self.alive() && began.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(20));
        }
        signal(self.group, Signal::KILL);
        // Nothing is left to be told.
        let _ = self.child.wait();
    }
}

fn signal(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        // It may be gone already.
        let _ = kill_process_group(group, signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", text]);
        command
    }

    #[test]
    fn hands_lines_on_and_keeps_the_last() {
        let mut seen = 0;
        let end = run(
            &mut shell("i=0; while [ $i -lt 30 ]; do echo line $i >&2; i=$((i+1)); done; exit 3"),
            Duration::from_secs(20),
            &Stop::default(),
            |_| seen += 1,
        )
        .unwrap();
        assert_eq!((end.status.code(), seen), (Some(3), 30));
        assert_eq!(end.last_lines.len(), 20);
        assert_eq!(end.last_lines[19], "line 29");
    }

    #[test]
    fn ends_it_and_its_children_when_asked() {
        let stop = Stop::default();
        let asked = stop.clone();
        let began = Instant::now();
        let end = run(
            &mut shell("sleep 60 & echo ready >&2; wait"),
            Duration::from_secs(50),
            &stop,
            |_| asked.ask(),
        )
        .unwrap();
        assert!(end.stopped && !end.timed_out && !end.status.success());
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn ends_it_when_its_time_is_up() {
        let end = run(
            &mut shell("sleep 60"),
            Duration::from_millis(100),
            &Stop::default(),
            |_| {},
        )
        .unwrap();
        assert!(end.timed_out && !end.stopped);
    }

    #[test]
    fn in_the_background_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let (log, ended) = (folder.path().join("log"), folder.path().join("ended"));
        let stop = Stop::default();
        let mut command = shell(&format!(
            "trap 'echo >{}; exit' TERM; echo first; echo ready; while :; do sleep 0.05; done",
            ended.display()
        ));
        let limit = Duration::from_secs(20);
        let mut process = Background::start(&mut command, &log, limit, &stop).unwrap();
        assert!(process.alive() && !ended.exists());
        drop(process);
        assert!(ended.exists());
    }

    #[test]
    fn what_ends_before_it_is_ready_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let start = |text: &str, limit: u64, stop: &Stop| {
            Background::start(&mut shell(text), &log, Duration::from_millis(limit), stop)
                .unwrap_err()
        };
        let stop = Stop::default();
        let error = start("echo no disk >&2; exit 1", 20_000, &stop);
        assert_eq!(
            (error.status(), error.to_string().as_str()),
            (5, "sh ended: no disk")
        );
        let error = start("sleep 60", 100, &stop);
        assert!(error.to_string().contains("is not ready after"), "{error}");
        stop.ask();
        assert_eq!(start("sleep 60", 20_000, &stop).status(), 130);
    }

    #[test]
    fn a_program_that_is_not_there() {
        let error = run(
            &mut Command::new("/nowhere/ramp"),
            Duration::from_secs(1),
            &Stop::default(),
            |_| {},
        )
        .unwrap_err();
        assert!(error.to_string().starts_with("cannot run /nowhere/ramp: "));
        assert_eq!(error.status(), 5);
    }
}
