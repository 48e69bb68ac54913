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

fn key(cipher: Cipher, scope: Scope, material: &[u8]) -> Vec<u8> {
    let key = Key::new(cipher, scope, 2, material, 0x0605_0403_0201).unwrap();
    let body = body(&AddKey {
        entry: 7,
        key: &key,
    });
    assert_eq!(body.len(), 44);
    assert_eq!(body[1..4], [7, 0, 0]);
    body
}

#[test]
fn ccmp_keys() {
    let pairwise = key(Cipher::Ccmp, Scope::Pairwise(PEER), &[0x11; 16]);
    assert_eq!(pairwise[0], 5);
    assert_eq!(pairwise[4..12], [2, 0, 0, 0x5E, 0x10, 1, 0, 0]);
    assert_eq!(pairwise[12..28], [0x11; 16]);
    assert_eq!(pairwise[28..], [0; 16]);
    let group = key(Cipher::Ccmp, Scope::Group, &[0x22; 16]);
    assert_eq!(group[0], 4);
    assert_eq!(group[4..20], [0x22; 16]);
    assert_eq!(group[20..24], [2, 0, 0, 0]);
    assert_eq!(bytes(&RemoveKey { entry: 7 }), [8, 0, 0x0D, 0, 7, 0, 0, 0]);
}

/// W-33: the receive counter of a group key is the one the access point named, least significant
/// byte first.
#[test]
fn w33_receive_counters_are_seeded() {
    let counter = [1, 2, 3, 4, 5, 6, 0, 0];
    let group = key(Cipher::Ccmp, Scope::Group, &[0x22; 16]);
    assert_eq!(group[24..32], counter);
    let igtk = key(Cipher::BipCmac, Scope::Group, &[0x33; 16]);
    assert_eq!((igtk[0], &igtk[24..32]), (8, &counter[..]));
    let tkip = key(Cipher::Tkip, Scope::Group, &[0x44; 32]);
    assert_eq!((tkip[0], &tkip[32..40]), (2, &counter[..]));
}

/// Section 3.3.8: mac80211 puts the transmit MIC key before the receive MIC key, the firmware the
/// other way round.
#[test]
fn tkip_mic_order() {
    let mut material = [0x11; 32];
    material[16..24].fill(0x22);
    material[24..].fill(0x33);
    let pairwise = key(Cipher::Tkip, Scope::Pairwise(PEER), &material);
    assert_eq!(pairwise[0], 3);
    assert_eq!(pairwise[4..12], [2, 0, 0, 0x5E, 0x10, 1, 0, 0]);
    assert_eq!(pairwise[12..28], [0x11; 16]);
    assert_eq!(pairwise[28..36], [0x33; 8]);
    assert_eq!(pairwise[36..44], [0x22; 8]);
    let group = key(Cipher::Tkip, Scope::Group, &material);
    assert_eq!(group[4..20], [0x11; 16]);
    assert_eq!(group[20..28], [0x33; 8]);
    assert_eq!(group[28..32], [2, 0, 0, 0]);
}

#[test]
fn other_keys() {
    let default = key(Cipher::Wep104, Scope::Group, &[0x11; 13]);
    assert_eq!(default[..8], [0, 7, 0, 0, 2, 13, 0, 0]);
    assert_eq!(default[8..21], [0x11; 13]);
    let pairwise = key(Cipher::Wep40, Scope::Pairwise(PEER), &[0x11; 5]);
    assert_eq!(pairwise[0], 1);
    assert_eq!(pairwise[4..12], [2, 0, 0, 0x5E, 0x10, 1, 0, 5]);
    assert_eq!(pairwise[12..18], [0x11, 0x11, 0x11, 0x11, 0x11, 0]);

    let wapi = Key::WapiGroup {
        id: 1,
        key: [0x11; 16],
        mic: [0x22; 16],
    };
    let group = body(&AddKey {
        entry: 0,
        key: &wapi,
    });
    assert_eq!((group[0], group[36]), (6, 1));
    let wapi = Key::WapiPairwise {
        peer: PEER,
        id: 1,
        key: [0x11; 16],
        mic: [0x22; 16],
    };
    let pairwise = body(&AddKey {
        entry: 0,
        key: &wapi,
    });
    assert_eq!((pairwise[0], pairwise[10]), (7, 1));
    assert_eq!(pairwise[28..], [0x22; 16]);
}

#[test]
fn impossible_keys() {
    for (cipher, len) in [
        (Cipher::Wep40, 16),
        (Cipher::Tkip, 16),
        (Cipher::Tkip, 33),
        (Cipher::Ccmp, 15),
        (Cipher::Ccmp, 32),
        (Cipher::BipCmac, 0),
    ] {
        assert!(Key::new(cipher, Scope::Group, 0, &vec![0; len], 0).is_none());
    }
    let secret = Key::new(Cipher::Ccmp, Scope::Group, 1, &[0x5A; 16], 0).unwrap();
    assert_eq!(format!("{secret:?}"), "CCMP group key");
}

/// W-34: the places of the key table are bounded, and a place beyond them cannot be freed.
#[test]
fn w34_key_places() {
    let mut table = KeyTable::default();
    let places: Vec<_> = std::iter::from_fn(|| table.take()).collect();
    assert_eq!(places, (0..11).collect::<Vec<_>>());
    assert!(!table.release(11));
    assert!(!table.release(255));
    assert!(table.release(3));
    assert!(!table.release(3));
    assert_eq!(table.take(), Some(3));
    assert_eq!(table.take(), None);
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

/// Channels of a full scan: 14 of 2.4 GHz, of which the last two are listened to, and 5 GHz.
fn all_channels() -> Vec<Channel> {
    let channel = |band, number, listen_only| Channel {
        band,
        number,
        listen_only,
        max_power: 20,
    };
    let two = (1..=13).map(|number| channel(Band::Two, number, number > 11));
    let five = [36, 40, 44, 48, 52, 56, 60, 64, 100, 149]
        .map(|number| channel(Band::Five, number, (52..=100).contains(&number)));
    two.chain(five).collect()
}

fn steps(channels: &[Channel], ssids: usize, joined: bool) -> Vec<Step> {
    let mut plan = Plan::new(ssids);
    std::iter::from_fn(|| plan.next(channels, joined)).collect()
}

#[test]
fn scan_without_a_link() {
    let channels = all_channels();
    let steps = steps(&channels, 1, false);
    let groups: Vec<_> = steps
        .iter()
        .map(|step| (step.first_channel, step.channels, step.probes))
        .collect();
    assert_eq!(groups[..3], [(0, 11, 2), (11, 2, 0), (13, 1, 2)]);
    assert_eq!(steps.len(), 12);
    assert!(steps.iter().all(|step| step.kind == ScanKind::Foreground));
    assert_eq!(steps[0].limit(), 5000 + 11 * 110);
    assert_eq!(steps[1].dwell.min, 110);
}

/// F-6: with a link, every request is for one channel, in the background, and short.
#[test]
fn f6_scan_with_a_link() {
    let channels = all_channels();
    let steps = steps(&channels, 1, true);
    assert_eq!(steps.len(), channels.len());
    for (step, channel) in steps.iter().zip(&channels) {
        assert_eq!(step.channels, 1);
        assert_eq!(step.kind, ScanKind::Background);
        assert_eq!(step.probes == 0, channel.listen_only);
        if !channel.listen_only {
            assert_eq!((step.dwell.min, step.dwell.max), (10, 25));
        }
    }
}

/// B5: a refused request costs nothing but itself when its channels are asked for one by one.
#[test]
fn refused_requests_are_split() {
    let channels = all_channels();
    let mut plan = Plan::new(1);
    let first = plan.next(&channels, false).unwrap();
    assert_eq!(first.channels, 11);
    plan.refused(&first);
    for at in 0..11 {
        let step = plan.next(&channels, false).unwrap();
        assert_eq!((step.first_channel, step.channels), (at, 1));
        plan.refused(&step);
    }
    let step = plan.next(&channels, false).unwrap();
    assert_eq!((step.first_channel, step.channels), (11, 2));
}

#[test]
fn scan_for_many_networks() {
    let channels = all_channels();
    let steps = steps(&channels, 5, false);
    let rounds: Vec<_> = steps
        .iter()
        .take(4)
        .map(|step| (step.first_channel, step.first_ssid, step.ssids))
        .collect();
    assert_eq!(rounds, [(0, 0, 2), (0, 2, 2), (0, 4, 1), (11, 0, 0)]);
}

#[test]
fn scan_by_listening() {
    for step in steps(&all_channels(), 0, false) {
        assert_eq!((step.probes, step.ssids), (0, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Every channel is visited with every name, whatever happens to the link meanwhile.
    #[test]
    fn scans_end_and_leave_nothing_out(
        listen in vec(any::<bool>(), 0..60), ssids in 0usize..12, joined in vec(any::<bool>(), 1..20),
    ) {
        let channels: Vec<_> = listen
            .iter()
            .enumerate()
            .map(|(at, listen_only)| Channel {
                band: if at < 20 { Band::Two } else { Band::Five },
                number: 1,
                listen_only: *listen_only,
                max_power: i32::try_from(at).unwrap(),
            })
            .collect();
        let mut plan = Plan::new(ssids);
        let mut visited = vec![0; channels.len()];
        let mut links = joined.iter().cycle();
        let mut requests = 0;
        while let Some(step) = plan.next(&channels, *links.next().unwrap()) {
            requests += 1;
            prop_assert!(requests <= channels.len() * 6);
            prop_assert!(step.ssids <= 2 && step.channels <= 48);
            prop_assert!(step.band == Band::Two || step.channels == 1);
            let last = step.first_channel + step.channels;
            for (at, channel) in channels.iter().enumerate().take(last).skip(step.first_channel) {
                prop_assert!(step.max_power <= channel.max_power);
                prop_assert!(step.probes == 0 || !channel.listen_only);
                visited[at] += if step.probes == 0 { ssids.max(1) } else { step.ssids };
            }
        }
        prop_assert!(visited.iter().all(|visits| *visits > 0));
        if joined.iter().all(|joined| *joined) {
            prop_assert!(visited.iter().all(|visits| *visits == ssids.max(1)));
        }
    }

    #[test]
    fn control_bodies_of_anything(bytes in vec(any::<u8>(), 0..128)) {
        let _ = ScanComplete::decode(&bytes);
        let _ = ChannelSwitched::decode(&bytes);
        let _ = PmChanged::decode(&bytes);
        let _ = Event::decode(&bytes);
        let _ = SuspendResume::decode(&bytes);
        let _ = Joined::decode(&bytes);
        let _ = Counters::decode(&bytes);
    }
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
