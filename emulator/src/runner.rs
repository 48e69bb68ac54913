// SPDX-License-Identifier: GPL-2.0-only
//! Connects chips to `/dev/vsdio`.

use std::fs;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use vsdio_abi::{CardMessage, Data, HostMessage, PowerMode, Status};

use crate::air::Air;
use crate::chip::{Action, Answer, Bus, Chip};
use crate::config::Config;
use crate::device::{Device, DeviceError, Output, Wake};
use crate::fault::Planned;
use crate::sdio::{BusError, Command, Reply, Transfer};
use crate::trace::Writer;

/// A trace that several cards may share.
pub type SharedTrace = Arc<Mutex<Writer>>;

/// Faults for a chip that runs: from the next thing that happens to it on they are planned, in place
/// of those that were.
#[derive(Clone, Debug, Default)]
pub struct Plans(Arc<Mutex<Option<Vec<Planned>>>>);

impl Plans {
    /// Leaves faults for the chip to find.
    pub fn put(&self, faults: Vec<Planned>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(faults);
    }

    fn take(&self) -> Option<Vec<Planned>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// How a card is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The device, `/dev/vsdio`.
    pub device: PathBuf,
    /// A file with the level of the wake line, `0` or `1`, if the line is connected.
    pub wake_line: Option<PathBuf>,
    /// When time begins: the same for all who share an air.
    pub start: Instant,
}

/// Makes commands take their time. What a sleep takes too long, by the granularity of the system's
/// timers, is credited to the commands that follow, so that the mean is right.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    owed: Duration,
    credit: Duration,
}

impl Pace {
    fn spend(&mut self, cost: Duration) {
        self.owed = self.owed.saturating_add(cost);
        let paid = self.owed.min(self.credit);
        self.owed = self.owed.saturating_sub(paid);
        self.credit = self.credit.saturating_sub(paid);
        if !self.owed.is_zero() {
            let start = Instant::now();
            std::thread::sleep(self.owed);
            self.credit = start.elapsed().saturating_sub(self.owed);
            self.owed = Duration::ZERO;
        }
    }
}

/// What a turn of the loop has ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Go on.
    Again,
    /// Somebody asked to stop.
    Stop,
    /// A fault wants the program to end at once.
    Die,
}

/// One card in its slot.
#[derive(Debug)]
pub struct Runner {
    chip: Chip,
    device: Device,
    trace: Option<SharedTrace>,
    wake_line: Option<PathBuf>,
    start: Instant,
    pace: Pace,
    ready: bool,
    level: bool,
    replug_at: Option<Duration>,
    host_index: Option<u32>,
    number: u32,
    plans: Plans,
}

impl Runner {
    /// Opens a controller for a new chip, in that air if there is one.
    ///
    /// # Errors
    ///
    /// [`DeviceError`].
    pub fn new(
        number: u32,
        config: Config,
        options: &Options,
        air: Option<Box<dyn Air>>,
        trace: Option<SharedTrace>,
    ) -> Result<Self, DeviceError> {
        let device = Device::open(&options.device, &config.host)?;
        let mut chip = Chip::new(number, config);
        chip.set_tracing(trace.is_some());
        if let Some(air) = air {
            chip.set_air(air);
        }
        Ok(Self {
            chip,
            device,
            trace,
            wake_line: options.wake_line.clone(),
            start: options.start,
            pace: Pace::default(),
            ready: false,
            level: false,
            replug_at: None,
            host_index: None,
            number,
            plans: Plans::default(),
        })
    }

    /// Where faults can be put for the chip.
    pub fn plans(&self) -> Plans {
        self.plans.clone()
    }

    /// The chip.
    pub const fn chip(&self) -> &Chip {
        &self.chip
    }

    /// Whether the card has been plugged in for the first time.
    pub const fn is_ready(&self) -> bool {
        self.ready
    }

    /// The N of `mmcN`, once the kernel has said so.
    pub const fn host_index(&self) -> Option<u32> {
        self.host_index
    }

    /// Waits for the kernel, for `stop` to be readable, or for the chip, and serves what came.
    ///
    /// # Errors
    ///
    /// [`DeviceError`].
    pub fn turn(&mut self, stop: BorrowedFd<'_>) -> Result<Turn, DeviceError> {
        let now = self.start.elapsed();
        let timeout = [self.chip.deadline(), self.replug_at]
            .into_iter()
            .flatten()
            .min()
            .map(|at| at.saturating_sub(now));
        if timeout.is_none_or(|timeout| timeout > Duration::from_millis(1)) {
            self.flush_trace()?;
        }
        let wake = self.device.wait(stop, self.chip.air_fd(), timeout)?;
        if let Some(faults) = self.plans.take() {
            self.chip.plan(faults);
        }
        match wake {
            Wake::Other => return Ok(Turn::Stop),
            Wake::Time | Wake::Air => self.pass_time()?,
            Wake::Messages => {
                self.device.read()?;
                if self.serve()? == Turn::Die {
                    return Ok(Turn::Die);
                }
            }
        }
        self.device.flush()?;
        self.report()?;
        Ok(Turn::Again)
    }

    /// Pulls the card out.
    ///
    /// # Errors
    ///
    /// [`DeviceError`].
    pub fn remove(&mut self) -> Result<(), DeviceError> {
        self.device.queue(&CardMessage::Remove)?;
        self.device.flush()?;
        self.report()?;
        self.flush_trace()
    }

    fn pass_time(&mut self) -> Result<(), DeviceError> {
        let now = self.start.elapsed();
        self.chip.tick(now);
        if self.replug_at.take_if(|at| *at <= now).is_some() {
            self.device.queue(&CardMessage::Insert)?;
        }
        let (_, mut output) = self.device.split();
        update_level(&self.chip, &mut self.level, &mut output)
    }

    /// Serves the messages that were read.
    fn serve(&mut self) -> Result<Turn, DeviceError> {
        let (input, mut output) = self.device.split();
        for message in input {
            let now = self.start.elapsed();
            match message? {
                HostMessage::SetupDone { host_index } => {
                    self.host_index = Some(host_index);
                    self.ready = true;
                    output.queue(&CardMessage::Insert)?;
                }
                HostMessage::Request(request) => {
                    if let Some(path) = &self.wake_line {
                        read_wake_line(path, &mut self.chip)?;
                    }
                    let command = Command {
                        opcode: request.opcode,
                        argument: request.arg,
                        transfer: transfer(&request.data),
                    };
                    let answer = self.chip.command(now, &command);
                    update_level(&self.chip, &mut self.level, &mut output)?;
                    if let Answer::Reply(reply) = answer {
                        self.pace.spend(reply.duration);
                        output.queue(&encode(request.tag, &reply))?;
                    }
                    match self.chip.take_action() {
                        None => {}
                        Some(Action::Die) => return Ok(Turn::Die),
                        Some(Action::Unplug(replug)) => {
                            output.queue(&CardMessage::Remove)?;
                            self.chip.set_bus(now, Bus::default());
                            self.replug_at = replug.map(|after| now.saturating_add(after));
                        }
                    }
                }
                HostMessage::Ios(ios) => {
                    self.chip.set_bus(
                        now,
                        Bus {
                            clock: ios.clock,
                            width: ios.bus_width,
                            powered: matches!(ios.power_mode, PowerMode::Up | PowerMode::On),
                        },
                    );
                    update_level(&self.chip, &mut self.level, &mut output)?;
                }
                HostMessage::Reset => {
                    self.chip.hardware_reset(now);
                    update_level(&self.chip, &mut self.level, &mut output)?;
                }
                // The kernel keeps the level, and a late answer is ignored there.
                HostMessage::Cancel { .. } | HostMessage::IrqAck => {}
            }
        }
        Ok(Turn::Again)
    }

    /// Prints new breaches, and writes the trace.
    fn report(&mut self) -> Result<(), DeviceError> {
        for breach in self.chip.new_breaches() {
            if self.number == 0 {
                println!("{breach}");
            } else {
                println!("card {}: {breach}", self.number);
            }
        }
        if let Some(trace) = &self.trace {
            let mut trace = trace.lock().unwrap_or_else(PoisonError::into_inner);
            for record in self.chip.take_records() {
                trace.write(&record)?;
            }
        }
        Ok(())
    }

    fn flush_trace(&self) -> Result<(), DeviceError> {
        if let Some(trace) = &self.trace {
            let mut trace = trace.lock().unwrap_or_else(PoisonError::into_inner);
            trace.flush()?;
        }
        Ok(())
    }
}

/// Tells the kernel when the level of the interrupt has changed.
fn update_level(chip: &Chip, level: &mut bool, output: &mut Output<'_>) -> Result<(), DeviceError> {
    if chip.interrupt() != *level {
        *level = chip.interrupt();
        output.queue(&CardMessage::Irq { level: *level })?;
    }
    Ok(())
}

/// Reads the level of the wake line, if the chip cares.
fn read_wake_line(path: &PathBuf, chip: &mut Chip) -> io::Result<()> {
    if chip.asleep() {
        let high = fs::read_to_string(path)?.trim() == "1";
        chip.set_wake_line(high != chip.config().knobs.wake_line_active_low);
    }
    Ok(())
}

fn transfer<'a>(data: &Data<'a>) -> Transfer<'a> {
    match *data {
        Data::None => Transfer::None,
        Data::Read { blksz, blocks } => Transfer::Read {
            block_size: blksz,
            blocks,
        },
        Data::Write {
            blksz,
            blocks,
            data,
        } => Transfer::Write {
            block_size: blksz,
            blocks,
            bytes: data,
        },
    }
}

fn encode(tag: u64, reply: &Reply) -> CardMessage<'_> {
    CardMessage::Reply(vsdio_abi::Reply {
        tag,
        command: status(reply.command),
        data_status: status(reply.data),
        response: [reply.response, 0, 0, 0],
        data: if reply.is_good() { &reply.bytes } else { &[] },
    })
}

const fn status(result: Result<(), BusError>) -> Status {
    match result {
        Ok(()) => Status::Good,
        Err(BusError::Timeout) => Status::Timeout,
        Err(BusError::Crc) => Status::Crc,
        Err(BusError::Busy) => Status::Busy,
        Err(BusError::Io) => Status::Io,
        Err(BusError::Invalid) => Status::Invalid,
        Err(BusError::Range) => Status::Range,
        Err(BusError::NoMedium) => Status::NoMedium,
    }
}
