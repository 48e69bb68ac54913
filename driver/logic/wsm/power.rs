// SPDX-License-Identifier: GPL-2.0-only

//! Power save of a station (0x0010, 0x0809); section 3.3.10.

use super::super::bytes::{
    Overflow,
    Reader,
    Writer, //
};
use super::confirm::Generic;
use super::request::Request;

/// How a station sleeps.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PmMode {
    /// Always awake.
    Active,
    /// Dozes between beacons and asks for each buffered frame.
    Legacy,
    /// Dozes after a time without traffic and tells the access point each time it wakes.
    Fast,
}

impl PmMode {
    /// The value of the field.
    pub const fn number(self) -> u8 {
        match self {
            Self::Active => 0x00,
            Self::Legacy => 0x01,
            Self::Fast => 0x81,
        }
    }
}

/// Set PM (0x0010). The indication 0x0809 may follow; firmware was seen to leave it out (F-7).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SetPm {
    /// How to sleep.
    pub mode: PmMode,
    /// Time without traffic before a fast sleep, in 500 microseconds; 0 for the firmware's own.
    pub fast_idle: u8,
}

impl Request for SetPm {
    const ID: u16 = 0x0010;
    const NAME: &'static str = "set PM";
    type Confirm = Generic;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.bytes(&[self.mode.number(), self.fast_idle, 0, 0])
    }
}

/// PM mode changed (0x0809).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PmChanged {
    /// 0 when the access point knows (section 3.7).
    pub status: u32,
    /// Whether the station sleeps now.
    pub asleep: bool,
}

impl PmChanged {
    /// Id of the indication.
    pub const ID: u16 = 0x0809;

    /// Reads the body.
    pub fn decode(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        Some(Self {
            status: reader.u32()?,
            asleep: reader.u8()? & 1 != 0,
        })
    }
}
