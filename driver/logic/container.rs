// SPDX-License-Identifier: GPL-2.0-only

//! The firmware image container (section 2.2).

use super::bytes::Reader;
use core::fmt;

/// Size of the header and of the trailing address: no image can be shorter.
pub const MIN_LEN: usize = 20;

/// Largest file accepted. The images known are a quarter of this; the limit keeps a wrong file from
/// being pushed over the chip's memory.
pub const MAX_LEN: usize = 1 << 20;

/// Size of the trailing load address, which is not downloaded.
const TAIL_LEN: usize = 4;

/// What is wrong with an image file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ContainerError {
    /// Shorter than the header and the trailing address.
    TooShort {
        /// File size in bytes.
        len: usize,
    },
    /// Larger than any image for this chip.
    TooLong {
        /// File size in bytes.
        len: usize,
    },
    /// Not a whole number of 32-bit words: cut off in transit.
    NotWords {
        /// File size in bytes.
        len: usize,
    },
    /// Neither header nor tail holds a load address.
    NoAddress,
    /// The load address is not a multiple of four.
    BadAddress {
        /// The address selected.
        address: u32,
    },
}

impl fmt::Display for ContainerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { len } => write!(
                f,
                "{len} bytes is shorter than the {MIN_LEN}-byte minimum of an image"
            ),
            Self::TooLong { len } => write!(
                f,
                "{len} bytes is larger than the {MAX_LEN}-byte maximum of an image"
            ),
            Self::NotWords { len } => write!(
                f,
                "{len} bytes is not a multiple of 4, the file was cut off"
            ),
            Self::NoAddress => {
                f.write_str("header and tail both hold load address 0, the file is corrupt")
            }
            Self::BadAddress { address } => write!(
                f,
                "load address {address:#010x} is not a multiple of 4, the file is corrupt"
            ),
        }
    }
}

/// A checked image: what to download and where to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Container<'a> {
    address: u32,
    payload: &'a [u8],
}

impl<'a> Container<'a> {
    /// Checks the file and selects the load address: the tail's when the header has none or the
    /// tail differs, else the header's.
    pub fn parse(file: &'a [u8]) -> Result<Self, ContainerError> {
        let len = file.len();
        if len < MIN_LEN {
            return Err(ContainerError::TooShort { len });
        }
        if len > MAX_LEN {
            return Err(ContainerError::TooLong { len });
        }
        if !len.is_multiple_of(4) {
            return Err(ContainerError::NotWords { len });
        }
        let (payload, tail) = file
            .split_last_chunk::<TAIL_LEN>()
            .ok_or(ContainerError::TooShort { len })?;
        let mut header = Reader::new(payload);
        let exec_address = header
            .bytes(12)
            .and_then(|_| header.u32())
            .ok_or(ContainerError::TooShort { len })?;
        let tail_address = u32::from_le_bytes(*tail);
        let address = match (exec_address, tail_address) {
            (0, 0) => return Err(ContainerError::NoAddress),
            (exec, 0) => exec,
            (_, tail) => tail,
        };
        if !address.is_multiple_of(4) {
            return Err(ContainerError::BadAddress { address });
        }
        Ok(Self { address, payload })
    }

    /// Where the image is loaded and started, a chip address.
    pub const fn address(&self) -> u32 {
        self.address
    }

    /// The bytes to download: the file without its last four bytes.
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The build date some images carry near their end, for the log only.
    pub fn build_date(&self) -> Option<&'a str> {
        const MONTHS: [&[u8; 3]; 12] = [
            b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
            b"Dec",
        ];
        let at = self
            .payload
            .windows(3)
            .rposition(|window| MONTHS.iter().any(|month| window == *month))?;
        let tail = self.payload.get(at..)?;
        let printable = tail
            .iter()
            .take(32)
            .take_while(|byte| byte.is_ascii_graphic() || **byte == b' ')
            .count();
        core::str::from_utf8(tail.get(..printable)?).ok()
    }
}
