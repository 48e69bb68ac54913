// SPDX-License-Identifier: GPL-2.0-only
//! Function 1: registers and data pipes, and the phases behind them (protocol 10.1).

use std::time::Duration;

use crate::breach::Rule;
use crate::bytes::Reader;
use crate::config::Config;
use crate::dpd;
use crate::event::Journal;
use crate::fault::Fault;
use crate::firmware::{self, Env, Firmware};
use crate::image::{Kind, Loaded};
use crate::knobs::{IrqClear, Knobs, ToggleReset};
use crate::mcu::{Change, Mcu};
use crate::registers::{self, PipeAddress, status};
use crate::rom::{Downloader, Limits};
use crate::wsm::link::Link;

/// What the chip is running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// The ROM, which downloads.
    #[default]
    Rom,
    /// The boot image, which calibrates and downloads.
    Boot,
    /// The main image.
    Main,
}

/// Bytes for the host in the download phase.
#[derive(Clone, Debug)]
struct Mail {
    bytes: Vec<u8>,
    announced: u16,
    quiet: bool,
    due: Duration,
}

/// Function 1.
#[derive(Debug, Default)]
pub(crate) struct Function {
    pub(crate) phase: Phase,
    pub(crate) downloader: Downloader,
    /// A reply or block that waits to be read.
    mail: Option<Mail>,
    /// A reply or block that is not ready yet.
    coming: Option<Mail>,
    dpd_at: Option<Duration>,
    dpd_ready: bool,
    pub(crate) mcu: Mcu,
    pub(crate) link: Link,
    pub(crate) firmware: Firmware,
    /// The image that runs.
    image: Option<Loaded>,
    /// Whether Wi-Fi has been active since the main image started.
    had_wifi: bool,
    /// Register 0x108 was 0 when the host last read it.
    no_buffers: bool,
    /// What a fault has announced as largest frame.
    strange_max_frame: Option<u16>,
    interrupt: bool,
    pub(crate) interrupts: u64,
}

impl Function {
    /// Whether function 1 asks for service.
    pub(crate) const fn interrupt(&self) -> bool {
        self.interrupt
    }

    /// Label of the image that runs.
    pub(crate) fn label(&self) -> Option<&str> {
        self.image.as_ref().and_then(|image| image.label.as_deref())
    }

    /// Back into the ROM, as after power-on. What was counted remains.
    pub(crate) fn reset(&mut self) {
        let old = std::mem::take(self);
        self.downloader.progress = old.downloader.progress;
        self.link.counts = old.link.counts;
        self.firmware = old.firmware;
        self.firmware.restart();
        self.interrupts = old.interrupts;
    }

    /// Whether the data pipes belong to the downloader: they do until its last reply is read.
    pub(crate) const fn downloading(&self) -> bool {
        !matches!(self.phase, Phase::Main) || self.mail.is_some() || self.coming.is_some()
    }

    fn raise(&mut self, journal: &mut Journal) {
        if journal.fault(Fault::LostIrq).is_none() {
            self.interrupts = self.interrupts.saturating_add(u64::from(!self.interrupt));
            self.interrupt = true;
        }
    }

    /// Reads a register.
    pub(crate) fn read_register(
        &mut self,
        address: u32,
        config: &Config,
        journal: &mut Journal,
    ) -> u8 {
        let announced = self.mail.as_ref().map_or(0, |mail| mail.announced);
        let [low, high] = announced.to_le_bytes();
        match address {
            registers::LENGTH_LOW if !self.downloading() => u8::from(!self.link.pending()),
            registers::LENGTH_LOW => low,
            registers::LENGTH_HIGH => {
                if config.knobs.irq_clear == IrqClear::ReadCount {
                    self.interrupt = false;
                }
                if self.downloading() {
                    high
                } else {
                    self.link.count_register(journal)
                }
            }
            registers::BUFFER_COUNT => self.buffer_count(config, journal),
            registers::MAX_FRAME_LOW | registers::MAX_FRAME_HIGH => {
                let [low, high] = self.max_frame(address, config, journal).to_le_bytes();
                if address == registers::MAX_FRAME_LOW {
                    low
                } else {
                    high
                }
            }
            registers::STATUS => {
                let dpd = if self.dpd_ready { status::DPD_READY } else { 0 };
                self.mcu.status() | dpd
            }
            address if registers::LEGACY_LENGTH.contains(&address) => 0,
            registers::HOST_INT_LOW | registers::HOST_INT_HIGH | registers::AP_WAKEUP => {
                journal.breach(
                    Rule::RegisterDirection,
                    format!("a read of register 0x{address:03X}"),
                );
                0
            }
            _ => {
                journal.breach(
                    Rule::RegisterUnknown,
                    format!("a read of register 0x{address:03X}"),
                );
                0
            }
        }
    }

    fn buffer_count(&mut self, config: &Config, journal: &mut Journal) -> u8 {
        self.no_buffers = journal.fault(Fault::DownloadNoBuffers).is_some();
        if self.no_buffers {
            0
        } else {
            config.knobs.download_buffers
        }
    }

    /// What 0x109 and 0x10A announce; a read of 0x109 decides for both.
    fn max_frame(&mut self, address: u32, config: &Config, journal: &mut Journal) -> u16 {
        if address == registers::MAX_FRAME_LOW {
            self.strange_max_frame = journal
                .fault(Fault::DownloadMaxFrame)
                .map(|fault| u16::try_from(fault.value("bytes")).unwrap_or(u16::MAX));
        }
        self.strange_max_frame
            .unwrap_or(config.knobs.download_max_frame)
    }

    /// Writes a register.
    pub(crate) fn write_register(
        &mut self,
        address: u32,
        value: u8,
        config: &Config,
        journal: &mut Journal,
    ) {
        match address {
            registers::HOST_INT_HIGH => self.mcu.latch(value),
            registers::HOST_INT_LOW => self.mcu.ring(value, &config.knobs, journal),
            registers::AP_WAKEUP => {}
            registers::LENGTH_LOW
            | registers::LENGTH_HIGH
            | registers::BUFFER_COUNT
            | registers::MAX_FRAME_LOW
            | registers::MAX_FRAME_HIGH
            | registers::STATUS => journal.breach(
                Rule::RegisterDirection,
                format!("a write of register 0x{address:03X}"),
            ),
            _ => journal.breach(
                Rule::RegisterUnknown,
                format!("a write of register 0x{address:03X}"),
            ),
        }
    }

    /// The host reads `wanted` bytes.
    pub(crate) fn read_data(
        &mut self,
        pipe: PipeAddress,
        wanted: usize,
        config: &Config,
        journal: &mut Journal,
    ) -> Vec<u8> {
        if !self.downloading() {
            let bytes = self.link.read(pipe.toggle, wanted, journal);
            if config.knobs.irq_clear == IrqClear::ReadData {
                self.interrupt = false;
            }
            self.publish(journal);
            return bytes;
        }
        check_toggle(pipe, journal);
        let Some(mail) = self.mail.take() else {
            journal.breach(Rule::NothingToRead, format!("a read of {wanted} bytes"));
            return vec![0; wanted];
        };
        if pipe.length != mail.announced {
            journal.breach(
                Rule::ReadLength,
                format!(
                    "a read of {} bytes, {} were announced",
                    pipe.length, mail.announced
                ),
            );
        }
        if config.knobs.irq_clear == IrqClear::ReadData {
            self.interrupt = false;
        }
        let mut bytes = mail.bytes;
        bytes.resize(wanted, 0);
        bytes
    }

    /// The host writes.
    pub(crate) fn write_data(
        &mut self,
        pipe: PipeAddress,
        block_mode: bool,
        bytes: &[u8],
        config: &Config,
        journal: &mut Journal,
    ) {
        if self.phase == Phase::Main {
            self.write_messages(pipe, block_mode, bytes, config, journal);
        } else {
            self.write_frame(pipe, bytes, config, journal);
        }
    }

    fn write_messages(
        &mut self,
        pipe: PipeAddress,
        block_mode: bool,
        bytes: &[u8],
        config: &Config,
        journal: &mut Journal,
    ) {
        if !self.mcu.wifi_active() {
            let rule = if self.had_wifi {
                Rule::WifiInactive
            } else {
                Rule::DownloadState
            };
            journal.breach(rule, format!("a write of {} bytes", bytes.len()));
            return;
        }
        if !block_mode {
            journal.breach(Rule::TransferMode, "a message in byte mode");
        }
        if self.mcu.asleep() {
            journal.breach(Rule::McuAsleep, format!("a write of {} bytes", bytes.len()));
        }
        let knobs = &config.knobs;
        let messages = self.link.write(
            pipe.toggle,
            pipe.length,
            bytes,
            knobs.check_padding,
            journal,
        );
        for message in &messages {
            let mut env = self.env(config, journal);
            self.firmware.handle(message, &mut env);
        }
        self.run_firmware(config, journal);
        self.publish(journal);
    }

    fn write_frame(
        &mut self,
        pipe: PipeAddress,
        bytes: &[u8],
        config: &Config,
        journal: &mut Journal,
    ) {
        check_toggle(pipe, journal);
        if self.no_buffers {
            journal.breach(Rule::BufferCount, "a frame while register 0x108 is 0");
        }
        if (self.mail.is_some() || self.coming.is_some()) && !journal.misled() {
            journal.breach(Rule::ReplyUnread, "a frame while a reply waits");
        }
        let limits = Limits {
            max_frame: self
                .strange_max_frame
                .unwrap_or(config.knobs.download_max_frame),
            need_setup_registers: config.knobs.need_setup_registers,
            check_padding: config.knobs.check_padding,
        };
        let length = usize::from(pipe.length).min(bytes.len());
        let frame = bytes.get(..length).unwrap_or(bytes);
        let expected = self.downloader.expected_kind(self.phase == Phase::Rom);
        let served = self.downloader.serve(frame, limits, journal);
        let announced = journal.fault(Fault::DownloadAnnounce).map_or(8, |fault| {
            u16::try_from(fault.value("bytes")).unwrap_or(u16::MAX)
        });
        self.mail = None;
        self.coming = Some(Mail {
            bytes: served.reply,
            announced,
            quiet: journal.fault(Fault::DownloadNoIrq).is_some(),
            due: journal.now.saturating_add(Duration::from_micros(u64::from(
                config.knobs.reply_delay_us,
            ))),
        });
        self.deliver(journal);
        if let Some(image) = served.run {
            if image.kind.is_some_and(|kind| kind != expected) {
                journal.breach(
                    Rule::ImageOrder,
                    format!(
                        "a {} image where the {expected} image is due",
                        image.kind.unwrap_or(expected)
                    ),
                );
            }
            match expected {
                Kind::Boot => self.start_boot(config, journal),
                Kind::Wifi => self.start_main(config, journal),
            }
            self.image = Some(image);
        }
    }

    fn start_boot(&mut self, config: &Config, journal: &mut Journal) {
        journal.state("boot image runs");
        self.phase = Phase::Boot;
        if journal.fault(Fault::DpdNeverReady).is_none() {
            let delay = Duration::from_millis(u64::from(config.knobs.dpd_delay_ms));
            self.dpd_at = Some(journal.now.saturating_add(delay));
        }
    }

    fn start_main(&mut self, config: &Config, journal: &mut Journal) {
        journal.state("main image runs");
        self.phase = Phase::Main;
        self.dpd_at = None;
        self.dpd_ready = false;
        self.had_wifi = false;
        self.link.reset();
        self.firmware.restart();
        self.mcu.start(&config.knobs, journal);
    }

    /// Hands out what is due: replies, the calibration block, changes of state, messages.
    pub(crate) fn tick(&mut self, config: &Config, journal: &mut Journal) {
        self.deliver(journal);
        if self.dpd_at.is_some_and(|at| at <= journal.now) && self.mail.is_none() {
            self.dpd_at = None;
            self.calibrated(journal);
        }
        match self.mcu.tick(journal) {
            Some(Change::WifiUp) => self.wifi_up(config, journal),
            Some(Change::WifiDown) => self.wifi_down(config),
            None => {}
        }
        if self.mcu.wifi_active() {
            self.run_firmware(config, journal);
            self.publish(journal);
        } else {
            self.firmware.idle(journal.now);
        }
    }

    /// Lets the firmware do what is due, and queues what it has for the host.
    fn run_firmware(&mut self, config: &Config, journal: &mut Journal) {
        let mut env = self.env(config, journal);
        self.firmware.tick(&mut env);
        for message in self.firmware.take_output() {
            self.link.send(message);
        }
    }

    fn env<'a>(&self, config: &'a Config, journal: &'a mut Journal) -> Env<'a> {
        Env {
            config,
            journal,
            waiting: self.link.waiting(),
        }
    }

    fn deliver(&mut self, journal: &mut Journal) {
        if let Some(mail) = self.coming.take_if(|mail| mail.due <= journal.now) {
            let quiet = mail.quiet;
            self.mail = Some(mail);
            if !quiet {
                self.raise(journal);
            }
        }
    }

    fn calibrated(&mut self, journal: &mut Journal) {
        journal.state("calibration block is ready");
        let version = journal
            .fault(Fault::DpdVersion)
            .map_or(dpd::VERSION, |fault| fault.value("version"));
        let mut bytes = dpd::block(version);
        if journal.fault(Fault::DpdCrc).is_some()
            && let Some(last) = bytes.last_mut()
        {
            *last ^= 0xFF;
        }
        let size = journal.fault(Fault::DpdSize).map_or(dpd::LEN, |fault| {
            usize::try_from(fault.value("bytes")).unwrap_or(0)
        });
        bytes.resize(size.min(usize::from(u16::MAX)), 0);
        self.dpd_ready = true;
        self.mail = Some(Mail {
            announced: crate::bytes::low16(bytes.len()),
            bytes,
            quiet: false,
            due: journal.now,
        });
        self.raise(journal);
    }

    fn wifi_up(&mut self, config: &Config, journal: &mut Journal) {
        if config.knobs.toggle_reset == ToggleReset::WifiActive {
            self.link.reset();
        }
        self.had_wifi = true;
        self.firmware.restart();
        let startup = firmware::startup(&config.firmware, self.label(), &config.knobs, journal);
        if let Some(startup) = startup {
            let credits = Reader::new(&startup.body).u16().unwrap_or(0);
            self.link.grant(u32::from(credits));
            self.link.send(startup);
        }
    }

    fn wifi_down(&mut self, config: &Config) {
        if config.knobs.toggle_reset == ToggleReset::WifiDeactive {
            self.link.reset();
        } else {
            self.link.drop_queues();
        }
        self.firmware.restart();
        self.interrupt = false;
    }

    /// Announces the next batch, if there is one and none waits.
    fn publish(&mut self, journal: &mut Journal) {
        if self.mcu.wifi_active() && self.link.publish(journal) {
            self.raise(journal);
        }
    }

    /// When something is due next.
    pub(crate) fn deadline(&self, knobs: &Knobs) -> Option<Duration> {
        let dpd = self.dpd_at.filter(|_| self.mail.is_none());
        let coming = self.coming.as_ref().map(|mail| mail.due);
        let active = self.mcu.wifi_active();
        let link = self.link.deadline().filter(|_| active);
        let firmware = if active {
            self.firmware.deadline(knobs)
        } else {
            self.firmware.air_deadline()
        };
        [dpd, coming, link, firmware, self.mcu.deadline()]
            .into_iter()
            .flatten()
            .min()
    }
}

fn check_toggle(pipe: PipeAddress, journal: &mut Journal) {
    if pipe.toggle {
        journal.breach(
            Rule::DownloadToggle,
            "the toggle is 1 in the download phase",
        );
    }
}
