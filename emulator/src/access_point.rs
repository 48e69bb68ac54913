// SPDX-License-Identifier: GPL-2.0-only
//! A small access point, for tests and for chips without another air.
//!
//! It beacons, answers probe requests, authenticates by open system, associates, keeps frames for stations that sleep, and accepts
//! block-ack sessions. What stations send to it is kept for whoever looks: it has no network behind it.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use crate::air::ether::{Ether, Radio};
use crate::air::model::Model;
use crate::air::{Address, Air, AirEvent, Attempt, Channel, OnAir, Outcome, Rate, Transmission};
use crate::bytes::Builder;
use crate::crypto::{bip, ccmp};

/// A time unit of 802.11.
const TU: Duration = Duration::from_micros(1024);
/// Beacon interval in time units.
const BEACON_INTERVAL: u16 = 100;
/// Frames that are kept for whoever looks.
const MAX_KEPT: usize = 4096;
/// Association id of the station; there is one at a time.
const AID: u16 = 1;

/// How an access point is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its address, and that of its BSS.
    pub bssid: Address,
    /// Name of the network.
    pub ssid: Vec<u8>,
    /// Channel.
    pub channel: Channel,
    /// Whether the name is kept out of beacons.
    pub hidden: bool,
    /// DTIM period.
    pub dtim_period: u8,
    /// Whether it is one of high throughput.
    pub high_throughput: bool,
    /// Whether it asks for power save by U-APSD and quality of service.
    pub quality_of_service: bool,
    /// Rate of its frames.
    pub rate: Rate,
}

impl Settings {
    /// An open access point on that channel.
    pub fn new(bssid: Address, ssid: &[u8], channel: Channel) -> Self {
        Self {
            bssid,
            ssid: ssid.to_vec(),
            channel,
            hidden: false,
            dtim_period: 2,
            high_throughput: true,
            quality_of_service: true,
            rate: Rate::legacy(240),
        }
    }
}

/// The station of an access point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Station {
    /// Its address.
    pub address: Address,
    /// Whether it has associated.
    pub associated: bool,
    /// Whether it sleeps, as its frames say.
    pub sleeps: bool,
}

/// An access point with one station.
#[derive(Debug)]
pub struct AccessPoint {
    air: Box<dyn Air>,
    settings: Settings,
    next_beacon: Duration,
    dtim_count: u8,
    sequence: u16,
    cookie: u64,
    station: Option<Station>,
    /// Frames for the station while it sleeps.
    kept: VecDeque<Vec<u8>>,
    /// Group frames that wait for the next DTIM.
    group: VecDeque<Vec<u8>>,
    received: Vec<OnAir>,
    outcomes: Vec<Outcome>,
    beacons: bool,
    protection: Option<Protection>,
}

/// Temporal keys of CCMP, as a handshake would have left them.
#[derive(Debug)]
struct Protection {
    pairwise: ccmp::Key,
    group: ccmp::Key,
    integrity: bip::Key,
    /// The last packet number.
    sent: u64,
}

/// Key id of the group key.
const GROUP_KEY_ID: u8 = 1;
/// Key id of the integrity group key.
const INTEGRITY_KEY_ID: u16 = 4;

impl AccessPoint {
    /// An access point that starts beaconing at once.
    pub fn new(mut air: Box<dyn Air>, settings: Settings) -> Self {
        air.tune(Some(settings.channel));
        air.addresses(&[settings.bssid]);
        Self {
            air,
            settings,
            next_beacon: Duration::ZERO,
            dtim_count: 0,
            sequence: 0,
            cookie: 0,
            station: None,
            kept: VecDeque::new(),
            group: VecDeque::new(),
            received: Vec::new(),
            outcomes: Vec::new(),
            beacons: true,
            protection: None,
        }
    }

    /// From now on data frames are protected: with a pairwise key, and for groups with a group key, whose id is 1. The
    /// third key, whose id is 4, is for group management frames.
    pub fn set_keys(&mut self, pairwise: &[u8; 16], group: &[u8; 16], integrity: &[u8; 16]) {
        self.protection = Some(Protection {
            pairwise: ccmp::Key::new(pairwise),
            group: ccmp::Key::new(group),
            integrity: bip::Key::new(integrity),
            sent: 0,
        });
    }

    /// A frame that was received, without its protection; `None` if it has none that fits.
    pub fn open(&self, frame: &[u8]) -> Option<Vec<u8>> {
        let opened = self.protection.as_ref()?.pairwise.open(frame).ok()?;
        Some(opened.stripped(frame))
    }

    fn protect(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        let protection = self.protection.as_mut()?;
        let is_group = frame.get(4)? & 1 != 0;
        let is_data = frame.first()? & 0x0C == 8;
        protection.sent = protection.sent.wrapping_add(1);
        let sent = protection.sent;
        match (is_data, is_group) {
            (true, false) => protection.pairwise.protect(sent, 0, frame).ok(),
            (true, true) => protection.group.protect(sent, GROUP_KEY_ID, frame).ok(),
            (false, true) if matches!(frame.first()?, 0xA0 | 0xC0 | 0xD0) => {
                let key = &protection.integrity;
                key.protect(sent, INTEGRITY_KEY_ID, frame).ok()
            }
            (false, _) => None,
        }
    }

    /// How it is.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its station, if one has authenticated.
    pub const fn station(&self) -> Option<Station> {
        self.station
    }

    /// Stops or starts beacons, answers and acknowledgements: the access point vanishes or is there.
    pub fn set_present(&mut self, present: bool) {
        self.beacons = present;
        self.air.tune(present.then_some(self.settings.channel));
    }

    /// Stops or starts hearing, and so acknowledging, while beacons go on.
    pub fn deafen(&mut self, deaf: bool) {
        let own = [self.settings.bssid];
        self.air.addresses(if deaf { &[] } else { &own });
    }

    /// What stations have sent since the last call.
    pub fn take_received(&mut self) -> Vec<OnAir> {
        std::mem::take(&mut self.received)
    }

    /// How the frames of [`send`](Self::send) have ended since the last call.
    pub fn take_outcomes(&mut self) -> Vec<Outcome> {
        std::mem::take(&mut self.outcomes)
    }

    /// When [`tick`](Self::tick) has something to do.
    pub fn deadline(&self) -> Duration {
        let air = self.air.next().unwrap_or(Duration::MAX);
        if self.beacons {
            air.min(self.next_beacon)
        } else {
            air
        }
    }

    /// Sends a frame as it is, but for its sequence number; to a station that sleeps, or to a group while it does,
    /// when the time comes.
    pub fn send(&mut self, frame: Vec<u8>, now: Duration) {
        let is_group = frame.get(4).is_some_and(|byte| byte & 1 != 0);
        match self.station {
            Some(Station { sleeps: true, .. }) if is_group => self.group.push_back(frame),
            Some(Station { sleeps: true, .. }) => self.kept.push_back(frame),
            _ => self.transmit(frame, self.settings.rate, now),
        }
    }

    /// A data frame from behind the access point.
    pub fn send_data(
        &mut self,
        destination: Address,
        source: Address,
        payload: &[u8],
        now: Duration,
    ) {
        let group = destination.is_group();
        let control = if self.settings.quality_of_service && !group {
            0x0288
        } else {
            0x0208
        };
        let mut frame = Builder::new()
            .u16(control)
            .u16(0)
            .bytes(&destination.0)
            .bytes(&self.settings.bssid.0)
            .bytes(&source.0)
            .u16(0);
        if control == 0x0288 {
            frame = frame.u16(0);
        }
        self.send(frame.bytes(payload).build(), now);
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Duration) {
        for event in self.air.poll(now) {
            match event {
                AirEvent::Received(heard) => self.heard(heard, now),
                AirEvent::Outcome(outcome) => self.outcomes.push(outcome),
            }
        }
        if self.outcomes.len() > MAX_KEPT {
            self.outcomes.clear();
        }
        while self.beacons && self.next_beacon <= now {
            self.beacon(now);
            let interval = TU.saturating_mul(u32::from(BEACON_INTERVAL));
            self.next_beacon = self
                .next_beacon
                .max(now.saturating_sub(interval))
                .saturating_add(interval);
        }
    }

    fn transmit(&mut self, mut frame: Vec<u8>, rate: Rate, now: Duration) {
        self.sequence = self.sequence.wrapping_add(1) & 0x0FFF;
        if let Some(field) = frame.get_mut(22..24) {
            field.copy_from_slice(&(self.sequence << 4).to_le_bytes());
        }
        if let Some(protected) = self.protect(&frame) {
            frame = protected;
        }
        self.cookie = self.cookie.wrapping_add(1);
        let transmission = Transmission {
            bytes: frame,
            attempts: vec![Attempt { rate, count: 7 }],
            aggregated: false,
            cookie: self.cookie,
        };
        self.air.transmit(transmission, now);
    }

    fn basic_rate(&self) -> Rate {
        if self.settings.channel.is_2ghz() {
            Rate::DSSS_1
        } else {
            Rate::OFDM_6
        }
    }

    fn management(&self, subtype: u16, to: Address) -> Builder {
        Builder::new()
            .u16(subtype << 4)
            .u16(0)
            .bytes(&to.0)
            .bytes(&self.settings.bssid.0)
            .bytes(&self.settings.bssid.0)
            .u16(0)
    }

    /// Timestamp, interval, capabilities and the elements that beacons and probe responses share.
    fn body(&self, mut frame: Builder, now: Duration, ssid: &[u8]) -> Builder {
        let time = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        frame = frame
            .bytes(&time.to_le_bytes())
            .u16(BEACON_INTERVAL)
            .u16(0x0421);
        frame = element(frame, 0, ssid);
        self.capabilities(frame)
    }

    fn capabilities(&self, mut frame: Builder) -> Builder {
        let number = crate::firmware::channel_number(self.settings.channel.primary);
        let [number, _] = number.to_le_bytes();
        if self.settings.channel.is_2ghz() {
            frame = element(frame, 1, &[0x82, 0x84, 0x8B, 0x96, 0x0C, 0x18, 0x30, 0x48]);
            frame = element(frame, 3, &[number]);
            frame = element(frame, 42, &[0]);
        } else {
            frame = element(frame, 1, &[0x8C, 0x12, 0x98, 0x24, 0xB0, 0x48, 0x60, 0x6C]);
        }
        if self.settings.high_throughput {
            let mut capabilities = [0; 26];
            capabilities[0] = 0x2C;
            capabilities[2] = 0x17;
            capabilities[3] = 0xFF;
            frame = element(frame, 45, &capabilities);
            let mut operation = [0; 22];
            operation[0] = number;
            frame = element(frame, 61, &operation);
        }
        if self.settings.quality_of_service {
            // WMM parameters, with U-APSD (bit 7 of the information).
            let mut parameters = vec![0x00, 0x50, 0xF2, 2, 1, 1, 0x80, 0];
            parameters.extend_from_slice(&[0x03, 0xA4, 0, 0, 0x27, 0xA4, 0, 0]);
            parameters.extend_from_slice(&[0x42, 0x43, 0x5E, 0, 0x62, 0x32, 0x2F, 0]);
            frame = element(frame, 221, &parameters);
        }
        frame
    }

    fn beacon(&mut self, now: Duration) {
        let ssid = if self.settings.hidden {
            vec![0; self.settings.ssid.len()]
        } else {
            self.settings.ssid.clone()
        };
        let group_follows = !self.group.is_empty() && self.dtim_count == 0;
        let frame = self.management(8, Address::BROADCAST);
        let frame = self.body(frame, now, &ssid);
        let bits = if self.kept.is_empty() { 0 } else { 1 << AID };
        let tim = [
            self.dtim_count,
            self.settings.dtim_period,
            u8::from(group_follows),
            bits,
        ];
        let frame = element(frame, 5, &tim).build();
        self.transmit(frame, self.basic_rate(), now);
        if group_follows {
            while let Some(mut frame) = self.group.pop_front() {
                more_data(&mut frame, !self.group.is_empty());
                self.transmit(frame, self.basic_rate(), now);
            }
        }
        self.dtim_count = match self.dtim_count {
            0 => self.settings.dtim_period.saturating_sub(1),
            count => count.saturating_sub(1),
        };
    }

    fn heard(&mut self, heard: OnAir, now: Duration) {
        let bytes = &heard.bytes;
        let (Some(&[low, high]), Some(from)) =
            (bytes.first_chunk(), Address::from_frame(bytes, 10))
        else {
            return;
        };
        let is_ours = Address::from_frame(bytes, 4) == Some(self.settings.bssid);
        let slept = self.station.is_some_and(|station| station.sleeps);
        if is_ours {
            self.note_power_state(from, low, high, now);
        }
        match low {
            0x40 => self.probed(bytes.get(24..).unwrap_or(&[]), from, now),
            0xB0 if is_ours => self.authenticate(bytes, from, now),
            0x00 | 0x20 if is_ours => self.associate(low, from, now),
            0xA0 | 0xC0 if is_ours => self.station = None,
            0xA4 if is_ours => self.release(now),
            0xC8 if is_ours && slept => self.service_period(now),
            0xD0 if is_ours => {
                let opened = self.open(bytes);
                let plain = opened.as_ref().unwrap_or(bytes);
                let body = plain.get(24..).unwrap_or(&[]).to_vec();
                self.action(&body, from, now);
            }
            _ => {}
        }
        if is_ours && self.received.len() < MAX_KEPT {
            self.received.push(heard);
        }
    }

    /// The power management bit of data frames tells whether the station sleeps.
    fn note_power_state(&mut self, from: Address, low: u8, high: u8, now: Duration) {
        let Some(station) = self.station.as_mut().filter(|s| s.address == from) else {
            return;
        };
        if low & 0x0C != 0x08 {
            return;
        }
        station.sleeps = high & 0x10 != 0;
        if !station.sleeps {
            while let Some(frame) = self.kept.pop_front() {
                self.transmit(frame, self.settings.rate, now);
            }
            while let Some(frame) = self.group.pop_front() {
                self.transmit(frame, self.basic_rate(), now);
            }
        }
    }

    fn probed(&mut self, elements: &[u8], from: Address, now: Duration) {
        let wanted = match elements {
            [0, 0, ..] => !self.settings.hidden,
            [0, len, rest @ ..] => rest.get(..usize::from(*len)) == Some(&self.settings.ssid),
            _ => false,
        };
        if !wanted {
            return;
        }
        let frame = self.management(5, from);
        let ssid = self.settings.ssid.clone();
        let frame = self.body(frame, now, &ssid).build();
        self.transmit(frame, self.basic_rate(), now);
    }

    fn authenticate(&mut self, frame: &[u8], from: Address, now: Duration) {
        // Open system, transaction 1.
        let good = frame.get(24..28) == Some(&[0, 0, 1, 0]);
        let status = if good { 0 } else { 13 };
        let answer = self.management(11, from).u16(0).u16(2).u16(status).build();
        if good {
            self.station = Some(Station {
                address: from,
                ..Station::default()
            });
        }
        self.transmit(answer, self.basic_rate(), now);
    }

    fn associate(&mut self, subtype: u8, from: Address, now: Duration) {
        let Some(station) = self.station.as_mut().filter(|s| s.address == from) else {
            return;
        };
        station.associated = true;
        let subtype = u16::from(subtype >> 4).saturating_add(1);
        let frame = self
            .management(subtype, from)
            .u16(0x0421)
            .u16(0)
            .u16(0xC000 | AID);
        let frame = self.capabilities(frame).build();
        self.transmit(frame, self.basic_rate(), now);
    }

    /// A PS-Poll: the next frame that is kept.
    fn release(&mut self, now: Duration) {
        if let Some(mut frame) = self.kept.pop_front() {
            more_data(&mut frame, !self.kept.is_empty());
            self.transmit(frame, self.settings.rate, now);
        }
    }

    /// A trigger: all frames that are kept, the last one marked as the end of the service period.
    fn service_period(&mut self, now: Duration) {
        while let Some(mut frame) = self.kept.pop_front() {
            let is_last = self.kept.is_empty();
            more_data(&mut frame, !is_last);
            if let (true, Some(qos)) = (is_last, frame.get_mut(24)) {
                *qos |= 0x10;
            }
            self.transmit(frame, self.settings.rate, now);
        }
    }

    /// Accepts block-ack sessions.
    fn action(&mut self, body: &[u8], from: Address, now: Duration) {
        if let &[3, 0, token, low, high, ..] = body {
            let frame = self
                .management(13, from)
                .bytes(&[3, 1, token, 0, 0, low, high, 0, 0])
                .build();
            self.transmit(frame, self.basic_rate(), now);
        }
    }

    /// Asks the station for a block-ack session of a traffic identifier, from that sequence number on.
    pub fn ask_for_block_ack(&mut self, tid: u8, start: u16, now: Duration) {
        let Some(station) = self.station else { return };
        // Immediate, 64 frames.
        let parameters = 1 << 1 | u16::from(tid & 0x0F) << 2 | 64 << 6;
        let frame = self
            .management(13, station.address)
            .bytes(&[3, 0, 1])
            .u16(parameters)
            .u16(0)
            .u16(start << 4)
            .build();
        self.transmit(frame, self.basic_rate(), now);
    }
}

fn element(frame: Builder, id: u8, content: &[u8]) -> Builder {
    let content = content.get(..255).unwrap_or(content);
    let len = u8::try_from(content.len()).unwrap_or(u8::MAX);
    frame.u8(id).u8(len).bytes(content)
}

fn more_data(frame: &mut [u8], more: bool) {
    if let Some(high) = frame.get_mut(1) {
        *high = if more { *high | 0x20 } else { *high & !0x20 };
    }
}

/// An air with one access point in it, which the chip's radio drives.
#[derive(Debug)]
pub struct Network {
    radio: Radio,
    access_point: AccessPoint,
}

impl Network {
    /// The access point beacons at once.
    pub fn new(model: Model, settings: Settings) -> Self {
        let ether = Ether::new(model);
        Self {
            radio: ether.radio(),
            access_point: AccessPoint::new(Box::new(ether.radio()), settings),
        }
    }
}

impl Air for Network {
    fn tune(&mut self, channel: Option<Channel>) {
        self.radio.tune(channel);
    }

    fn addresses(&mut self, own: &[Address]) {
        self.radio.addresses(own);
    }

    fn transmit(&mut self, transmission: Transmission, now: Duration) {
        self.radio.transmit(transmission, now);
    }

    fn poll(&mut self, now: Duration) -> Vec<AirEvent> {
        self.access_point.tick(now);
        // There is no network behind it that would want them.
        self.access_point.take_received();
        self.radio.poll(now)
    }

    fn next(&self) -> Option<Duration> {
        let access_point = self.access_point.deadline();
        Some(
            self.radio
                .next()
                .map_or(access_point, |radio| radio.min(access_point)),
        )
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}
