// SPDX-License-Identifier: GPL-2.0-only
//! A target over ssh, with stand-ins for ssh and for what counts there.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "all of it is tests"
)]

mod common;

use std::{fs, io::Read, net::TcpListener, path::Path, process::Output, thread};

use common::{command, json, program, status, stderr, write_module};

/// A listener that counts what it gets from each connection.
fn listener() -> (u16, thread::JoinHandle<Vec<u64>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = thread::spawn(move || {
        let mut counts = Vec::new();
        for stream in listener.incoming().take(3) {
            let mut stream = stream.unwrap();
            let (mut bytes, mut count) = ([0; 4096], 0);
            // Closes as ramp-collect does when its time is up.
            while count < 100_000 {
                match stream.read(&mut bytes) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => count += read as u64,
                }
            }
            counts.push(count);
        }
        counts
    });
    (port, thread)
}

/// Stands for ssh: keeps what is uploaded, and does `then` in place of the collector.
fn measure(folder: &Path, then: &str, target: &str) -> Output {
    let ssh = program(
        folder,
        "ssh",
        &format!(
            r##"#!/usr/bin/env bash
for last; do :; done
echo "$*" >>'{folder}/calls'
case $last in
  'cat >'*) cat >'{folder}/uploaded.ko'; exit 0 ;;
esac
cat >'{folder}/collector.seen'
seed=${{last##*--seed }} seed=${{seed%% *}}
receipt() {{ # STATUS FAILURE CAUSE
  printf '{{"schema": 1, "status": "%s", "failure": %s, "cause": %s, "target": "ssh", "module": {{"path": null, "srcversion": "AAAA"}}, "load": {{"name": "stream", "rate_bytes_s": null, "seconds": 5}}, "seed": %d, "elapsed_s": 5.0, "reports": [], "breaches": [], "metrics": {{"rx_mb_s": 2.5}}}}\n' "$1" "$2" "$3" "$seed"
}}
{then}
"##,
            folder = folder.display()
        ),
    );
    let module = write_module(folder, "bes2600", "AAAA");
    fs::write(folder.join("collector"), "the collector's text\n").unwrap();
    let runner = if target == "vm" {
        "./ramp-vm"
    } else {
        "collector"
    };
    let words = [
        "ramp",
        module.to_str().unwrap(),
        "--target",
        target,
        "--runner",
        runner,
        "--interface",
        "wlan0",
        "--out",
        "run",
        "--seconds",
        "5",
        "--rate",
        "1M",
        "--json",
    ];
    command(folder, &words)
        .env("BESSER_SSH", ssh)
        .env("BESSER_COLLECTOR", "collector")
        .output()
        .unwrap()
}

#[test]
fn sends_to_where_it_listens() {
    let folder = tempfile::tempdir().unwrap();
    let (port, counts) = listener();
    let then =
        format!("echo 'ramp: listening 127.0.0.1 {port}' >&2; sleep 0.3; receipt ok null null");
    let output = measure(folder.path(), &then, "ssh://root@tablet:2222");
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(json(&output)["variants"][0]["measured"], 3);
    assert!(counts.join().unwrap().iter().all(|count| *count >= 100_000));
    // The module went there, the collector's text, too; nothing is ever asked.
    let module = folder.path().join("bes2600.ko");
    assert_eq!(
        fs::read(folder.path().join("uploaded.ko")).unwrap(),
        fs::read(module).unwrap()
    );
    assert_eq!(
        fs::read_to_string(folder.path().join("collector.seen")).unwrap(),
        "the collector's text\n"
    );
    let calls = fs::read_to_string(folder.path().join("calls")).unwrap();
    assert!(
        calls.contains("-o BatchMode=yes")
            && calls.contains("-p 2222 root@tablet sh -s -- --load stream --seconds 5"),
        "{calls}"
    );
    assert!(calls.contains("--interface 'wlan0'"), "{calls}");
}

#[test]
fn a_connection_that_breaks_in_mid_run() {
    let folder = tempfile::tempdir().unwrap();
    let then = "printf '{\"schema\": 1, \"sta'; echo 'Connection to tablet closed by remote host.' >&2; exit 255";
    let output = measure(folder.path(), then, "ssh://tablet");
    assert_eq!(status(&output), 5, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("tablet went away in mid-run")
            && stderr(&output).contains("closed by remote host"),
        "{}",
        stderr(&output)
    );
    assert!(folder.path().join("run/run.json").exists());
}

#[test]
fn a_target_that_lacks_something() {
    let folder = tempfile::tempdir().unwrap();
    let then = r#"receipt failed '"missing"' '"there is no nc"'; exit 1"#;
    let output = measure(folder.path(), then, "ssh://tablet");
    assert_eq!(status(&output), 5);
    assert!(
        stderr(&output).contains("there is no nc"),
        "{}",
        stderr(&output)
    );
    // Asked once, not three times.
    let calls = fs::read_to_string(folder.path().join("calls")).unwrap();
    assert_eq!(calls.lines().count(), 2, "{calls}");
}

#[test]
fn another_load_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let module = write_module(folder.path(), "bes2600", "AAAA");
    let words = [
        "ramp",
        module.to_str().unwrap(),
        "--target",
        "ssh://tablet",
        "--load",
        "udp-up",
        "--runner",
        "collector",
        "--out",
        "run",
    ];
    let output = command(folder.path(), &words).output().unwrap();
    assert_eq!(status(&output), 2);
    assert!(
        stderr(&output).contains("there is the load stream, and not udp-up"),
        "{}",
        stderr(&output)
    );
    assert!(!folder.path().join("run").exists());
}

/// Stands for ramp-vm: notes each boot, and is a machine until it is told to end.
fn machine(folder: &Path, then: &str) {
    program(
        folder,
        "ramp-vm",
        &format!(
            r#"#!/usr/bin/env bash
while [ $# -gt 0 ]; do
  case $1 in --out) out=$2 ;; --load-port) load=$2 ;; esac
  shift 2
done
echo "$load" >'{folder}/load-port'
echo boot >>'{folder}/boots'
trap 'echo end >>"{folder}/boots"; exit' TERM
{then}
"#,
            folder = folder.display()
        ),
    );
}

#[test]
fn one_machine_for_all_repetitions() {
    let folder = tempfile::tempdir().unwrap();
    machine(folder.path(), "echo ready; while :; do sleep 0.05; done");
    let then = format!(
        "echo \"$*\" >>'{}/collected'; receipt ok null null",
        folder.path().display()
    );
    let output = measure(folder.path(), &then, "vm");
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(json(&output)["variants"][0]["measured"], 3);
    assert_eq!(
        fs::read_to_string(folder.path().join("boots")).unwrap(),
        "boot\nend\n"
    );
    let calls = fs::read_to_string(folder.path().join("collected")).unwrap();
    assert!(
        calls.contains("IdentityFile=") && calls.contains("--fact 'target=\"vm\"'"),
        "{calls}"
    );
}

#[test]
fn a_machine_with_a_failure_is_not_used_again() {
    let folder = tempfile::tempdir().unwrap();
    machine(folder.path(), "echo ready; while :; do sleep 0.05; done");
    // It listens where the machine's forwarded port is, whatever address it says. Nobody does here.
    let then = r#"echo 'ramp: listening 192.0.2.1 12345' >&2; sleep 0.3; receipt failed '"kernel"' '"the kernel reported something"'; exit 1"#;
    let output = measure(folder.path(), then, "vm");
    assert_eq!(status(&output), 5, "{}", stderr(&output));
    let load = fs::read_to_string(folder.path().join("load-port")).unwrap();
    let cause = format!("cannot send to 127.0.0.1:{}", load.trim());
    assert!(stderr(&output).contains(&cause), "{}", stderr(&output));
    assert_eq!(
        fs::read_to_string(folder.path().join("boots")).unwrap(),
        "boot\nend\nboot\nend\nboot\nend\n"
    );
}

#[test]
fn a_machine_that_does_not_boot() {
    let folder = tempfile::tempdir().unwrap();
    machine(
        folder.path(),
        "echo 'ramp-vm: the machine ended before it served' >&2; exit 1",
    );
    let output = measure(folder.path(), "", "vm");
    assert_eq!(status(&output), 5);
    assert!(
        stderr(&output).contains("ramp-vm ended: ramp-vm: the machine ended before it served"),
        "{}",
        stderr(&output)
    );
    assert!(folder.path().join("run/run.json").exists());
}
