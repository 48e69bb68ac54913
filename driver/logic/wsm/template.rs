// SPDX-License-Identifier: GPL-2.0-only

//! Frames the firmware sends on its own (MIB 0x1002, section 3.8.1).

use super::super::bytes::{
    Overflow,
    Writer, //
};
use super::super::channel::Band;
use super::mib::Mib;

/// When the firmware uses a template.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TemplateKind {
    /// To scan, and to join.
    ProbeRequest,
    /// To tell the access point that the station sleeps or wakes.
    QosNull,
    /// To fetch a frame the access point keeps.
    PsPoll,
}

impl TemplateKind {
    const fn number(self) -> u8 {
        match self {
            Self::ProbeRequest => 0,
            Self::QosNull => 3,
            Self::PsPoll => 4,
        }
    }

    /// The rate: of a probe request the slowest, otherwise the firmware's choice.
    const fn rate(self) -> u8 {
        match self {
            Self::ProbeRequest => 0,
            Self::QosNull | Self::PsPoll => 0xFF,
        }
    }
}

/// A template: an 802.11 frame without FCS. An empty one disables its use.
#[derive(Clone, Copy, Debug)]
pub struct Template<'a> {
    /// When it is used.
    pub kind: TemplateKind,
    /// The frame in pieces, to be joined.
    pub frame: &'a [&'a [u8]],
}

impl Mib for Template<'_> {
    const ID: u16 = 0x1002;
    const NAME: &'static str = "write MIB template frame";

    fn encode(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.bytes(&[self.kind.number(), self.kind.rate()])?;
        writer.counted(|writer| self.frame.iter().try_for_each(|piece| writer.bytes(piece)))
    }
}

/// A probe request to everybody, up to the sender's address (IEEE 802.11, 9.3.3.9).
pub const PROBE_REQUEST_TO: [u8; 10] = [0x40, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

/// What follows the sender's address: every BSSID, no sequence number, and an SSID element without
/// a name, which the firmware fills in. The other elements come behind it.
pub const PROBE_REQUEST_FOR: [u8; 10] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0];

/// The elements that name the rates of a band (IEEE 802.11, 9.4.2.3 and 9.4.2.13), in 500 kb/s.
pub const fn rate_elements(band: Band) -> &'static [u8] {
    match band {
        Band::Two => &[
            1, 8, 0x02, 0x04, 0x0B, 0x16, 0x0C, 0x12, 0x18, 0x24, 50, 4, 0x30, 0x48, 0x60, 0x6C,
        ],
        Band::Five => &[1, 8, 0x0C, 0x12, 0x18, 0x24, 0x30, 0x48, 0x60, 0x6C],
    }
}
