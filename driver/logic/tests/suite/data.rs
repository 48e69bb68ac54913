// SPDX-License-Identifier: GPL-2.0-only

//! Frames: what is sent with them, what comes back for them, and how they arrive. Named after the
//! rows of the robustness table where they belong to one.

use super::golden;
use bes2600_logic::bytes::Reader;
use bes2600_logic::channel::Band;
use bes2600_logic::credits::Credits;
use bes2600_logic::flight::{
    Flight,
    Landing,
    PacketId,
    Place,
    PLACES, //
};
use bes2600_logic::slots::{
    Offer,
    Packer,
    SlotError, //
};
use bes2600_logic::wsm::header::{
    Header,
    Interface, //
};
use bes2600_logic::wsm::minimum::minimum_len;
use bes2600_logic::wsm::rate::RateId;
use bes2600_logic::wsm::receive::{
    Decryption,
    Indication,
    Refusal, //
};
use bes2600_logic::wsm::transmit::{
    is_block_ack,
    Descriptor,
    Queue,
    Records,
    HEAD_LEN, //
};
use proptest::collection::vec;
use proptest::prelude::*;

fn table<T>(places: usize) -> Flight<Vec<Place<T>>> {
    Flight::new((0..places).map(|_| Place::default()).collect())
}

fn launch<T>(flight: &mut Flight<Vec<Place<T>>>, frame: T) -> PacketId {
    let id = flight.next_id(2, 0).unwrap();
    assert!(flight.launch(id, frame).is_ok());
    id
}

#[test]
fn transmit_request() {
    let head = Descriptor {
        packet: PacketId::from_bits(0x0403_0201),
        interface: Interface::First,
        queue: Queue::Voice,
        rate: RateId::from_mcs(7).unwrap(),
        policy: 5,
        frame_len: 100,
    }
    .encode()
    .unwrap();
    assert_eq!(head, golden::TRANSMIT_HEAD);
}

#[test]
fn legacy_frames_are_not_mixed_format() {
    let head = Descriptor {
        packet: PacketId::from_bits(0),
        interface: Interface::Second,
        queue: Queue::BestEffort,
        rate: RateId::slowest(Band::Five),
        policy: 0,
        frame_len: 24,
    }
    .encode()
    .unwrap();
    let header = Header::decode(&mut Reader::new(&head)).unwrap();
    assert_eq!((header.id(), header.interface, header.len), (4, 1, 48));
    assert_eq!(head[8], 6);
    assert_eq!(head[20..24], [0; 4]);
}

#[test]
fn w_50_frames_too_long_are_refused() {
    let descriptor = |frame_len| Descriptor {
        packet: PacketId::from_bits(0),
        interface: Interface::First,
        queue: Queue::BestEffort,
        rate: RateId::slowest(Band::Two),
        policy: 0,
        frame_len,
    };
    assert!(descriptor(65_536).encode().is_err());
    let mut buffer = vec![0; 26_112];
    let mut packer = Packer::new(&mut buffer);
    // Frame and the space for what the chip appends are one length.
    let head = descriptor(1604).encode().unwrap();
    let taken = packer.offer_parts(&[&head, &[1; 1592], &[0; 12]], 0);
    assert_eq!(taken, Ok(Offer::Taken));
    let head = descriptor(1605).encode().unwrap();
    let refused = packer.offer_parts(&[&head, &[1; 1593], &[0; 12]], 0);
    assert_eq!(refused, Err(SlotError::TooLong { len: 1629 }));
    assert_eq!(packer.count(), 1);
}

#[test]
fn pieces_of_another_length_are_refused() {
    let head = Descriptor {
        packet: PacketId::from_bits(0),
        interface: Interface::First,
        queue: Queue::BestEffort,
        rate: RateId::slowest(Band::Two),
        policy: 0,
        frame_len: 30,
    }
    .encode()
    .unwrap();
    let mut buffer = vec![0; 512];
    let refused = Packer::new(&mut buffer).offer_parts(&[&head, &[0; 29]], 0);
    assert_eq!(refused, Err(SlotError::Length { len: HEAD_LEN + 29 }));
}

#[test]
fn sixteen_frames_fill_a_transfer() {
    let mut buffer = vec![0xAA; 26_112];
    let mut packer = Packer::new(&mut buffer);
    let head = Descriptor {
        packet: PacketId::from_bits(7),
        interface: Interface::First,
        queue: Queue::BestEffort,
        rate: RateId::slowest(Band::Two),
        policy: 0,
        frame_len: 1530,
    }
    .encode()
    .unwrap();
    for _ in 0..16 {
        assert!(!packer.is_full());
        let taken = packer.offer_parts(&[&head, &[3; 1522], &[0; 8]], 9);
        assert_eq!(taken, Ok(Offer::Taken));
    }
    assert!(packer.is_full());
    assert_eq!(
        packer.offer_parts(&[&head, &[3; 1522], &[0; 8]], 9),
        Ok(Offer::Next)
    );
    assert_eq!(packer.finish(), Some((26_112, 3)));
    assert_eq!(buffer[1632..1656], head);
}

#[test]
fn block_ack_actions() {
    let mut frame = [0; 40];
    frame[0] = 0xD0;
    assert!(!is_block_ack(&frame, 0));
    frame[24] = 3;
    assert!(is_block_ack(&frame, 0) && !is_block_ack(&frame, 8));
    frame[32] = 3;
    assert!(is_block_ack(&frame, 8));
    assert!(!is_block_ack(&frame[..24], 0) && !is_block_ack(&[], 0));
    frame[0] = 0x88;
    assert!(!is_block_ack(&frame, 0));
}

#[test]
fn confirm_of_one_frame() {
    let body = &golden::TRANSMIT_CONFIRM[4..];
    let mut records = Records::single(body).unwrap();
    assert_eq!(records.len(), 1);
    let record = records.next().unwrap();
    assert!(records.is_empty() && records.next().is_none());
    assert_eq!(record.packet, PacketId::from_bits(0x0403_0201));
    assert!(record.delivered() && !record.requeued() && !record.aggregated());
    assert_eq!(record.rate, RateId::from_mcs(6));
    assert_eq!((record.ack_failures, record.attempts()), (2, 3));
    assert_eq!((record.media_delay, record.queue_delay), (1000, 50));
    assert!(Records::single(&body[..19]).is_err());
}

fn multi(count: u32, records: usize) -> Vec<u8> {
    let mut body = count.to_le_bytes().to_vec();
    for _ in 0..records {
        body.extend_from_slice(&golden::TRANSMIT_CONFIRM[4..]);
    }
    body
}

#[test]
fn w_22_multi_confirm_counts() {
    for records in 1..=16 {
        let body = multi(u32::try_from(records).unwrap(), records);
        assert_eq!(Records::multi(&body).unwrap().count(), records);
    }
    for (count, records) in [(0, 1), (2, 1), (u32::MAX, 2), (0x8000_0000, 2), (1, 0)] {
        assert!(Records::multi(&multi(count, records)).is_err());
    }
    assert!(Records::multi(&[]).is_err());
    assert!(Records::multi(&multi(2, 2)[..43]).is_err());
}

#[test]
fn requeued_frames() {
    let mut body = golden::TRANSMIT_CONFIRM[4..].to_vec();
    body[4] = 11;
    assert!(!Records::single(&body).unwrap().next().unwrap().requeued());
    body[10] = 2;
    let record = Records::single(&body).unwrap().next().unwrap();
    assert!(record.requeued() && !record.delivered());
    body[9] = 0;
    let record = Records::single(&body).unwrap().next().unwrap();
    assert_eq!(record.attempts(), 0);
}

#[test]
fn w_51_confirm_with_an_impossible_rate() {
    for rate in [4, 5, 22, 0xFF] {
        let mut body = golden::TRANSMIT_CONFIRM[4..].to_vec();
        body[8] = rate;
        let record = Records::single(&body).unwrap().next().unwrap();
        assert_eq!(record.rate, None);
    }
}

#[test]
fn w_18_forged_packet_ids_find_nothing() {
    let mut flight = table(4);
    let id = launch(&mut flight, "frame");
    for bit in 0..32 {
        let forged = PacketId::from_bits(id.bits() ^ (1 << bit));
        assert_eq!(flight.land(forged), Landing::Unknown);
    }
    assert_eq!(flight.used(), 1);
    assert_eq!(flight.land(id), Landing::Frame("frame"));
}

#[test]
fn w_18_stale_and_duplicate_confirms_find_nothing() {
    let mut flight = table(1);
    let first = launch(&mut flight, 1);
    assert_eq!(flight.land(first), Landing::Frame(1));
    assert_eq!(flight.land(first), Landing::Unknown);
    let second = launch(&mut flight, 2);
    assert_ne!(first, second);
    assert_eq!(flight.land(first), Landing::Unknown);
    flight.clear();
    let third = launch(&mut flight, 3);
    assert_eq!(flight.land(second), Landing::Unknown);
    assert_eq!(flight.land(third), Landing::Frame(3));
}

#[test]
fn w_19_a_frame_stays_until_its_confirm() {
    let mut flight = table(2);
    let frame = std::rc::Rc::new(());
    let id = launch(&mut flight, frame.clone());
    launch(&mut flight, frame.clone());
    assert!(!flight.has_room());
    assert_eq!(flight.next_id(0, 0), None);
    assert_eq!(std::rc::Rc::strong_count(&frame), 3);
    assert_eq!(flight.launch(id, frame.clone()), Err(frame.clone()));
    drop(flight.land(id));
    assert_eq!(std::rc::Rc::strong_count(&frame), 2);
}

#[test]
fn f_4_frames_given_up_keep_their_buffer() {
    let mut flight = table(3);
    let ids = [launch(&mut flight, 1), launch(&mut flight, 2)];
    assert_eq!(flight.frames().count(), 2);
    let mut given_up = Vec::new();
    while let Some(frame) = flight.abandon() {
        given_up.push(frame);
    }
    assert_eq!(given_up, [1, 2]);
    assert_eq!((flight.used(), flight.frames().count()), (2, 0));
    assert_eq!(flight.land(ids[1]), Landing::Abandoned);
    assert_eq!(flight.land(ids[1]), Landing::Unknown);
    assert_eq!(flight.used(), 1);
}

#[test]
fn packet_id_fields() {
    let mut flight = table::<()>(PLACES);
    let id = flight.next_id(3, 2).unwrap();
    assert_eq!(id.bits(), 0x0023_0100);
    flight.clear();
    assert_eq!(flight.next_id(3, 2).unwrap().bits(), 0x1023_0100);
}

#[test]
fn one_credit_is_kept_for_commands() {
    let mut credits = Credits::new(4);
    assert_eq!((credits.for_frames(), credits.frames_limit()), (3, 3));
    for left in [2, 1, 0] {
        assert!(credits.take());
        assert_eq!(credits.for_frames(), left);
    }
    assert!(credits.take());
    assert_eq!(credits.for_frames(), 0);
}

/// A beacon on channel 6 at 1 Mb/s with -50 dBm.
fn received() -> Vec<u8> {
    let mut body = vec![0; 28];
    body[4] = 6;
    body[7] = 120;
    body.extend_from_slice(&[0x80, 0]);
    body.resize(28 + 40, 0);
    body
}

fn accept(body: &[u8]) -> Result<Decryption, Refusal> {
    let indication = Indication::decode(body).unwrap();
    indication.accept().map(|accepted| accepted.decryption)
}

#[test]
fn receive_indication() {
    let mut body = received();
    body[8] = 0b0001_1000;
    let accepted = Indication::decode(&body).unwrap().accept().unwrap();
    assert_eq!(accepted.frame.len(), 40);
    assert_eq!((accepted.band, accepted.frequency), (Band::Two, 2437));
    assert_eq!(accepted.rate, RateId::slowest(Band::Two));
    assert_eq!(accepted.signal, Some(-50));
    assert!(accepted.aggregated && accepted.first);
    assert!(Indication::decode(&body[..27]).is_none());
}

#[test]
fn signals() {
    for (rcpi, signal) in [(1, Some(-110)), (2, Some(-109)), (255, Some(17)), (0, None)] {
        let mut body = received();
        // A data frame: beacons without a level are refused.
        body[28] = 0x08;
        body[7] = rcpi;
        let indication = Indication::decode(&body).unwrap();
        assert_eq!(indication.accept().unwrap().signal, signal);
    }
    for kind in [0x80, 0x50] {
        let mut body = received();
        body[28] = kind;
        body[7] = 0;
        assert_eq!(accept(&body), Err(Refusal::NoSignal));
    }
}

#[test]
fn w_48_impossible_rates_and_channels() {
    for rate in (4..=5).chain(22..=255) {
        let mut body = received();
        body[6] = rate;
        assert_eq!(accept(&body), Err(Refusal::Rate));
    }
    for channel in [0u16, 15, 34, 37, 144, 184, 216, 0x0106, 65_535] {
        let mut body = received();
        body[4..6].copy_from_slice(&channel.to_le_bytes());
        assert_eq!(accept(&body), Err(Refusal::Channel));
    }
    // CCK at 5 GHz
    let mut body = received();
    body[4] = 36;
    assert_eq!(accept(&body), Err(Refusal::Rate));
    body[6] = 6;
    assert_eq!(accept(&body), Ok(Decryption::None));
    body[6] = 21;
    assert_eq!(accept(&body), Ok(Decryption::None));
}

#[test]
fn w_21_frames_shorter_than_their_header() {
    let with_len = |kind: [u8; 2], len: usize| {
        let mut body = received();
        body[28..30].copy_from_slice(&kind);
        body.truncate(28 + len);
        accept(&body)
    };
    for (kind, least) in [
        // Beacon, block ack request, data, QoS data, four addresses, and with HT control.
        ([0x80, 0], 24),
        ([0x84, 0], 16),
        ([0x08, 0], 24),
        ([0x88, 0], 26),
        ([0x88, 3], 32),
        ([0x88, 0x83], 36),
    ] {
        for len in 0..least {
            assert_eq!(
                with_len(kind, len),
                Err(Refusal::TooShort),
                "{kind:?} {len}"
            );
        }
        assert!(with_len(kind, least).is_ok());
    }
    assert_eq!(minimum_len(0x0804), Some(42));
}

#[test]
fn w_33_what_is_in_place_is_for_the_receiver_to_check() {
    let with = |status: u8, encryption: u8, len: usize| {
        let mut body = received();
        body[28] = 0x08;
        body[0] = status;
        body[8] = encryption;
        body.truncate(28 + len);
        accept(&body)
    };
    for (encryption, overhead) in [(1, 8), (2, 20), (3, 16)] {
        body_lengths(|len| with(0, encryption, len), 24 + overhead);
    }
    assert_eq!(with(0, 7, 24), Ok(Decryption::Stripped));
    assert_eq!(with(0, 0, 24), Ok(Decryption::None));
    for encryption in [4, 5, 6] {
        assert_eq!(with(0, encryption, 40), Err(Refusal::Encryption));
    }
    assert_eq!(with(5, 2, 24), Ok(Decryption::MichaelFailed));
    assert_eq!(with(5, 3, 40), Err(Refusal::Mic));
    assert_eq!(with(4, 3, 40), Err(Refusal::Decrypt));
    assert_eq!(with(9, 0, 40), Err(Refusal::NoKey));
    for status in [1, 2, 3, 6, 7, 8, 10, 11, 12, 255] {
        assert_eq!(with(status, 0, 40), Err(Refusal::Status));
    }
}

fn body_lengths(accept: impl Fn(usize) -> Result<Decryption, Refusal>, least: usize) {
    let least = least.min(40);
    assert_eq!(accept(least - 1), Err(Refusal::TooShort));
    let expected = if least == 40 && accept(40).is_err() {
        Err(Refusal::TooShort)
    } else {
        Ok(Decryption::InPlace)
    };
    assert_eq!(accept(least), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn indications_of_anything(bytes in vec(any::<u8>(), 0..128)) {
        if let Some(Ok(accepted)) = Indication::decode(&bytes).map(|found| found.accept()) {
            prop_assert!(accepted.frame.len() >= 16);
            prop_assert!(accepted.rate.mcs().is_some() || accepted.rate.index(accepted.band).is_some());
        }
    }

    #[test]
    fn confirms_of_anything(bytes in vec(any::<u8>(), 0..256)) {
        for records in [Records::single(&bytes), Records::multi(&bytes)].into_iter().flatten() {
            let count = records.len();
            prop_assert!(count <= bytes.len() / 20);
            prop_assert_eq!(records.count(), count);
        }
    }

    /// Whatever the order of confirms, true, late or invented: each frame lands once.
    #[test]
    fn every_frame_lands_once(steps in vec((0u8..4, any::<u32>()), 1..400)) {
        let mut flight = table(8);
        let mut known: Vec<(PacketId, u32)> = Vec::new();
        let mut old = Vec::new();
        for (number, (step, pick)) in (0u32..).zip(steps) {
            match step {
                0 | 1 => match flight.next_id(pick.to_le_bytes()[0] % 4, 0) {
                    Some(id) => {
                        prop_assert!(known.iter().all(|(other, _)| *other != id));
                        flight.launch(id, number).unwrap();
                        known.push((id, number));
                    }
                    None => prop_assert_eq!(known.len(), 8),
                },
                2 if !known.is_empty() => {
                    let (id, frame) = known.swap_remove(pick as usize % known.len());
                    prop_assert_eq!(flight.land(id), Landing::Frame(frame));
                    old.push(id);
                }
                _ => {
                    let id = PacketId::from_bits(pick);
                    if known.iter().all(|(other, _)| *other != id) {
                        prop_assert_eq!(flight.land(id), Landing::Unknown);
                    }
                    for id in old.iter().rev().take(100) {
                        prop_assert_eq!(flight.land(*id), Landing::Unknown);
                    }
                }
            }
            prop_assert_eq!(flight.used(), known.len());
        }
    }
}
