// SPDX-License-Identifier: GPL-2.0-only
//! A host with its chip, and an access point, on one air.

use std::time::Duration;

use bes2600_emulator::Config;
use bes2600_emulator::access_point::{AccessPoint, Settings};
use bes2600_emulator::air::ether::Ether;
use bes2600_emulator::air::model::Model;
use bes2600_emulator::air::{Address, Channel};

use super::{Host, MULTI_TX, configuration, ms};

/// Address of the chip, from [`configuration`].
pub const STATION: Address = Address([0x02, 0, 0, 0, 0, 1]);
/// Address of the access point.
pub const BSSID: Address = Address([0x02, 0, 0x5E, 0x10, 0, 2]);

/// Body of a join of [`BSSID`] on channel 6.
pub fn join_body() -> Vec<u8> {
    let mut body = vec![1, 0, 6, 0];
    body.extend_from_slice(&BSSID.0);
    body.extend_from_slice(&[0, 0, 1, 1, 2, 0]);
    body.extend_from_slice(&4_u32.to_le_bytes());
    body.extend_from_slice(b"test");
    body.resize(52, 0);
    body.extend_from_slice(&100_u32.to_le_bytes());
    body.extend_from_slice(&7_u32.to_le_bytes());
    body
}

/// Body of a scan of channels, all in one band.
pub fn scan_body(kind: u8, flags: u8, probes: u8, channels: &[u16], ssids: &[&[u8]]) -> Vec<u8> {
    let band = u8::from(channels[0] > 14);
    let count = u8::try_from(channels.len()).unwrap();
    let ssid_count = u8::try_from(ssids.len()).unwrap();
    let mut body = vec![band, kind, flags, if band == 0 { 0 } else { 6 }];
    body.extend_from_slice(&[0, 0, 0, 0, probes, count, ssid_count, 100]);
    for channel in channels {
        body.extend_from_slice(&channel.to_le_bytes());
        body.extend_from_slice(&[0, 0, 50, 0, 0, 0, 110, 0, 0, 0, 0, 0, 0, 0]);
    }
    for ssid in ssids {
        body.extend_from_slice(&u32::try_from(ssid.len()).unwrap().to_le_bytes());
        let mut name = ssid.to_vec();
        name.resize(32, 0);
        body.extend_from_slice(&name);
    }
    body
}

/// A write of a MIB.
pub fn mib(id: u16, value: &[u8]) -> Vec<u8> {
    let mut body = id.to_le_bytes().to_vec();
    body.extend_from_slice(&u16::try_from(value.len()).unwrap().to_le_bytes());
    body.extend_from_slice(value);
    body
}

/// The probe request template.
pub fn probe_template() -> Vec<u8> {
    let mut frame = vec![0x40, 0, 0, 0];
    frame.extend_from_slice(&[0xFF; 6]);
    frame.extend_from_slice(&STATION.0);
    frame.extend_from_slice(&[0xFF; 6]);
    frame.extend_from_slice(&[0, 0, 0, 0, 1, 4, 0x82, 0x84, 0x8B, 0x96]);
    let mut value = vec![0, 0xFF];
    value.extend_from_slice(&u16::try_from(frame.len()).unwrap().to_le_bytes());
    value.extend_from_slice(&frame);
    mib(0x1002, &value)
}

/// A policy that begins with that rate id and goes on at 1 Mb/s.
pub fn policy(index: u8, rate: u8, count: u32) -> Vec<u8> {
    let mut words = [0_u32; 3];
    words[0] |= 2;
    words[usize::from(rate / 8)] |= count << (4 * u32::from(rate % 8));
    let mut value = vec![1, 0, 0, 0, index, 7, 31, 0x0C, 0, 0, 0, 0];
    for word in words {
        value.extend_from_slice(&word.to_le_bytes());
    }
    mib(0x1016, &value)
}

/// Body of a transmit request.
pub fn transmit_body(packet: u32, rate: u8, queue: u8, policy: u8, frame: &[u8]) -> Vec<u8> {
    let mut body = packet.to_le_bytes().to_vec();
    body.extend_from_slice(&[rate, queue, 0, policy << 4]);
    body.extend_from_slice(&[0; 12]);
    body.extend_from_slice(frame);
    body
}

/// A management frame for the access point.
pub fn management(subtype: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![subtype << 4, 0, 0, 0];
    frame.extend_from_slice(&BSSID.0);
    frame.extend_from_slice(&STATION.0);
    frame.extend_from_slice(&BSSID.0);
    frame.extend_from_slice(&[0, 0]);
    frame.extend_from_slice(body);
    frame
}

/// A QoS data frame for someone behind the access point.
pub fn data(tid: u8, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x88, 0x01, 0, 0];
    frame.extend_from_slice(&BSSID.0);
    frame.extend_from_slice(&STATION.0);
    frame.extend_from_slice(&[0x02, 0, 0, 0, 0, 9]);
    frame.extend_from_slice(&(sequence << 4).to_le_bytes());
    frame.extend_from_slice(&[tid, 0]);
    frame.extend_from_slice(payload);
    frame
}

/// Record of a transmit confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed {
    pub packet: u32,
    pub status: u32,
    pub rate: u8,
    pub failures: u8,
    pub flags: u16,
    pub media_delay: u32,
    pub queue_delay: u32,
}

/// The records of a transmit confirm of either kind.
pub fn confirmed(message: &[u8]) -> Vec<Confirmed> {
    let records = match id(message) {
        0x0404 => &message[4..],
        0x041E => &message[8..],
        _ => &[],
    };
    let word = |record: &[u8], at: usize| u32::from_le_bytes(*record[at..].first_chunk().unwrap());
    records
        .chunks_exact(20)
        .map(|record| Confirmed {
            packet: word(record, 0),
            status: word(record, 4),
            rate: record[8],
            failures: record[9],
            flags: u16::from_le_bytes([record[10], record[11]]),
            media_delay: word(record, 12),
            queue_delay: word(record, 16),
        })
        .collect()
}

/// Class and command number of a message.
pub fn id(message: &[u8]) -> u16 {
    u16::from_le_bytes([message[2], message[3]]) & 0x0C3F
}

/// Interface of a message.
pub fn interface(message: &[u8]) -> u16 {
    u16::from_le_bytes([message[2], message[3]]) >> 6 & 0xF
}

pub fn word(message: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(*message[at..].first_chunk().unwrap())
}

/// Keys of [`Scene::secure`]: pairwise, group, integrity.
pub const KEYS: [[u8; 16]; 3] = [[0x11; 16], [0x22; 16], [0x33; 16]];

/// Body of 0x000C for the pairwise key.
pub fn pairwise_key(index: u8) -> Vec<u8> {
    let mut body = vec![5, index, 0, 0];
    body.extend_from_slice(&BSSID.0);
    body.extend_from_slice(&[0, 0]);
    body.extend_from_slice(&KEYS[0]);
    body.resize(44, 0);
    body
}

/// Body of 0x000C for a key of groups: type 4 with id 1, or type 8 with id 4.
pub fn group_key(index: u8, kind: u8) -> Vec<u8> {
    let (key, id) = if kind == 8 {
        (KEYS[2], 4)
    } else {
        (KEYS[1], 1)
    };
    let mut body = vec![kind, index, 0, 0];
    body.extend_from_slice(&key);
    body.push(id);
    body.resize(44, 0);
    body
}

/// A protected QoS data frame as a host hands it over: with room for the CCMP header and the code.
pub fn protected_data(tid: u8, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut body = vec![0; 8];
    body.extend_from_slice(payload);
    body.extend_from_slice(&[0xEE; 8]);
    let mut frame = data(tid, sequence, &body);
    frame[1] |= 0x40;
    frame
}

/// Host, chip and access point.
pub struct Scene {
    pub host: Host,
    pub ap: AccessPoint,
    /// Everything that the host has read.
    pub log: Vec<Vec<u8>>,
    packet: u32,
}

impl Scene {
    pub fn new(config: Config) -> Self {
        let settings = Settings::new(BSSID, b"test", Channel::from_number(6).unwrap());
        Self::with(config, settings, Model::default())
    }

    pub fn with(config: Config, settings: Settings, model: Model) -> Self {
        let ether = Ether::new(model);
        let mut host = Host::new(config);
        host.chip.set_air(Box::new(ether.radio()));
        host.enumerate();
        host.load();
        host.activate();
        assert_eq!(host.receive().len(), 1);
        host.command(0x0006, &MULTI_TX);
        let configured = host.command(0x0009, &configuration());
        assert_eq!(word(&configured, 4), 0);
        let mut scene = Self {
            host,
            ap: AccessPoint::new(Box::new(ether.radio()), settings),
            log: Vec::new(),
            packet: 0x100,
        };
        scene.run(ms(1));
        scene
    }

    /// Lets time pass; the host reads as soon as there is anything.
    pub fn run(&mut self, time: Duration) {
        let end = self.host.now + time;
        while self.host.now < end {
            self.step(end);
        }
    }

    fn step(&mut self, end: Duration) {
        let chip = self.host.chip.deadline().unwrap_or(Duration::MAX);
        let next = chip.min(self.ap.deadline()).min(end);
        self.host.now = self.host.now.max(next);
        self.ap.tick(self.host.now);
        self.host.chip.tick(self.host.now);
        if self.host.chip.interrupt() {
            let messages = self.host.receive();
            self.log.extend(messages);
        }
    }

    /// Lets time pass until a message of that kind comes, and takes it.
    #[track_caller]
    pub fn wait(&mut self, kind: u16, time: Duration) -> Vec<u8> {
        let end = self.host.now + time;
        loop {
            if let Some(index) = self.log.iter().position(|message| id(message) == kind) {
                return self.log.remove(index);
            }
            assert!(self.host.now < end, "no 0x{kind:04X}: {:02X?}", self.log);
            self.step(end);
        }
    }

    /// A command, and the confirm that it gets, with its status.
    #[track_caller]
    pub fn command(&mut self, request: u16, body: &[u8]) -> u32 {
        self.host.request(request, body);
        let kind = (request & 0x003F) | 0x0400;
        let end = self.host.now + ms(3000);
        loop {
            if let Some(index) = self.log.iter().position(|message| id(message) == kind) {
                return word(&self.log.remove(index), 4);
            }
            assert!(self.host.now < end, "no confirm of 0x{request:04X}");
            self.step(end);
        }
    }

    /// Sends a frame; answers its packet id.
    pub fn transmit(&mut self, rate: u8, queue: u8, frame: &[u8]) -> u32 {
        self.packet += 1;
        let body = transmit_body(self.packet, rate, queue, 0, frame);
        self.host.request(0x0004, &body);
        self.packet
    }

    /// Sends a frame and waits for its confirm.
    #[track_caller]
    pub fn send(&mut self, rate: u8, queue: u8, frame: &[u8]) -> Confirmed {
        let packet = self.transmit(rate, queue, frame);
        self.confirm(packet)
    }

    /// Waits for the confirm of a packet.
    #[track_caller]
    pub fn confirm(&mut self, packet: u32) -> Confirmed {
        let end = self.host.now + ms(3000);
        loop {
            let found = self.log.iter().flat_map(|message| confirmed(message));
            if let Some(record) = found.into_iter().find(|record| record.packet == packet) {
                return record;
            }
            assert!(self.host.now < end, "no confirm of packet {packet:X}");
            self.step(end);
        }
    }

    /// Takes the frames that were received: interface, header fields, frame.
    pub fn received(&mut self) -> Vec<Vec<u8>> {
        let (frames, rest) = std::mem::take(&mut self.log)
            .into_iter()
            .partition(|message| id(message) == 0x0804);
        self.log = rest;
        frames
    }

    /// Templates, policies, channel and join, by the page.
    #[track_caller]
    pub fn join(&mut self) {
        assert_eq!(self.command(0x0006, &probe_template()), 0);
        assert_eq!(self.command(0x0006, &policy(0, 13, 4)), 0);
        assert_eq!(self.command(0x0016, &[0x80, 0, 6, 0]), 0);
        self.wait(0x080A, ms(100));
        assert_eq!(self.command(0x000B, &join_body()), 0);
    }

    /// Join, authentication and association.
    #[track_caller]
    pub fn associate(&mut self) {
        self.join();
        let confirm = self.send(13, 3, &management(11, &[0, 0, 1, 0, 0, 0]));
        assert_eq!(confirm.status, 0);
        self.run(ms(10));
        let confirm = self.send(13, 3, &management(0, &[0x21, 4, 3, 0]));
        assert_eq!(confirm.status, 0);
        self.run(ms(10));
        let answers: Vec<_> = self.received().iter().map(|frame| frame[32]).collect();
        assert!(
            answers.contains(&0xB0) && answers.contains(&0x10),
            "{answers:02X?}"
        );
        assert!(self.ap.station().unwrap().associated);
        let params = [0, 20, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xC0, 0x3F, 0];
        assert_eq!(self.command(0x0011, &params), 0);
        self.ap.take_received();
        self.ap.take_outcomes();
    }

    /// Association, and the keys of a network with CCMP and protected management frames.
    #[track_caller]
    pub fn secure(&mut self) {
        self.associate();
        assert_eq!(self.command(0x000C, &pairwise_key(0)), 0);
        assert_eq!(self.command(0x000C, &group_key(1, 4)), 0);
        assert_eq!(self.command(0x0006, &mib(0x1020, &[1, 0, 0, 0])), 0);
        assert_eq!(self.command(0x000C, &group_key(2, 8)), 0);
        let [pairwise, group, integrity] = &KEYS;
        self.ap.set_keys(pairwise, group, integrity);
    }

    /// The data frames that were received: flags and frame.
    pub fn received_data(&mut self) -> Vec<(u32, Vec<u8>)> {
        self.received()
            .into_iter()
            .filter(|message| message[32] & 0x0C == 8)
            .map(|message| (word(&message, 12), message[32..].to_vec()))
            .collect()
    }
}
