// SPDX-License-Identifier: GPL-2.0-only

//! The digital pre-distortion block the boot firmware measures (section 2.7).

use super::bytes::Reader;
use super::crc32::crc32;
use core::fmt;

/// Size of the block in bytes.
pub const LEN: usize = 0x3B14;
/// Chip address the block is written to before the main image starts.
pub const ADDRESS: u32 = 0x2008_C000;
/// Layout version this driver knows.
pub const VERSION: u32 = 7;

const VERSION_OFFSET: usize = 0x3AF4;

/// What is wrong with a calibration block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DpdError {
    /// The chip announced another size.
    Length {
        /// Bytes announced.
        len: usize,
    },
    /// The checksum at the front does not match the rest.
    Crc {
        /// The checksum in the block.
        stored: u32,
        /// The checksum of the bytes behind it.
        computed: u32,
    },
}

impl fmt::Display for DpdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { len } => {
                write!(
                    f,
                    "chip announced {len} bytes of calibration instead of {LEN}"
                )
            }
            Self::Crc { stored, computed } => write!(
                f,
                "calibration has CRC {computed:#010x} but carries {stored:#010x}"
            ),
        }
    }
}

/// Checks a block and returns its layout version.
pub fn check(block: &[u8]) -> Result<u32, DpdError> {
    let length = DpdError::Length { len: block.len() };
    if block.len() != LEN {
        return Err(length);
    }
    let mut reader = Reader::new(block);
    let stored = reader.u32().ok_or(length)?;
    let computed = crc32(reader.rest());
    if stored != computed {
        return Err(DpdError::Crc { stored, computed });
    }
    let mut reader = Reader::new(block);
    reader
        .bytes(VERSION_OFFSET)
        .and_then(|_| reader.u32())
        .ok_or(length)
}
