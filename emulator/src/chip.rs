// SPDX-License-Identifier: GPL-2.0-only
//! The whole chip, as a state machine: a bus command goes in, its answer comes out.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use crate::air::Air;
use crate::breach::{Breach, Rule};
use crate::config::{Config, UhsMode};
use crate::event::{Event, Hex, Journal, Record};
use crate::fault::{Fault, Faults, Planned};
use crate::function::{Function, Phase};
use crate::knobs::Sleep;
use crate::mutation::Mutator;
use crate::registers::{BLOCK, PipeAddress};
use crate::sdio::card::Outcome;
use crate::sdio::cccr::Uhs;
use crate::sdio::command::r5;
use crate::sdio::{BusError, Card, Command, Direct, Extended, Reply, Transfer};
use crate::summary::{
    BreachSummary, BusSummary, DownloadSummary, FaultSummary, Summary, WsmSummary,
};
use crate::wsm::id::Id;

/// Most things that one tick catches up with one by one.
const MAX_STEPS: usize = 64;

/// Answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A response, or an error of the bus.
    Reply(Reply),
    /// None: the host waits in vain.
    Silence,
}

/// Something that a fault does to the slot rather than to the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The card is pulled out, and plugged in again after that time, if any.
    Unplug(Option<Duration>),
    /// The program that is the card ends.
    Die,
}

/// Clock, width and power, as the host sets them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bus {
    /// Clock in Hz.
    pub clock: u32,
    /// Data lines.
    pub width: u8,
    /// Whether the slot is powered.
    pub powered: bool,
}

/// A BES2600 behind an SDIO bus.
///
/// The chip does no input or output and has no clock. Every method that takes `now` takes the
/// time since the chip was made, which must not go backwards; between calls the owner watches
/// [`deadline`](Self::deadline) and calls [`tick`](Self::tick) then, and looks at
/// [`interrupt`](Self::interrupt) after every call.
#[derive(Debug)]
pub struct Chip {
    number: u32,
    config: Config,
    card: Card,
    function: Function,
    journal: Journal,
    bus: Bus,
    /// Level of the wake line, if it is connected.
    wake_line: Option<bool>,
    refused: u32,
    action: Option<Action>,
    level: bool,
    /// How the transfer under way ends for the host, though it took effect.
    lost: Option<BusError>,
    counts: BusSummary,
    download_commands: u64,
}

impl Chip {
    /// A chip that has just been powered. `number` tells it from others in traces.
    pub fn new(number: u32, config: Config) -> Self {
        let uhs = Uhs {
            sdr50: config.host.uhs != UhsMode::None,
            sdr104: config.host.uhs == UhsMode::Sdr104,
        };
        let enable_delay = Duration::from_millis(u64::from(config.host.enable_delay_ms));
        Self {
            number,
            card: Card::new(uhs, enable_delay),
            function: Function::default(),
            journal: Journal::new(
                Faults::new(config.faults.iter().cloned()),
                Mutator::new(config.mutation),
            ),
            bus: Bus::default(),
            wake_line: None,
            refused: 0,
            action: None,
            level: false,
            lost: None,
            counts: BusSummary::default(),
            download_commands: 0,
            config,
        }
    }

    /// Puts the chip's radio into an air; without one it is alone.
    pub fn set_air(&mut self, air: Box<dyn Air>) {
        self.function.firmware.set_air(air);
    }

    /// A descriptor that is readable when the air has something for [`tick`](Self::tick), if there is one.
    pub fn air_fd(&self) -> Option<BorrowedFd<'_>> {
        self.function.firmware.air_fd()
    }

    /// Whether [`take_records`](Self::take_records) will have anything.
    pub const fn set_tracing(&mut self, tracing: bool) {
        self.journal.set_tracing(tracing);
    }

    /// Plans these faults from now on, in place of those planned so far.
    pub fn plan(&mut self, faults: impl IntoIterator<Item = Planned>) {
        self.journal.faults.plan(faults);
    }

    /// What the chip was made from.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Answers a command.
    pub fn command(&mut self, now: Duration, command: &Command<'_>) -> Answer {
        self.tick(now);
        self.counts.commands = self.counts.commands.saturating_add(1);
        if let Some(answer) = self.slot_fault() {
            return answer;
        }
        let pending = self.function.interrupt();
        let mut reply = match self.card.command(command, pending, now) {
            Outcome::Reply(reply) => {
                if command.opcode == 52 {
                    self.counts.cmd52_function_0 = self.counts.cmd52_function_0.saturating_add(1);
                }
                reply
            }
            Outcome::Reset(reply) => {
                self.journal.state("SDIO reset");
                if self.config.knobs.io_reset_resets {
                    self.reset_chip();
                }
                reply
            }
            Outcome::Direct(access) => self.direct(access),
            Outcome::Extended(access) => self.extended(access, command),
            Outcome::NoFunction { function, reply } => {
                self.journal.breach(
                    Rule::FunctionNumber,
                    format!("CMD{} of function {function}", command.opcode),
                );
                reply
            }
        };
        let (block_size, blocks) = command.transfer.shape();
        let bus = &self.config.bus;
        reply.duration = bus.cost(self.bus.clock, self.bus.width, block_size, blocks);
        let busy = u64::try_from(reply.duration.as_micros()).unwrap_or(u64::MAX);
        self.counts.busy_us = self.counts.busy_us.saturating_add(busy);
        if !reply.is_good() {
            self.counts.errors = self.counts.errors.saturating_add(1);
        }
        self.record_command(command, &reply);
        self.tick(now);
        Answer::Reply(reply)
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Duration) {
        // What happened in between happens at its own time, since it may bring more.
        for _ in 0..MAX_STEPS {
            let Some(at) = self
                .function
                .deadline(&self.config.knobs)
                .filter(|at| *at < now)
            else {
                break;
            };
            self.step(at);
        }
        self.step(now);
        self.update_interrupt();
    }

    fn step(&mut self, at: Duration) {
        self.journal.now = self.journal.now.max(at);
        self.function.tick(&self.config, &mut self.journal);
    }

    /// When [`tick`](Self::tick) has something to do next, if ever.
    pub fn deadline(&self) -> Option<Duration> {
        self.function.deadline(&self.config.knobs)
    }

    /// Level of the card interrupt.
    pub const fn interrupt(&self) -> bool {
        self.level
    }

    /// The host sets clock, width and power. Without power the card forgets what it was told.
    pub fn set_bus(&mut self, now: Duration, bus: Bus) {
        self.journal.now = self.journal.now.max(now);
        self.journal.record(|| Event::Bus {
            clock: bus.clock,
            width: bus.width,
            powered: bus.powered,
        });
        if self.bus.powered && !bus.powered {
            self.card.power_cycle();
            if self.config.knobs.power_off_resets {
                self.reset_chip();
            }
        }
        self.bus = bus;
        self.update_interrupt();
    }

    /// The reset line is pulsed.
    pub fn hardware_reset(&mut self, now: Duration) {
        self.journal.now = self.journal.now.max(now);
        self.card.power_cycle();
        self.reset_chip();
        self.update_interrupt();
    }

    /// Connects the wake line and sets its level; `true` asks the MCU to be awake. From then on a
    /// sleeping MCU answers only while the line is asserted.
    pub const fn set_wake_line(&mut self, asserted: bool) {
        self.wake_line = Some(asserted);
    }

    /// Whether the MCU was told to sleep and has not been woken.
    pub const fn asleep(&self) -> bool {
        self.function.mcu.asleep()
    }

    /// Takes what a fault has done to the slot.
    pub const fn take_action(&mut self) -> Option<Action> {
        self.action.take()
    }

    /// Every broken rule so far.
    pub fn breaches(&self) -> &[Breach] {
        self.journal.breaches()
    }

    /// The rules broken since the last call.
    pub fn new_breaches(&mut self) -> Vec<Breach> {
        self.journal.new_breaches()
    }

    /// What happened since the last call, if tracing is on.
    pub fn take_records(&mut self) -> Vec<Record> {
        let card = self.number;
        self.journal
            .take_records()
            .into_iter()
            .map(|(time, event)| Record {
                card,
                time_us: micros(time),
                event,
            })
            .collect()
    }

    /// What the chip is running.
    pub const fn phase(&self) -> Phase {
        self.function.phase
    }

    /// Everything that was counted.
    pub fn summary(&self) -> Summary {
        let progress = &self.function.downloader.progress;
        let wsm = self.function.link.counts;
        Summary {
            phase: match self.function.phase {
                Phase::Rom => "rom",
                Phase::Boot => "boot",
                Phase::Main => "main",
            },
            status: self.function.mcu.status(),
            label: self.function.label().map(str::to_owned),
            bus: BusSummary {
                interrupts: self.function.interrupts,
                ..self.counts.clone()
            },
            download: DownloadSummary {
                frames: progress.frames,
                bytes: progress.bytes,
                commands: self.download_commands,
                runs: progress.runs,
                images: progress.images.clone(),
                factory: progress.factory.is_some(),
            },
            wsm: WsmSummary {
                messages: wsm.messages_in,
                transfers: wsm.transfers_in,
                batches: wsm.batches_out,
                requests: self.requests(),
            },
            radio: self.function.firmware.summary,
            traffic: self.function.firmware.traffic.summary,
            breaches: self
                .breaches()
                .iter()
                .map(|breach| BreachSummary {
                    rule: breach.rule.name(),
                    section: breach.rule.section(),
                    detail: breach.detail.clone(),
                    time_us: micros(breach.at),
                })
                .collect(),
            faults: self
                .journal
                .faults
                .fired()
                .map(|(planned, fired)| FaultSummary {
                    fault: planned.to_string(),
                    fired,
                })
                .collect(),
            mutations: self.journal.mutator.counts().clone(),
            time_us: micros(self.journal.now),
        }
    }

    fn requests(&self) -> std::collections::BTreeMap<String, u64> {
        let mut names = std::collections::BTreeMap::new();
        for (kind, count) in &self.function.firmware.requests {
            let name = match Id(*kind).name() {
                "unknown" => format!("0x{kind:04X}"),
                name => name.to_owned(),
            };
            *names.entry(name).or_insert(0) += count;
        }
        names
    }

    fn reset_chip(&mut self) {
        self.journal.state("chip is in its ROM");
        self.function.reset();
        self.refused = 0;
        self.download_commands = 0;
    }

    fn update_interrupt(&mut self) {
        let cccr = self.card.cccr();
        let level = self.function.interrupt()
            && cccr.interrupt_enabled()
            && cccr.function_ready(self.journal.now);
        if level != self.level {
            self.level = level;
            self.journal.record(|| Event::Interrupt { level });
        }
    }

    /// Faults that take the command away from the card.
    fn slot_fault(&mut self) -> Option<Answer> {
        if self.journal.fault(Fault::Die).is_some() {
            self.action = Some(Action::Die);
            return Some(Answer::Silence);
        }
        if let Some(fault) = self.journal.fault(Fault::Unplug) {
            let replug = match fault.value("replug") {
                0 => None,
                milliseconds => Some(Duration::from_millis(u64::from(milliseconds))),
            };
            self.action = Some(Action::Unplug(replug));
            return Some(Answer::Silence);
        }
        self.journal.fault(Fault::Stall).map(|_| Answer::Silence)
    }

    /// What stops an access of function 1 before it reaches the function.
    fn refusal(&mut self, fault: Fault) -> Option<BusError> {
        if let Some(planned) = self.journal.fault(fault) {
            if planned.value("taken") == 0 || self.function.downloading() {
                return Some(BusError::from_errno(i64::from(planned.value("errno"))));
            }
            self.lost = Some(BusError::from_errno(i64::from(planned.value("errno"))));
        }
        if !self.asleep() || self.wake_line == Some(true) {
            self.refused = 0;
            return None;
        }
        let knobs = &self.config.knobs;
        if self.wake_line == Some(false) {
            self.journal.breach(
                Rule::WakeLine,
                "an access of the sleeping MCU with the wake line released",
            );
            return Some(BusError::Timeout);
        }
        if knobs.sleep == Sleep::Refuse {
            if self.refused < knobs.wake_attempts {
                self.refused = self.refused.saturating_add(1);
                return Some(BusError::from_errno(knobs.asleep_errno));
            }
            self.function.mcu.wake(self.journal.now);
        }
        None
    }

    fn is_ready(&mut self, opcode: u32) -> bool {
        let ready = self.card.cccr().function_ready(self.journal.now);
        if !ready {
            self.journal
                .breach(Rule::FunctionDisabled, format!("CMD{opcode} of function 1"));
        }
        ready
    }

    fn direct(&mut self, access: Direct) -> Reply {
        self.counts.cmd52_function_1 = self.counts.cmd52_function_1.saturating_add(1);
        self.count_download_command();
        if !self.is_ready(52) {
            return Reply::response(r5::STATE_CMD | r5::ERROR);
        }
        if let Some(error) = self.refusal(Fault::Cmd52Error) {
            return Reply::error(error);
        }
        let value = if access.write {
            self.function.write_register(
                access.address,
                access.value,
                &self.config,
                &mut self.journal,
            );
            access.value
        } else {
            self.function
                .read_register(access.address, &self.config, &mut self.journal)
        };
        Reply::response(r5::STATE_CMD | u32::from(value))
    }

    fn count_download_command(&mut self) {
        if self.function.downloading() {
            self.download_commands = self.download_commands.saturating_add(1);
        }
    }

    fn extended(&mut self, access: Extended, command: &Command<'_>) -> Reply {
        self.count_download_command();
        let (block_size, blocks) = command.transfer.shape();
        let size = usize::try_from(block_size.saturating_mul(blocks)).unwrap_or(0);
        if !self.is_ready(53) {
            return Reply::data_error(r5::STATE_CMD | r5::ERROR, BusError::Timeout);
        }
        if !self.data_phase_fits(access, command) {
            return Reply::data_error(r5::STATE_CMD | r5::ERROR, BusError::Timeout);
        }
        if let Some(error) = self.refusal(Fault::Cmd53Error) {
            return Reply::data_error(r5::STATE_CMD, error);
        }
        let pipe = PipeAddress::decode(access.address);
        self.check_shape(access, pipe, block_size);
        let mut reply = Reply::response(r5::STATE_CMD);
        match command.transfer {
            Transfer::Write { bytes, .. } => {
                self.counts.cmd53_writes = self.counts.cmd53_writes.saturating_add(1);
                self.counts.bytes_written = self.counts.bytes_written.saturating_add(size as u64);
                let (config, journal) = (&self.config, &mut self.journal);
                self.function
                    .write_data(pipe, access.block_mode, bytes, config, journal);
            }
            Transfer::Read { .. } | Transfer::None => {
                self.counts.cmd53_reads = self.counts.cmd53_reads.saturating_add(1);
                self.counts.bytes_read = self.counts.bytes_read.saturating_add(size as u64);
                let (config, journal) = (&self.config, &mut self.journal);
                reply.bytes = self.function.read_data(pipe, size, config, journal);
            }
        }
        if let Some(error) = self.lost.take() {
            self.function.link.lose(access.write);
            return Reply::data_error(r5::STATE_CMD, error);
        }
        reply
    }

    /// Whether the data phase is the one that the argument describes.
    fn data_phase_fits(&mut self, access: Extended, command: &Command<'_>) -> bool {
        let (block_size, blocks) = command.transfer.shape();
        let direction = matches!(command.transfer, Transfer::Write { .. }) == access.write;
        let size = block_size.saturating_mul(blocks);
        let fits =
            direction && size > 0 && size <= 1 << 20 && access.bytes(block_size) == Some(size);
        if !fits {
            self.journal.breach(
                Rule::TransferLength,
                format!(
                    "argument 0x{:08X} with {blocks} blocks of {block_size} bytes",
                    command.argument
                ),
            );
        }
        fits
    }

    /// Checks argument bits and sizes (1.3).
    fn check_shape(&mut self, access: Extended, pipe: PipeAddress, block_size: u32) {
        let journal = &mut self.journal;
        if !access.increment {
            journal.breach(Rule::OpCode, "a CMD53 with op-code 0");
        }
        let programmed = self.card.cccr().block_size();
        if access.block_mode && (block_size != 512 || programmed != 512) {
            journal.breach(
                Rule::BlockSize,
                format!("blocks of {block_size} bytes, {programmed} programmed"),
            );
        }
        let messages = access.write && !self.function.downloading();
        let length = if messages {
            usize::from(pipe.length & !3)
        } else {
            usize::from(pipe.length)
        };
        let expected = if access.block_mode {
            length.div_ceil(BLOCK)
        } else {
            length
        };
        let count = match (access.block_mode, access.count) {
            (false, 0) => BLOCK,
            (_, count) => count as usize,
        };
        if count != expected {
            journal.breach(
                Rule::TransferLength,
                format!("length field {length}, count {count}"),
            );
        }
        if !messages && access.block_mode != (length > BLOCK) {
            journal.breach(
                Rule::TransferMode,
                format!("{length} bytes, block mode {}", access.block_mode),
            );
        }
    }

    fn record_command(&mut self, command: &Command<'_>, reply: &Reply) {
        self.journal.record(|| Event::Command {
            opcode: command.opcode,
            argument: command.argument,
            response: reply.response,
            command_status: reply.command.map_or_else(BusError::code, |()| 0),
            data_status: reply.data.map_or_else(BusError::code, |()| 0),
            written: match command.transfer {
                Transfer::Write { bytes, .. } => Some(Hex(bytes.to_vec())),
                Transfer::None | Transfer::Read { .. } => None,
            },
            read: match command.transfer {
                Transfer::Read { .. } => Some(Hex(reply.bytes.clone())),
                Transfer::None | Transfer::Write { .. } => None,
            },
        });
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
