// SPDX-License-Identifier: GPL-2.0-only
//! The three forms of a trace tell the same.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::fs;
use std::path::Path;

use bes2600_emulator::Config;
use bes2600_emulator::config::Config as File;
use bes2600_emulator::event::Record;
use bes2600_emulator::trace::{Writer, decode, describe};
use common::{Host, MULTI_TX, configuration};

fn session() -> Vec<Record> {
    let mut host = Host::running(Config::default());
    host.command(0x0006, &MULTI_TX);
    host.command(0x0009, &configuration());
    host.read(0x200);
    host.chip.take_records()
}

#[test]
fn decode_to_the_same_text() {
    let records = session();
    let expected: Vec<_> = records.iter().map(describe).collect();
    let folder = tempfile::tempdir().unwrap();
    for name in ["trace.txt", "trace.jsonl", "trace.pcapng"] {
        let path = folder.path().join(name);
        let mut writer = Writer::create(&path).unwrap();
        for record in &records {
            writer.write(record).unwrap();
        }
        writer.flush().unwrap();
        let mut text = Vec::new();
        decode(&path, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let found: Vec<_> = text.lines().collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn text_names_what_happens() {
    let text = session()
        .iter()
        .map(describe)
        .collect::<Vec<_>>()
        .join("\n");
    for wanted in [
        "CMD52 write fn1 0x120 doorbell = 0x21 (WIFI_ACTIVE)",
        "CMD52 read fn1 0x10c status = 0x15 (MCU_READY WIFI_READY MCU_WAKEUP_READY)",
        "CMD53 write fn1 arg 0x9c040001 toggle 0 length 0x0200 blocks 1",
        "BOOT -> INFO #0 4 bytes at 0x40100000",
        "BOOT <- REPLY #1 code 0",
        "WSM <- startup if0 #0 id 0x0801 len 152",
        "WSM -> write-mib if0 #0 id 0x0006 len 12  mib 0x1024  24 10 04 00 01 00 00 00",
        "WSM <- confirm if0 #1 id 0x2406 len 8  status 0  00 00 00 00",
        "CHIP Wi-Fi active",
        "*** breach register-unknown: a read of register 0x200",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
}

#[test]
fn bad_traces_and_names_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bad = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        decode(&path, &mut Vec::new()).unwrap_err().to_string()
    };
    assert!(bad("a.jsonl", b"{}\n").contains("line 1"));
    assert!(bad("a.pcapng", b"nonsense").contains("a.pcapng"));
    assert!(bad("a.log", b"").contains(".txt, .jsonl or .pcapng"));
    assert!(Writer::create(Path::new("trace")).is_err());
    // The same for settings: the error names the file.
    let path = folder.path().join("chip.toml");
    fs::write(&path, "[knobs]\nslep = 1\n").unwrap();
    let error = File::load(&path).unwrap_err().to_string();
    assert!(
        error.contains("chip.toml: unknown key 'knobs.slep'; did you mean 'sleep'?"),
        "{error}"
    );
}
