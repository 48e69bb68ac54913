// SPDX-License-Identifier: GPL-2.0-only

//! Frames the firmware sends on its own (MIB 0x1002, section 3.8.1).

use super::super::bytes::{
    Overflow,
    Writer, //
};
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
