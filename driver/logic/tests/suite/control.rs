// SPDX-License-Identifier: GPL-2.0-only

//! The control path: messages byte by byte, the plan of a scan, and the small state machines.

use super::golden;
use bes2600_logic::channel::{
    Band,
    Ssid,
    Width, //
};
use bes2600_logic::inbox::{
    Filed,
    Inbox,
    Notice, //
};
use bes2600_logic::key_table::KeyTable;
use bes2600_logic::power_save::PowerSave;
use bes2600_logic::scan_plan::{
    Channel,
    Plan,
    Step, //
};
use bes2600_logic::storm::DecryptFailures;
use bes2600_logic::wsm::bss::{
    ChannelSwitched,
    SetBssParams,
    SwitchChannel, //
};
use bes2600_logic::wsm::confirm::{
    Confirm,
    ConfirmError, //
};
use bes2600_logic::wsm::edca::{
    SetEdca,
    SetTxQueueParams, //
};
use bes2600_logic::wsm::event::{
    Event,
    PowerSaveError,
    SuspendResume, //
};
use bes2600_logic::wsm::header::Interface;
use bes2600_logic::wsm::join::{
    Join,
    Joined,
    Reset, //
};
use bes2600_logic::wsm::key::{
    AddKey,
    Cipher,
    Key,
    RemoveKey,
    Scope, //
};
use bes2600_logic::wsm::mib::{
    self,
    AssociationMode,
    BeaconFilter,
    BeaconFilterTable,
    BeaconWakeUp,
    BlockAckPolicy,
    Counters,
    GroupAddresses,
    KeepAlivePeriod,
    Mib,
    OperationalPowerMode,
    PowerThreshold,
    ReadCounters,
    RxFilter,
    SlotTime,
    Uapsd,
    Write, //
};
use bes2600_logic::wsm::power::{
    PmChanged,
    PmMode,
    SetPm, //
};
use bes2600_logic::wsm::request::{
    encode,
    Request, //
};
use bes2600_logic::wsm::scan::{
    ScanChannel,
    ScanComplete,
    ScanKind,
    StartScan,
    StopScan, //
};
use bes2600_logic::wsm::template::{
    rate_elements,
    Template,
    TemplateKind,
    PROBE_REQUEST_FOR,
    PROBE_REQUEST_TO, //
};
use bes2600_logic::wsm::transmit::Queue;
use proptest::collection::vec;
use proptest::prelude::*;

mod keys;
mod scan;

const PEER: [u8; 6] = [2, 0, 0, 0x5E, 0x10, 1];

fn bytes(request: &impl Request) -> Vec<u8> {
    let mut message = vec![0xAA; 1024];
    let len = encode(request, Interface::First, &mut message).unwrap();
    message.truncate(len);
    message
}

fn value(mib: impl Mib) -> Vec<u8> {
    bytes(&Write(mib)).split_off(8)
}

fn body(request: &impl Request) -> Vec<u8> {
    bytes(request).split_off(4)
}

#[test]
fn worked_examples() {
    let channels = [ScanChannel {
        number: 1,
        min_time: 100,
        max_time: 100,
    }];
    let scan = StartScan {
        band: Band::Two,
        kind: ScanKind::Foreground,
        no_cck: false,
        probes: 2,
        channels: &channels,
        ssids: &[],
    };
    assert_eq!(bytes(&scan), golden::SCAN_CHANNEL_1);
    let switch = SwitchChannel {
        channel: 6,
        width: Width::Ht20,
    };
    assert_eq!(bytes(&switch), golden::SWITCH_CHANNEL_6);
    let fast = SetPm {
        mode: PmMode::Fast,
        fast_idle: 16,
    };
    assert_eq!(bytes(&fast), golden::SET_PM_FAST);
    let quiescent = OperationalPowerMode(mib::POWER_MODE_NO_MORE | 2);
    assert_eq!(bytes(&Write(quiescent)), golden::QUIESCENT);
    assert_eq!(bytes(&Reset), golden::RESET);
    assert_eq!(bytes(&StopScan), [4, 0, 8, 0]);

    assert_eq!(
        ScanComplete::decode(&golden::SCAN_COMPLETE[4..]),
        Some(ScanComplete {
            status: 0,
            channels: 1
        })
    );
    assert_eq!(
        ChannelSwitched::decode(&golden::CHANNEL_SWITCHED[4..]),
        Some(ChannelSwitched { status: 0 })
    );
    assert_eq!(
        PmChanged::decode(&golden::PM_CHANGED[4..]),
        Some(PmChanged {
            status: 0,
            asleep: true
        })
    );
}

#[test]
fn scan_request() {
    let channels = [36, 40].map(|number| ScanChannel {
        number,
        min_time: 10,
        max_time: 25,
    });
    let ssids = [Ssid::new(b"net").unwrap(), Ssid::WILDCARD];
    let scan = StartScan {
        band: Band::Five,
        kind: ScanKind::Background,
        no_cck: false,
        probes: 2,
        channels: &channels,
        ssids: &ssids,
    };
    let body = body(&scan);
    assert_eq!(body.len(), 12 + 2 * 16 + 2 * 36);
    assert_eq!(body[..12], [1, 1, 1, 6, 0, 0, 0, 0, 2, 2, 2, 100]);
    assert_eq!(
        body[12..28],
        [36, 0, 0, 0, 10, 0, 0, 0, 25, 0, 0, 0, 0, 0, 0, 0]
    );
    assert_eq!(body[28], 40);
    assert_eq!(body[44..52], [3, 0, 0, 0, b'n', b'e', b't', 0]);
    assert!(body[51..].iter().all(|byte| *byte == 0));

    let too_many = [Ssid::WILDCARD; 3];
    let mut out = [0; 256];
    let scan = StartScan {
        ssids: &too_many,
        ..scan
    };
    assert!(encode(&scan, Interface::First, &mut out).is_err());
    assert_eq!(Ssid::new(&[b'x'; 33]), None);
    assert_eq!(Ssid::new(&[b'x'; 32]).unwrap().bytes(), [b'x'; 32]);
}

#[test]
fn join() {
    let join = Join {
        band: Band::Five,
        channel: 36,
        bssid: PEER,
        dtim_period: 0,
        ssid: Ssid::new(b"besser").unwrap(),
        beacon_interval: 100,
        basic_rates: Band::Five.basic_rates(),
    };
    let body = body(&join);
    assert_eq!(body.len(), 60);
    assert_eq!(
        body[..20],
        [1, 1, 36, 0, 2, 0, 0, 0x5E, 0x10, 1, 0, 0, 1, 1, 1, 0, 6, 0, 0, 0]
    );
    assert_eq!(body[20..26], *b"besser");
    assert!(body[26..52].iter().all(|byte| *byte == 0));
    assert_eq!(body[52..], [100, 0, 0, 0, 0x40, 0, 0, 0]);

    assert_eq!(
        Joined::decode(&[0, 0, 0, 0, 10, 0, 0, 0, 200, 0, 0, 0]),
        Ok(Joined {
            min_power: 10,
            max_power: 200
        })
    );
    // A refusal need not carry the levels.
    assert_eq!(
        Joined::decode(&[1, 0, 0, 0]),
        Err(ConfirmError::Status { status: 1 })
    );
}

#[test]
fn bss_parameters() {
    let params = SetBssParams {
        beacon_lost_count: 50,
        aid: 0x0102,
        rates: 0x0000_3FC7,
        mcs: 0xFF,
    };
    assert_eq!(
        body(&params),
        [0, 50, 2, 1, 0xC7, 0x3F, 0, 0, 0, 0xC0, 0x3F, 0]
    );
}

/// Section 3.3.13: the firmware's arrays begin with background, mac80211's queues with voice.
#[test]
fn edca_order() {
    let mut edca = SetEdca::default();
    edca.category_mut(Queue::Background).txop = 1;
    let body = body(&edca);
    assert_eq!(body.len(), 44);
    assert_eq!(body[..8], [15, 0, 15, 0, 7, 0, 3, 0]);
    assert_eq!(body[8..16], [0xFF, 3, 0xFF, 3, 15, 0, 7, 0]);
    assert_eq!(body[16..20], [7, 3, 2, 2]);
    assert_eq!(body[20..28], [32, 0, 0, 0, 0xC0, 0x0B, 0xE0, 0x05]);
    assert_eq!(body[28..32], [0xC8, 0, 0, 0]);
}

#[test]
fn queue_parameters() {
    let aci = Queue::ALL.map(|category| body(&SetTxQueueParams { category })[0]);
    assert_eq!(aci, [3, 2, 0, 1]);
    let params = SetTxQueueParams {
        category: Queue::Voice,
    };
    assert_eq!(body(&params), [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn mibs() {
    assert_eq!(
        bytes(&Write(SlotTime(9))),
        [12, 0, 6, 0, 3, 0, 4, 0, 9, 0, 0, 0]
    );
    assert_eq!(value(RxFilter(3)), [3, 0, 0, 0]);
    assert_eq!(
        bytes(&Write(KeepAlivePeriod(15)))[4..],
        [0x25, 0x10, 4, 0, 15, 0, 0, 0]
    );
    assert_eq!(value(BlockAckPolicy::RECEIVE_ONLY), [0, 0, 0xB1, 0]);
    assert_eq!(value(BlockAckPolicy::BOTH), [0xB1, 0, 0xB1, 0]);
    let mode = AssociationMode {
        short_preamble: true,
        greenfield: false,
        mpdu_spacing: 5,
        basic_rates: 7,
    };
    assert_eq!(value(mode), [0x1F, 1, 0, 5, 7, 0, 0, 0]);
    assert_eq!(value(BeaconWakeUp::for_dtim(3, 100)), [3, 0, 0, 0]);
    assert_eq!(value(BeaconWakeUp::for_dtim(11, 100)), [1, 0, 0, 0]);
    assert_eq!(value(BeaconWakeUp::for_dtim(0, 0)), [1, 0, 0, 0]);
    assert_eq!(value(BeaconFilter::Off), [0, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(
        value(BeaconFilter::On { every: 0 }),
        [7, 0, 0, 0, 0, 0, 0, 0]
    );
    let table = value(BeaconFilterTable(BeaconFilterTable::STATION));
    assert_eq!(table.len(), 4 + 5 * 8);
    assert_eq!(
        table[..12],
        [5, 0, 0, 0, 0xDD, 7, 0x50, 0x6F, 0x9A, 0, 0, 0]
    );
    assert_eq!(table[12..20], [37, 7, 0, 0, 0, 0, 0, 0]);
    let uapsd = Uapsd {
        voice: true,
        background: true,
        ..Uapsd::default()
    };
    assert_eq!(value(uapsd), [9, 0, 0, 0, 0, 0, 0, 0]);
    let template = Template {
        kind: TemplateKind::QosNull,
        frame: &[&[1, 2], &[3]],
    };
    assert_eq!(
        bytes(&Write(template)),
        [15, 0, 6, 0, 2, 0x10, 7, 0, 3, 0xFF, 3, 0, 1, 2, 3]
    );
}

#[test]
fn probe_requests() {
    let probe = Template {
        kind: TemplateKind::ProbeRequest,
        frame: &[&PROBE_REQUEST_TO, &PEER, &PROBE_REQUEST_FOR],
    };
    let probe = value(probe);
    assert_eq!(probe[..4], [0, 0, 26, 0]);
    assert_eq!(probe[4..8], [0x40, 0, 0, 0]);
    assert_eq!(probe[8..14], [0xFF; 6]);
    assert_eq!(probe[14..20], PEER);
    assert_eq!(probe[20..26], [0xFF; 6]);
    assert_eq!(probe[26..], [0, 0, 0, 0]);
    for band in [Band::Two, Band::Five] {
        let mut rest = rate_elements(band);
        while let [_, len, tail @ ..] = rest {
            rest = &tail[usize::from(*len)..];
        }
        assert!(rest.is_empty());
    }
}

#[test]
fn power_thresholds() {
    assert_eq!(PowerThreshold::new(-70, -60).lower_dbm(), -70);
    assert_eq!(value(PowerThreshold::OFF), [0x0D, 0, 0, 16]);
    assert_eq!(value(PowerThreshold::new(-70, -60)), [1, 80, 100, 8]);
    assert_eq!(mib::rcpi(-110), 0);
    assert_eq!(mib::rcpi(i32::MIN), 0);
    assert_eq!(mib::rcpi(i32::MAX), 220);
    assert_eq!(mib::dbm(80), -70);
    assert_eq!(mib::dbm(255), 17);
}

#[test]
fn group_addresses() {
    let address = |last| [1, 0, 0x5E, 0, 0, last];
    let table = value(GroupAddresses::new((0..2).map(address)));
    assert_eq!(table.len(), 56);
    assert_eq!(table[..8], [1, 0, 0, 0, 2, 0, 0, 0]);
    assert_eq!(table[8..20], [1, 0, 0x5E, 0, 0, 0, 1, 0, 0x5E, 0, 0, 1]);
    assert!(table[20..].iter().all(|byte| *byte == 0));
    let full = value(GroupAddresses::new((0..8).map(address)));
    assert_eq!(full[..8], [1, 0, 0, 0, 8, 0, 0, 0]);
    // One too many: everything passes.
    let overfull = value(GroupAddresses::new((0..9).map(address)));
    assert_eq!(overfull, [0; 56]);
}

#[test]
fn counters() {
    assert_eq!(body(&ReadCounters), [0x0C, 0x10, 0, 0]);
    let mut confirm = vec![0, 0, 0, 0, 0x0C, 0x10, 88, 0];
    confirm.extend((0..22u32).flat_map(u32::to_le_bytes));
    let counters = Counters::decode(&confirm).unwrap();
    assert_eq!(counters.0[21], 21);
    assert!(Counters::decode(&confirm[..95]).is_err());
    confirm[4] = 0x0D;
    assert!(Counters::decode(&confirm).is_err());
}

#[test]
fn events() {
    let event = |id: u32, data: u32| {
        let body: Vec<_> = [id, data]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        Event::decode(&body).unwrap()
    };
    assert_eq!(event(1, 0), Event::BssLost);
    assert_eq!(event(2, 0), Event::BssRegained);
    assert_eq!(event(4, 0x1250), Event::Threshold(0x50));
    assert_eq!(
        event(7, 1),
        Event::PowerSaveError(PowerSaveError::NoPollAnswer)
    );
    assert_eq!(event(7, 4), Event::PowerSaveError(PowerSaveError::NoData));
    // W-47: an empty bitmap of inactive stations is an empty bitmap.
    assert_eq!(event(9, 0), Event::Inactive(0));
    assert_eq!(event(77, 1), Event::Unknown(77));
    assert_eq!(Event::decode(&[1, 0, 0, 0]), None);
    assert_eq!(
        SuspendResume::decode(&[0x0D, 0, 0, 0]),
        Some(SuspendResume {
            resume: true,
            queue: 2,
            multicast: true
        })
    );
    assert_eq!(SuspendResume::decode(&[1, 0, 0]), None);
}

/// B3: five failures in five seconds are a storm, four or slower ones are not.
#[test]
fn decrypt_failures() {
    let mut failures = DecryptFailures::default();
    let storm = |failures: &mut DecryptFailures, times: &[u64]| -> Vec<bool> {
        times.iter().map(|time| failures.note(*time)).collect()
    };
    assert_eq!(
        storm(&mut failures, &[0, 1000, 2000, 3000, 4999]),
        [false, false, false, false, true]
    );
    // Counting starts again.
    assert_eq!(storm(&mut failures, &[5000, 5001]), [false, false]);
    let mut failures = DecryptFailures::default();
    for time in (0..100).map(|at| at * 1250) {
        assert!(!failures.note(time));
    }
}

/// W-29, F-7: what was accepted is in force, without an indication; it is sent once.
#[test]
fn w29_power_save_is_sent_once() {
    let mut power = PowerSave::default();
    assert_eq!(power.due(), None);
    power.wanted = true;
    let command = power.due().unwrap();
    assert_eq!((command.mode, command.fast_idle), (PmMode::Fast, 16));
    power.accepted(command);
    assert_eq!(power.due(), None);
    power.idle = 100;
    assert_eq!(power.due().unwrap().fast_idle, 200);
    power.idle = 10_000;
    assert_eq!(power.due().unwrap().fast_idle, 255);
    power.uapsd = true;
    assert_eq!(power.due().unwrap().mode, PmMode::Legacy);
    power.wanted = false;
    assert_eq!(power.due().unwrap().mode, PmMode::Active);
}

/// B2: a refused command, or an access point that cannot cope, ends the attempts on this link.
#[test]
fn power_save_gives_up() {
    let mut power = PowerSave::default();
    power.wanted = true;
    power.refused();
    assert_eq!(power.due(), None);
    power.reset();
    let command = power.due().unwrap();
    power.accepted(command);
    power.distrust();
    assert_eq!(power.due().unwrap().mode, PmMode::Active);
    power.reset();
    assert_eq!(power.due().unwrap().mode, PmMode::Fast);
}

fn event(id: u32, data: u32) -> Vec<u8> {
    [id, data]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect()
}

/// W-28: indications nobody waits for, as many as there may be, stay in their places.
#[test]
fn w28_indications_have_places() {
    let mut inbox = Inbox::default();
    for _ in 0..1000 {
        assert_eq!(
            inbox.indication(0x0806, &golden::SCAN_COMPLETE[4..]),
            Filed::Kept
        );
        assert_eq!(inbox.indication(0x0805, &event(4, 80)), Filed::Kept);
    }
    assert_eq!(inbox.indication(0x0805, &event(1, 0)), Filed::Kept);
    assert!(inbox.has_notice());
    assert_eq!(inbox.notice(), Some(Notice::BssLost));
    assert_eq!(inbox.notice(), Some(Notice::Threshold(80)));
    assert_eq!(inbox.notice(), None);
    assert!(inbox.take_scan_complete().is_some());
    assert_eq!(inbox.take_scan_complete(), None);
    assert_eq!(inbox.take_channel_switched(), None);
}

#[test]
fn the_latest_word_on_the_link_counts() {
    let mut inbox = Inbox::default();
    inbox.indication(0x0805, &event(1, 0));
    inbox.indication(0x0805, &event(2, 0));
    assert_eq!(inbox.notice(), Some(Notice::BssRegained));
    assert_eq!(inbox.notice(), None);
    for time in 0..5 {
        inbox.decrypt_failure(time);
    }
    inbox.indication(0x0805, &event(1, 0));
    inbox.link_gone();
    assert_eq!(inbox.notice(), None);
}

/// W-47, W-21: events of an access point, unknown ones and short ones change nothing.
#[test]
fn w47_events_without_meaning() {
    let mut inbox = Inbox::default();
    assert_eq!(inbox.indication(0x0805, &event(9, 0)), Filed::Ignored);
    assert_eq!(
        inbox.indication(0x0805, &event(9, u32::MAX)),
        Filed::Ignored
    );
    assert_eq!(inbox.indication(0x0805, &event(1234, 0)), Filed::Ignored);
    assert_eq!(inbox.indication(0x0805, &[1, 0, 0]), Filed::Malformed);
    assert_eq!(inbox.indication(0x0806, &[]), Filed::Malformed);
    assert_eq!(inbox.indication(0x0809, &[0; 4]), Filed::Malformed);
    assert_eq!(inbox.indication(0x080A, &[0; 3]), Filed::Malformed);
    assert_eq!(inbox.indication(0x080C, &[0; 4]), Filed::Ignored);
    assert!(!inbox.has_notice());
}
