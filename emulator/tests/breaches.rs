// SPDX-License-Identifier: GPL-2.0-only
//! Every rule of the protocol is provoked once, and its breach is named.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;
#[path = "breaches/in_the_air.rs"]
mod in_the_air;

use bes2600_emulator::breach::Rule;
use bes2600_emulator::image::Kind;
use bes2600_emulator::knobs::Knobs;
use bes2600_emulator::sdio::{Command, Transfer};
use bes2600_emulator::{Config, dpd};
use common::scene::{
    Scene, data, group_key, join_body, management, mib, pairwise_key, policy, probe_template,
    protected_data, scan_body, transmit_body,
};
use common::{Host, MULTI_TX, configuration, factory, ms, pipe, slots, small};

/// INFO for four bytes at 0x40100000.
const INFO: [u8; 8] = [4, 0, 0, 0, 0, 0, 0x10, 0x40];

fn enumerated() -> Host {
    let mut host = Host::new(Config::default());
    host.enumerate();
    host
}

fn loaded() -> Host {
    let mut host = enumerated();
    host.load();
    host
}

fn running() -> Host {
    Host::running(Config::default())
}

/// A chip with two buffers.
fn tight() -> Host {
    let mut host = Host::running(Config {
        knobs: Knobs {
            input_buffers: 2,
            ..Knobs::default()
        },
        ..Config::default()
    });
    host.command(0x0009, &configuration());
    host
}

fn frame_with(host: &mut Host, bytes: &[u8]) {
    host.write_argument(0x9404_0000, bytes);
}

/// The first bytes of a 512-byte slot.
fn slot(host: &mut Host, bytes: &[u8]) {
    let argument = slots(host.tx_toggle, 512, 0);
    host.write_argument(argument, bytes);
    host.tx_toggle = !host.tx_toggle;
}

#[expect(clippy::too_many_lines, reason = "one arm a rule")]
fn provoke(rule: Rule) -> Host {
    match rule {
        Rule::FunctionDisabled => {
            let mut host = enumerated();
            host.direct(0, 0x02, Some(0)).unwrap();
            assert!(host.direct(1, 0x10C, None).is_err());
            host
        }
        Rule::FunctionNumber => {
            let mut host = enumerated();
            assert!(host.direct(2, 0, None).is_err());
            host
        }
        Rule::BlockSize => {
            let mut host = running();
            host.direct(0, 0x111, Some(0x01)).unwrap();
            host.request(0x0006, &MULTI_TX);
            host
        }
        Rule::RegisterUnknown => {
            let mut host = enumerated();
            host.read(0x200);
            host
        }
        Rule::RegisterDirection => {
            let mut host = enumerated();
            host.write(0x10C, 1);
            host
        }
        Rule::OpCode => {
            let mut host = enumerated();
            host.write_argument(0x9404_0000 & !(1 << 26), &[0xB1, 0, 8, 0]);
            host
        }
        Rule::TransferLength => {
            let mut host = enumerated();
            // The address says 256 bytes, the count 512.
            host.write_argument(0x9402_0000, &[0xB1, 0, 8, 0]);
            host
        }
        Rule::TransferMode => {
            let mut host = enumerated();
            // 512 bytes as one block.
            host.write_argument(0x9C04_0001, &[0xB1, 0, 8, 0]);
            host
        }
        Rule::DownloadToggle => {
            let mut host = enumerated();
            host.write_argument(0x9604_0000, &[0xB1, 0, 8, 0]);
            host
        }
        Rule::FrameType => {
            let mut host = enumerated();
            host.frame(0xB5, 0, &[]);
            host
        }
        Rule::FrameLength => {
            let mut host = enumerated();
            assert_eq!(host.frame(0xB1, 0, &INFO[..4])[4], 1);
            host
        }
        Rule::FrameSequence => {
            let mut host = enumerated();
            host.good_frame(0xB1, 0, &INFO);
            assert_ne!(
                host.frame(0xB2, 2, &[0, 0, 0x10, 0x40, 6, 0x20, 0x80, 0])[4],
                0
            );
            host
        }
        Rule::FramePadding => {
            let mut host = enumerated();
            let mut bytes = vec![0xB1, 0, 8, 0];
            bytes.extend_from_slice(&INFO);
            bytes.push(0xEE);
            frame_with(&mut host, &bytes);
            host
        }
        Rule::FrameOrder => {
            let mut host = enumerated();
            assert_ne!(
                host.frame(0xB2, 0, &[0, 0, 0x10, 0x40, 6, 0x20, 0x80, 0])[4],
                0
            );
            host
        }
        Rule::DataAddress => {
            let mut host = enumerated();
            host.good_frame(0xB1, 0, &INFO);
            assert_ne!(
                host.frame(0xB2, 1, &[4, 0, 0x10, 0x40, 6, 0x20, 0x80, 0])[4],
                0
            );
            host
        }
        Rule::DataTotal => {
            let mut host = enumerated();
            host.good_frame(0xB1, 0, &INFO);
            assert_eq!(
                host.frame(0xB2, 1, &[0, 0, 0x10, 0x40, 1, 2, 3, 4, 5])[4],
                1
            );
            host
        }
        Rule::DataCrc => {
            let mut host = enumerated();
            host.good_frame(0xB1, 0, &[8, 0, 0, 0, 0, 0, 0, 0x20]);
            host.good_frame(0xB2, 1, &[0, 0, 0, 0x20, 1, 2, 3, 4, 5, 6, 7, 8]);
            assert_ne!(host.frame(0xB3, 2, &[0; 4])[4], 0);
            host
        }
        Rule::RunAddress => {
            let mut host = enumerated();
            host.setup_registers();
            let sequence = host.write_memory(0x2000_0000, &[1; 64]);
            assert_ne!(host.frame(0xB4, sequence + 1, &[4, 0, 0, 0x20])[4], 0);
            host
        }
        Rule::DownloadAbandoned => {
            let mut host = enumerated();
            host.good_frame(0xB1, 0, &[64, 0, 0, 0, 0, 0, 0, 0x20]);
            host.good_frame(0xB1, 0, &INFO);
            host
        }
        Rule::BufferCount => {
            let mut host = Host::with_faults(&["download-no-buffers:times=1"]);
            host.enumerate();
            assert_eq!(host.read(0x108), 0);
            frame_with(&mut host, &[0xB1, 0, 8, 0]);
            host
        }
        Rule::MaxFrame => {
            let mut host = Host::new(Config {
                knobs: Knobs {
                    download_max_frame: 256,
                    ..Knobs::default()
                },
                ..Config::default()
            });
            host.enumerate();
            host.good_frame(0xB1, 0, &[0, 1, 0, 0, 0, 0, 0, 0x20]);
            let mut frame = vec![0xB2, 1, 0x04, 0x01, 0, 0, 0, 0x20];
            frame.resize(8 + 256, 7);
            frame_with(&mut host, &frame);
            host
        }
        Rule::ReplyUnread => {
            let mut host = enumerated();
            host.write_frame(0xB1, 0, &INFO);
            host.write_frame(0xB2, 1, &[0, 0, 0x10, 0x40, 6, 0x20, 0x80, 0]);
            host
        }
        Rule::ReadLength => {
            let mut host = enumerated();
            host.write_frame(0xB1, 0, &INFO);
            host.read_argument(pipe(false, false, 12));
            host
        }
        Rule::NothingToRead => {
            let mut host = enumerated();
            host.read_argument(0x1400_1008);
            host
        }
        Rule::SetupRegisters => {
            let mut host = enumerated();
            host.run_image(&small(Kind::Boot));
            host
        }
        Rule::FactoryBlock => {
            let mut host = enumerated();
            let mut block = factory();
            block[71] ^= 1;
            host.write_memory(0x2008_B000, &block);
            host
        }
        Rule::DpdBlock => {
            let mut host = enumerated();
            let mut block = dpd::block(dpd::VERSION);
            block[99] ^= 1;
            host.write_memory(dpd::ADDRESS, &block);
            host
        }
        Rule::ImageOrder => {
            let mut host = enumerated();
            host.setup_registers();
            host.run_image(&small(Kind::Wifi));
            host
        }
        Rule::DownloadState => {
            let mut host = loaded();
            frame_with(&mut host, &[0xB1, 0, 8, 0]);
            host
        }
        Rule::DoorbellRing => {
            let mut host = loaded();
            host.doorbell(0x0020);
            host
        }
        Rule::DoorbellCommand => {
            let mut host = loaded();
            host.doorbell(0x0029);
            host
        }
        Rule::DoorbellReady => {
            let mut host = enumerated();
            host.doorbell(0x0021);
            host
        }
        Rule::WifiInactive => {
            let mut host = running();
            host.doorbell(0x0011);
            host.sleep(ms(10));
            host.request(0x0006, &MULTI_TX);
            host
        }
        Rule::BeforeStartup => {
            let mut host = loaded();
            host.activate();
            host.request(0x0006, &MULTI_TX);
            host
        }
        Rule::McuAsleep => {
            let mut host = running();
            host.doorbell(0x0005);
            host.sleep(ms(2));
            host.request(0x0006, &MULTI_TX);
            host
        }
        Rule::WakeLine => {
            let mut host = loaded();
            host.doorbell(0x0005);
            host.sleep(ms(2));
            host.chip.set_wake_line(false);
            assert!(host.direct(1, 0x10C, None).is_err());
            host
        }
        Rule::TxToggle => {
            let mut host = running();
            host.command(0x0006, &MULTI_TX);
            host.tx_toggle = !host.tx_toggle;
            host.request(0x0006, &MULTI_TX);
            assert!(host.receive().is_empty(), "a repeated write is discarded");
            host
        }
        Rule::SlotTotal => {
            let mut host = running();
            // 1024 bytes in slots of 1536.
            host.write_argument(slots(false, 1024, 2), &[]);
            host
        }
        Rule::SlotCode => {
            let mut host = running();
            let mut bytes = host.message(0x0006, &MULTI_TX);
            bytes.resize(1024, 0);
            host.write_argument(slots(false, 1024, 1), &bytes);
            host
        }
        Rule::MessageLength => {
            let mut host = running();
            slot(&mut host, &[0xFE, 0x01, 0x06, 0x00]);
            slot(&mut host, &[0x03, 0x00, 0x06, 0x00]);
            assert_eq!(host.rules(), [Rule::MessageLength; 2]);
            host
        }
        Rule::SlotPadding => {
            let mut host = running();
            let mut bytes = host.message(0x0006, &MULTI_TX);
            bytes.resize(100, 0);
            bytes[99] = 0x55;
            slot(&mut host, &bytes);
            host
        }
        Rule::McuAlone => {
            let mut host = running();
            let rf = host.message(0x0C27, &[3, 0, 0, 0, 5, 0, 0, 0]);
            let frame = host.message(0x0004, &[0; 40]);
            host.transfer(&[rf, frame]);
            host
        }
        Rule::Sequence => {
            let mut host = running();
            host.sequence[0] = 5;
            host.command(0x0006, &MULTI_TX);
            host.command(0x0046, &MULTI_TX);
            assert_eq!(host.rules(), [Rule::Sequence], "it goes on from there");
            host
        }
        Rule::Credit => {
            let mut host = tight();
            let sent: Vec<_> = (0..3).map(|_| host.message(0x0004, &[0; 40])).collect();
            host.transfer(&sent);
            host
        }
        Rule::CreditReserve => {
            let mut host = tight();
            let sent: Vec<_> = (0..2).map(|_| host.message(0x0004, &[0; 40])).collect();
            host.transfer(&sent);
            assert_eq!(host.rules()[0], Rule::CreditReserve);
            assert!(!host.rules().contains(&Rule::Credit));
            host
        }
        Rule::CommandOverlap => {
            let mut host = running();
            host.request(0x0006, &MULTI_TX);
            host.request(0x0046, &MULTI_TX);
            host
        }
        Rule::MessageClass => {
            let mut host = running();
            host.command(0x0801, &[]);
            host
        }
        Rule::InterfaceId => {
            let mut host = running();
            host.command(0x00C6, &MULTI_TX);
            host
        }
        Rule::RequestUnknown => {
            let mut host = running();
            let confirm = host.command(0x003E, &[]);
            assert_eq!(confirm[4..], [2, 0, 0, 0], "invalid parameter");
            host
        }
        Rule::RequestLength => {
            let mut host = running();
            host.command(0x000A, &[0; 8]);
            host
        }
        Rule::Configuration => {
            let mut host = running();
            let mut body = configuration();
            body[16] |= 1;
            let confirm = host.command(0x0009, &body);
            assert_eq!(confirm[4], 2);
            host
        }
        Rule::NotConfigured => {
            let mut host = running();
            host.command(0x0007, &[0; 12]);
            host
        }
        Rule::MibUnknown => {
            let mut host = running();
            host.command(0x0006, &[0x77, 0x77, 4, 0, 0, 0, 0, 0]);
            host.command(0x0005, &[0x77, 0x76, 0, 0]);
            assert_eq!(host.rules(), [Rule::MibUnknown; 2]);
            host
        }
        Rule::MibSize => {
            let mut host = running();
            host.command(0x0006, &[0x24, 0x10, 8, 0, 1, 0, 0, 0]);
            host
        }
        rule => in_the_air::provoke(rule),
    }
}

#[test]
fn every_rule_has_its_breach() {
    for rule in Rule::ALL.iter().copied() {
        let host = provoke(rule);
        let rules = host.rules();
        assert!(rules.contains(&rule), "{rule}: {rules:?}");
        let text = host.chip.breaches()[0].to_string();
        assert!(text.starts_with("breach "), "{text}");
    }
}

#[test]
fn names_and_texts_are_unique() {
    let mut names: Vec<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Rule::ALL.len());
}

#[test]
fn a_data_phase_that_contradicts_its_argument_is_refused() {
    let mut host = enumerated();
    let reply = host.send(&Command {
        opcode: 53,
        argument: 0x9404_0000,
        transfer: Transfer::Read {
            block_size: 512,
            blocks: 1,
        },
    });
    assert!(!reply.is_good());
    assert_eq!(host.rules(), [Rule::TransferLength]);
}

#[test]
fn a_knob_lets_padding_be_anything() {
    let mut host = Host::running(Config {
        knobs: Knobs {
            check_padding: false,
            ..Knobs::default()
        },
        ..Config::default()
    });
    let mut bytes = host.message(0x0006, &MULTI_TX);
    bytes.resize(512, 0xA5);
    slot(&mut host, &bytes);
    host.assert_clean();
}
