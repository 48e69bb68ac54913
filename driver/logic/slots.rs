// SPDX-License-Identifier: GPL-2.0-only

//! Slots: how messages are laid out in a host-to-device transfer (sections 1.6.2 and 1.6.3).

use super::bytes::{
    align4,
    Reader,
    Writer, //
};
use super::wsm::header::{
    Class,
    Header, //
};
use core::fmt;

/// Most messages one transfer may carry.
pub const MAX_MESSAGES: usize = 16;
/// Largest message, its own header included: the largest slot less the trailing timestamp.
pub const MAX_MESSAGE_LEN: usize = 1628;
/// Size of the host timestamp behind a message, not counted in its length.
pub const TIMESTAMP_LEN: usize = 4;

/// The four slot sizes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Slot {
    /// 512 bytes.
    One,
    /// 1024 bytes.
    Two,
    /// 1536 bytes.
    Three,
    /// 1632 bytes.
    Four,
}

impl Slot {
    /// The smallest slot for a message of `len` bytes; `None` when it fits no slot.
    pub fn for_message(len: usize) -> Option<Self> {
        match align4(len.checked_add(TIMESTAMP_LEN)?)? {
            0..=512 => Some(Self::One),
            513..=1024 => Some(Self::Two),
            1025..=1536 => Some(Self::Three),
            1537..=1632 => Some(Self::Four),
            _ => None,
        }
    }

    /// The code in the two low bits of the length field.
    pub const fn code(self) -> u8 {
        match self {
            Self::One => 0,
            Self::Two => 1,
            Self::Three => 2,
            Self::Four => 3,
        }
    }

    /// Size in bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::One => 512,
            Self::Two => 1024,
            Self::Three => 1536,
            Self::Four => 1632,
        }
    }
}

/// A message that cannot travel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SlotError {
    /// The header's length is not that of the message.
    Length {
        /// Bytes handed over.
        len: usize,
    },
    /// Larger than the largest slot.
    TooLong {
        /// Bytes handed over.
        len: usize,
    },
    /// The transfer buffer cannot hold even this one message.
    NoRoom,
}

impl fmt::Display for SlotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { len } => {
                write!(f, "message of {len} bytes carries another length")
            }
            Self::TooLong { len } => write!(
                f,
                "message of {len} bytes is larger than the maximum of {MAX_MESSAGE_LEN}"
            ),
            Self::NoRoom => f.write_str("transfer buffer is too small"),
        }
    }
}

/// What became of a message offered to a transfer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Offer {
    /// Copied into the transfer.
    Taken,
    /// Belongs into a transfer of its own or of its size: send this one first.
    Next,
}

/// Lays messages of equal slot size into a bounce buffer and zeroes what they leave free.
#[derive(Debug)]
pub struct Packer<'a> {
    buffer: &'a mut [u8],
    slot: Option<Slot>,
    alone: bool,
    count: usize,
}

impl<'a> Packer<'a> {
    /// Starts an empty transfer in `buffer`.
    pub fn new(buffer: &'a mut [u8]) -> Self {
        Self {
            buffer,
            slot: None,
            alone: false,
            count: 0,
        }
    }

    /// Offers a message, header included, with its timestamp in milliseconds.
    pub fn offer(&mut self, message: &[u8], timestamp: u32) -> Result<Offer, SlotError> {
        self.offer_parts(&[message], timestamp)
    }

    /// Offers a message that is in pieces, the header in the first of them.
    pub fn offer_parts(&mut self, parts: &[&[u8]], timestamp: u32) -> Result<Offer, SlotError> {
        let len = parts
            .iter()
            .fold(0, |len: usize, part| len.saturating_add(part.len()));
        let slot = Slot::for_message(len).ok_or(SlotError::TooLong { len })?;
        let header = parts
            .first()
            .and_then(|first| Header::decode(&mut Reader::new(first)))
            .filter(|header| usize::from(header.len) == len)
            .ok_or(SlotError::Length { len })?;
        let alone = header.class == Class::Mcu;
        let first = self.count == 0;
        let joins = !self.alone && !alone && self.slot == Some(slot) && self.count < MAX_MESSAGES;
        if !first && !joins {
            return Ok(Offer::Next);
        }
        let start = self.count.saturating_mul(slot.bytes());
        let place = self
            .buffer
            .get_mut(start..)
            .and_then(|rest| rest.get_mut(..slot.bytes()));
        let Some(place) = place else {
            return if first {
                Err(SlotError::NoRoom)
            } else {
                Ok(Offer::Next)
            };
        };
        let mut writer = Writer::new(place);
        let written = parts
            .iter()
            .try_for_each(|part| writer.bytes(part))
            .and_then(|()| writer.u32(timestamp));
        writer.zero_rest();
        written.map_err(|_| SlotError::TooLong { len })?;
        self.slot = Some(slot);
        self.alone = alone;
        self.count = self.count.saturating_add(1);
        Ok(Offer::Taken)
    }

    /// Whether the transfer carries as many messages as it may.
    pub fn is_full(&self) -> bool {
        self.alone || self.count >= MAX_MESSAGES
    }

    /// Messages taken.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Closes the transfer: its bytes in all and its slot code. Zeroes up to the next block
    /// boundary. `None` when nothing was taken.
    pub fn finish(self) -> Option<(usize, u8)> {
        let slot = self.slot?;
        let total = self.count.checked_mul(slot.bytes())?;
        let padded = total.checked_next_multiple_of(super::cmd53::BLOCK_LEN)?;
        if let Some(padding) = self.buffer.get_mut(total..padded) {
            padding.fill(0);
        }
        Some((total, slot.code()))
    }
}
