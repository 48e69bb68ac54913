// SPDX-License-Identifier: GPL-2.0-only

//! The messages of `/dev/vsdio`, the virtual SDIO host controller.
//!
//! Each `open()` of the device is one MMC host controller with one slot, and the program that
//! opened it is the card in that slot. `close()` unplugs the card and removes the controller.
//! There is no `ioctl()`: the program reads [`HostMessage`]s and writes [`CardMessage`]s.
//!
//! # Framing
//!
//! Everything is little-endian. A message is a header of [`HEADER_LEN`] bytes and a payload:
//!
//! | Offset | Type | Field | Meaning |
//! |---|---|---|---|
//! | 0  | u32 | `len`  | length of the whole message, a multiple of 4 |
//! | 4  | u16 | `kind` | one of [`kind`] |
//! | 6  | u16 | –      | 0 |
//! | 8  | u64 | `tag`  | names a request in `REQUEST`, `REPLY` and `CANCEL`; otherwise 0 |
//! | 16 |     | payload | padded with zeros up to `len` |
//!
//! Messages are never split. One `write()` carries one or more whole messages; either all of them
//! take effect, in order, or the call fails with `EINVAL` and none does. One `read()` returns as
//! many whole messages as are queued and fit in the buffer; it blocks (or fails with `EAGAIN` on a
//! non-blocking file) while there is none, and fails with `EMSGSIZE` if not even the first one
//! fits, which cannot happen to a buffer of [`max_host_message`] bytes. `poll()` says when
//! `read()` would not block; `write()` never waits for the other side.
//!
//! # A controller's life
//!
//! 1. The program writes `SETUP`; the kernel adds the controller and answers `SETUP_DONE`. Any
//!    other message before that is `EINVAL`, and so is a second `SETUP`.
//! 2. `INSERT` and `REMOVE` plug and unplug the card. The slot is empty at first, unless the card
//!    is soldered ([`caps::NON_REMOVABLE`]): that one is there from `SETUP` on, and the kernel does
//!    not notice when it is removed. The kernel powers and clocks the slot with `IOS`. While it is
//!    empty every request fails with `ENOMEDIUM` without reaching the program.
//! 3. At most one `REQUEST` is outstanding at any time. The program answers it with a `REPLY` of
//!    the same tag. Failing that within the time of `SETUP`, the request ends with `ETIMEDOUT` and
//!    a `CANCEL` follows. If the program had not read the `REQUEST` yet, it sees neither.
//!    A `REPLY` that crosses a `CANCEL` is ignored, as is one that crosses the program's own
//!    `REMOVE`; one with a tag never used is `EINVAL`.
//! 4. The card interrupt is a level: `IRQ` sets or clears it, and it stays until the next `IRQ`.
//!    The kernel masks the level while it dispatches the interrupt; `IRQ_ACK` says that dispatch
//!    is over and that a level still set interrupts again.
//! 5. `CMD11` answered without error is taken as the card driving DAT\[0\] low, until the kernel
//!    has switched to 1.8 V and restarted the clock.
//!
//! # Controllers of the device tree
//!
//! A node `linux,vsdio` is a controller from boot on, with an empty slot. Its device `/dev/vsdioN`,
//! with N counted in the order of probing, is opened by one program at a time: `EBUSY` for others.
//! There `SETUP` answers with the controller that exists; of its fields only the version, the time
//! and `max_req_size` count, beyond which a request fails with `EINVAL` without reaching the
//! program, and [`caps::NON_REMOVABLE`] only plugs the card in. When the node is unbound from its
//! driver, `read()` and `write()` fail with `ENODEV` and `poll()` says `POLLHUP`.
//!
//! # Versions
//!
//! [`ABI_VERSION`] changes when a message changes its meaning or layout, and a kernel accepts one
//! version only. What can be added without that is a new kind of message or a new capability bit:
//! a kernel sends a new kind only to a program that asked for it with a new bit, and refuses bits
//! and kinds it does not know with `EINVAL`. Reserved fields and padding are 0 and are checked.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

// The paths hold both for the module and for the crate, whose root is elsewhere.
#[path = "abi/codec.rs"]
mod codec;
#[path = "abi/host_message.rs"]
mod host_message;

pub use codec::{Error, Frame, Frames};
pub use host_message::{
    Data, HostMessage, Ios, PowerMode, REQUEST_HEAD_LEN, Request, max_host_message,
};

use codec::{Reader, Writer};

/// Version of this description, to be given in [`Setup::abi_version`].
pub const ABI_VERSION: u32 = 1;

/// Bytes of the header of every message.
pub const HEADER_LEN: usize = 16;

/// Largest block size, in bytes, that `SETUP` may announce. The smallest is 1.
pub const MAX_BLK_SIZE: u32 = 2048;

/// Largest number of blocks in a request that `SETUP` may announce. The smallest is 1.
pub const MAX_BLK_COUNT: u32 = 65_535;

/// Largest number of data bytes in a request that `SETUP` may announce. The smallest is the block
/// size, and no less than 512.
pub const MAX_REQ_SIZE: u32 = 1 << 20;

/// Largest bus clock, in Hz, that `SETUP` may announce.
pub const MAX_CLOCK: u32 = 208_000_000;

/// Shortest time for a request, in milliseconds, that `SETUP` may set.
pub const MIN_TIMEOUT_MS: u32 = 1;

/// Longest time for a request, in milliseconds, that `SETUP` may set.
pub const MAX_TIMEOUT_MS: u32 = 60_000;

/// Most bytes that one `write()` may carry.
pub const MAX_WRITE: usize = MAX_REQ_SIZE as usize + 4096;

/// Values of the header field `kind`.
pub mod kind {
    /// [`Setup`](super::Setup): first message of the program.
    pub const SETUP: u16 = 0x01;
    /// The card is plugged in. No payload.
    pub const INSERT: u16 = 0x02;
    /// The card is unplugged. No payload.
    pub const REMOVE: u16 = 0x03;
    /// Level of the card interrupt: `u32`, 0 or 1.
    pub const IRQ: u16 = 0x04;
    /// [`Reply`](super::Reply) to a request.
    pub const REPLY: u16 = 0x05;

    /// The controller exists: `u32` index of the host, the N of `mmcN`.
    pub const SETUP_DONE: u16 = 0x80;
    /// [`Request`](super::Request) of the host.
    pub const REQUEST: u16 = 0x81;
    /// [`Ios`](super::Ios): clock, power and bus settings have changed.
    pub const IOS: u16 = 0x82;
    /// The host pulses the card's hardware reset. No payload.
    pub const RESET: u16 = 0x83;
    /// The request with this tag has timed out; an answer is no longer wanted. No payload.
    pub const CANCEL: u16 = 0x84;
    /// The host has dispatched the card interrupt and listens to its level again. No payload.
    pub const IRQ_ACK: u16 = 0x85;
}

/// Bits of [`Setup::caps`].
pub mod caps {
    /// Four data lines.
    pub const FOUR_BIT: u32 = 1 << 0;
    /// High-speed timing, 50 MHz.
    pub const HIGH_SPEED: u32 = 1 << 1;
    /// UHS-I SDR50; implies SDR12 and SDR25 and needs the 1.8 V switch.
    pub const UHS_SDR50: u32 = 1 << 2;
    /// UHS-I SDR104; as [`UHS_SDR50`], with tuning.
    pub const UHS_SDR104: u32 = 1 << 3;
    /// The card is soldered.
    pub const NON_REMOVABLE: u32 = 1 << 4;
    /// The kernel does not try the SD memory and MMC protocols.
    pub const SDIO_ONLY: u32 = 1 << 5;
    /// The card can keep its power, and wake the system by its interrupt, in system suspend.
    pub const KEEP_POWER: u32 = 1 << 6;
    /// Every bit that this version knows.
    pub const ALL: u32 = (1 << 7) - 1;
}

/// Payload of `SETUP`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// [`ABI_VERSION`].
    pub abi_version: u32,
    /// Bits of [`caps`].
    pub caps: u32,
    /// Largest block size, in bytes.
    pub max_blk_size: u32,
    /// Most blocks in one request.
    pub max_blk_count: u32,
    /// Most data bytes in one request.
    pub max_req_size: u32,
    /// Lowest bus clock, in Hz; the clock of identification is at most 400 kHz.
    pub f_min: u32,
    /// Highest bus clock, in Hz.
    pub f_max: u32,
    /// Time, in milliseconds, that the program has for the answer to a request.
    pub timeout_ms: u32,
}

impl Setup {
    /// Checks every field against the limits of this version.
    ///
    /// # Errors
    ///
    /// [`Error::Version`] if the version is another one, [`Error::Value`] naming the first field
    /// that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        if self.abi_version != ABI_VERSION {
            return Err(Error::Version);
        }
        let rules = [
            (self.caps & !caps::ALL == 0, "caps"),
            (
                (1..=MAX_BLK_SIZE).contains(&self.max_blk_size),
                "max_blk_size",
            ),
            (
                (1..=MAX_BLK_COUNT).contains(&self.max_blk_count),
                "max_blk_count",
            ),
            (
                (self.max_blk_size.max(512)..=MAX_REQ_SIZE).contains(&self.max_req_size),
                "max_req_size",
            ),
            ((1..=400_000).contains(&self.f_min), "f_min"),
            ((self.f_min..=MAX_CLOCK).contains(&self.f_max), "f_max"),
            (
                (MIN_TIMEOUT_MS..=MAX_TIMEOUT_MS).contains(&self.timeout_ms),
                "timeout_ms",
            ),
        ];
        match rules.iter().find(|(good, _)| !good) {
            Some((_, field)) => Err(Error::Value(field)),
            None => Ok(()),
        }
    }
}

/// How a command or its data ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Without error.
    Good,
    /// `EIO` (-5).
    Io,
    /// `EBUSY` (-16): the card or the bus is busy.
    Busy,
    /// `EINVAL` (-22).
    Invalid,
    /// `ERANGE` (-34).
    Range,
    /// `EILSEQ` (-84): CRC error.
    Crc,
    /// `ETIMEDOUT` (-110): the card did not respond. The answer of a card to a command that it
    /// does not know.
    Timeout,
    /// `ENOMEDIUM` (-123).
    NoMedium,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Good,
        Self::Io,
        Self::Busy,
        Self::Invalid,
        Self::Range,
        Self::Crc,
        Self::Timeout,
        Self::NoMedium,
    ];

    /// The number in a message: 0 or a negative errno. The numbers are these on all architectures.
    pub const fn code(self) -> i32 {
        match self {
            Self::Good => 0,
            Self::Io => -5,
            Self::Busy => -16,
            Self::Invalid => -22,
            Self::Range => -34,
            Self::Crc => -84,
            Self::Timeout => -110,
            Self::NoMedium => -123,
        }
    }

    /// The status that has `code`; no other number is allowed in a message.
    pub fn from_code(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

/// Payload of `REPLY`: `{i32 cmd_error, i32 data_error, u32 resp[4], u32 data_len, data}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// Tag of the request.
    pub tag: u64,
    /// End of the command phase.
    pub command: Status,
    /// End of the data phase; [`Status::Good`] if there was none.
    pub data_status: Status,
    /// Response. For the responses of 48 bits word 0 is bits 39 to 8 and the others are 0; for
    /// those of 136 bits the words are bits 127 to 0, most significant first.
    pub response: [u32; 4],
    /// Data read. Exactly as long as the request wants if both phases ended well, no longer if one
    /// did not. Empty for a request that writes or has no data.
    pub data: &'a [u8],
}

/// A message from the program, which is the card, to the kernel, which is the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardMessage<'a> {
    /// Makes the controller.
    Setup(Setup),
    /// Plugs the card in. No effect if it is.
    Insert,
    /// Unplugs the card, and clears the level of its interrupt. No effect if it is not plugged in.
    Remove,
    /// Sets the level of the card interrupt. No effect while the slot is empty.
    Irq {
        /// Whether the card asks for service.
        level: bool,
    },
    /// Answers a request.
    Reply(Reply<'a>),
}

impl<'a> CardMessage<'a> {
    /// Bytes that [`encode`](Self::encode) writes.
    pub fn encoded_len(&self) -> usize {
        HEADER_LEN.saturating_add(match self {
            Self::Setup(_) => 32,
            Self::Insert | Self::Remove => 0,
            Self::Irq { .. } => 4,
            Self::Reply(reply) => codec::align4(reply.data.len().saturating_add(28)),
        })
    }

    /// Writes the message to the start of `out` and returns its length.
    ///
    /// # Errors
    ///
    /// [`Error::NoRoom`] if `out` is shorter than [`encoded_len`](Self::encoded_len).
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, Error> {
        let (kind, tag) = match self {
            Self::Setup(_) => (kind::SETUP, 0),
            Self::Insert => (kind::INSERT, 0),
            Self::Remove => (kind::REMOVE, 0),
            Self::Irq { .. } => (kind::IRQ, 0),
            Self::Reply(reply) => (kind::REPLY, reply.tag),
        };
        let mut w = Writer::message(out, self.encoded_len(), kind, tag)?;
        match self {
            Self::Setup(s) => {
                for field in [
                    s.abi_version,
                    s.caps,
                    s.max_blk_size,
                    s.max_blk_count,
                    s.max_req_size,
                    s.f_min,
                    s.f_max,
                    s.timeout_ms,
                ] {
                    w.u32(field)?;
                }
            }
            Self::Insert | Self::Remove => {}
            Self::Irq { level } => w.u32(u32::from(*level))?,
            Self::Reply(reply) => {
                w.u32(reply.command.code().cast_unsigned())?;
                w.u32(reply.data_status.code().cast_unsigned())?;
                for word in reply.response {
                    w.u32(word)?;
                }
                w.data(reply.data)?;
            }
        }
        w.finish()
    }

    /// Reads the message in `frame`.
    ///
    /// The fields of `SETUP` are left to [`Setup::check`], so that the version can be looked at
    /// first; whether a `REPLY` fits its request is for its receiver to say.
    ///
    /// # Errors
    ///
    /// [`Error::Kind`] if a program sends no such messages; the others of [`Error`] if the payload
    /// is not exactly what the kind asks for.
    pub fn decode(frame: &Frame<'a>) -> Result<Self, Error> {
        let mut r = Reader::new(frame);
        let message = match frame.kind {
            kind::SETUP => Self::Setup(Setup {
                abi_version: r.u32()?,
                caps: r.u32()?,
                max_blk_size: r.u32()?,
                max_blk_count: r.u32()?,
                max_req_size: r.u32()?,
                f_min: r.u32()?,
                f_max: r.u32()?,
                timeout_ms: r.u32()?,
            }),
            kind::INSERT => Self::Insert,
            kind::REMOVE => Self::Remove,
            kind::IRQ => Self::Irq {
                level: match r.u32()? {
                    0 => false,
                    1 => true,
                    _ => return Err(Error::Value("level")),
                },
            },
            kind::REPLY => {
                let mut status =
                    |field| Status::from_code(r.u32()?.cast_signed()).ok_or(Error::Value(field));
                Self::Reply(Reply {
                    tag: frame.tag,
                    command: status("cmd_error")?,
                    data_status: status("data_error")?,
                    response: [r.u32()?, r.u32()?, r.u32()?, r.u32()?],
                    data: r.data()?,
                })
            }
            _ => return Err(Error::Kind),
        };
        r.finish(matches!(message, Self::Reply(_)))?;
        Ok(message)
    }
}
