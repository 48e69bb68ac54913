// SPDX-License-Identifier: GPL-2.0-only

//! The bodies of the firmware's messages.

use bes2600_logic::bytes::Reader;
use bes2600_logic::channel::Band;
use bes2600_logic::flight::{Flight, Landing, PacketId, Place};
use bes2600_logic::inbox::{Filed, Inbox};
use bes2600_logic::rate_policy::{Attempts, Cache, Plan};
use bes2600_logic::wsm::bss::ChannelSwitched;
use bes2600_logic::wsm::confirm::{Configured, Confirm, Generic};
use bes2600_logic::wsm::event::{Event, SuspendResume};
use bes2600_logic::wsm::indication::Exception;
use bes2600_logic::wsm::join::Joined;
use bes2600_logic::wsm::mib::Counters;
use bes2600_logic::wsm::power::PmChanged;
use bes2600_logic::wsm::rate::RateId;
use bes2600_logic::wsm::receive::Indication;
use bes2600_logic::wsm::scan::ScanComplete;
use bes2600_logic::wsm::transmit::{RECORD_LEN, Record, Records, is_block_ack};

use crate::say;

/// Indications, one after the other: a byte that chooses the kind, one for the length of the body,
/// and the body. They go where the driver files them (W-28, W-47).
pub fn indication(data: &[u8]) {
    let mut inbox = Inbox::default();
    let mut reader = Reader::new(data);
    while let Some([choice, len]) = reader.array() {
        let len = usize::from(len).min(reader.rest().len());
        let Some(body) = reader.bytes(len) else { break };
        let id = match choice % 16 {
            0 => Event::ID,
            1 => ScanComplete::ID,
            2 => PmChanged::ID,
            3 => ChannelSwitched::ID,
            4 => SuspendResume::ID,
            5 => {
                inbox.decrypt_failure(u64::from(choice >> 4) * 400);
                continue;
            }
            6 => {
                inbox.link_gone();
                assert!(!inbox.has_notice());
                assert_eq!(inbox.pm_changed(), None);
                continue;
            }
            7 => {
                let pending = inbox.has_notice();
                assert_eq!(inbox.notice().is_some(), pending);
                continue;
            }
            8 => {
                let taken = inbox.take_scan_complete().is_some();
                assert!(!taken || inbox.take_scan_complete().is_none());
                inbox.take_channel_switched();
                continue;
            }
            9 => {
                exception(body);
                continue;
            }
            other => 0x0800 | u16::from(other) | u16::from(choice >> 4),
        };
        let filed = inbox.indication(id, body);
        if filed == Filed::Malformed {
            assert!(body.len() < 8, "only what is short is malformed");
        }
        if let Some(suspend) = SuspendResume::decode(body) {
            assert!(suspend.queue < 4);
        }
    }
    // Whatever came: what there is to act on comes to an end.
    let mut left = 0;
    while inbox.notice().is_some() {
        left += 1;
    }
    assert!(left <= 4);
}

fn exception(body: &[u8]) {
    if let Some(exception) = Exception::decode(body) {
        assert!(exception.file().len() <= 48);
        say(exception);
    } else {
        assert!(body.len() < 4);
    }
}

/// Received frames: what is accepted has a rate, a channel and a length that mac80211 can rely on
/// (W-21, W-48).
pub fn receive(data: &[u8]) {
    let Some(indication) = Indication::decode(data) else {
        assert!(data.len() < 28);
        return;
    };
    let Ok(frame) = indication.accept() else {
        return;
    };
    assert_eq!(indication.status & !5, 0, "success, or a wrong MIC of TKIP");
    assert!(data.ends_with(frame.frame) && frame.frame.len() >= 16);
    assert!((2412..=5885).contains(&frame.frequency));
    assert!(frame.rate.mcs().is_some_and(|mcs| mcs < 8) || frame.rate.index(frame.band).is_some());
    assert!(
        frame
            .signal
            .is_none_or(|signal| (-110..=17).contains(&signal))
    );
    for iv_len in [0, 8] {
        is_block_ack(frame.frame, iv_len);
    }
}

/// Confirms: a byte that chooses the kind, and the body (W-18, W-22).
pub fn confirm(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else {
        return;
    };
    match choice % 6 {
        0 => answer(Generic::decode(body)),
        1 => answer(Configured::decode(body)),
        2 => answer(Joined::decode(body)),
        3 => answer(Counters::decode(body)),
        4 => records(body, Records::single(body)),
        _ => records(body, Records::multi(body)),
    }
}

fn answer<T>(result: Result<T, bes2600_logic::wsm::confirm::ConfirmError>) {
    if let Err(error) = result {
        say(error);
    }
}

fn records<E>(body: &[u8], records: Result<Records<'_>, E>) {
    let Ok(records) = records else { return };
    let promised = records.len();
    assert!(!records.is_empty() && promised * RECORD_LEN <= body.len());
    assert_eq!(records.map(|record| outcome(&record)).count(), promised);
}

/// What the driver makes of a record: what it reports to mac80211 must be rates that exist.
fn outcome(record: &Record) {
    assert!(!record.delivered() || record.attempts() >= 1);
    let requeued = record.requeued();
    assert!(!(record.delivered() && requeued));
    let _ = (record.unacknowledged(), record.aggregated());
    let mut cache = Cache::default();
    let attempts = [11, 7, 0].map(|rate| Attempts {
        rate: RateId::new(rate).unwrap_or(RateId::slowest(Band::Two)),
        count: 3,
    });
    let plan = Plan::new(attempts.into_iter(), Band::Two, cache.limits());
    let place = cache
        .acquire(plan.policy())
        .expect("a cache with nothing in it has room");
    let report = plan.outcome(record.rate, record.attempts());
    let sum: usize = report
        .iter()
        .flatten()
        .map(|attempt| usize::from(attempt.count))
        .sum();
    assert_eq!(
        sum,
        usize::from(record.attempts()),
        "as many as the chip says"
    );
    cache.release(place);
}

/// Frames leave and confirms come, in any order and with any id: each frame lands once, and what is
/// unknown changes nothing (W-18, W-19, F-4). The model is a list.
pub fn flight(data: &[u8]) {
    let places = (0..8).map(|_| Place::default()).collect::<Vec<_>>();
    let mut flight: Flight<Vec<Place<u32>>> = Flight::new(places);
    let mut known: Vec<(PacketId, Option<u32>)> = Vec::new();
    let mut gone: Vec<PacketId> = Vec::new();
    let mut serial = 0;
    let mut reader = Reader::new(data);
    while let Some(operation) = reader.u8() {
        match operation & 7 {
            0..=2 => {
                let Some(id) = flight.next_id(operation >> 6, (operation >> 4) & 3) else {
                    assert!(!flight.has_room());
                    continue;
                };
                assert!(known.iter().all(|(other, _)| *other != id));
                serial += 1;
                assert_eq!(flight.launch(id, serial), Ok(()));
                assert_eq!(flight.launch(id, 0), Err(0), "a place holds one frame");
                known.push((id, Some(serial)));
            }
            3 | 4 if !known.is_empty() => {
                let (id, frame) = known.remove(usize::from(operation >> 3) % known.len());
                let landing = flight.land(id);
                assert_eq!(landing, frame.map_or(Landing::Abandoned, Landing::Frame));
                gone.push(id);
            }
            5 => {
                let given_up = flight.abandon();
                let first = known
                    .iter_mut()
                    .find(|(_, frame)| *frame == given_up && frame.is_some());
                assert_eq!(given_up.is_some(), first.is_some());
                if let Some((_, frame)) = first {
                    *frame = None;
                }
            }
            6 => {
                let id = match reader.u32() {
                    Some(bits) if operation & 8 == 0 => PacketId::from_bits(bits),
                    _ => gone.last().copied().unwrap_or(PacketId::from_bits(0)),
                };
                if known.iter().all(|(other, _)| *other != id) {
                    assert_eq!(flight.land(id), Landing::Unknown);
                }
            }
            _ if operation >> 3 == 31 => {
                flight.clear();
                gone.extend(known.drain(..).map(|(id, _)| id));
            }
            _ => {
                let wanted = known.iter().filter(|(_, frame)| frame.is_some()).count();
                assert_eq!(flight.frames().count(), wanted);
            }
        }
        assert_eq!(flight.used(), known.len());
    }
}
