// SPDX-License-Identifier: GPL-2.0-only
//! A source and a sink of datagrams inside the firmware.
//!
//! The air and the crypto of a simulated access point are slower than the bus, so that what the bus and its driver can do is
//! measured without them. A datagram of the host to the source's port asks for as many datagrams back as its text says; a
//! datagram to the sink's port goes nowhere and is confirmed at the pace of an emulated PHY. The rest of the traffic stays on
//! the air.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::air::{Address, OnAir, Outcome, Rate};
use crate::bytes::Builder;
use crate::firmware::frame::{self, Frame, control};
use crate::firmware::receive::{Manner, flag};
use crate::firmware::{Env, Firmware, status};

/// Section `[traffic]` of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Traffic {
    /// UDP port of the source; 0: there is none. A datagram to it with the text `FRAMES BYTES` brings so many
    /// datagrams with so many bytes of payload; with `FRAMES BYTES BURST MICROSECONDS` a burst at a time.
    pub source_port: u16,
    /// UDP port of the sink; 0: there is none.
    pub sink_port: u16,
    /// Rate in kbit/s at which the sink takes frames, from their first byte to their last; 0: at once.
    pub phy_kbps: u32,
}

/// What went through source and sink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TrafficSummary {
    /// Frames that the source has made.
    pub source_frames: u64,
    /// Bytes of payload in them.
    pub source_bytes: u64,
    /// Frames that the sink has taken.
    pub sink_frames: u64,
    /// Bytes of payload in them.
    pub sink_bytes: u64,
}

/// Messages that the source keeps in front of the host: two batches, so that one is always ready.
const DEPTH: usize = 32;
/// LLC and SNAP of IPv4.
const SNAP_IPV4: [u8; 8] = [0xAA, 0xAA, 3, 0, 0, 0, 8, 0];
const IPV4_LEN: usize = 20;
const UDP_LEN: usize = 8;
const PROTOCOL_UDP: u8 = 17;
/// Least payload: the datagram's number.
const MIN_PAYLOAD: usize = 8;
/// Most payload, that of an Ethernet.
const MAX_PAYLOAD: usize = 1500 - IPV4_LEN - UDP_LEN;

/// A datagram in a frame of the host.
#[derive(Clone, Copy, Debug)]
struct Datagram<'a> {
    /// Addresses of the IPv4 header, source and destination.
    addresses: [[u8; 4]; 2],
    /// Ports, source and destination.
    ports: [u16; 2],
    payload: &'a [u8],
}

impl<'a> Datagram<'a> {
    fn parse(frame: Frame<'a>) -> Option<Self> {
        // The host has left room for the CCMP header or the extended IV of TKIP.
        let start = if frame.has(control::PROTECTED) { 8 } else { 0 };
        let packet = frame.body().get(start..)?.strip_prefix(&SNAP_IPV4)?;
        let header_len = usize::from(packet.first()? & 0x0F) * 4;
        let (header, rest) = packet.split_at_checked(header_len)?;
        if header.first()? >> 4 != 4 || *header.get(9)? != PROTOCOL_UDP {
            return None;
        }
        let address = |at: usize| header.get(at..)?.first_chunk().copied();
        let (udp, rest) = rest.split_first_chunk::<UDP_LEN>()?;
        let [s0, s1, d0, d1, l0, l1, ..] = *udp;
        let length = usize::from(u16::from_be_bytes([l0, l1])).checked_sub(UDP_LEN)?;
        Some(Self {
            addresses: [address(12)?, address(16)?],
            ports: [u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1])],
            payload: rest.get(..length)?,
        })
    }
}

/// Where a frame of the host goes instead of the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    Air,
    /// The sink, with so many bytes of payload.
    Sink(usize),
    /// Nowhere: the source has taken its order.
    Source,
}

/// How a source that is slower than the bus sends: so many datagrams in every period. What the host was too slow
/// for is not made up for.
#[derive(Clone, Copy, Debug)]
struct Pace {
    burst: u64,
    period: Duration,
    /// When the next burst begins.
    turn: Duration,
    /// Datagrams of this burst that are still to come.
    due: u64,
}

impl Pace {
    fn new(burst: u64, period: Duration, now: Duration) -> Self {
        Self {
            burst: burst.max(1),
            period: period.max(Duration::from_micros(1)),
            turn: now,
            due: 0,
        }
    }

    /// Takes a datagram, if it is its time.
    fn take(&mut self, now: Duration) -> bool {
        if self.due == 0 {
            if now < self.turn {
                return false;
            }
            let next = self.turn.saturating_add(self.period);
            self.turn = if next > now {
                next
            } else {
                now.saturating_add(self.period)
            };
            self.due = self.burst;
        }
        self.due -= 1;
        true
    }
}

/// Datagrams that the host has ordered.
#[derive(Clone, Debug)]
struct Order {
    /// As fast as the host reads if there is none.
    pace: Option<Pace>,
    /// Header and body of a datagram whose number and checksum are 0.
    template: Vec<u8>,
    /// Where the UDP header is.
    udp: usize,
    /// Sum of the words that the checksum covers.
    sum: u32,
    left: u64,
    number: u64,
    payload: u64,
}

/// Source and sink.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    order: Option<Order>,
    /// Sequence number of the source's frames.
    sequence: u16,
    /// When the emulated PHY is free.
    free_at: Duration,
    /// Frames in the sink: when they end, their cookie and their time.
    sinking: VecDeque<(Duration, u64, Duration)>,
    pub(crate) summary: TrafficSummary,
}

impl State {
    /// Starts anew; the counts remain.
    pub(crate) fn restart(&mut self) {
        *self = Self {
            summary: self.summary,
            ..Self::default()
        };
    }

    /// When the sink has taken its next frame, or the source begins its next burst.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let taken = self.sinking.front().map(|(at, ..)| *at);
        let pace = self.order.as_ref().and_then(|order| order.pace);
        let burst = pace.filter(|pace| pace.due == 0).map(|pace| pace.turn);
        taken.into_iter().chain(burst).min()
    }

    /// Takes a frame of `length` bytes.
    pub(crate) fn sink(&mut self, cookie: u64, length: usize, kbps: u32, now: Duration) {
        let bits = u64::try_from(length).unwrap_or(0).saturating_mul(8);
        let time = match u64::from(kbps) {
            0 => Duration::ZERO,
            // Kilobits a second are bits a millisecond.
            kbps => Duration::from_nanos(bits.saturating_mul(1_000_000).div_ceil(kbps)),
        };
        let end = self.free_at.max(now).saturating_add(time);
        self.free_at = end;
        self.sinking.push_back((end, cookie, time));
    }
}

/// Sum of 16-bit words, as the checksums of the internet need it.
fn sum(bytes: &[u8]) -> u32 {
    let mut total = 0_u32;
    for word in bytes.chunks(2) {
        let high = u32::from(word.first().copied().unwrap_or(0)) << 8;
        let low = u32::from(word.get(1).copied().unwrap_or(0));
        total = total.wrapping_add(high | low);
    }
    total
}

/// The checksum of a sum.
fn fold(sum: u32) -> u16 {
    let once = (sum & 0xFFFF).wrapping_add(sum >> 16);
    let twice = (once & 0xFFFF).wrapping_add(once >> 16);
    let [low, high, ..] = (!twice).to_le_bytes();
    u16::from_le_bytes([low, high])
}

impl Order {
    /// The answer to a datagram: its ends exchanged, from the access point to the station.
    fn new(
        frame: Frame<'_>,
        datagram: Datagram<'_>,
        bssid: Address,
        own: Address,
        left: u64,
        payload: usize,
    ) -> Self {
        let payload = payload.clamp(MIN_PAYLOAD, MAX_PAYLOAD);
        let [source, destination] = datagram.addresses;
        let [source_port, destination_port] = datagram.ports.map(u16::to_be_bytes);
        let length = |bytes: usize| u16::try_from(bytes).unwrap_or(u16::MAX).to_be_bytes();
        let header = Builder::new()
            .u8(0x45)
            .u8(0)
            .bytes(&length(payload + IPV4_LEN + UDP_LEN))
            .u32(0)
            .u8(64)
            .u8(PROTOCOL_UDP)
            .u16(0)
            .bytes(&destination)
            .bytes(&source)
            .build();
        let check = fold(sum(&header)).to_be_bytes();
        let start = Builder::new()
            .u16(0x0088 | control::FROM_DS)
            .u16(0)
            .bytes(&own.0)
            .bytes(&bssid.0)
            .bytes(&frame.address3().0)
            .u16(0)
            .u16(0)
            .bytes(&SNAP_IPV4);
        let before = start.clone().build().len();
        let mut template = start
            .bytes(&header)
            .bytes(&destination_port)
            .bytes(&source_port)
            .bytes(&length(payload + UDP_LEN))
            .u16(0)
            .build();
        if let Some(field) = template.get_mut(before + 10..before + 12) {
            field.copy_from_slice(&check);
        }
        let udp = before + IPV4_LEN;
        template.extend_from_slice(&[0; MIN_PAYLOAD]);
        let fill = (MIN_PAYLOAD..payload).map(|at| at.to_le_bytes()[0]);
        template.extend(fill);
        let pseudo = sum(&source)
            .wrapping_add(sum(&destination))
            .wrapping_add(u32::from(PROTOCOL_UDP))
            .wrapping_add(sum(&length(payload + UDP_LEN)));
        let covered = sum(template.get(udp..).unwrap_or(&[]));
        Self {
            sum: pseudo.wrapping_add(covered),
            pace: None,
            template,
            udp,
            left,
            number: 0,
            payload: u64::try_from(payload).unwrap_or(0),
        }
    }

    /// The next frame.
    fn next(&mut self, sequence: u16) -> Vec<u8> {
        let mut bytes = self.template.clone();
        frame::set_sequence(&mut bytes, sequence);
        let number = self.number.to_be_bytes();
        let check = match fold(self.sum.wrapping_add(sum(&number))) {
            // 0 would mean that there is none.
            0 => u16::MAX,
            check => check,
        };
        if let Some(udp) = bytes.get_mut(self.udp..) {
            if let Some(field) = udp.get_mut(6..8) {
                field.copy_from_slice(&check.to_be_bytes());
            }
            if let Some(field) = udp.get_mut(UDP_LEN..UDP_LEN + MIN_PAYLOAD) {
                field.copy_from_slice(&number);
            }
        }
        self.number = self.number.wrapping_add(1);
        self.left = self.left.saturating_sub(1);
        bytes
    }
}

impl Firmware {
    /// Where a frame of the host goes; an order is taken on the way.
    pub(crate) fn destination(&mut self, frame: Frame<'_>, env: &Env<'_>) -> Destination {
        let traffic = &env.config.traffic;
        if traffic.source_port == 0 && traffic.sink_port == 0 {
            return Destination::Air;
        }
        let Some(datagram) = Datagram::parse(frame) else {
            return Destination::Air;
        };
        let [_, port] = datagram.ports;
        if port != 0 && port == traffic.sink_port {
            return Destination::Sink(datagram.payload.len());
        }
        if port == 0 || port != traffic.source_port {
            return Destination::Air;
        }
        let text = str::from_utf8(datagram.payload).unwrap_or("");
        let mut words = text.split_whitespace();
        let frames = words.next().and_then(|word| word.parse().ok());
        let bytes = words.next().and_then(|word| word.parse().ok());
        if let (Some(frames), Some(bytes), Some(bss)) = (frames, bytes, &self.bss) {
            let burst = words.next().and_then(|word| word.parse().ok());
            let period = words.next().and_then(|word| word.parse().ok());
            let pace = burst.zip(period).map(|(burst, period)| {
                Pace::new(burst, Duration::from_micros(period), env.journal.now)
            });
            let mut order = Order::new(frame, datagram, bss.bssid, self.mac, frames, bytes);
            order.pace = pace;
            self.traffic.order = Some(order);
        }
        Destination::Source
    }

    /// Ends what the sink has taken, and keeps the host supplied by the source.
    pub(crate) fn tick_traffic(&mut self, env: &mut Env<'_>) {
        let now = env.journal.now;
        while let Some((at, cookie, airtime)) =
            self.traffic.sinking.pop_front_if(|(at, ..)| *at <= now)
        {
            let outcome = Outcome {
                cookie,
                acked: true,
                tries: 1,
                rate: Rate::ht(7),
                ack_signal: None,
                airtime,
                at,
            };
            self.ended(&outcome, env);
        }
        let Some(mut order) = self.traffic.order.take() else {
            return;
        };
        let Some(bss) = &self.bss else { return };
        let protected = self.keys.has_pairwise(bss.bssid);
        let manner = Manner {
            interface: bss.interface,
            status: status::SUCCESS,
            flags: if protected {
                flag::DECRYPTED_AND_REMOVED
            } else {
                0
            },
        };
        let frequency = self.home.map_or(2412, |channel| channel.primary);
        while order.left > 0 && env.waiting.saturating_add(self.out.len()) < DEPTH {
            if order.pace.as_mut().is_some_and(|pace| !pace.take(now)) {
                break;
            }
            self.traffic.sequence = self.traffic.sequence.wrapping_add(1) & 0x0FFF;
            let heard = OnAir {
                bytes: order.next(self.traffic.sequence),
                frequency,
                rate: Rate::ht(7),
                signal: -40,
                at: now,
            };
            let summary = &mut self.traffic.summary;
            summary.source_frames = summary.source_frames.saturating_add(1);
            summary.source_bytes = summary.source_bytes.saturating_add(order.payload);
            self.deliver(&heard, &heard.bytes, manner, env);
        }
        if order.left > 0 {
            self.traffic.order = Some(order);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Datagram, Order, Pace, State, fold, sum};
    use crate::air::Address;
    use crate::firmware::frame::Frame;

    fn request(text: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x88, 0x01, 0, 0];
        for address in [1, 2, 3] {
            frame.extend_from_slice(&[2, 0, 0, 0, 0, address]);
        }
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(&[0xAA, 0xAA, 3, 0, 0, 0, 8, 0]);
        frame.extend_from_slice(&[0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0]);
        frame.extend_from_slice(&[10, 0, 0, 2, 10, 0, 0, 1, 0x12, 0x34, 0x13, 0x89, 0]);
        frame.push(8 + u8::try_from(text.len()).unwrap());
        frame.extend_from_slice(&[0, 0]);
        frame.extend_from_slice(text);
        frame
    }

    #[test]
    fn datagrams_of_the_source_have_right_checksums() {
        let bytes = request(b"5 33");
        let frame = Frame::new(&bytes).unwrap();
        let datagram = Datagram::parse(frame).unwrap();
        assert_eq!(datagram.payload, b"5 33");
        let own = Address([2, 0, 0, 0, 0, 2]);
        let mut order = Order::new(frame, datagram, Address([2, 0, 0, 0, 0, 1]), own, 5, 33);
        order.next(0);
        let answer = order.next(9);
        let answer = Frame::new(&answer).unwrap();
        assert_eq!(answer.address1(), own);
        assert_eq!(answer.sequence_control() >> 4, 9);
        let back = Datagram::parse(answer).unwrap();
        assert_eq!(back.ports, [0x1389, 0x1234]);
        assert_eq!(back.addresses, [[10, 0, 0, 1], [10, 0, 0, 2]]);
        assert_eq!(back.payload.len(), 33);
        assert_eq!(back.payload[..8], 1_u64.to_be_bytes());
        let packet = &answer.body()[8..];
        assert_eq!(fold(sum(&packet[..20])), 0, "header");
        let mut covered = vec![10, 0, 0, 1, 10, 0, 0, 2, 0, 17, 0, 41];
        covered.extend_from_slice(&packet[20..]);
        assert_eq!(fold(sum(&covered)), 0, "datagram");
    }

    #[test]
    fn a_paced_source_sends_bursts_and_makes_up_for_nothing() {
        let ms = Duration::from_millis;
        let mut pace = Pace::new(3, ms(10), ms(5));
        let mut taken = |now| (0..10).filter(|_| pace.take(ms(now))).count();
        assert_eq!(taken(5), 3);
        assert_eq!(taken(14), 0);
        assert_eq!(taken(15), 3);
        // Two periods were missed.
        assert_eq!(taken(47), 3);
        assert_eq!(taken(56), 0);
        assert_eq!(taken(57), 3);
    }

    #[test]
    fn the_sink_takes_one_frame_after_the_other() {
        let mut state = State::default();
        // 6.5 Mbit/s: 1300 bytes take 1.6 ms.
        for cookie in 0..3 {
            state.sink(cookie, 1300, 6500, Duration::ZERO);
        }
        let ends: Vec<_> = state
            .sinking
            .iter()
            .map(|(at, ..)| at.as_micros())
            .collect();
        assert_eq!(ends, [1600, 3200, 4800]);
    }

    #[test]
    fn other_packets_are_no_datagrams() {
        let mut bytes = request(b"");
        assert!(Datagram::parse(Frame::new(&bytes).unwrap()).is_some());
        bytes[34 + 9] = 6;
        assert!(Datagram::parse(Frame::new(&bytes).unwrap()).is_none());
        assert!(Datagram::parse(Frame::new(&bytes[..40]).unwrap()).is_none());
    }
}
