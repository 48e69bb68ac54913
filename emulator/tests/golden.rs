// SPDX-License-Identifier: GPL-2.0-only
//! The worked examples of the protocol page, byte for byte.
//!
//! The files in `golden/` are read, and arguments taken apart, by this file alone, with nothing of
//! the crate's own codec.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use bes2600_emulator::Config;
use bes2600_emulator::registers::PipeAddress;
use bes2600_emulator::sdio::{Command, Extended, Transfer};
use common::{Host, configuration, ms, small};

/// Lines without comments, as words.
fn lines(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| line.split_whitespace().collect())
        .collect()
}

fn hex(word: &str) -> u32 {
    u32::from_str_radix(word, 16).unwrap()
}

fn bytes(words: &[&str]) -> Vec<u8> {
    words
        .iter()
        .map(|word| u8::from_str_radix(word, 16).unwrap())
        .collect()
}

/// Block size and blocks, taken from the bits of an argument: bit 27 is block mode, bits 8:0 the
/// count, of which 0 bytes are 512.
fn shape(argument: u32) -> (u32, u32) {
    let count = argument & 0x1FF;
    match (argument & 0x0800_0000 != 0, count) {
        (true, _) => (512, count),
        (false, 0) => (512, 1),
        (false, _) => (count, 1),
    }
}

fn play(host: &mut Host, text: &str) {
    for words in lines(text) {
        let (verb, first) = (words[0], words[1]);
        let context = words.join(" ");
        match verb {
            "write" => {
                let argument = hex(first);
                let (block_size, blocks) = shape(argument);
                let mut data = bytes(&words[2..]);
                data.resize((block_size * blocks) as usize, 0);
                let reply = host.send(&Command {
                    opcode: 53,
                    argument,
                    transfer: Transfer::Write {
                        block_size,
                        blocks,
                        bytes: &data,
                    },
                });
                assert!(reply.is_good(), "{context}");
            }
            "read" => {
                let argument = hex(first);
                let (block_size, blocks) = shape(argument);
                let reply = host.send(&Command {
                    opcode: 53,
                    argument,
                    transfer: Transfer::Read { block_size, blocks },
                });
                let mut expected = bytes(&words[2..]);
                expected.resize((block_size * blocks) as usize, 0);
                assert_eq!(reply.bytes, expected, "{context}");
            }
            "get" => {
                let value = host.direct(1, hex(first), None).unwrap();
                assert_eq!(u32::from(value), hex(words[2]), "{context}");
            }
            "put" => {
                let value = u8::try_from(hex(words[2])).unwrap();
                host.direct(1, hex(first), Some(value)).unwrap();
            }
            "irq" => assert_eq!(
                u8::from(host.chip.interrupt()).to_string(),
                first,
                "{context}"
            ),
            "wait" => host.sleep(ms(first.parse().unwrap())),
            _ => panic!("{context}"),
        }
    }
}

#[test]
fn arguments() {
    for words in lines(include_str!("golden/arguments.txt")) {
        let [argument, direction, mode, toggle, length, count, size] = words[..] else {
            panic!("{words:?}");
        };
        let argument = hex(argument);
        let (block_size, blocks) = shape(argument);
        let size: u32 = size.parse().unwrap();
        assert_eq!(block_size * blocks, size, "{argument:08X}");
        // The crate's reading of the same bits.
        let access = Extended::decode(argument);
        let pipe = PipeAddress::decode(access.address);
        assert_eq!(access.encode(), argument);
        assert_eq!(access.write, direction == "write");
        assert_eq!(access.block_mode, mode == "blocks");
        assert_eq!(u8::from(pipe.toggle).to_string(), toggle);
        assert_eq!(u32::from(pipe.length), hex(length));
        assert_eq!(access.count.to_string(), count);
        assert_eq!(access.bytes(512), Some(size));
        assert!(access.increment && access.function == 1);
    }
}

#[test]
fn download() {
    let mut host = Host::new(Config::default());
    host.enumerate();
    play(&mut host, include_str!("golden/download.txt"));
    host.assert_clean();
    assert!(host.chip.summary().download.factory);
}

#[test]
fn running_phase() {
    let mut host = Host::new(Config::default());
    host.enumerate();
    host.setup_registers();
    host.run_image(&small(bes2600_emulator::image::Kind::Boot));
    host.read_dpd();
    let mut image = small(bes2600_emulator::image::Kind::Wifi);
    image.label = "emulated".to_owned();
    host.run_image(&image);
    play(&mut host, include_str!("golden/running.txt"));
    host.assert_clean();
}

/// The messages that wait, the last one first, without their sequence numbers.
fn receive(host: &mut Host) -> Vec<Vec<u8>> {
    let mut answers = host.receive();
    for answer in &mut answers {
        answer[3] &= 0x1F;
    }
    answers.reverse();
    answers
}

#[test]
fn messages() {
    let mut host = Host::running(Config::default());
    host.command(0x0009, &configuration());
    let mut answers = Vec::new();
    for words in lines(include_str!("golden/messages.txt")) {
        if words[0] == "wait" {
            host.sleep(ms(words[1].parse().unwrap()));
            answers = receive(&mut host);
            continue;
        }
        let message = bytes(&words[1..]);
        if words[0] == "host" {
            assert!(answers.is_empty(), "unexpected {answers:02X?}");
            let id = u16::from_le_bytes([message[2], message[3]]);
            host.request(id, &message[4..]);
            answers = receive(&mut host);
        } else {
            assert_eq!(answers.pop(), Some(message), "{words:?}");
        }
    }
    assert!(answers.is_empty());
    host.assert_clean();
}
