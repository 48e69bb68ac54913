// SPDX-License-Identifier: GPL-2.0-only

//! The 4-byte header of every message (section 3.1) and the MCU header (section 3.1.2).

use super::super::bytes::{
    Overflow,
    Reader,
    Writer, //
};

/// Size of the header in bytes.
pub const LEN: usize = 4;

/// Message class, bits 11:10 of the id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// Host to device.
    Request,
    /// The answer to a request.
    Confirm,
    /// Sent by the device unasked.
    Indication,
    /// MCU and vendor messages, both ways, with a sequence of their own.
    Mcu,
}

/// The interface a message concerns, bits 9:6 of the id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Interface {
    /// MAC instance 0.
    First,
    /// MAC instance 1.
    Second,
    /// Scan, listen and P2P device.
    Generic,
}

impl Interface {
    /// The value of the field.
    pub const fn number(self) -> u8 {
        match self {
            Self::First => 0,
            Self::Second => 1,
            Self::Generic => 2,
        }
    }
}

/// A decoded header.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header {
    /// Bytes of the whole message, this header included.
    pub len: u16,
    /// Sequence number, 0 to 7.
    pub sequence: u8,
    /// Class of the message.
    pub class: Class,
    /// Interface field, 0 to 15; only 0 to 2 mean anything.
    pub interface: u8,
    /// Command number, 0 to 63.
    pub command: u8,
}

impl Header {
    /// Reads a header; `None` when fewer than 4 bytes are left.
    pub fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let len = reader.u16()?;
        let [low, high] = reader.array()?;
        Some(Self {
            len,
            sequence: high >> 5,
            class: match (high >> 2) & 3 {
                0 => Class::Request,
                1 => Class::Confirm,
                2 => Class::Indication,
                _ => Class::Mcu,
            },
            interface: ((high & 3) << 2) | (low >> 6),
            command: low & 0x3F,
        })
    }

    /// Writes the header.
    pub fn encode(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.u16(self.len)?;
        writer.u16(
            (u16::from(self.sequence & 7) << 13)
                | (u16::from(self.interface & 0xF) << 6)
                | self.id(),
        )
    }

    /// Class and command number, as the tables of the specification name a message.
    pub const fn id(&self) -> u16 {
        let class = match self.class {
            Class::Request => 0x0000,
            Class::Confirm => 0x0400,
            Class::Indication => 0x0800,
            Class::Mcu => 0x0C00,
        };
        class | self.command as u16
    }
}

/// What an MCU message from the device is, by its label.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum McuLabel {
    /// Answers an MCU request.
    Confirm,
    /// Sent unasked.
    Indication,
}

/// The header behind the header of MCU messages from the device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct McuHeader {
    /// Confirm or indication; `None` when the label is neither.
    pub label: Option<McuLabel>,
    /// Command type, or the Bluetooth state bitmap of 0x0C30.
    pub kind: u32,
}

impl McuHeader {
    /// Reads the 12 bytes behind the message header.
    pub fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        reader.u32()?;
        let label = match reader.u32()? {
            0x0F => Some(McuLabel::Confirm),
            0xF0 => Some(McuLabel::Indication),
            _ => None,
        };
        Some(Self {
            label,
            kind: reader.u32()?,
        })
    }
}
