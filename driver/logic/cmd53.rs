// SPDX-License-Identifier: GPL-2.0-only

//! The CMD53 argument: its address field carries the length and a toggle (section 1.3).

use core::fmt;

/// Block size the protocol is built on, in bytes.
pub const BLOCK_LEN: usize = 512;

/// Largest batch the chip may announce, in blocks: 16 messages of 1632 bytes.
pub const RECEIVE_MAX_BLOCKS: u16 = 51;

/// A transfer that the argument cannot express.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BadLength {
    /// Bytes asked for.
    pub len: usize,
}

impl fmt::Display for BadLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes cannot be one transfer", self.len)
    }
}

/// How the data is counted on the bus.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Count {
    /// Byte mode, 1 to 512 bytes (512 is encoded as 0).
    Bytes(u16),
    /// Block mode, 1 to 511 blocks of 512 bytes.
    Blocks(u16),
}

/// One extended transfer on function 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Transfer {
    write: bool,
    toggle: bool,
    length: u16,
    count: Count,
}

impl Transfer {
    /// A write of a download frame: at least 512 bytes, toggle 0.
    pub fn download_write(frame_len: usize) -> Result<Self, BadLength> {
        Self::sized(true, false, frame_len.max(BLOCK_LEN))
    }

    /// A read of `len` bytes in the download phase, toggle 0.
    pub fn download_read(len: usize) -> Result<Self, BadLength> {
        Self::sized(false, false, len)
    }

    /// A read of a batch of `blocks` in the running phase.
    pub fn receive(blocks: u16, toggle: bool) -> Result<Self, BadLength> {
        Self::sized(false, toggle, super::toggle::batch_len(blocks))
    }

    /// A write of slots in the running phase: always block mode; `code` is the slot code and goes
    /// into the two low bits of the length.
    pub fn transmit(total: usize, code: u8, toggle: bool) -> Result<Self, BadLength> {
        let bad = BadLength { len: total };
        let length = u16::try_from(total).map_err(|_| bad)?;
        if length == 0 || length & 3 != 0 || code > 3 {
            return Err(bad);
        }
        Ok(Self {
            write: true,
            toggle,
            length: length | u16::from(code),
            count: Count::Blocks(blocks(total).ok_or(bad)?),
        })
    }

    fn sized(write: bool, toggle: bool, len: usize) -> Result<Self, BadLength> {
        let bad = BadLength { len };
        let length = u16::try_from(len).map_err(|_| bad)?;
        let count = match length {
            0 => return Err(bad),
            1..=512 => Count::Bytes(length),
            _ => Count::Blocks(blocks(len).ok_or(bad)?),
        };
        Ok(Self {
            write,
            toggle,
            length,
            count,
        })
    }

    /// The 17-bit register address: toggle and length.
    pub fn address(&self) -> u32 {
        (u32::from(self.toggle) << 16) | u32::from(self.length)
    }

    /// How the data is counted.
    pub const fn count(&self) -> Count {
        self.count
    }

    /// Bytes that cross the bus, padding included.
    pub fn bus_len(&self) -> usize {
        match self.count {
            Count::Bytes(bytes) => usize::from(bytes),
            Count::Blocks(blocks) => super::toggle::batch_len(blocks),
        }
    }

    /// The whole 32-bit argument as the bus carries it.
    pub fn argument(&self) -> u32 {
        const FUNCTION_1: u32 = 1 << 28;
        const INCREMENTING: u32 = 1 << 26;
        let count = match self.count {
            Count::Bytes(bytes) => u32::from(bytes) & 0x1FF,
            Count::Blocks(blocks) => (1 << 27) | u32::from(blocks),
        };
        (u32::from(self.write) << 31) | FUNCTION_1 | INCREMENTING | (self.address() << 9) | count
    }
}

/// Blocks that hold `len` bytes; `None` when the count field cannot express them.
fn blocks(len: usize) -> Option<u16> {
    u16::try_from(len.div_ceil(BLOCK_LEN))
        .ok()
        .filter(|blocks| (1..=511).contains(blocks))
}
