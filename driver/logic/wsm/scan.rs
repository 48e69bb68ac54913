// SPDX-License-Identifier: GPL-2.0-only

//! Scanning: start (0x0007), stop (0x0008) and completion (0x0806); sections 3.3.5 and 5.13.

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
use super::confirm::Generic;
use super::rate::RateId;
use super::request::Request;

/// The most channels of a request.
pub const MAX_CHANNELS: usize = 48;
/// The most network names of a request.
pub const MAX_SSIDS: usize = 2;

/// Delay before the first probe request of a channel, in microseconds.
const PROBE_DELAY: u8 = 100;

/// How a scan lives with a link.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ScanKind {
    /// The radio has nothing else to do. Refused while joined (F-6).
    Foreground,
    /// The firmware leaves the channel of its link and comes back, and is forced to.
    Background,
}

/// One channel of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ScanChannel {
    /// Channel number.
    pub number: u16,
    /// Least time to stay, in time units.
    pub min_time: u32,
    /// Most time to stay, in time units.
    pub max_time: u32,
}

/// Start scan (0x0007).
#[derive(Clone, Copy, Debug)]
pub struct StartScan<'a> {
    /// Band of all channels.
    pub band: Band,
    /// Foreground or background.
    pub kind: ScanKind,
    /// Whether probe requests avoid CCK rates.
    pub no_cck: bool,
    /// Probe requests to send on each channel and for each name; 0 to only listen.
    pub probes: u8,
    /// Channels to visit, at most [`MAX_CHANNELS`].
    pub channels: &'a [ScanChannel],
    /// Names to ask for, at most [`MAX_SSIDS`]; none to ask for any.
    pub ssids: &'a [Ssid],
}

impl Request for StartScan<'_> {
    const ID: u16 = 0x0007;
    const NAME: &'static str = "start scan";
    type Confirm = Generic;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        const FORCE_BACKGROUND: u8 = 1 << 0;
        if self.channels.len() > MAX_CHANNELS || self.ssids.len() > MAX_SSIDS {
            return Err(Overflow);
        }
        let (kind, flags) = match self.kind {
            ScanKind::Foreground => (0, 0),
            ScanKind::Background => (1, FORCE_BACKGROUND),
        };
        let band = if self.no_cck { Band::Five } else { self.band };
        let rate = RateId::slowest(band).number();
        writer.bytes(&[self.band.number(), kind, flags, rate])?;
        writer.u32(0)?;
        writer.u8(self.probes)?;
        writer.u8(u8::try_from(self.channels.len()).map_err(|_| Overflow)?)?;
        writer.u8(u8::try_from(self.ssids.len()).map_err(|_| Overflow)?)?;
        writer.u8(PROBE_DELAY)?;
        for channel in self.channels {
            writer.u16(channel.number)?;
            writer.u16(0)?;
            writer.u32(channel.min_time)?;
            writer.u32(channel.max_time)?;
            writer.u32(0)?;
        }
        for ssid in self.ssids {
            let name = ssid.bytes();
            writer.u32(u32::try_from(name.len()).map_err(|_| Overflow)?)?;
            writer.padded(name, SSID_MAX)?;
        }
        Ok(())
    }
}

/// Stop scan (0x0008). A scan that ran ends with its completion.
#[derive(Clone, Copy, Debug)]
pub struct StopScan;

impl Request for StopScan {
    const ID: u16 = 0x0008;
    const NAME: &'static str = "stop scan";
    type Confirm = Generic;

    fn encode_body(&self, _: &mut Writer<'_>) -> Result<(), Overflow> {
        Ok(())
    }
}

/// Scan complete (0x0806).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ScanComplete {
    /// 0 when every channel was visited (section 3.7).
    pub status: u32,
    /// Channels visited.
    pub channels: u8,
}

impl ScanComplete {
    /// Id of the indication.
    pub const ID: u16 = 0x0806;

    /// Reads the body.
    pub fn decode(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let status = reader.u32()?;
        reader.u8()?;
        Some(Self {
            status,
            channels: reader.u8()?,
        })
    }
}
