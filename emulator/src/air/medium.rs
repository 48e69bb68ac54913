// SPDX-License-Identifier: GPL-2.0-only
//! The medium that radios share: who hears whom, what gets lost, and whose turn it is.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::address::Address;
use super::capture::{Capture, Try};
use super::channel::Channel;
use super::model::Model;
use super::rate::Rate;
use super::{AirEvent, Attempt, OnAir, Outcome, Transmission, frame};

/// A radio on the medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Port(u32);

/// What a radio is tuned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tuning {
    /// Nothing.
    Off,
    /// A channel.
    On(Channel),
    /// Something that only the radio knows. It gets every frame, and is taken to be where it sent
    /// last: there it acknowledges.
    Elsewhere(Option<u16>),
}

/// Most events that wait for a radio; frames beyond that are lost, as nobody fetches any.
const MAX_INBOX: usize = 4096;

#[derive(Debug)]
struct Radio {
    tuning: Tuning,
    addresses: Vec<Address>,
    queue: VecDeque<Queued>,
    /// In the order of time.
    inbox: VecDeque<AirEvent>,
}

/// A transmission that waits for its turn.
#[derive(Debug)]
struct Queued {
    transmission: Transmission,
    /// Where it is to be sent, if not where the radio is tuned to then.
    frequency: Option<u16>,
    expects_ack: bool,
    since: Duration,
}

/// The medium.
#[derive(Debug)]
pub(crate) struct Medium {
    model: Model,
    random: fastrand::Rng,
    radios: BTreeMap<Port, Radio>,
    next_port: u32,
    /// When channels fall silent, by their primary frequency.
    silence: BTreeMap<u16, Duration>,
    /// Who transmitted last; the next one's turn is first.
    last: Port,
    capture: Option<Capture>,
}

impl Medium {
    pub(crate) fn new(model: Model) -> Self {
        Self {
            random: fastrand::Rng::with_seed(model.seed),
            model,
            radios: BTreeMap::new(),
            next_port: 0,
            silence: BTreeMap::new(),
            last: Port(0),
            capture: None,
        }
    }

    /// Writes down every try from now on.
    pub(crate) fn set_capture(&mut self, capture: Capture) {
        self.capture = Some(capture);
    }

    /// Has another model hold from now on. Random numbers go on where they were.
    pub(crate) fn set_model(&mut self, model: Model) {
        self.model = model;
    }

    /// A new radio without an address.
    pub(crate) fn attach(&mut self, tuning: Tuning) -> Port {
        let port = Port(self.next_port);
        self.next_port = self.next_port.saturating_add(1);
        self.radios.insert(
            port,
            Radio {
                tuning,
                addresses: Vec::new(),
                queue: VecDeque::new(),
                inbox: VecDeque::new(),
            },
        );
        port
    }

    /// Takes a radio away, with all that it has not sent.
    pub(crate) fn detach(&mut self, port: Port) {
        self.radios.remove(&port);
    }

    pub(crate) fn tune(&mut self, port: Port, tuning: Tuning) {
        if let Some(radio) = self.radios.get_mut(&port) {
            radio.tuning = tuning;
            radio
                .inbox
                .retain(|event| !matches!(event, AirEvent::Received(_)));
        }
    }

    pub(crate) fn set_addresses(&mut self, port: Port, addresses: Vec<Address>) {
        if let Some(radio) = self.radios.get_mut(&port) {
            radio.addresses = addresses;
        }
    }

    pub(crate) fn addresses_mut(&mut self, port: Port) -> Option<&mut Vec<Address>> {
        self.radios.get_mut(&port).map(|radio| &mut radio.addresses)
    }

    /// Queues a transmission on the channel that the radio is tuned to.
    pub(crate) fn transmit(&mut self, port: Port, transmission: Transmission, now: Duration) {
        let expects_ack = frame::expects_ack(&transmission.bytes);
        self.queue(port, transmission, None, expects_ack, now);
    }

    /// Queues a transmission of a radio that is tuned [elsewhere](Tuning::Elsewhere).
    pub(crate) fn transmit_on(
        &mut self,
        port: Port,
        frequency: u16,
        transmission: Transmission,
        expects_ack: bool,
        now: Duration,
    ) {
        if let Some(radio) = self.radios.get_mut(&port) {
            radio.tuning = Tuning::Elsewhere(Some(frequency));
        }
        self.queue(port, transmission, Some(frequency), expects_ack, now);
    }

    fn queue(
        &mut self,
        port: Port,
        transmission: Transmission,
        frequency: Option<u16>,
        expects_ack: bool,
        since: Duration,
    ) {
        if let Some(radio) = self.radios.get_mut(&port) {
            radio.queue.push_back(Queued {
                transmission,
                frequency,
                expects_ack,
                since,
            });
        }
    }

    /// What has come for a radio until `now`.
    pub(crate) fn poll(&mut self, port: Port, now: Duration) -> Vec<AirEvent> {
        self.advance(now);
        let Some(radio) = self.radios.get_mut(&port) else {
            return Vec::new();
        };
        let due = radio.inbox.partition_point(|event| event.at() <= now);
        radio.inbox.drain(..due).collect()
    }

    /// When a radio has something, or the medium itself has something to do.
    pub(crate) fn next(&self, port: Port) -> Option<Duration> {
        let inbox = self
            .radios
            .get(&port)
            .and_then(|radio| radio.inbox.front())
            .map(AirEvent::at);
        let turn = self.turn().map(|(_, start)| start);
        inbox.into_iter().chain(turn).min()
    }

    /// Starts every transmission whose turn has come until `now`.
    fn advance(&mut self, now: Duration) {
        while let Some((port, start)) = self.turn().filter(|(_, start)| *start <= now) {
            self.last = port;
            let mut at = start;
            while let Some(queued) = self.take(port) {
                at = self.send(port, &queued, at);
                let follows = self
                    .radios
                    .get(&port)
                    .and_then(|radio| radio.queue.front())
                    .is_some_and(|queued| queued.transmission.aggregated);
                if !follows {
                    break;
                }
            }
        }
    }

    fn take(&mut self, port: Port) -> Option<Queued> {
        self.radios.get_mut(&port)?.queue.pop_front()
    }

    /// Whose turn is next, and when. Among those who can start at the same time the radios take
    /// turns.
    fn turn(&self) -> Option<(Port, Duration)> {
        self.radios
            .iter()
            .filter_map(|(port, radio)| {
                let queued = radio.queue.front()?;
                let silence = radio
                    .frequency(queued)
                    .and_then(|frequency| self.silence.get(&frequency))
                    .copied()
                    .unwrap_or_default();
                Some((*port, queued.since.max(silence)))
            })
            .min_by_key(|(port, start)| (*start, *port <= self.last, *port))
    }

    /// Sends a frame, and says when the channel is silent again.
    fn send(&mut self, port: Port, queued: &Queued, start: Duration) -> Duration {
        let transmission = &queued.transmission;
        let frequency = self
            .radios
            .get(&port)
            .and_then(|radio| radio.frequency(queued));
        let mut outcome = Outcome {
            cookie: transmission.cookie,
            acked: false,
            tries: 0,
            rate: lowest(frequency),
            ack_signal: None,
            airtime: Duration::ZERO,
            at: start,
        };
        if let Some(frequency) = frequency {
            self.try_all(port, queued, frequency, &mut outcome);
            if self.model.time {
                outcome.at = start.saturating_add(outcome.airtime);
                self.silence.insert(frequency, outcome.at);
            }
        }
        let at = outcome.at;
        self.deliver(port, AirEvent::Outcome(outcome));
        at
    }

    fn try_all(&mut self, port: Port, queued: &Queued, frequency: u16, outcome: &mut Outcome) {
        let transmission = &queued.transmission;
        let start = outcome.at;
        let fallback = [Attempt {
            rate: outcome.rate,
            count: 1,
        }];
        let table = if transmission
            .attempts
            .iter()
            .all(|attempt| attempt.count == 0)
        {
            &fallback
        } else {
            transmission.attempts.as_slice()
        };
        let tries = table
            .iter()
            .flat_map(|attempt| std::iter::repeat_n(attempt.rate, usize::from(attempt.count)));
        let mut again = None;
        for (nth, rate) in (0_u32..).zip(tries) {
            outcome.rate = rate;
            outcome.tries = outcome.tries.saturating_add(1);
            let cost = if transmission.aggregated && nth == 0 {
                Model::subframe_airtime(rate, transmission.bytes.len())
            } else {
                let length = transmission.bytes.len();
                Model::airtime(rate, length, frequency, nth, queued.expects_ack)
            };
            outcome.airtime = outcome.airtime.saturating_add(cost);
            let bytes = match nth {
                0 => &transmission.bytes,
                _ => again.get_or_insert_with(|| frame::again(&transmission.bytes)),
            };
            let at = if self.model.time {
                start.saturating_add(outcome.airtime)
            } else {
                start
            };
            let sent = Sent {
                bytes,
                frequency,
                rate,
                at,
            };
            let answered = self
                .propagate(port, &sent)
                .filter(|_| queued.expects_ack && self.random.f64() >= self.model.ack_loss);
            if let Some(capture) = &mut self.capture {
                let tried = Try {
                    bytes,
                    frequency,
                    rate,
                    at,
                    before: nth,
                    acked: queued.expects_ack.then_some(answered.is_some()),
                };
                if capture.write(&tried).is_err() {
                    self.capture = None;
                }
            }
            outcome.acked = answered.is_some();
            outcome.ack_signal = answered;
            if outcome.acked || !queued.expects_ack {
                break;
            }
        }
    }

    /// Takes one try to everybody who hears it, and answers how strongly the station that it is
    /// for would be heard in turn, if it has received it.
    fn propagate(&mut self, from: Port, sent: &Sent<'_>) -> Option<i8> {
        let to = frame::receiver(sent.bytes)?;
        let sender = self.radios.get(&from)?.addresses.clone();
        let mut answered = None;
        let mut arrived = Vec::new();
        for (port, radio) in &self.radios {
            if *port == from || !radio.hears(sent) {
                continue;
            }
            if !to.is_group() && !radio.addresses.contains(&to) {
                continue;
            }
            let way = self.model.way(&sender, &radio.addresses, sent.at);
            let loss = self.model.loss(way, sent.rate);
            // A draw for each frame keeps what follows the same when a loss is changed.
            if self.random.f64() < loss {
                continue;
            }
            arrived.push((*port, way.signal));
            if !to.is_group() {
                if radio.answers(sent) {
                    answered = Some(way.signal);
                }
                break;
            }
        }
        for (port, signal) in arrived {
            self.deliver(
                port,
                AirEvent::Received(OnAir {
                    bytes: sent.bytes.to_vec(),
                    frequency: sent.frequency,
                    rate: sent.rate,
                    signal,
                    at: sent.at,
                }),
            );
        }
        answered
    }

    fn deliver(&mut self, port: Port, event: AirEvent) {
        let Some(radio) = self.radios.get_mut(&port) else {
            return;
        };
        if radio.inbox.len() >= MAX_INBOX && matches!(event, AirEvent::Received(_)) {
            return;
        }
        let at = event.at();
        let index = radio.inbox.partition_point(|event| event.at() <= at);
        radio.inbox.insert(index, event);
    }
}

/// One try on the air.
struct Sent<'a> {
    bytes: &'a [u8],
    frequency: u16,
    rate: Rate,
    at: Duration,
}

impl Radio {
    fn frequency(&self, queued: &Queued) -> Option<u16> {
        queued.frequency.or(match self.tuning {
            Tuning::Off | Tuning::Elsewhere(None) => None,
            Tuning::On(channel) => Some(channel.primary),
            Tuning::Elsewhere(frequency) => frequency,
        })
    }

    fn hears(&self, sent: &Sent<'_>) -> bool {
        match self.tuning {
            Tuning::Off => false,
            Tuning::On(channel) => channel.hears(sent.frequency, sent.rate.is_wide()),
            Tuning::Elsewhere(_) => true,
        }
    }

    /// Whether the radio acknowledges a frame that it was sent and that has arrived.
    fn answers(&self, sent: &Sent<'_>) -> bool {
        match self.tuning {
            Tuning::Off => false,
            Tuning::On(_) => true,
            Tuning::Elsewhere(frequency) => frequency == Some(sent.frequency),
        }
    }
}

/// The rate that every station of a band understands.
fn lowest(frequency: Option<u16>) -> Rate {
    match frequency {
        Some(0..3000) => Rate::DSSS_1,
        _ => Rate::OFDM_6,
    }
}
