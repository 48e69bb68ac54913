// SPDX-License-Identifier: GPL-2.0-only

//! Frames of the download protocol (sections 2.3 to 2.5).

use super::bytes::{
    Overflow,
    Reader,
    Writer, //
};
use core::fmt;

/// Size of a frame header in bytes.
pub const HEADER_LEN: usize = 4;
/// Size of a REPLY frame in bytes.
pub const REPLY_LEN: usize = 8;
/// Header and address in front of the data of a DATA frame.
pub const DATA_OVERHEAD: usize = 8;

const TYPE_REPLY: u8 = 0xB0;
const TYPE_INFO: u8 = 0xB1;
const TYPE_DATA: u8 = 0xB2;
const TYPE_END: u8 = 0xB3;
const TYPE_RUN: u8 = 0xB4;

/// A frame from host to chip.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Frame<'a> {
    /// Announces `length` bytes for `address`.
    Info {
        /// Bytes that follow in DATA frames.
        length: u32,
        /// Chip address of the first byte.
        address: u32,
    },
    /// Carries bytes for `address`.
    Data {
        /// Chip address of the first byte.
        address: u32,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// Closes the data.
    End {
        /// CRC-32 of all data bytes.
        crc: u32,
    },
    /// Jumps to `address`.
    Run {
        /// Chip address, the load address of the image.
        address: u32,
    },
}

impl Frame<'_> {
    /// Writes the frame to the front of `out`, zeroes the rest of `out`, and returns its length.
    pub fn encode(&self, sequence: u8, out: &mut [u8]) -> Result<usize, Overflow> {
        let mut writer = Writer::new(out);
        let (kind, payload) = match self {
            Self::Info { .. } => (TYPE_INFO, 8),
            Self::Data { bytes, .. } => (TYPE_DATA, bytes.len().checked_add(4).ok_or(Overflow)?),
            Self::End { .. } => (TYPE_END, 4),
            Self::Run { .. } => (TYPE_RUN, 4),
        };
        writer.u8(kind)?;
        writer.u8(sequence)?;
        writer.u16(u16::try_from(payload).map_err(|_| Overflow)?)?;
        match *self {
            Self::Info { length, address } => {
                writer.u32(length)?;
                writer.u32(address)?;
            }
            Self::Data { address, bytes } => {
                writer.u32(address)?;
                writer.bytes(bytes)?;
            }
            Self::End { crc } => writer.u32(crc)?,
            Self::Run { address } => writer.u32(address)?,
        }
        let len = writer.used();
        writer.zero_rest();
        Ok(len)
    }

    /// The name in the protocol specification.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Info { .. } => "INFO",
            Self::Data { .. } => "DATA",
            Self::End { .. } => "END",
            Self::Run { .. } => "RUN",
        }
    }
}

/// Why a reply does not accept the frame it answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReplyError {
    /// The chip announced something that is not 8 bytes.
    Announced {
        /// Bytes announced.
        len: usize,
    },
    /// The frame type is not REPLY.
    Type {
        /// The type received.
        found: u8,
    },
    /// The reply answers another frame.
    Sequence {
        /// The sequence number received.
        found: u8,
        /// The sequence number of the frame sent.
        expected: u8,
    },
    /// The length field is not 4.
    Length {
        /// The length received.
        found: u16,
    },
    /// Code 1: the chip found a wrong length.
    RejectedLength,
    /// Any other code: the chip refused the frame.
    Rejected {
        /// The code received.
        code: u32,
    },
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Announced { len } => {
                write!(f, "chip announced a reply of {len} bytes instead of 8")
            }
            Self::Type { found } => write!(f, "reply has type {found:#04x} instead of 0xb0"),
            Self::Sequence { found, expected } => {
                write!(f, "reply has sequence number {found} instead of {expected}")
            }
            Self::Length { found } => {
                write!(f, "reply has length field {found} instead of 4")
            }
            Self::RejectedLength => f.write_str("chip refused the frame: length error (code 1)"),
            Self::Rejected { code } => write!(f, "chip refused the frame: code {code}"),
        }
    }
}

/// Checks the bytes of a reply to the frame with `sequence`.
pub fn check_reply(sequence: u8, reply: &[u8]) -> Result<(), ReplyError> {
    let short = ReplyError::Announced { len: reply.len() };
    if reply.len() != REPLY_LEN {
        return Err(short);
    }
    let mut reader = Reader::new(reply);
    let kind = reader.u8().ok_or(short)?;
    let found = reader.u8().ok_or(short)?;
    let length = reader.u16().ok_or(short)?;
    let code = reader.u32().ok_or(short)?;
    if kind != TYPE_REPLY {
        return Err(ReplyError::Type { found: kind });
    }
    if found != sequence {
        return Err(ReplyError::Sequence {
            found,
            expected: sequence,
        });
    }
    if length != 4 {
        return Err(ReplyError::Length { found: length });
    }
    match code {
        0 => Ok(()),
        1 => Err(ReplyError::RejectedLength),
        code => Err(ReplyError::Rejected { code }),
    }
}

/// A maximum frame size that no image can be sent with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BadMaxFrame {
    /// The size the chip announced, in bytes.
    pub bytes: u16,
}

impl fmt::Display for BadMaxFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "chip accepts frames of {} bytes; at least 16 and a multiple of 4 is needed",
            self.bytes
        )
    }
}

/// Number of data bytes in the next DATA frame: what remains, bounded by the chip's frame size and
/// by the host's buffer of `buffer` bytes (a multiple of 4, at least 16).
pub fn data_len(max_frame: u16, remaining: usize, buffer: usize) -> Result<usize, BadMaxFrame> {
    let bad = BadMaxFrame { bytes: max_frame };
    if max_frame <= 12 || !max_frame.is_multiple_of(4) {
        return Err(bad);
    }
    let room = usize::from(max_frame)
        .min(buffer)
        .checked_sub(DATA_OVERHEAD)
        .ok_or(bad)?;
    Ok(remaining.min(room))
}
