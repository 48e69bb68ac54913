// SPDX-License-Identifier: GPL-2.0-only
//! Transmission (3.3.2): from the request over the queues and the air to the confirm (3.4.4, 3.4.5).

mod ended;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use crate::air::{Address, Attempt, Rate, Transmission};
use crate::breach::Rule;
use crate::bytes::{Builder, Reader};
use crate::fault::Fault;
use crate::firmware::block_ack::MAX_AMPDU;
use crate::firmware::frame::{self, Frame, Kind, control, management};
use crate::firmware::traffic::Destination;
use crate::firmware::{Env, Firmware, TU, block_ack, rate, status};
use crate::knobs::SequenceOwner;
use crate::wsm::id::Id;
use crate::wsm::mib;
use crate::wsm::slots::Received;

/// Units (frames, or aggregates) handed to the air at a time: one that is sent, and one behind it, so that the
/// air does not idle.
const WINDOW: usize = 2;
/// Queues of the firmware by priority: voice, video, best effort, background, as `queueId`.
const PRIORITY: [usize; 4] = [3, 2, 0, 1];
/// Most records of a multi-transmit confirm.
const MAX_RECORDS: usize = 64;

/// The fields of a request.
#[derive(Clone, Copy, Debug)]
struct Request<'a> {
    packet: u32,
    max_rate: u8,
    queue: u8,
    flags: u8,
    expire: u32,
    frame: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads a body; `Err` says what is wrong with its fields.
    fn parse(body: &'a [u8]) -> Result<Self, String> {
        let short = || "the body is cut off".to_owned();
        let mut reader = Reader::new(body);
        let packet = reader.u32().ok_or_else(short)?;
        let max_rate = reader.u8().ok_or_else(short)?;
        let queue = reader.u8().ok_or_else(short)?;
        let more = reader.u8().ok_or_else(short)?;
        let flags = reader.u8().ok_or_else(short)?;
        let reserved = reader.u32().ok_or_else(short)?;
        let expire = reader.u32().ok_or_else(short)?;
        let ht = reader.u32().ok_or_else(short)?;
        if flags & 0x80 != 0 {
            reader.take(2).ok_or_else(short)?;
        }
        let bad = [
            (queue >> 2 != 0, "the link id of a station is 0"),
            (more != 0, "more is 0"),
            (flags & 0x0F != 0, "bits 3:0 of the flags are 0"),
            (reserved != 0, "the reserved field is 0"),
            (!matches!(ht & !0x80, 0..=2), "htTxParameters is 0 to 2"),
        ];
        if let Some((_, text)) = bad.iter().find(|(bad, _)| *bad) {
            return Err((*text).to_owned());
        }
        Ok(Self {
            packet,
            max_rate,
            queue,
            flags,
            expire,
            frame: reader.rest(),
        })
    }
}

/// A frame of the host that waits for the air.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    packet: u32,
    interface: u8,
    bytes: Vec<u8>,
    attempts: Vec<Attempt>,
    /// Traffic identifier of a frame that may be part of an A-MPDU.
    aggregates: Option<u8>,
    is_group: bool,
    destination: Destination,
    queued: Duration,
    expires: Duration,
}

/// What a frame in the air is to the firmware.
#[derive(Clone, Debug)]
enum Purpose {
    /// The host's.
    Host { frame: Waiting, aggregated: bool },
    /// The firmware's own.
    Own(Own),
}

/// Why the firmware sends a frame by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    /// Nothing follows from how it ends.
    Plain,
    /// A null function frame that says whether the station sleeps.
    PowerState {
        /// The value of its power management bit.
        sleeps: bool,
    },
    /// A PS-Poll.
    Poll,
    /// A QoS null function frame that begins a service period.
    Trigger,
}

#[derive(Clone, Debug)]
struct Flying {
    cookie: u64,
    purpose: Purpose,
    /// Whether it begins a unit.
    leads: bool,
}

/// How a frame of the host has ended.
#[derive(Clone, Copy, Debug)]
struct Record {
    packet: u32,
    interface: u8,
    status: u32,
    rate: u8,
    failures: u8,
    flags: u16,
    media_delay: Duration,
    queue_delay: Duration,
}

/// The queues.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queues {
    own: VecDeque<(Transmission, Own)>,
    waiting: [VecDeque<Waiting>; 4],
    flying: VecDeque<Flying>,
    records: Vec<Record>,
    /// When the first record was made that has not gone to the host.
    records_since: Option<Duration>,
    outstanding: BTreeSet<u32>,
    next_cookie: u64,
    /// Sequence numbers by TID, and of everything else, where they are the firmware's.
    sequences: [u16; 17],
}

impl Queues {
    fn units(&self) -> usize {
        self.flying.iter().filter(|flying| flying.leads).count()
    }

    /// Whether a frame waits and the air would take it.
    pub(crate) fn may_send(&self) -> bool {
        self.units() < WINDOW && self.waiting.iter().any(|queue| !queue.is_empty())
    }

    /// When the first waiting frame becomes too old, or records have been gathered for `gather`.
    pub(crate) fn deadline(&self, gather: Duration) -> Option<Duration> {
        let heads = self.waiting.iter().filter_map(VecDeque::front);
        let gathered = self
            .records_since
            .map(|since| since.saturating_add(gather))
            .filter(|_| !gather.is_zero());
        heads.map(|waiting| waiting.expires).chain(gathered).min()
    }

    /// A frame of the firmware's own, in front of those of the host.
    pub(crate) fn push_own(&mut self, bytes: Vec<u8>, attempts: Vec<Attempt>, own: Own) {
        let transmission = Transmission {
            bytes,
            attempts,
            aggregated: false,
            cookie: 0,
        };
        self.own.push_back((transmission, own));
    }

    fn cookie(&mut self) -> u64 {
        self.next_cookie = self.next_cookie.wrapping_add(1);
        self.next_cookie
    }
}

impl Firmware {
    /// 0x0004.
    pub(crate) fn transmit(&mut self, message: &Received, env: &mut Env<'_>) {
        let packet = Reader::new(&message.body).u32().unwrap_or(0);
        if !self.queues.outstanding.insert(packet) {
            env.journal.breach(
                Rule::PacketId,
                format!("packet id 0x{packet:08X} is outstanding"),
            );
        }
        let ended = match self.accept(message, env) {
            Ok((queue, waiting)) => {
                let spoilt = env.journal.fault(Fault::TransmitStatus);
                if let Some(fault) = spoilt {
                    (fault.value("status"), waiting)
                } else {
                    if let Some(queue) = self.queues.waiting.get_mut(queue) {
                        queue.push_back(waiting);
                    }
                    return;
                }
            }
            Err((rule, text)) => {
                env.journal.breach(rule, text);
                (status::INVALID, Waiting::dropped(packet, message.id, env))
            }
        };
        self.end_unsent(&ended.1, ended.0, env.journal.now);
    }

    /// Checks a request and makes the frame for the air from it.
    fn accept(
        &mut self,
        message: &Received,
        env: &mut Env<'_>,
    ) -> Result<(usize, Waiting), (Rule, String)> {
        let request = Request::parse(&message.body).map_err(|text| (Rule::TransmitFields, text))?;
        let frame = Frame::new(request.frame)
            .filter(|frame| {
                matches!(frame.kind(), Kind::Management | Kind::Data) && frame.header_len() >= 24
            })
            .ok_or_else(|| {
                let text = format!("{} bytes that are no frame", request.frame.len());
                (Rule::TransmitFrame, text)
            })?;
        if frame.is_management(management::ACTION)
            && frame.body().first() == Some(&block_ack::CATEGORY)
            && !frame.has(control::PROTECTED)
        {
            let text = "a block-ack action frame".to_owned();
            return Err((Rule::BlockAckFrame, text));
        }
        self.check_state(frame, env)?;
        if frame.has(control::PROTECTED) && !self.keys.can_seal(frame, self.default_key_id()) {
            let text = format!("a protected frame for {}", frame.address1());
            return Err((Rule::TransmitKey, text));
        }
        let attempts = self.attempts(request.max_rate, request.flags >> 4 & 7)?;
        let lifetime = match request.expire {
            0 => env.config.knobs.transmit_lifetime_tu,
            expire => expire,
        };
        let is_group = frame.address1().is_group();
        let waiting = Waiting {
            packet: request.packet,
            interface: message.id.interface(),
            bytes: request.frame.to_vec(),
            attempts,
            aggregates: frame
                .tid()
                .filter(|_| !is_group && !frame.is_null() && !is_eapol(frame)),
            is_group,
            destination: self.destination(frame, env),
            queued: env.journal.now,
            expires: env.journal.now.saturating_add(TU.saturating_mul(lifetime)),
        };
        Ok((usize::from(request.queue & 3), waiting))
    }

    /// Whether a frame may be sent now.
    fn check_state(&self, frame: Frame<'_>, env: &mut Env<'_>) -> Result<(), (Rule, String)> {
        let journal = &mut env.journal;
        if self.scan.is_some() {
            journal.breach(Rule::TransmitState, "a frame while a scan runs");
        }
        if self.switching.is_some() {
            journal.breach(Rule::TransmitState, "a frame while the channel is switched");
        }
        match &self.bss {
            Some(bss) => {
                let wrong = frame.kind() == Kind::Data && frame.address1() != bss.bssid;
                if wrong {
                    let text = format!("data for {} in the BSS {}", frame.address1(), bss.bssid);
                    return Err((Rule::TransmitState, text));
                }
            }
            None if frame.kind() == Kind::Data => {
                return Err((Rule::TransmitState, "data without a join".to_owned()));
            }
            None => {}
        }
        Ok(())
    }

    /// The attempts that rate and policy ask for.
    fn attempts(&self, max_rate: u8, index: u8) -> Result<Vec<Attempt>, (Rule, String)> {
        let shape = self.rate_shape();
        let first = rate::of_id(max_rate, shape)
            .ok_or_else(|| (Rule::TransmitRate, format!("rate id {max_rate}")))?;
        let in_5ghz = self.home.is_some_and(|channel| !channel.is_2ghz());
        if in_5ghz && first.is_dsss() {
            let text = format!("rate id {max_rate} in the 5 GHz band");
            return Err((Rule::TransmitRate, text));
        }
        let policy = self.policies.get(index).ok_or_else(|| {
            (
                Rule::RatePolicy,
                format!("policy {index} was never written"),
            )
        })?;
        policy
            .attempts(max_rate, shape)
            .map_err(|text| (Rule::RatePolicy, format!("policy {index}: {text}")))
    }

    /// What rates look like on the home channel.
    pub(crate) fn rate_shape(&self) -> rate::Shape {
        let wide = self
            .home
            .is_some_and(|channel| channel.width != crate::air::Width::Mhz20);
        rate::Shape {
            wide,
            short_guard_interval: self.mibs.flag(0, mib::SHORT_GUARD_INTERVAL),
            short_preamble: false,
        }
    }

    /// Attempts of the firmware's own frames: at the lowest rate of the band.
    pub(crate) fn own_attempts(&self) -> Vec<Attempt> {
        let in_5ghz = self
            .radio
            .channel()
            .is_some_and(|channel| !channel.is_2ghz());
        let rate = if in_5ghz { Rate::OFDM_6 } else { Rate::DSSS_1 };
        vec![Attempt { rate, count: 7 }]
    }

    fn number(&mut self, bytes: &mut [u8], tid: Option<u8>) {
        let index = tid.map_or(16, usize::from);
        if let Some(counter) = self.queues.sequences.get_mut(index) {
            frame::set_sequence(bytes, *counter);
            *counter = counter.wrapping_add(1) & 0x0FFF;
        }
    }

    /// Gives the next number to a frame of the firmware's own, if numbers are the firmware's.
    pub(crate) fn number_own(&mut self, bytes: &mut [u8], env: &Env<'_>) {
        if env.config.knobs.sequence_owner == SequenceOwner::Firmware {
            self.number(bytes, None);
        }
    }

    /// Hands frames to the air as long as it has few.
    pub(crate) fn pump(&mut self, env: &mut Env<'_>) {
        self.expire(env.journal.now);
        while self.queues.units() < WINDOW {
            if let Some((mut transmission, own)) = self.queues.own.pop_front() {
                self.number_own(&mut transmission.bytes, env);
                transmission.cookie = self.queues.cookie();
                self.queues.flying.push_back(Flying {
                    cookie: transmission.cookie,
                    purpose: Purpose::Own(own),
                    leads: true,
                });
                self.radio.transmit(transmission, env.journal.now);
                continue;
            }
            if !self.at_home() {
                break;
            }
            let Some(queue) = PRIORITY.into_iter().find(|queue| {
                self.queues
                    .waiting
                    .get(*queue)
                    .is_some_and(|queue| !queue.is_empty())
            }) else {
                break;
            };
            self.send_from(queue, env);
        }
    }

    /// Sends the first frame of a queue, and those behind it that go into the same A-MPDU.
    fn send_from(&mut self, queue: usize, env: &mut Env<'_>) {
        let Some(first) = self.take_waiting(queue, |_| true) else {
            return;
        };
        let tid = first.aggregates;
        let most = tid.map_or(0, |tid| self.block_ack.aggregate(tid));
        let mut bytes = first.bytes.len();
        let aggregated = most > 1;
        self.send_one(first, aggregated, true, env);
        for _ in 1..most {
            let next = self.take_waiting(queue, |next| {
                next.aggregates == tid && bytes.saturating_add(next.bytes.len()) <= MAX_AMPDU
            });
            let Some(next) = next else { break };
            bytes = bytes.saturating_add(next.bytes.len());
            self.send_one(next, aggregated, false, env);
        }
    }

    fn take_waiting(&mut self, queue: usize, wanted: impl Fn(&Waiting) -> bool) -> Option<Waiting> {
        let queue = self.queues.waiting.get_mut(queue)?;
        queue.pop_front_if(|waiting| wanted(waiting))
    }

    fn send_one(&mut self, waiting: Waiting, aggregated: bool, leads: bool, env: &mut Env<'_>) {
        if self.home.is_none() || !env.config.knobs.unjoined_frames && self.bss.is_none() {
            self.end_unsent(&waiting, status::FAILURE, env.journal.now);
            return;
        }
        if waiting.destination != Destination::Air {
            self.sink_one(waiting, env);
            return;
        }
        let mut bytes = waiting.bytes.clone();
        if env.config.knobs.sequence_owner == SequenceOwner::Firmware {
            let tid = Frame::new(&bytes).and_then(Frame::tid);
            self.number(&mut bytes, tid);
        }
        self.power_of_frame(&mut bytes, env.journal.now);
        let plain = bytes.clone();
        let key_id = self.default_key_id();
        // A key that has gone since is nobody's fault: frames that still wait are lost with it.
        let Some(bytes) = self.keys.seal(bytes, key_id) else {
            self.end_unsent(&waiting, status::FAILURE, env.journal.now);
            return;
        };
        let cookie = self.queues.cookie();
        let transmission = Transmission {
            bytes,
            attempts: waiting.attempts.clone(),
            aggregated: !leads,
            cookie,
        };
        let wants_session = waiting.aggregates.is_some() && !aggregated;
        self.queues.flying.push_back(Flying {
            cookie,
            purpose: Purpose::Host {
                frame: waiting,
                aggregated,
            },
            leads,
        });
        self.radio.transmit(transmission, env.journal.now);
        if wants_session && let Some(frame) = Frame::new(&plain) {
            self.want_session(frame, env.journal.now);
        }
    }

    /// Gives a frame to the sink instead of the air.
    fn sink_one(&mut self, waiting: Waiting, env: &Env<'_>) {
        let cookie = self.queues.cookie();
        let (length, kbps) = match waiting.destination {
            Destination::Sink(payload) => {
                let summary = &mut self.traffic.summary;
                summary.sink_frames = summary.sink_frames.saturating_add(1);
                let payload = u64::try_from(payload).unwrap_or(0);
                summary.sink_bytes = summary.sink_bytes.saturating_add(payload);
                (waiting.bytes.len(), env.config.traffic.phy_kbps)
            }
            Destination::Air | Destination::Source => (0, 0),
        };
        self.queues.flying.push_back(Flying {
            cookie,
            purpose: Purpose::Host {
                frame: waiting,
                aggregated: false,
            },
            leads: true,
        });
        self.traffic.sink(cookie, length, kbps, env.journal.now);
    }

    /// Ends the frames that have waited too long.
    fn expire(&mut self, now: Duration) {
        let mut old = Vec::new();
        for queue in &mut self.queues.waiting {
            while let Some(waiting) = queue.pop_front_if(|waiting| waiting.expires <= now) {
                old.push(waiting);
            }
        }
        for waiting in old {
            self.end_unsent(&waiting, status::LIFETIME_EXCEEDED, now);
        }
    }

    /// Ends every frame that waits.
    pub(crate) fn flush_waiting(&mut self, code: u32, now: Duration) {
        let all: Vec<_> = self
            .queues
            .waiting
            .iter_mut()
            .flat_map(|queue| queue.drain(..))
            .collect();
        for waiting in all {
            self.end_unsent(&waiting, code, now);
        }
        self.queues.own.clear();
    }

    fn end_unsent(&mut self, waiting: &Waiting, code: u32, now: Duration) {
        let requeue = if code == status::REQUEUE { 2 } else { 0 };
        self.queues.records.push(Record {
            packet: waiting.packet,
            interface: waiting.interface,
            status: code,
            rate: 0,
            failures: 0,
            flags: requeue,
            media_delay: Duration::ZERO,
            queue_delay: now.saturating_sub(waiting.queued),
        });
    }
}

impl Waiting {
    /// What is known of a frame that was not accepted.
    fn dropped(packet: u32, id: Id, env: &Env<'_>) -> Self {
        Self {
            packet,
            interface: id.interface(),
            bytes: Vec::new(),
            attempts: Vec::new(),
            aggregates: None,
            is_group: false,
            destination: Destination::Air,
            queued: env.journal.now,
            expires: env.journal.now,
        }
    }
}

/// Whether a frame carries EAPOL, behind LLC and SNAP: keys are negotiated before sessions (9.4, F-9).
fn is_eapol(frame: Frame<'_>) -> bool {
    let start = if frame.has(control::PROTECTED) { 8 } else { 0 };
    let header = frame.body().get(start..).unwrap_or(&[]);
    header.starts_with(&[0xAA, 0xAA, 3, 0, 0, 0, 0x88, 0x8E])
}

/// A null function frame to the access point of a BSS.
pub(crate) fn null_frame(bssid: Address, own: Address) -> Vec<u8> {
    Builder::new()
        .u16(control::NULL | control::TO_DS)
        .u16(0)
        .bytes(&bssid.0)
        .bytes(&own.0)
        .bytes(&bssid.0)
        .u16(0)
        .build()
}
