// SPDX-License-Identifier: GPL-2.0-only

//! No input makes a parser panic, and what encoders write decoders read.

use super::golden;
use bes2600_logic::batch::{
    Batch,
    MAX_MESSAGES, //
};
use bes2600_logic::bytes::{
    align4,
    Reader,
    Writer, //
};
use bes2600_logic::cmd53::{
    Count,
    Transfer, //
};
use bes2600_logic::container::Container;
use bes2600_logic::download::{
    check_reply,
    data_len,
    Frame,
    DATA_OVERHEAD, //
};
use bes2600_logic::factory::Factory;
use bes2600_logic::slots::{
    Offer,
    Packer, //
};
use bes2600_logic::toggle::{
    Announcement,
    Toggle, //
};
use bes2600_logic::wsm::confirm::{
    Configured,
    Confirm,
    Generic, //
};
use bes2600_logic::wsm::header::{
    Class,
    Header,
    McuHeader, //
};
use bes2600_logic::wsm::indication::{
    Exception,
    Startup, //
};
use bes2600_logic::wsm::minimum::minimum_len;
use bes2600_logic::wsm::request::stamp;
use bes2600_logic::{
    dpd,
    toggle, //
};
use proptest::collection::vec;
use proptest::prelude::*;

fn class() -> impl Strategy<Value = Class> {
    prop_oneof![
        Just(Class::Request),
        Just(Class::Confirm),
        Just(Class::Indication),
        Just(Class::Mcu)
    ]
}

fn message(len: usize, id: u16) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..len).map(|at| u8::try_from(at % 251).unwrap()).collect();
    bytes[..2].copy_from_slice(&u16::try_from(len).unwrap().to_le_bytes());
    bytes[2..4].copy_from_slice(&id.to_le_bytes());
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn batch_of_anything(bytes in vec(any::<u8>(), 0..4096)) {
        let mut at = 0;
        let mut count = 0;
        for step in Batch::new(&bytes) {
            let Ok(message) = step else { break };
            prop_assert_eq!(&bytes[at..at + message.len()], message);
            prop_assert!(message.len() >= 4);
            at += align4(message.len()).unwrap();
            count += 1;
        }
        prop_assert!(at <= bytes.len());
        prop_assert!(count <= MAX_MESSAGES);
    }

    #[test]
    fn batch_round_trip(lens in vec(4usize..1632, 0..=MAX_MESSAGES)) {
        let messages: Vec<_> = lens.iter().map(|len| message(*len, 0x0804)).collect();
        let mut bytes = Vec::new();
        for message in &messages {
            bytes.extend_from_slice(message);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        let read: Result<Vec<_>, _> = Batch::new(&bytes).collect();
        prop_assert_eq!(read.unwrap(), messages);
    }

    #[test]
    fn header_round_trip(
        len in any::<u16>(), sequence in 0u8..8, class in class(), interface in 0u8..16,
        command in 0u8..64,
    ) {
        let header = Header { len, sequence, class, interface, command };
        let mut bytes = [0; 4];
        header.encode(&mut Writer::new(&mut bytes)).unwrap();
        prop_assert_eq!(Header::decode(&mut Reader::new(&bytes)), Some(header));
    }

    #[test]
    fn stamping_changes_the_sequence_only(bytes in any::<[u8; 4]>(), sequence in 0u8..8) {
        // Bit 12 is not part of any field.
        let bytes = [bytes[0], bytes[1], bytes[2], bytes[3] & !0x10];
        let before = Header::decode(&mut Reader::new(&bytes)).unwrap();
        let mut stamped = bytes;
        stamp(&mut stamped, sequence).unwrap();
        let after = Header::decode(&mut Reader::new(&stamped)).unwrap();
        prop_assert_eq!(after, Header { sequence, ..before });
    }

    #[test]
    fn bodies_of_anything(bytes in vec(any::<u8>(), 0..256), id in any::<u16>()) {
        let _ = Startup::decode(&bytes);
        let _ = Exception::decode(&bytes).map(|exception| exception.to_string());
        let _ = Configured::decode(&bytes);
        let _ = Generic::decode(&bytes);
        let _ = McuHeader::decode(&mut Reader::new(&bytes));
        let _ = dpd::check(&bytes);
        if let Some(minimum) = minimum_len(id) {
            prop_assert!(minimum >= 4);
        }
    }

    #[test]
    fn replies_of_anything(sequence in any::<u8>(), bytes in vec(any::<u8>(), 0..16)) {
        if check_reply(sequence, &bytes).is_ok() {
            prop_assert_eq!(bytes, [0xB0, sequence, 4, 0, 0, 0, 0, 0]);
        }
    }

    #[test]
    fn containers_of_anything(bytes in vec(any::<u8>(), 0..512)) {
        if let Ok(container) = Container::parse(&bytes) {
            prop_assert_eq!(container.payload().len() + 4, bytes.len());
            prop_assert!(container.address() != 0);
            let _ = container.build_date();
        }
    }

    #[test]
    fn factories_of_anything(bytes in vec(any::<u8>(), 0..700)) {
        let _ = Factory::parse(&bytes);
    }

    #[test]
    fn damaged_factories(at in 0..golden::FACTORY_30.len(), value in any::<u8>()) {
        let mut bytes = golden::FACTORY_30.as_bytes().to_vec();
        bytes[at] = value;
        let _ = Factory::parse(&bytes);
        let _ = Factory::parse(&bytes[..at]);
    }

    #[test]
    fn data_frames_cover_the_image(
        max in (4u16..1024).prop_map(|words| words * 4), len in 1usize..20_000,
    ) {
        let bytes = vec![0x5A; len];
        let mut frame = vec![0; 26_112];
        let mut sent = 0;
        while sent < len {
            let take = data_len(max, len - sent, frame.len()).unwrap();
            prop_assert!(take > 0);
            let data = Frame::Data { address: 0, bytes: &bytes[sent..sent + take] };
            let used = data.encode(0, &mut frame).unwrap();
            prop_assert_eq!(used, take + DATA_OVERHEAD);
            prop_assert!(used <= usize::from(max));
            prop_assert!(Transfer::download_write(used).unwrap().bus_len() <= frame.len());
            sent += take;
        }
        prop_assert_eq!(sent, len);
    }

    #[test]
    fn transfers_hold_their_bytes(len in 1usize..=65_535) {
        let read = Transfer::download_read(len).unwrap();
        prop_assert!(read.bus_len() >= len);
        prop_assert!(read.bus_len() - len < 512);
        prop_assert_eq!(read.address() & 0xFFFF, u32::try_from(len).unwrap());
        prop_assert_eq!(matches!(read.count(), Count::Bytes(_)), len <= 512);
    }

    #[test]
    fn announcements_of_anything(control in any::<u8>(), advance in any::<bool>()) {
        let mut expected = Toggle::default();
        if advance {
            expected.advance();
        }
        if let Announcement::Batch { blocks } = Announcement::decode(control, expected) {
            prop_assert!(toggle::batch_len(blocks) <= 26_112);
        }
    }

    #[test]
    fn packed_slots_hold_their_messages(lens in vec(4usize..=1628, 1..20)) {
        let mut buffer = vec![0xAA; 26_112];
        let mut packer = Packer::new(&mut buffer);
        let mut taken = Vec::new();
        for len in lens {
            let message = message(len, 0x0004);
            if packer.offer(&message, 7).unwrap() == Offer::Next {
                break;
            }
            taken.push(message);
        }
        let (total, _) = packer.finish().unwrap();
        let slot = total / taken.len();
        for (index, message) in taken.iter().enumerate() {
            let place = &buffer[index * slot..][..slot];
            prop_assert_eq!(&place[..message.len()], &message[..]);
            prop_assert_eq!(&place[message.len()..message.len() + 4], &[7, 0, 0, 0]);
            prop_assert!(place[message.len() + 4..].iter().all(|byte| *byte == 0));
        }
    }
}
