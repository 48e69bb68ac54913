// SPDX-License-Identifier: GPL-2.0-only

//! Everything that can go wrong between probe and a running firmware, each with what to do.

use super::{
    bus::BusError,
    logic::{
        batch::BatchError,
        container::ContainerError,
        download::{
            BadMaxFrame,
            ReplyError, //
        },
        dpd::DpdError,
        wsm::{
            confirm::ConfirmError,
            indication::{
                Exception,
                StartupError, //
            },
            request::SDD_LEN,
            sequence::Gap, //
        },
    },
    text::Errno,
};
use core::fmt;
use kernel::prelude::*;

/// What to do about a chip that stopped making sense.
const RESTART: &str = "unbind and bind the driver, or power-cycle the board";
/// What to do about files that do not work on the chip.
const REINSTALL: &str = "install the firmware package again";

/// Why the running chip cannot be used any more.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// A command failed after its retries.
    Bus(BusError),
    /// A batch larger than the host accepts (W-2).
    TooLarge { blocks: u16 },
    /// A batch that is not one (W-3).
    Batch(BatchError),
    /// Messages were lost.
    Sequence { id: u16, gap: Gap },
    /// Frames were sent and never confirmed (W-55).
    Silent,
    /// Commands were sent and never confirmed.
    Mute,
    /// The firmware reported that it died; without details when not even its reason arrived.
    Exception(Option<Exception>),
}

impl Fault {
    /// Whether the card has left its slot.
    pub(crate) fn card_gone(&self) -> bool {
        matches!(self, Self::Bus(error) if error.card_gone())
    }

    /// What to do about it where the driver cannot do more.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Bus(error) => error.advice(),
            _ => RESTART,
        }
    }

    fn errno(&self) -> Error {
        match self {
            Self::Bus(error) => error.error,
            Self::Silent | Self::Mute => ETIMEDOUT,
            Self::TooLarge { .. } | Self::Batch(_) | Self::Sequence { .. } | Self::Exception(_) => {
                EPROTO
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bus(error) => write!(f, "{error}"),
            Self::TooLarge { blocks } => write!(
                f,
                "chip announced a batch of {blocks} blocks, 51 is the most"
            ),
            Self::Batch(error) => write!(f, "{error}"),
            Self::Sequence { id, gap } => {
                write!(f, "message {id:#06x} has {gap}, messages were lost")
            }
            Self::Silent => {
                f.write_str("chip confirmed none of the frames it has in more than 10 s")
            }
            Self::Mute => f.write_str("firmware does not answer any more"),
            Self::Exception(Some(exception)) => write!(f, "firmware died: {exception}"),
            Self::Exception(None) => f.write_str("firmware died without a reason"),
        }
    }
}

/// Why a command failed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CommandError {
    /// Larger than a message can be.
    TooLong,
    /// The firmware does not run.
    NotRunning,
    /// The chip holds as many messages as it can, none was confirmed.
    NoCredit,
    /// No confirm in time, neither by interrupt nor by looking for it.
    TimedOut {
        /// The time that it was given.
        seconds: u8,
    },
    /// The confirm is not a success.
    Confirm(ConfirmError),
    /// The chip cannot be used any more.
    Broken(Fault),
}

impl From<CommandError> for Error {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::TooLong => EMSGSIZE,
            CommandError::NotRunning => ENODEV,
            CommandError::NoCredit => EBUSY,
            CommandError::TimedOut { .. } => ETIMEDOUT,
            CommandError::Confirm(_) => EIO,
            CommandError::Broken(fault) => fault.errno(),
        }
    }
}

impl CommandError {
    /// What to do about it where the driver cannot do more.
    fn advice(&self) -> &'static str {
        match self {
            Self::Confirm(_) | Self::TooLong => REINSTALL,
            Self::Broken(fault) => fault.advice(),
            Self::NotRunning | Self::NoCredit | Self::TimedOut { .. } => RESTART,
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("does not fit a message"),
            Self::NotRunning => f.write_str("firmware is not running"),
            Self::NoCredit => {
                f.write_str("chip has no buffer free, earlier messages were never confirmed")
            }
            Self::TimedOut { seconds } => write!(f, "no confirm in {seconds} s"),
            Self::Confirm(error) => write!(f, "{error}"),
            Self::Broken(fault) => write!(f, "{fault}"),
        }
    }
}

/// Why a download failed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DownloadError {
    /// The chip cannot be used any more.
    Broken(Fault),
    /// The chip never had a buffer free.
    NoBuffers,
    /// The chip announced a frame size no image can be sent with.
    MaxFrame(BadMaxFrame),
    /// No reply, neither by interrupt nor by looking for it.
    NoReply { frame: &'static str },
    /// Replies come, interrupts do not.
    NoInterrupts,
    /// The reply does not accept the frame.
    Reply {
        frame: &'static str,
        error: ReplyError,
    },
    /// Larger than the protocol can announce.
    TooLong,
}

impl DownloadError {
    /// Whether the same image may go through when it is sent again from its beginning.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::NoReply { .. } | Self::Reply { .. })
    }
}

impl fmt::Display for DownloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(fault) => write!(f, "{fault}; {}", fault.advice()),
            Self::NoBuffers => {
                f.write_str("chip had no download buffer free in 1 s; power-cycle the board")
            }
            Self::MaxFrame(error) => write!(f, "{error}; power-cycle the board"),
            Self::NoReply { frame } => {
                write!(f, "no reply to {frame} in 1 s; power-cycle the board")
            }
            Self::NoInterrupts => f.write_str(
                "chip replies but its interrupt never arrives; check the SDIO interrupt (DAT1) of \
                 the host",
            ),
            Self::Reply { frame, error } => write!(f, "{frame}: {error}; {REINSTALL}"),
            Self::TooLong => f.write_str("too large for the download protocol"),
        }
    }
}

/// Why a probe failed. The text says what failed and what to do about it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Failure {
    /// The kernel refused something the driver needs.
    Kernel { what: &'static str, error: Error },
    /// The card says it has no multi-block transfers.
    NoMultiBlock,
    /// The host cannot carry the largest batch in one command.
    HostTooSmall { max: usize },
    /// A file the chip cannot do without is not there.
    Missing { file: &'static str, error: Error },
    /// An image file is broken.
    Container {
        file: &'static str,
        error: ContainerError,
    },
    /// The radio calibration data has another size.
    SddLen { file: &'static str, len: usize },
    /// The chip cannot be used any more.
    Broken { step: &'static str, fault: Fault },
    /// The chip runs an earlier firmware and could not be reset.
    StillRunning { status: u8 },
    /// A download failed.
    Download {
        what: &'static str,
        attempts: u32,
        error: DownloadError,
    },
    /// The boot firmware never finished its calibration.
    DpdTimeout { status: u8 },
    /// The boot firmware finished its calibration but offers none.
    DpdMissing,
    /// The calibration is broken.
    Dpd(DpdError),
    /// The main firmware never got ready (W-8).
    McuNotReady { status: u8 },
    /// A subsystem did not answer its doorbell.
    Doorbell { name: &'static str, status: u8 },
    /// The firmware did not introduce itself.
    StartupMissing,
    /// The firmware's introduction is not acceptable.
    Startup(StartupError),
    /// A command failed.
    Command {
        name: &'static str,
        error: CommandError,
    },
}

impl Failure {
    /// The error number the probe returns.
    pub(crate) fn errno(&self) -> Error {
        match self {
            Self::Kernel { error, .. } | Self::Missing { error, .. } => *error,
            Self::NoMultiBlock | Self::HostTooSmall { .. } => EOPNOTSUPP,
            Self::Container { .. } | Self::SddLen { .. } => EBADMSG,
            Self::Broken { fault, .. }
            | Self::Download {
                error: DownloadError::Broken(fault),
                ..
            }
            | Self::Command {
                error: CommandError::Broken(fault),
                ..
            } => fault.errno(),
            Self::StillRunning { .. } => EBUSY,
            Self::Download {
                error: DownloadError::NoReply { .. } | DownloadError::NoBuffers,
                ..
            }
            | Self::DpdTimeout { .. }
            | Self::DpdMissing
            | Self::McuNotReady { .. }
            | Self::Doorbell { .. }
            | Self::StartupMissing
            | Self::Command {
                error: CommandError::TimedOut { .. },
                ..
            } => ETIMEDOUT,
            Self::Download { .. } | Self::Dpd(_) | Self::Startup(_) | Self::Command { .. } => {
                EPROTO
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel { what, error } => write!(f, "{what} failed with {}", Errno(*error)),
            Self::NoMultiBlock => f.write_str(
                "card does not support multi-block transfers; this is not a BES2600 the driver can \
                 use",
            ),
            Self::HostTooSmall { max } => write!(
                f,
                "host controller carries {max} bytes in a command, 26112 are needed; use another \
                 controller or raise its limits"
            ),
            Self::Missing { file, error } => write!(
                f,
                "firmware {file}: cannot be loaded ({}); install the firmware package",
                Errno(*error)
            ),
            Self::Container { file, error } => write!(f, "firmware {file}: {error}; {REINSTALL}"),
            Self::SddLen { file, len } => write!(
                f,
                "firmware {file}: {len} bytes instead of the {SDD_LEN} of the radio calibration; \
                 {REINSTALL}"
            ),
            Self::Broken { step, fault } => write!(f, "{step}: {fault}; {}", fault.advice()),
            Self::StillRunning { status } => write!(
                f,
                "chip still runs an earlier firmware (status {status:#04x}) and reset did not end \
                 it; power-cycle the board"
            ),
            Self::Download {
                what,
                attempts,
                error,
            } => write!(f, "download of {what}, attempt {attempts}: {error}"),
            Self::DpdTimeout { status } => write!(
                f,
                "boot firmware did not finish its calibration in 15 s (status {status:#04x}); \
                 power-cycle the board"
            ),
            Self::DpdMissing => f.write_str(
                "boot firmware finished its calibration but announced no data; power-cycle the \
                 board",
            ),
            Self::Dpd(error) => write!(f, "boot firmware: {error}; power-cycle the board"),
            Self::McuNotReady { status } => write!(
                f,
                "main firmware was not ready in 5 s (status {status:#04x}); {REINSTALL}"
            ),
            Self::Doorbell { name, status } => write!(
                f,
                "chip did not answer {name} in 200 attempts (status {status:#04x}); power-cycle \
                 the board"
            ),
            Self::StartupMissing => {
                write!(f, "firmware sent no startup indication in 10 s; {REINSTALL}")
            }
            Self::Startup(error) => write!(f, "{error}; {REINSTALL}"),
            Self::Command { name, error } => write!(f, "{name}: {error}; {}", error.advice()),
        }
    }
}
