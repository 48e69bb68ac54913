// SPDX-License-Identifier: GPL-2.0-only

//! The transmit request and its confirms (sections 3.3.2, 3.4.4 and 3.4.5).

use super::super::bytes::{
    Overflow,
    Reader,
    Writer, //
};
use super::super::flight::PacketId;
use super::header::{
    Class,
    Header,
    Interface, //
};
use super::rate::RateId;

/// Class and command number of the request.
pub const TRANSMIT: u16 = 0x0004;
/// The confirm of one frame.
pub const CONFIRM: u16 = 0x0404;
/// The confirm of several frames.
pub const MULTI_CONFIRM: u16 = 0x041E;

/// Bytes before the frame: message header and descriptor.
pub const HEAD_LEN: usize = 24;
/// Size of the record of one frame in a confirm.
pub const RECORD_LEN: usize = 20;

/// An access category.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Queue {
    /// Voice.
    Voice,
    /// Video.
    Video,
    /// Best effort.
    BestEffort,
    /// Background.
    Background,
}

impl Queue {
    /// All of them, most urgent first: Linux's order.
    pub const ALL: [Self; 4] = [Self::Voice, Self::Video, Self::BestEffort, Self::Background];

    /// Linux's number for it, which the host puts into packet ids (section 5.2).
    pub const fn index(self) -> u8 {
        match self {
            Self::Voice => 0,
            Self::Video => 1,
            Self::BestEffort => 2,
            Self::Background => 3,
        }
    }

    /// The firmware's number for it (section 5.1).
    pub const fn wsm(self) -> u8 {
        match self {
            Self::Voice => 3,
            Self::Video => 2,
            Self::BestEffort => 0,
            Self::Background => 1,
        }
    }
}

/// What stands before a frame: everything of the request but the frame itself.
///
/// The firmware takes frames that begin two bytes later when a flag says so. Frames of this driver
/// are copied into a transfer buffer, where each begins at a multiple of four.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    /// What the confirm will carry.
    pub packet: PacketId,
    /// The interface that sends.
    pub interface: Interface,
    /// Access category.
    pub queue: Queue,
    /// Rate of the first attempt.
    pub rate: RateId,
    /// Which of the eight rate retry policies applies.
    pub policy: u8,
    /// Bytes of the frame, with the space for IV, ICV and MIC.
    pub frame_len: usize,
}

impl Descriptor {
    /// Writes header and descriptor. Sequence number 0, as with any request.
    pub fn encode(&self) -> Result<[u8; HEAD_LEN], Overflow> {
        const MIXED_FORMAT: u32 = 1;
        let mut head = [0; HEAD_LEN];
        let mut writer = Writer::new(&mut head);
        let len = HEAD_LEN.checked_add(self.frame_len).ok_or(Overflow)?;
        Header {
            len: u16::try_from(len).map_err(|_| Overflow)?,
            sequence: 0,
            class: Class::Request,
            interface: self.interface.number(),
            command: TRANSMIT.to_le_bytes()[0],
        }
        .encode(&mut writer)?;
        writer.u32(self.packet.bits())?;
        writer.u8(self.rate.number())?;
        // Link id 0: a station has one peer.
        writer.u8(self.queue.wsm())?;
        // No more frames follow: promising one that does not come stalls the firmware.
        writer.u8(0)?;
        writer.u8((self.policy & 7) << 4)?;
        writer.u32(0)?;
        // The firmware's own life-time.
        writer.u32(0)?;
        writer.u32(match self.rate.mcs() {
            Some(_) => MIXED_FORMAT,
            None => 0,
        })?;
        Ok(head)
    }
}

/// Whether `frame` is an action frame of block acknowledgement, which is the firmware's matter
/// (section 5.3). `iv_len` is the space for an IV behind the header.
pub fn is_block_ack(frame: &[u8], iv_len: usize) -> bool {
    const ACTION: u8 = 0xD0;
    const HEADER_LEN: usize = 24;
    const BLOCK_ACK: u8 = 3;
    let category = frame.get(HEADER_LEN.saturating_add(iv_len));
    frame.first() == Some(&ACTION) && category == Some(&BLOCK_ACK)
}

/// Status of a frame that comes back to be sent again.
const REQUEUE: u32 = 11;

/// What became of a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Record {
    /// The frame, if it is one: the chip's word is not enough.
    pub packet: PacketId,
    /// Status, section 3.7.
    pub status: u32,
    /// The rate of the last attempt; `None` when the id means nothing.
    pub rate: Option<RateId>,
    /// Attempts nobody acknowledged.
    pub ack_failures: u8,
    flags: u16,
    /// Time on the air and waiting for it, in µs.
    pub media_delay: u32,
    /// Time before the first attempt, in µs.
    pub queue_delay: u32,
}

impl Record {
    fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            packet: PacketId::from_bits(reader.u32()?),
            status: reader.u32()?,
            rate: RateId::new(reader.u8()?),
            ack_failures: reader.u8()?,
            flags: reader.u16()?,
            media_delay: reader.u32()?,
            queue_delay: reader.u32()?,
        })
    }

    /// Whether the receiver acknowledged the frame, or was not to.
    pub const fn delivered(&self) -> bool {
        self.status == 0
    }

    /// Whether no acknowledgement was asked for.
    pub const fn unacknowledged(&self) -> bool {
        (self.flags >> 2) & 3 == 1
    }

    /// Whether the frame was part of an A-MPDU.
    pub const fn aggregated(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether the frame was not sent, and the host has to offer it again (section 5.5).
    pub const fn requeued(&self) -> bool {
        self.status == REQUEUE && self.flags & 2 != 0
    }

    /// Transmissions on the air: each failed one, and the one that succeeded.
    pub const fn attempts(&self) -> u8 {
        if self.delivered() {
            self.ack_failures.saturating_add(1)
        } else {
            self.ack_failures
        }
    }
}

/// A confirm whose length does not hold what it claims.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BadConfirm;

/// The records of a confirm.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    reader: Reader<'a>,
    left: usize,
}

impl<'a> Records<'a> {
    /// The single record of [`CONFIRM`].
    pub const fn single(body: &'a [u8]) -> Result<Self, BadConfirm> {
        if body.len() < RECORD_LEN {
            return Err(BadConfirm);
        }
        Ok(Self {
            reader: Reader::new(body),
            left: 1,
        })
    }

    /// The records of [`MULTI_CONFIRM`]: at least one, and no more than the body holds (W-22).
    pub fn multi(body: &'a [u8]) -> Result<Self, BadConfirm> {
        let mut reader = Reader::new(body);
        let count = reader.u32().ok_or(BadConfirm)?;
        let left = usize::try_from(count).map_err(|_| BadConfirm)?;
        let room = reader
            .rest()
            .len()
            .checked_div(RECORD_LEN)
            .unwrap_or_default();
        if !(1..=room).contains(&left) {
            return Err(BadConfirm);
        }
        Ok(Self { reader, left })
    }

    /// Records not read yet.
    pub const fn len(&self) -> usize {
        self.left
    }

    /// Whether all were read.
    pub const fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        self.left = self.left.checked_sub(1)?;
        Record::decode(&mut self.reader)
    }
}
