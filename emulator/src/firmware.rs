// SPDX-License-Identifier: GPL-2.0-only
//! The firmware behind the messages: requests come in, frames go through the air, confirms and indications come
//! out.
//!
//! [`Firmware`] is what all of it shares; each part of the work has a file with its own share of the methods.

mod block_ack;
mod bss;
mod channel;
mod configuration;
mod confirm;
mod counters;
mod event;
mod frame;
mod identity;
mod join;
mod keys;
mod management;
mod policy;
mod power;
mod radio;
mod rate;
mod receive;
mod scan;
mod status;
mod template;
mod traffic;
mod transmit;

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::time::Duration;

pub(crate) use channel::number_of as channel_number;
pub(crate) use frame::describe as describe_frame;
pub use identity::Identity;
pub(crate) use identity::startup;
pub use traffic::{Traffic, TrafficSummary};

use crate::air::{Address, Air, AirEvent, Channel};
use crate::breach::Rule;
use crate::bytes::Builder;
use crate::config::Config;
use crate::event::Journal;
use crate::fault::Fault;
use crate::knobs::Knobs;
use crate::summary::RadioSummary;
use crate::wsm::batch::Outgoing;
use crate::wsm::id::{self, Id};
use crate::wsm::mib::Store;
use crate::wsm::request;
use crate::wsm::slots::Received;

/// A time unit of 802.11.
pub(crate) const TU: Duration = Duration::from_micros(1024);
/// Rounds of one tick, so that an air which always has something does not hold the chip up.
const MAX_ROUNDS: usize = 64;

/// Longest message that the fault `spurious` makes.
const MAX_SPURIOUS: usize = 1632;

/// What the firmware works with besides its own state.
pub(crate) struct Env<'a> {
    pub(crate) config: &'a Config,
    pub(crate) journal: &'a mut Journal,
    /// Messages that wait for the host.
    pub(crate) waiting: usize,
}

/// The firmware. Its state is that between two activations of Wi-Fi, but for the radio and the counts.
#[derive(Debug, Default)]
pub(crate) struct Firmware {
    mibs: Store,
    mac: Address,
    configured: [bool; 3],
    dead: bool,
    radio: radio::Radio,
    /// The channel outside scans.
    home: Option<Channel>,
    switching: Option<channel::Switching>,
    scan: Option<scan::Scan>,
    joining: Option<join::Joining>,
    bss: Option<bss::Bss>,
    power: power::Power,
    templates: template::Templates,
    policies: policy::Policies,
    keys: keys::Keys,
    block_ack: block_ack::Sessions,
    pub(crate) traffic: traffic::State,
    queues: transmit::Queues,
    counters: counters::Counters,
    out: Vec<Outgoing>,
    pub(crate) requests: BTreeMap<u16, u64>,
    pub(crate) summary: RadioSummary,
}

impl Firmware {
    /// Starts anew, with the radio off; the counts for the summary remain.
    pub(crate) fn restart(&mut self) {
        self.radio.tune(None);
        self.radio.addresses(&[]);
        self.traffic.restart();
        *self = Self {
            requests: std::mem::take(&mut self.requests),
            summary: self.summary,
            traffic: std::mem::take(&mut self.traffic),
            radio: std::mem::take(&mut self.radio),
            ..Self::default()
        };
    }

    /// Gives the chip an air.
    pub(crate) fn set_air(&mut self, air: Box<dyn Air>) {
        self.radio = radio::Radio::new(air);
    }

    /// What is readable when the air has something.
    pub(crate) fn air_fd(&self) -> Option<BorrowedFd<'_>> {
        self.radio.as_fd()
    }

    /// Answers a message of the host.
    pub(crate) fn handle(&mut self, message: &Received, env: &mut Env<'_>) {
        let kind = message.id.kind();
        let count = self.requests.entry(kind).or_default();
        *count = count.saturating_add(1);
        if self.dead {
            return;
        }
        if let Some(fault) = env.journal.fault(Fault::Exception) {
            self.dead = true;
            self.radio.tune(None);
            env.journal.state("firmware has died of an exception");
            self.indicate(confirm::exception(fault.value("reason")));
            return;
        }
        if env.journal.fault(Fault::Hang).is_some() {
            self.dead = true;
            self.radio.tune(None);
            env.journal.state("firmware hangs");
            return;
        }
        if let Some((rule, text)) = request::defect(message.id, &message.body) {
            env.journal.breach(rule, text);
            let answer = if message.id.is_mcu() {
                confirm::rf(message)
            } else {
                confirm::generic(message.id, status::INVALID)
            };
            self.confirm_command(answer, env);
            return;
        }
        if message.id.is_mcu() {
            self.confirm_command(confirm::rf(message), env);
            return;
        }
        self.needs_configuration(message.id, env.journal);
        self.answer(message, env);
        if let Some(fault) = env.journal.fault(Fault::Spurious) {
            let len = usize::try_from(fault.value("len")).unwrap_or(0);
            let id = u16::try_from(fault.value("id")).unwrap_or(0) & 0x0FFF;
            let body = Builder::new()
                .u32(fault.value("value"))
                .resize(len.min(MAX_SPURIOUS).saturating_sub(id::HEADER_LEN));
            self.indicate(Outgoing::indication(id, body.build()));
        }
    }

    /// Does what a well-formed request asks for.
    fn answer(&mut self, message: &Received, env: &mut Env<'_>) {
        match message.id.kind() {
            id::TRANSMIT => self.transmit(message, env),
            id::READ_MIB => self.read_mib(message, env),
            id::WRITE_MIB => self.write_mib(message, env),
            id::SCAN => self.start_scan(message, env),
            id::STOP_SCAN => self.stop_scan(message, env),
            id::CONFIGURATION => self.configure(message, env),
            id::RESET => self.reset(message, env),
            id::JOIN => self.join(message, env),
            id::ADD_KEY => self.add_key(message, env),
            id::REMOVE_KEY => self.remove_key(message, env),
            id::SET_PM => self.set_power(message, env),
            id::SET_BSS_PARAMS => self.set_bss_params(message, env),
            id::EDCA_PARAMS => self.set_edca(message, env),
            id::TX_QUEUE_PARAMS => self.set_queue(message, env),
            id::SWITCH_CHANNEL => self.switch_channel(message, env),
            _ => self.confirm_command(confirm::generic(message.id, status::SUCCESS), env),
        }
    }

    /// Lets the air have its time while Wi-Fi is off: it may be others' as well.
    pub(crate) fn idle(&mut self, now: Duration) {
        self.radio.poll(now);
    }

    /// When the air wants its time.
    pub(crate) fn air_deadline(&self) -> Option<Duration> {
        self.radio.next()
    }

    /// Lets what is due happen: in the air, in scans and joins, in the queues.
    pub(crate) fn tick(&mut self, env: &mut Env<'_>) {
        let now = env.journal.now;
        if self.dead {
            self.idle(now);
            return;
        }
        for _ in 0..MAX_ROUNDS {
            for event in self.radio.poll(now) {
                match event {
                    AirEvent::Received(mut heard) => {
                        env.journal.mutator.frame(&mut heard.bytes);
                        self.received(&heard, env);
                    }
                    AirEvent::Outcome(outcome) => self.ended(&outcome, env),
                }
            }
            self.tick_channel(env);
            self.tick_scan(env);
            self.tick_join(env);
            self.tick_beacons(env);
            self.tick_power(env);
            self.pump(env);
            self.tick_traffic(env);
            let next = self.radio.next().into_iter().chain(self.traffic.deadline());
            // A sink without a pace has room again at once.
            let more = self.at_home() && self.queues.may_send();
            if next.min().is_none_or(|at| at > now) && !more {
                break;
            }
        }
        self.flush_records(env);
    }

    /// When [`tick`](Self::tick) has something to do next.
    pub(crate) fn deadline(&self, knobs: &Knobs) -> Option<Duration> {
        if self.dead {
            return self.air_deadline();
        }
        let gather = Duration::from_micros(u64::from(knobs.multi_confirm_us));
        let lost = self.bss.as_ref().and_then(bss::Bss::lost_at);
        [
            self.radio.next(),
            self.switching.map(|switching| switching.until),
            self.scan.as_ref().map(scan::Scan::deadline),
            self.joining.as_ref().map(join::Joining::deadline),
            lost.filter(|_| self.scan.is_none()),
            self.queues.deadline(gather),
            self.power_deadline(),
            self.traffic.deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What goes to the host.
    pub(crate) fn take_output(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.out)
    }

    /// Whether the radio is where the station's frames go.
    const fn at_home(&self) -> bool {
        self.scan.is_none()
    }

    /// Queues an indication.
    fn indicate(&mut self, message: Outgoing) {
        self.out.push(message);
    }

    /// Queues the confirm of a command.
    fn confirm_command(&mut self, mut message: Outgoing, env: &mut Env<'_>) {
        message.releases = 1;
        message.ends_command = true;
        self.confirm(message, env);
    }

    /// Queues a confirm, after its delay and with the faults that are planned for it.
    fn confirm(&mut self, mut message: Outgoing, env: &mut Env<'_>) {
        let knobs = &env.config.knobs;
        let delay = Duration::from_micros(u64::from(knobs.confirm_delay_us));
        message.due = env.journal.now.saturating_add(delay);
        if !knobs.echo_interface {
            message.id = Id(message.id.0 & !0x03C0);
        }
        self.out.extend(confirm::spoil(message, env.journal));
    }

    fn needs_configuration(&self, id: Id, journal: &mut Journal) {
        let needs = matches!(
            id.kind(),
            id::TRANSMIT | id::SCAN | id::JOIN | id::START | id::SWITCH_CHANNEL
        );
        if needs && !self.configured.contains(&true) {
            journal.breach(
                Rule::NotConfigured,
                format!("{} before the configuration", id.name()),
            );
        }
    }
}
