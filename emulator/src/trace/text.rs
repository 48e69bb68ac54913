// SPDX-License-Identifier: GPL-2.0-only
//! Events as lines of text.

use std::fmt::Write as _;

use super::wsm;
use crate::bytes::Reader;
use crate::event::{Direction, Event, Hex, Record};
use crate::registers::{self, PipeAddress, doorbell, status};
use crate::sdio::{Direct, Extended};
use crate::wsm::id::Id;

/// Bytes of data that a line shows.
const SHOWN: usize = 24;

/// A line about an event, without its end.
pub fn describe(record: &Record) -> String {
    let mut line = format!(
        "{:>5}.{:06} {} ",
        record.time_us / 1_000_000,
        record.time_us % 1_000_000,
        record.card
    );
    match &record.event {
        Event::Command {
            opcode,
            argument,
            response,
            command_status,
            data_status,
            written,
            read,
        } => {
            line.push_str(&command(*opcode, *argument, *response));
            if let Some(data) = written.as_ref().or(read.as_ref()) {
                put(
                    &mut line,
                    format_args!("  {} bytes {}", data.0.len(), excerpt(data)),
                );
            }
            for (phase, code) in [("command", command_status), ("data", data_status)] {
                if *code != 0 {
                    put(&mut line, format_args!("  {phase} error {code}"));
                }
            }
        }
        Event::Frame {
            direction,
            bytes,
            length,
        } => line.push_str(&frame(*direction, bytes, *length)),
        Event::Message { direction, bytes } => line.push_str(&message(*direction, bytes)),
        Event::Interrupt { level } => {
            put(&mut line, format_args!("IRQ {}", u8::from(*level)));
        }
        Event::Bus {
            clock,
            width,
            powered,
        } => {
            let power = if *powered { "on" } else { "off" };
            put(
                &mut line,
                format_args!("BUS power {power}, {clock} Hz, {width} lines"),
            );
        }
        Event::State { text } => put(&mut line, format_args!("CHIP {text}")),
        Event::Breach { text, .. } => put(&mut line, format_args!("*** {text}")),
        Event::Fault { text } => put(&mut line, format_args!("FAULT {text}")),
    }
    line
}

/// Appends to a line, which cannot fail.
fn put(line: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = line.write_fmt(text);
}

fn excerpt(data: &Hex) -> String {
    let mut text = String::new();
    for byte in data.0.iter().take(SHOWN) {
        put(&mut text, format_args!("{byte:02x} "));
    }
    if data.0.len() > SHOWN {
        text.push_str("...");
    }
    text.trim_end().to_owned()
}

fn command(opcode: u32, argument: u32, response: u32) -> String {
    match opcode {
        52 => {
            let access = Direct::decode(argument);
            let name = register_name(access.function, access.address);
            let [value, ..] = response.to_le_bytes();
            let (verb, value) = if access.write {
                ("write", access.value)
            } else {
                ("read", value)
            };
            let meaning = meaning(access.function, access.address, value);
            format!(
                "CMD52 {verb} fn{} 0x{:03x}{name} = 0x{value:02x}{meaning}",
                access.function, access.address
            )
        }
        53 => {
            let access = Extended::decode(argument);
            let pipe = PipeAddress::decode(access.address);
            let verb = if access.write { "write" } else { "read" };
            let mode = if access.block_mode { "blocks" } else { "bytes" };
            format!(
                "CMD53 {verb} fn{} arg 0x{argument:08x} toggle {} length 0x{:04x} {mode} {}",
                access.function,
                u8::from(pipe.toggle),
                pipe.length,
                access.count
            )
        }
        _ => format!("CMD{opcode} arg 0x{argument:08x} response 0x{response:08x}"),
    }
}

const fn register_name(function: u32, address: u32) -> &'static str {
    match (function, address) {
        (1, registers::LENGTH_LOW) => " length-low",
        (1, registers::LENGTH_HIGH) => " length-high",
        (1, registers::BUFFER_COUNT) => " buffers",
        (1, registers::MAX_FRAME_LOW) => " max-frame-low",
        (1, registers::MAX_FRAME_HIGH) => " max-frame-high",
        (1, registers::STATUS) => " status",
        (1, registers::HOST_INT_LOW) => " doorbell",
        (1, registers::HOST_INT_HIGH) => " doorbell-high",
        (1, registers::AP_WAKEUP) => " ap-wakeup",
        (0, 0x02) => " io-enable",
        (0, 0x03) => " io-ready",
        (0, 0x04) => " interrupt-enable",
        (0, 0x06) => " io-abort",
        (0, 0x07) => " bus-interface",
        (0, 0x110 | 0x111) => " block-size",
        _ => "",
    }
}

/// Names of the bits that are set.
fn meaning(function: u32, address: u32, value: u8) -> String {
    let names: &[(u8, &str)] = match (function, address) {
        (1, registers::STATUS) => &[
            (status::MCU_READY, "MCU_READY"),
            (status::DPD_READY, "DPD_READY"),
            (status::WIFI_READY, "WIFI_READY"),
            (status::BT_READY, "BT_READY"),
            (status::MCU_WAKEUP_READY, "MCU_WAKEUP_READY"),
            (status::BT_WAKE_READY, "BT_WAKE_READY"),
        ],
        (1, registers::HOST_INT_LOW) => &[
            (low(doorbell::AP_WAKEUP_CFG), "AP_WAKEUP_CFG"),
            (low(doorbell::MCU_DEACTIVE), "MCU_DEACTIVE"),
            (low(doorbell::MCU_ACTIVE), "MCU_ACTIVE"),
            (low(doorbell::WIFI_DEACTIVE), "WIFI_DEACTIVE"),
            (low(doorbell::WIFI_ACTIVE), "WIFI_ACTIVE"),
            (low(doorbell::WIFI_DEBUG), "WIFI_DEBUG"),
            (low(doorbell::BT_DEACTIVE), "BT_DEACTIVE"),
        ],
        _ => &[],
    };
    let set: Vec<_> = names
        .iter()
        .filter(|(bit, _)| value & bit != 0)
        .map(|(_, name)| *name)
        .collect();
    if set.is_empty() {
        String::new()
    } else {
        format!(" ({})", set.join(" "))
    }
}

const fn low(bits: u16) -> u8 {
    let [low, _] = bits.to_le_bytes();
    low
}

fn frame(direction: Direction, bytes: &Hex, length: usize) -> String {
    let mut reader = Reader::new(&bytes.0);
    let kind = reader.u8().unwrap_or(0);
    let number = reader.u8().unwrap_or(0);
    let _ = reader.u16();
    let name = match kind {
        0xB0 => "REPLY",
        0xB1 => "INFO",
        0xB2 => "DATA",
        0xB3 => "END",
        0xB4 => "RUN",
        _ => "?",
    };
    let first = reader.u32().unwrap_or(0);
    let detail = match (kind, reader.u32()) {
        (0xB0, _) => format!("code {first}"),
        (0xB1, Some(address)) => format!("{first} bytes at 0x{address:08x}"),
        (0xB2, _) => format!("{} bytes at 0x{first:08x}", length.saturating_sub(8)),
        _ => format!("0x{first:08x}"),
    };
    format!("BOOT {} {name} #{number} {detail}", direction.arrow())
}

fn message(direction: Direction, bytes: &Hex) -> String {
    let mut reader = Reader::new(&bytes.0);
    let len = reader.u16().unwrap_or(0);
    let id = Id(reader.u16().unwrap_or(0));
    let body = Hex(reader.rest().to_vec());
    let meaning = wsm::describe(id.kind(), &body.0)
        .map(|text| format!("  {text}"))
        .unwrap_or_default();
    format!(
        "WSM {} {} if{} #{} id 0x{:04x} len {len}{meaning}  {}",
        direction.arrow(),
        id.name(),
        id.interface(),
        id.sequence(),
        id.0,
        excerpt(&body)
    )
}
