// SPDX-License-Identifier: GPL-2.0-only

//! Confirm bodies (section 3.4).

use super::super::bytes::Reader;
use core::fmt;

/// Why a confirm is not a success.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConfirmError {
    /// The body ends before its last field.
    TooShort {
        /// Bytes in the body.
        len: usize,
    },
    /// The firmware refused the request; section 3.7 lists the codes.
    Status {
        /// The status received.
        status: u32,
    },
}

impl fmt::Display for ConfirmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { len } => write!(f, "confirm body of {len} bytes is too short"),
            Self::Status { status } => {
                write!(f, "firmware refused it with status {status}")?;
                match status_name(*status) {
                    Some(name) => write!(f, " ({name})"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// The meaning of a status code, where it is known (section 3.7).
pub const fn status_name(status: u32) -> Option<&'static str> {
    Some(match status {
        0 => "success",
        1 => "failure",
        2 => "invalid parameter",
        3 => "access denied",
        4 => "decrypt failure",
        5 => "MIC failure",
        6 => "retry exceeded",
        7 => "life-time exceeded",
        8 => "link lost",
        9 => "no key found",
        10 => "jammer detected",
        11 => "requeue",
        13 => "still joined",
        _ => return None,
    })
}

/// The decoded body of a confirm whose status is success.
pub trait Confirm: Sized {
    /// Reads the fields behind the status.
    fn decode_fields(reader: &mut Reader<'_>) -> Option<Self>;

    /// Decodes a body: the status first, the fields only when it is 0.
    fn decode(body: &[u8]) -> Result<Self, ConfirmError> {
        let short = ConfirmError::TooShort { len: body.len() };
        let mut reader = Reader::new(body);
        match reader.u32().ok_or(short)? {
            0 => Self::decode_fields(&mut reader).ok_or(short),
            status => Err(ConfirmError::Status { status }),
        }
    }
}

/// A confirm that is nothing but a status.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Generic;

impl Confirm for Generic {
    fn decode_fields(_: &mut Reader<'_>) -> Option<Self> {
        Some(Self)
    }
}

/// Transmit power range of a band, in 0.1 dBm.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PowerRange {
    /// Lowest level.
    pub min: i32,
    /// Highest level.
    pub max: i32,
    /// Step between levels.
    pub step: u32,
}

/// The confirm of the configuration request (section 3.4.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Configured {
    /// MAC address the firmware uses.
    pub station_id: [u8; 6],
    /// Bands supported, a bitmap.
    pub bands: u8,
    /// Rates supported, bit n is rate id n.
    pub rates: u32,
    /// Power ranges at 2.4 and 5 GHz.
    pub power: [PowerRange; 2],
}

impl Confirm for Configured {
    fn decode_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let station_id = reader.array()?;
        let bands = reader.u8()?;
        reader.u8()?;
        let rates = reader.u32()?;
        let mut range = || {
            Some(PowerRange {
                min: reader.s32()?,
                max: reader.s32()?,
                step: reader.u32()?,
            })
        };
        Some(Self {
            station_id,
            bands,
            rates,
            power: [range()?, range()?],
        })
    }
}
