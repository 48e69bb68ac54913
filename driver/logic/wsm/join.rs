// SPDX-License-Identifier: GPL-2.0-only

//! Joining a network (0x000B) and leaving it (0x000A); sections 3.3.6, 3.3.7 and 3.4.3.

use super::super::bytes::{
    Overflow,
    Reader,
    Writer, //
};
use super::super::channel::{
    Band,
    Ssid,
    SSID_MAX, //
};
use super::confirm::{
    Confirm,
    Generic, //
};
use super::request::Request;

/// Join (0x000B), as a station of an access point.
#[derive(Clone, Copy, Debug)]
pub struct Join {
    /// Band of the channel.
    pub band: Band,
    /// Channel number.
    pub channel: u16,
    /// Address of the access point.
    pub bssid: [u8; 6],
    /// Beacons from one delivery of multicast frames to the next; at least 1.
    pub dtim_period: u8,
    /// Name of the network; empty when it is not known.
    pub ssid: Ssid,
    /// Time units from beacon to beacon.
    pub beacon_interval: u16,
    /// Rates every station of the network understands, bit n is rate id n.
    pub basic_rates: u32,
}

impl Request for Join {
    const ID: u16 = 0x000B;
    const NAME: &'static str = "join";
    type Confirm = Joined;
    const LIMIT: u8 = 7;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        const INFRASTRUCTURE: u8 = 1;
        const SHORT_PREAMBLE: u8 = 1;
        const PROBE_FOR_JOIN: u8 = 1;
        const FLAGS: u8 = 0;

        writer.bytes(&[INFRASTRUCTURE, self.band.number()])?;
        writer.u16(self.channel)?;
        writer.bytes(&self.bssid)?;
        writer.u16(0)?;
        writer.bytes(&[
            SHORT_PREAMBLE,
            PROBE_FOR_JOIN,
            self.dtim_period.max(1),
            FLAGS,
        ])?;
        let name = self.ssid.bytes();
        writer.u32(u32::try_from(name.len()).map_err(|_| Overflow)?)?;
        writer.padded(name, SSID_MAX)?;
        writer.u32(self.beacon_interval.into())?;
        writer.u32(self.basic_rates)
    }
}

/// The confirm of a join.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Joined {
    /// Lowest transmit power, in 0.1 dBm.
    pub min_power: u32,
    /// Highest transmit power, in 0.1 dBm.
    pub max_power: u32,
}

impl Confirm for Joined {
    fn decode_fields(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            min_power: reader.u32()?,
            max_power: reader.u32()?,
        })
    }
}

/// Reset (0x000A): leaves the network. The firmware forgets its rate policies with it (F-5), and its
/// statistics.
#[derive(Clone, Copy, Debug)]
pub struct Reset;

impl Request for Reset {
    const ID: u16 = 0x000A;
    const NAME: &'static str = "reset";
    type Confirm = Generic;
    const LIMIT: u8 = 7;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        // The flag is inverted: 1 would keep the statistics.
        writer.u32(0)
    }
}
