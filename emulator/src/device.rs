// SPDX-License-Identifier: GPL-2.0-only
//! `/dev/vsdio`: the file through which this program is a card.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use thiserror::Error;
use vsdio_abi::{CardMessage, Frames, HostMessage, Setup, caps, max_host_message};

use crate::config::{Host, UhsMode};

/// Why the device cannot be used.
#[derive(Debug, Error)]
pub enum DeviceError {
    /// It cannot be opened.
    #[error("{}: {source}; is the module vsdio loaded, and are you root?", path.display())]
    Open {
        /// The device.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Reading, writing or waiting failed.
    #[error("/dev/vsdio: {0}")]
    Io(#[from] io::Error),
    /// The kernel sent something that is no message.
    #[error("/dev/vsdio: {0}; are module and emulator of the same version?")]
    Message(vsdio_abi::Error),
    /// The kernel has closed its side.
    #[error("/dev/vsdio: the controller is gone")]
    Closed,
}

impl From<vsdio_abi::Error> for DeviceError {
    fn from(error: vsdio_abi::Error) -> Self {
        Self::Message(error)
    }
}

/// An open controller.
#[derive(Debug)]
pub struct Device {
    file: File,
    input: Vec<u8>,
    filled: usize,
    output: Vec<u8>,
}

/// Why waiting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The kernel has messages.
    Messages,
    /// The other file can be read.
    Other,
    /// The air has something.
    Air,
    /// The time is over.
    Time,
}

impl Device {
    /// Opens the device and sets the controller up, with an empty slot.
    ///
    /// # Errors
    ///
    /// [`DeviceError`].
    pub fn open(path: &Path, host: &Host) -> Result<Self, DeviceError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|source| DeviceError::Open {
                path: path.to_owned(),
                source,
            })?;
        let mut device = Self {
            file,
            input: vec![0; max_host_message(host.max_bytes)],
            filled: 0,
            output: Vec::new(),
        };
        device.queue(&CardMessage::Setup(setup(host)))?;
        device.flush()?;
        Ok(device)
    }

    /// Adds a message to the next write.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Message`] if it cannot be encoded.
    pub fn queue(&mut self, message: &CardMessage<'_>) -> Result<(), DeviceError> {
        let (_, mut output) = self.split();
        output.queue(message)
    }

    /// Writes what was queued, in one call.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Io`].
    pub fn flush(&mut self) -> Result<(), DeviceError> {
        if self.output.is_empty() {
            return Ok(());
        }
        let result = self.file.write_all(&self.output);
        self.output.clear();
        Ok(result?)
    }

    /// Waits for messages of the kernel, for `other`, for the air, or for the time to pass.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Io`].
    pub fn wait(
        &self,
        other: BorrowedFd<'_>,
        air: Option<BorrowedFd<'_>>,
        timeout: Option<Duration>,
    ) -> Result<Wake, DeviceError> {
        let timeout = timeout.map(|timeout| Timespec {
            tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(timeout.subsec_nanos()),
        });
        let mut files = [
            PollFd::from_borrowed_fd(other, PollFlags::IN),
            PollFd::from_borrowed_fd(self.file.as_fd(), PollFlags::IN),
            // Without an air the device's file stands in, so that there are always three.
            PollFd::from_borrowed_fd(air.unwrap_or(self.file.as_fd()), PollFlags::IN),
        ];
        match poll(&mut files, timeout.as_ref()) {
            Ok(_) => {}
            // A signal: its pipe can be read next time.
            Err(Errno::INTR) => return Ok(Wake::Time),
            Err(error) => return Err(DeviceError::Io(error.into())),
        }
        let [other, device, air] = files.map(|file| !file.revents().is_empty());
        Ok(if other {
            Wake::Other
        } else if device {
            Wake::Messages
        } else if air {
            Wake::Air
        } else {
            Wake::Time
        })
    }

    /// Reads what the kernel has sent; blocks if that is nothing.
    ///
    /// # Errors
    ///
    /// [`DeviceError`].
    pub fn read(&mut self) -> Result<(), DeviceError> {
        self.filled = loop {
            match self.file.read(&mut self.input) {
                Ok(0) => return Err(DeviceError::Closed),
                Ok(filled) => break filled,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(DeviceError::Io(error)),
            }
        };
        Ok(())
    }

    /// Splits the device into what was read and what can be written.
    pub fn split(&mut self) -> (Input<'_>, Output<'_>) {
        let filled = self.input.get(..self.filled).unwrap_or(&[]);
        (
            Input {
                frames: Frames::new(filled),
            },
            Output {
                output: &mut self.output,
            },
        )
    }
}

/// Messages that were read.
#[derive(Debug)]
pub struct Input<'a> {
    frames: Frames<'a>,
}

impl<'a> Iterator for Input<'a> {
    type Item = Result<HostMessage<'a>, DeviceError>;

    fn next(&mut self) -> Option<Self::Item> {
        let frame = self.frames.next()?;
        Some(
            frame
                .and_then(|frame| HostMessage::decode(&frame))
                .map_err(DeviceError::from),
        )
    }
}

/// Messages to be written.
#[derive(Debug)]
pub struct Output<'a> {
    output: &'a mut Vec<u8>,
}

impl Output<'_> {
    /// Adds a message to the next write.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Message`] if it cannot be encoded.
    pub fn queue(&mut self, message: &CardMessage<'_>) -> Result<(), DeviceError> {
        let start = self.output.len();
        let end = start.saturating_add(message.encoded_len());
        self.output.resize(end, 0);
        if let Some(room) = self.output.get_mut(start..end) {
            message.encode(room)?;
        }
        Ok(())
    }
}

fn setup(host: &Host) -> Setup {
    let uhs = match host.uhs {
        UhsMode::None => 0,
        UhsMode::Sdr50 => caps::UHS_SDR50,
        UhsMode::Sdr104 => caps::UHS_SDR50 | caps::UHS_SDR104,
    };
    let flag = |on: bool, bit| if on { bit } else { 0 };
    Setup {
        abi_version: vsdio_abi::ABI_VERSION,
        caps: caps::FOUR_BIT
            | caps::HIGH_SPEED
            | uhs
            | flag(host.non_removable, caps::NON_REMOVABLE)
            | flag(host.sdio_only, caps::SDIO_ONLY)
            | flag(host.keep_power, caps::KEEP_POWER),
        max_blk_size: 512,
        max_blk_count: host.max_blocks,
        max_req_size: host.max_bytes,
        f_min: 400_000,
        f_max: host.max_clock,
        timeout_ms: host.timeout_ms,
    }
}
