// SPDX-License-Identifier: GPL-2.0-only

//! What holds for every message and for arbitrary bytes.

use proptest::prelude::*;
use vsdio_abi::*;

/// A message with its data beside it, because messages borrow theirs.
fn card_message() -> impl Strategy<Value = (u8, [u32; 8], u64, Vec<u8>)> {
    (
        0..5u8,
        any::<[u32; 8]>(),
        any::<u64>(),
        prop::collection::vec(any::<u8>(), 0..70),
    )
}

#[expect(clippy::indexing_slicing, reason = "the index is reduced")]
fn build_card<'a>(parts: &'a (u8, [u32; 8], u64, Vec<u8>)) -> CardMessage<'a> {
    let (which, words, tag, data) = parts;
    let status = |word: u32| Status::ALL[word as usize % Status::ALL.len()];
    match which {
        0 => CardMessage::Setup(Setup {
            abi_version: words[0],
            caps: words[1],
            max_blk_size: words[2],
            max_blk_count: words[3],
            max_req_size: words[4],
            f_min: words[5],
            f_max: words[6],
            timeout_ms: words[7],
        }),
        1 => CardMessage::Insert,
        2 => CardMessage::Remove,
        3 => CardMessage::Irq {
            level: words[0] % 2 == 1,
        },
        _ => CardMessage::Reply(Reply {
            tag: *tag,
            command: status(words[0]),
            data_status: status(words[1]),
            response: [words[2], words[3], words[4], words[5]],
            data,
        }),
    }
}

#[expect(clippy::unwrap_used, reason = "the code is reduced")]
fn build_host<'a>(parts: &'a (u8, [u32; 8], u64, Vec<u8>)) -> HostMessage<'a> {
    let (which, words, tag, data) = parts;
    let byte = |word: u32| word as u8;
    match which {
        0 => HostMessage::SetupDone {
            host_index: words[0],
        },
        1 => HostMessage::Ios(Ios {
            clock: words[0],
            bus_width: byte(words[1]),
            timing: byte(words[2]),
            signal_voltage: byte(words[3]),
            power_mode: PowerMode::from_code(byte(words[4]) % 4).unwrap(),
        }),
        2 => HostMessage::Reset,
        3 => HostMessage::Cancel { tag: *tag },
        _ => HostMessage::Request(Request {
            tag: *tag,
            opcode: words[0],
            arg: words[1],
            data: match words[2] % 3 {
                0 => Data::None,
                1 => Data::Read {
                    blksz: words[3] % 2048,
                    blocks: words[4] % 512,
                },
                _ => Data::Write {
                    blksz: 1,
                    blocks: data.len() as u32,
                    data,
                },
            },
            has_stop: words[5] % 2 == 1,
        }),
    }
}

proptest! {
    #[test]
    fn card_messages_survive(batch in prop::collection::vec(card_message(), 0..6)) {
        let messages: Vec<_> = batch.iter().map(build_card).collect();
        let mut bytes = Vec::new();
        for message in &messages {
            let at = bytes.len();
            bytes.resize(at + message.encoded_len(), 0xAA);
            prop_assert_eq!(message.encode(&mut bytes[at..]), Ok(bytes.len() - at));
        }
        let decoded: Result<Vec<_>, _> = Frames::new(&bytes)
            .map(|frame| CardMessage::decode(&frame?))
            .collect();
        prop_assert_eq!(decoded, Ok(messages));
    }

    #[test]
    fn host_messages_survive(batch in prop::collection::vec(card_message(), 0..6)) {
        let messages: Vec<_> = batch.iter().map(build_host).collect();
        let mut bytes = Vec::new();
        for message in &messages {
            let at = bytes.len();
            bytes.resize(at + message.encoded_len(), 0xAA);
            prop_assert_eq!(message.encode(&mut bytes[at..]), Ok(bytes.len() - at));
        }
        let decoded: Result<Vec<_>, _> = Frames::new(&bytes)
            .map(|frame| HostMessage::decode(&frame?))
            .collect();
        prop_assert_eq!(decoded, Ok(messages));
    }

    /// Whatever is accepted is encoded to the very same bytes: no two encodings, nothing ignored.
    #[test]
    fn decoding_is_canonical(
        mut bytes in prop::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 0..96),
        kind in prop_oneof![1..6u16, 0x80..0x86u16],
        len in 0..96u32,
    ) {
        if bytes.len() >= 8 {
            bytes[..4].copy_from_slice(&(len & !3).to_le_bytes());
            bytes[4..6].copy_from_slice(&kind.to_le_bytes());
            bytes[6..8].fill(0);
        }
        if let Some(Ok(frame)) = Frames::new(&bytes).next() {
            let mut again = vec![0xAA; HEADER_LEN + frame.payload.len()];
            if let Ok(message) = CardMessage::decode(&frame) {
                prop_assert_eq!(message.encode(&mut again), Ok(again.len()));
                prop_assert_eq!(&again[..], &bytes[..again.len()]);
            } else if let Ok(message) = HostMessage::decode(&frame) {
                prop_assert_eq!(message.encode(&mut again), Ok(again.len()));
                prop_assert_eq!(&again[..], &bytes[..again.len()]);
            }
        }
    }

    #[test]
    fn iteration_ends(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        prop_assert!(Frames::new(&bytes).count() <= bytes.len() / HEADER_LEN + 1);
    }

    #[test]
    fn checked_setup_is_in_bounds(words in any::<[u32; 7]>()) {
        let setup = Setup {
            abi_version: ABI_VERSION,
            caps: words[0],
            max_blk_size: words[1],
            max_blk_count: words[2],
            max_req_size: words[3],
            f_min: words[4],
            f_max: words[5],
            timeout_ms: words[6],
        };
        if setup.check().is_ok() {
            prop_assert!(max_host_message(setup.max_req_size) <= MAX_WRITE);
            prop_assert!(setup.f_min <= setup.f_max);
        }
    }
}
