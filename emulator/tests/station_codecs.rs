// SPDX-License-Identifier: GPL-2.0-only
//! The driver's codec of the station's messages against the chip's: what one writes, the other does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use bes2600_emulator::Config;
use bes2600_emulator::knobs::ReceiveIv;
use bes2600_logic::channel::{Band, Ssid, Width};
use bes2600_logic::flight::PacketId;
use bes2600_logic::rate_policy::{Attempts, Cache, Plan};
use bes2600_logic::wsm::bss::{ChannelSwitched, SetBssParams, SwitchChannel};
use bes2600_logic::wsm::event::Event;
use bes2600_logic::wsm::header::Interface;
use bes2600_logic::wsm::join::{Join, Reset};
use bes2600_logic::wsm::key::{AddKey, Key, RemoveKey};
use bes2600_logic::wsm::mib::Write;
use bes2600_logic::wsm::power::{PmChanged, PmMode, SetPm};
use bes2600_logic::wsm::rate::RateId;
use bes2600_logic::wsm::receive::{Accepted, Decryption, Indication};
use bes2600_logic::wsm::request::{self, Request, WriteMib};
use bes2600_logic::wsm::scan::{ScanChannel, ScanComplete, ScanKind, StartScan, StopScan};
use bes2600_logic::wsm::template::{
    PROBE_REQUEST_FOR, PROBE_REQUEST_TO, Template, TemplateKind, rate_elements,
};
use bes2600_logic::wsm::transmit::{Descriptor, Queue, Record, Records};
use common::ms;
use common::scene::{BSSID, KEYS, STATION, Scene, data, id, management, protected_data};

/// A scene whose requests are the driver's.
struct Driven {
    scene: Scene,
    policies: Cache,
}

impl Driven {
    fn new(config: Config) -> Self {
        Self {
            scene: Scene::new(config),
            policies: Cache::default(),
        }
    }

    #[track_caller]
    fn command<R: Request>(&mut self, request: &R) {
        let mut buffer = vec![0; 1628];
        let len = request::encode(request, Interface::First, &mut buffer).unwrap();
        let status = self.scene.command(R::ID, &buffer[4..len]);
        assert_eq!(status, 0, "{}", R::NAME);
    }

    #[track_caller]
    fn indication(&mut self, kind: u16) -> Vec<u8> {
        self.scene.wait(kind, ms(1000))[4..].to_vec()
    }

    fn template(&mut self) {
        self.command(&Write(Template {
            kind: TemplateKind::ProbeRequest,
            frame: &[
                &PROBE_REQUEST_TO,
                &STATION.0,
                &PROBE_REQUEST_FOR,
                rate_elements(Band::Two),
            ],
        }));
    }

    /// Sends a frame at a rate, with a policy of its own.
    fn send(&mut self, rate: RateId, frame: &[u8]) -> Record {
        let attempts = [Attempts { rate, count: 3 }];
        let plan = Plan::new(attempts.into_iter(), Band::Two, self.policies.limits());
        let policy = self.policies.acquire(plan.policy()).unwrap();
        if let Some(value) = self.policies.upload() {
            self.command(&WriteMib {
                mib: bes2600_logic::rate_policy::MIB,
                value: value.bytes(),
            });
            self.policies.uploaded();
        }
        let packet = PacketId::from_bits(0x0102_0003 | u32::from(policy) << 8);
        let descriptor = Descriptor {
            packet,
            interface: Interface::First,
            queue: Queue::BestEffort,
            rate: plan.first_rate(Band::Two),
            policy,
            frame_len: frame.len(),
        };
        let mut body = descriptor.encode().unwrap()[4..].to_vec();
        body.extend_from_slice(frame);
        self.scene.log.retain(|message| id(message) != 0x041E);
        self.scene.host.request(0x0004, &body);
        let confirm = self.indication(0x041E);
        self.policies.release(policy);
        let mut records = Records::multi(&confirm).unwrap();
        assert_eq!(records.len(), 1);
        let record = records.next().unwrap();
        assert_eq!(record.packet, packet);
        record
    }

    fn join(&mut self) {
        self.template();
        self.command(&SwitchChannel {
            channel: 6,
            width: Width::NoHt,
        });
        let switched = self.indication(ChannelSwitched::ID);
        assert!(ChannelSwitched::decode(&switched).is_some());
        self.command(&Join {
            band: Band::Two,
            channel: 6,
            bssid: BSSID.0,
            dtim_period: 2,
            ssid: Ssid::new(b"test").unwrap(),
            beacon_interval: 100,
            basic_rates: Band::Two.basic_rates(),
        });
    }

    fn associate(&mut self) {
        self.join();
        let slow = RateId::slowest(Band::Two);
        assert!(
            self.send(slow, &management(11, &[0, 0, 1, 0, 0, 0]))
                .delivered()
        );
        self.scene.run(ms(10));
        assert!(
            self.send(slow, &management(0, &[0x21, 4, 3, 0]))
                .delivered()
        );
        self.scene.run(ms(10));
        self.command(&SetBssParams {
            beacon_lost_count: 10,
            aid: 1,
            rates: SetBssParams::ANY_RATE,
            mcs: 0xFF,
        });
        self.scene.received();
    }

    /// The data frames that have come, as the driver takes them.
    fn data(&mut self, look: impl Fn(&Accepted<'_>)) -> usize {
        let frames = self.scene.received();
        let data = frames.iter().filter(|frame| frame[32] & 0x0C == 8);
        data.map(|message| look(&Indication::decode(&message[4..]).unwrap().accept().unwrap()))
            .count()
    }
}

#[test]
fn scans() {
    let mut driven = Driven::new(Config::default());
    driven.template();
    let channels = [1, 6].map(|number| ScanChannel {
        number,
        min_time: 20,
        max_time: 110,
    });
    let scan = StartScan {
        band: Band::Two,
        kind: ScanKind::Foreground,
        no_cck: false,
        probes: 2,
        channels: &channels,
        ssids: &[Ssid::new(b"test").unwrap(), Ssid::default()],
    };
    driven.command(&scan);
    let complete = driven.indication(ScanComplete::ID);
    let complete = ScanComplete::decode(&complete).unwrap();
    assert_eq!((complete.status, complete.channels), (0, 2));
    let frames = driven.scene.received();
    assert!(!frames.is_empty());
    for message in frames {
        let accepted = Indication::decode(&message[4..]).unwrap();
        let accepted = accepted.accept().unwrap();
        assert_eq!((accepted.frequency, accepted.signal), (2437, Some(-50)));
    }
    driven.command(&scan);
    driven.command(&StopScan);
    let stopped = driven.indication(ScanComplete::ID);
    assert!(ScanComplete::decode(&stopped).unwrap().channels < 2);
    driven.scene.host.assert_clean();
}

#[test]
fn joins_and_carries_data() {
    let mut driven = Driven::new(Config::default());
    driven.associate();
    let fast = RateId::from_mcs(7).unwrap();
    let record = driven.send(fast, &data(0, 1, b"out"));
    assert!(record.delivered() && record.attempts() == 1);
    assert_eq!(record.rate, Some(fast));
    let now = driven.scene.host.now;
    driven.scene.ap.send_data(STATION, BSSID, b"in", now);
    driven.scene.run(ms(5));
    let count = driven.data(|accepted| {
        assert!(accepted.frame.ends_with(b"in"));
        assert_eq!(accepted.decryption, Decryption::None);
    });
    assert_eq!(count, 1);
    // Out of reach, and back.
    driven.scene.ap.set_present(false);
    let lost = driven.send(fast, &data(0, 2, b"out"));
    assert!(!lost.delivered() && lost.attempts() > 3);
    let event = driven.scene.wait(Event::ID, ms(2000));
    assert!(matches!(Event::decode(&event[4..]), Some(Event::BssLost)));
    driven.scene.ap.set_present(true);
    let event = driven.scene.wait(Event::ID, ms(2000));
    assert!(matches!(
        Event::decode(&event[4..]),
        Some(Event::BssRegained)
    ));
    driven.command(&SetPm {
        mode: PmMode::Fast,
        fast_idle: 16,
    });
    let changed = driven.indication(PmChanged::ID);
    assert!(PmChanged::decode(&changed).is_some());
    driven.command(&Reset);
    driven.policies.forget_uploads();
    driven.associate();
    driven.scene.host.assert_clean();
}

#[test]
fn keys_are_understood() {
    for (iv, expected) in [
        (ReceiveIv::Removed, Decryption::Stripped),
        (ReceiveIv::Present, Decryption::InPlace),
    ] {
        let mut config = Config::default();
        config.knobs.receive_iv = iv;
        let mut driven = Driven::new(config);
        driven.associate();
        let [pairwise, group, integrity] = KEYS;
        driven.command(&AddKey {
            entry: 3,
            key: &Key::AesPairwise {
                peer: BSSID.0,
                key: pairwise,
            },
        });
        driven.command(&AddKey {
            entry: 1,
            key: &Key::AesGroup {
                id: 1,
                key: group,
                counter: 0,
            },
        });
        driven.scene.ap.set_keys(&pairwise, &group, &integrity);
        let fast = RateId::from_mcs(7).unwrap();
        assert!(
            driven
                .send(fast, &protected_data(0, 1, b"secret"))
                .delivered()
        );
        let heard = driven.scene.ap.take_received();
        assert!(
            heard
                .iter()
                .filter_map(|heard| driven.scene.ap.open(&heard.bytes))
                .any(|plain| plain.ends_with(b"secret"))
        );
        let now = driven.scene.host.now;
        driven.scene.ap.send_data(STATION, BSSID, b"answer", now);
        driven.scene.run(ms(5));
        let count = driven.data(|accepted| assert_eq!(accepted.decryption, expected));
        assert_eq!(count, 1);
        driven.command(&RemoveKey { entry: 3 });
        driven.scene.host.assert_clean();
    }
}
