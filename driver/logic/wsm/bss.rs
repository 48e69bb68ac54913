// SPDX-License-Identifier: GPL-2.0-only

//! What the firmware is told about the network it serves: BSS parameters (0x0011) and the channel
//! (0x0016, 0x080A); sections 3.3.11 and 3.3.14.

use super::super::bytes::{
    Overflow,
    Reader,
    Writer, //
};
use super::super::channel::Width;
use super::confirm::Generic;
use super::request::Request;

/// Set BSS parameters (0x0011).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SetBssParams {
    /// Beacons missed in a row before the network counts as lost.
    pub beacon_lost_count: u8,
    /// Association id.
    pub aid: u16,
    /// Legacy rates of the access point, bit n is rate id n; [`SetBssParams::ANY_RATE`] when not
    /// known.
    pub rates: u32,
    /// MCS 0 to 7 the access point receives, bit n is MCS n.
    pub mcs: u8,
}

impl SetBssParams {
    /// Every rate.
    pub const ANY_RATE: u32 = u32::MAX;
    /// Beacons missed before the network counts as lost, as the vendor has it.
    pub const BEACON_LOST_COUNT: u8 = 50;
}

impl Request for SetBssParams {
    const ID: u16 = 0x0011;
    const NAME: &'static str = "set BSS parameters";
    type Confirm = Generic;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        /// Rate id of MCS 0.
        const FIRST_MCS: u32 = 14;
        writer.bytes(&[0, self.beacon_lost_count])?;
        writer.u16(self.aid)?;
        writer.u32(self.rates)?;
        writer.u32(u32::from(self.mcs).wrapping_shl(FIRST_MCS))
    }
}

/// Switch channel (0x0016). Transmission waits until the firmware indicates that it has switched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SwitchChannel {
    /// Channel number.
    pub channel: u16,
    /// Width of the channel.
    pub width: Width,
}

impl Request for SwitchChannel {
    const ID: u16 = 0x0016;
    const NAME: &'static str = "switch channel";
    type Confirm = Generic;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        /// Set in every mode the vendor's driver sends; what it means is not known.
        const ALWAYS: u8 = 0x80;
        writer.bytes(&[ALWAYS | self.width.number().wrapping_shl(4), 0])?;
        writer.u16(self.channel)
    }
}

/// Channel switched (0x080A).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ChannelSwitched {
    /// 0 when the radio is on the new channel (section 3.7).
    pub status: u32,
}

impl ChannelSwitched {
    /// Id of the indication.
    pub const ID: u16 = 0x080A;

    /// Reads the body.
    pub fn decode(body: &[u8]) -> Option<Self> {
        Some(Self {
            status: Reader::new(body).u32()?,
        })
    }
}
