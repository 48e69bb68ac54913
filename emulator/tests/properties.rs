// SPDX-License-Identifier: GPL-2.0-only
//! Whatever a host sends, the chip goes on.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::time::Duration;

use bes2600_emulator::config::Config;
use bes2600_emulator::fault::{Fault, Planned};
use bes2600_emulator::sdio::{Command, Transfer};
use bes2600_emulator::{Answer, Bus};
use common::Host;
use proptest::prelude::*;

/// A command with arguments that are more often meaningful than chance would have it.
fn command() -> impl Strategy<Value = (u32, u32, Vec<u8>)> {
    let opcode = prop_oneof![
        4 => Just(52_u32),
        6 => Just(53_u32),
        1 => 0_u32..64,
    ];
    let argument = prop_oneof![
        2 => any::<u32>(),
        // Registers of function 1.
        2 => (any::<bool>(), 0_u32..0x130, any::<u8>()).prop_map(|(write, address, value)| {
            u32::from(write) << 31 | 1 << 28 | address << 9 | u32::from(value)
        }),
        // Pipes.
        3 => (any::<bool>(), any::<bool>(), any::<bool>(), any::<u16>(), 0_u32..64).prop_map(
            |(write, blocks, toggle, length, count)| {
                u32::from(write) << 31
                    | 1 << 28
                    | u32::from(blocks) << 27
                    | 1 << 26
                    | u32::from(toggle) << 25
                    | u32::from(length) << 9
                    | count
            }
        ),
    ];
    (opcode, argument, prop::collection::vec(any::<u8>(), 0..600))
}

/// Messages and frames that are nearly right.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    let frame = (
        0xB0_u8..0xB6,
        0_u8..3,
        0_u16..40,
        prop::collection::vec(any::<u8>(), 0..60),
    );
    let message = (
        0_u16..60,
        any::<u16>(),
        prop::collection::vec(any::<u8>(), 0..60),
    );
    prop_oneof![
        frame.prop_map(|(kind, sequence, length, rest)| {
            let mut bytes = vec![kind, sequence];
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(&rest);
            bytes
        }),
        message.prop_map(|(len, id, rest)| {
            let mut bytes = len.to_le_bytes().to_vec();
            bytes.extend_from_slice(&id.to_le_bytes());
            bytes.extend_from_slice(&rest);
            bytes
        }),
    ]
}

fn fault() -> impl Strategy<Value = Planned> {
    let text = prop::sample::select(Fault::ALL.to_vec());
    (text, 0_u32..20, 0_u32..5).prop_map(|(fault, after, times)| {
        let name = fault.definition().name;
        Planned::from_parts(name, [("after", after.into()), ("times", times.into())]).unwrap()
    })
}

fn issue(host: &mut Host, opcode: u32, argument: u32, bytes: &[u8]) -> Answer {
    let (block_size, blocks) = if opcode == 53 {
        common::shape(argument)
    } else {
        (0, 0)
    };
    let size = usize::try_from(block_size * blocks).unwrap();
    let mut data = bytes.to_vec();
    data.resize(size, 0);
    let transfer = match (size, argument >> 31) {
        (0, _) => Transfer::None,
        (_, 0) => Transfer::Read { block_size, blocks },
        _ => Transfer::Write {
            block_size,
            blocks,
            bytes: &data,
        },
    };
    let answer = host.answer(&Command {
        opcode,
        argument,
        transfer,
    });
    if let (Answer::Reply(reply), Transfer::Read { .. }) = (&answer, transfer)
        && reply.is_good()
    {
        assert_eq!(reply.bytes.len(), size, "a read brings what it asked for");
    }
    answer
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_commands_never_panic(
        commands in prop::collection::vec(command(), 1..60),
        faults in prop::collection::vec(fault(), 0..3),
    ) {
        let mut host = Host::new(Config { faults, ..Config::default() });
        for (opcode, argument, bytes) in commands {
            issue(&mut host, opcode, argument, &bytes);
            host.sleep(Duration::from_millis(3));
            host.chip.take_records();
            host.chip.new_breaches();
            host.chip.take_action();
        }
    }

    #[test]
    fn random_commands_never_panic_a_running_chip(
        commands in prop::collection::vec(command(), 1..60),
    ) {
        let mut host = Host::running(Config::default());
        for (opcode, argument, bytes) in commands {
            issue(&mut host, opcode, argument, &bytes);
            host.sleep(Duration::from_millis(1));
        }
        host.chip.set_bus(host.now, Bus::default());
        serde_json::to_string(&host.chip.summary()).unwrap();
    }

    #[test]
    fn random_frames_are_answered(payloads in prop::collection::vec(payload(), 1..20)) {
        let mut host = Host::new(Config::default());
        host.enumerate();
        for payload in payloads {
            issue(&mut host, 53, 0x9404_0000, &payload);
            let Answer::Reply(reply) = issue(&mut host, 53, 0x1400_1008, &[]) else {
                return Err(TestCaseError::fail("no reply"));
            };
            prop_assert_eq!(reply.bytes.first(), Some(&0xB0));
        }
    }

    #[test]
    fn random_messages_are_confirmed(payloads in prop::collection::vec(payload(), 1..20)) {
        let mut host = Host::running(Config::default());
        for payload in payloads {
            let argument = common::slots(host.tx_toggle, 512, 0);
            issue(&mut host, 53, argument, &payload);
            host.tx_toggle = !host.tx_toggle;
            host.receive();
        }
    }
}
