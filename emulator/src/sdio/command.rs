// SPDX-License-Identifier: GPL-2.0-only
//! Commands of the SDIO bus, their arguments and responses.

use std::time::Duration;

/// Data phase of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer<'a> {
    /// There is none.
    None,
    /// The card sends `block_size * blocks` bytes.
    Read {
        /// Bytes in a block; the count of a CMD53 in byte mode.
        block_size: u32,
        /// Blocks; 1 in byte mode.
        blocks: u32,
    },
    /// The host sends `block_size * blocks` bytes.
    Write {
        /// Bytes in a block; the count of a CMD53 in byte mode.
        block_size: u32,
        /// Blocks; 1 in byte mode.
        blocks: u32,
        /// The bytes.
        bytes: &'a [u8],
    },
}

impl Transfer<'_> {
    /// Block size and number of blocks.
    pub const fn shape(&self) -> (u32, u32) {
        match self {
            Self::None => (0, 0),
            Self::Read { block_size, blocks }
            | Self::Write {
                block_size, blocks, ..
            } => (*block_size, *blocks),
        }
    }
}

/// A command as the host issues it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command<'a> {
    /// Index, 0 to 63.
    pub opcode: u32,
    /// Argument.
    pub argument: u32,
    /// Data phase.
    pub transfer: Transfer<'a>,
}

impl Command<'_> {
    /// A command without data.
    pub const fn plain(opcode: u32, argument: u32) -> Self {
        Self {
            opcode,
            argument,
            transfer: Transfer::None,
        }
    }
}

/// How a command ends when it does not end well, by the errno that a host controller reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusError {
    /// The card did not respond: `ETIMEDOUT`.
    Timeout,
    /// A checksum was wrong: `EILSEQ`.
    Crc,
    /// The bus or the card was busy: `EBUSY`.
    Busy,
    /// Any other error of the controller: `EIO`.
    Io,
    /// `EINVAL`.
    Invalid,
    /// `ERANGE`.
    Range,
    /// `ENOMEDIUM`.
    NoMedium,
}

impl BusError {
    /// The error with this (positive) errno; [`BusError::Io`] for any that has no own meaning.
    pub const fn from_errno(errno: i64) -> Self {
        match errno {
            16 => Self::Busy,
            22 => Self::Invalid,
            34 => Self::Range,
            84 => Self::Crc,
            110 => Self::Timeout,
            123 => Self::NoMedium,
            _ => Self::Io,
        }
    }

    /// Its negative errno.
    pub const fn code(self) -> i32 {
        match self {
            Self::Io => -5,
            Self::Busy => -16,
            Self::Invalid => -22,
            Self::Range => -34,
            Self::Crc => -84,
            Self::Timeout => -110,
            Self::NoMedium => -123,
        }
    }
}

/// Answer of the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// End of the command phase.
    pub command: Result<(), BusError>,
    /// End of the data phase.
    pub data: Result<(), BusError>,
    /// Bits 39 to 8 of the response.
    pub response: u32,
    /// Bytes read.
    pub bytes: Vec<u8>,
    /// How long the command keeps the bus.
    pub duration: Duration,
}

impl Reply {
    /// A response without data.
    pub const fn response(response: u32) -> Self {
        Self {
            command: Ok(()),
            data: Ok(()),
            response,
            bytes: Vec::new(),
            duration: Duration::ZERO,
        }
    }

    /// A response with the bytes of a read.
    pub fn bytes(response: u32, bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            ..Self::response(response)
        }
    }

    /// No usable response.
    pub fn error(error: BusError) -> Self {
        Self {
            command: Err(error),
            ..Self::response(0)
        }
    }

    /// A response after which the data failed.
    pub fn data_error(response: u32, error: BusError) -> Self {
        Self {
            data: Err(error),
            ..Self::response(response)
        }
    }

    /// Whether both phases ended well.
    pub const fn is_good(&self) -> bool {
        self.command.is_ok() && self.data.is_ok()
    }
}

/// Flags in bits 15:8 of an R5 response.
pub mod r5 {
    /// State "command": selected, no data transfer going on.
    pub const STATE_CMD: u32 = 0x1000;
    /// General error.
    pub const ERROR: u32 = 0x0800;
    /// The function does not exist.
    pub const FUNCTION_NUMBER: u32 = 0x0200;
    /// The argument is out of range.
    pub const OUT_OF_RANGE: u32 = 0x0100;
    /// Every error.
    pub const ERRORS: u32 = 0xCB00;
}

/// Argument of CMD52.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Direct {
    /// Whether the host writes.
    pub write: bool,
    /// Function, 0 to 7.
    pub function: u32,
    /// Whether a write answers with the value read back.
    pub read_after_write: bool,
    /// Register, 17 bits.
    pub address: u32,
    /// Value to write.
    pub value: u8,
}

impl Direct {
    /// Splits the argument.
    pub const fn decode(argument: u32) -> Self {
        let [value, ..] = argument.to_le_bytes();
        Self {
            write: argument & 1 << 31 != 0,
            function: argument >> 28 & 7,
            read_after_write: argument & 1 << 27 != 0,
            address: argument >> 9 & 0x1_FFFF,
            value,
        }
    }

    /// Makes the argument.
    pub const fn encode(self) -> u32 {
        (self.write as u32) << 31
            | (self.function & 7) << 28
            | (self.read_after_write as u32) << 27
            | (self.address & 0x1_FFFF) << 9
            | self.value as u32
    }
}

/// Argument of CMD53.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extended {
    /// Whether the host writes.
    pub write: bool,
    /// Function, 0 to 7.
    pub function: u32,
    /// Block mode rather than byte mode.
    pub block_mode: bool,
    /// The op-code bit: the address increments.
    pub increment: bool,
    /// Register, 17 bits.
    pub address: u32,
    /// Blocks or bytes, as in the argument: 0 bytes mean 512.
    pub count: u32,
}

impl Extended {
    /// Splits the argument.
    pub const fn decode(argument: u32) -> Self {
        Self {
            write: argument & 1 << 31 != 0,
            function: argument >> 28 & 7,
            block_mode: argument & 1 << 27 != 0,
            increment: argument & 1 << 26 != 0,
            address: argument >> 9 & 0x1_FFFF,
            count: argument & 0x1FF,
        }
    }

    /// Makes the argument.
    pub const fn encode(self) -> u32 {
        (self.write as u32) << 31
            | (self.function & 7) << 28
            | (self.block_mode as u32) << 27
            | (self.increment as u32) << 26
            | (self.address & 0x1_FFFF) << 9
            | (self.count & 0x1FF)
    }

    /// Bytes on the bus with blocks of `block_size` bytes; `None` for the unbounded transfer.
    pub const fn bytes(self, block_size: u32) -> Option<u32> {
        match (self.block_mode, self.count) {
            (true, 0) => None,
            (true, blocks) => Some(blocks * block_size),
            (false, 0) => Some(512),
            (false, bytes) => Some(bytes),
        }
    }
}
