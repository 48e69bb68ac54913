// SPDX-License-Identifier: GPL-2.0-only

//! Messages from the kernel, which is the host, to the program, which is the card.

use super::codec::{self, Error, Frame, Reader, Writer};
use super::{HEADER_LEN, kind};

const REQUEST_DATA: u32 = 1 << 0;
const REQUEST_WRITE: u32 = 1 << 1;
const REQUEST_HAS_STOP: u32 = 1 << 2;
const REQUEST_FLAGS: u32 = REQUEST_DATA | REQUEST_WRITE | REQUEST_HAS_STOP;

/// Bytes of a `REQUEST` before its data.
pub const REQUEST_HEAD_LEN: usize = HEADER_LEN + 24;

/// Length of a buffer into which every message fits of a controller with this `max_req_size`.
pub const fn max_host_message(max_req_size: u32) -> usize {
    codec::align4((max_req_size as usize).saturating_add(REQUEST_HEAD_LEN))
}

/// Payload of `REQUEST`: `{u32 opcode, u32 arg, u32 flags, u32 blksz, u32 blocks, u32 data_len,
/// data}`. Bit 0 of `flags` says that the request has data, bit 1 that the host writes it, bit 2
/// is [`has_stop`](Self::has_stop).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// To be repeated in the reply. Never 0, and never used twice.
    pub tag: u64,
    /// Index of the command, 0 to 63.
    pub opcode: u32,
    /// Argument of the command.
    pub arg: u32,
    /// Data phase.
    pub data: Data<'a>,
    /// The data phase ends with a `CMD12` of the host, which is a request of its own.
    pub has_stop: bool,
}

impl Request<'_> {
    /// Writes what precedes `data_len` bytes of data, which the caller appends and pads with zeros
    /// to a multiple of 4, so that it need not have them in one piece before.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if no message can be that long.
    pub fn encode_head(&self, data_len: usize) -> Result<[u8; REQUEST_HEAD_LEN], Error> {
        let len = codec::align4(data_len.saturating_add(REQUEST_HEAD_LEN));
        let mut head = [0; REQUEST_HEAD_LEN];
        let mut w = Writer::head(&mut head, len, kind::REQUEST, self.tag)?;
        encode_request(self, data_len, &mut w)?;
        Ok(head)
    }
}

/// Data phase of a [`Request`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data<'a> {
    /// There is none.
    None,
    /// The card sends `blksz * blocks` bytes, in the reply.
    Read {
        /// Bytes in a block; the byte count of a CMD53 in byte mode.
        blksz: u32,
        /// Number of blocks, 1 for byte mode.
        blocks: u32,
    },
    /// The host sends `blksz * blocks` bytes.
    Write {
        /// Bytes in a block; the byte count of a CMD53 in byte mode.
        blksz: u32,
        /// Number of blocks, 1 for byte mode.
        blocks: u32,
        /// The bytes.
        data: &'a [u8],
    },
}

impl Data<'_> {
    /// Bytes on the data lines.
    pub fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Read { blksz, blocks } | Self::Write { blksz, blocks, .. } => {
                usize::try_from(blksz.saturating_mul(*blocks)).unwrap_or(usize::MAX)
            }
        }
    }

    /// Whether there are no bytes on the data lines.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Power of the slot, the values of `enum mmc_power_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerMode {
    /// No supply; a card forgets its state.
    Off,
    /// Supply is on, the clock not yet.
    Up,
    /// Supply and clock are on.
    On,
    /// Not known.
    Undefined,
}

impl PowerMode {
    /// The number in a message.
    pub const fn code(self) -> u8 {
        match self {
            Self::Off => 0,
            Self::Up => 1,
            Self::On => 2,
            Self::Undefined => 3,
        }
    }

    /// The mode that has `code`.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Off),
            1 => Some(Self::Up),
            2 => Some(Self::On),
            3 => Some(Self::Undefined),
            _ => None,
        }
    }
}

/// Payload of `IOS`: `{u32 clock, u8 bus_width, u8 timing, u8 signal_voltage, u8 power_mode}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ios {
    /// Bus clock in Hz, 0 when it is stopped.
    pub clock: u32,
    /// Number of data lines: 1, 4 or 8.
    pub bus_width: u8,
    /// Bus timing: 0 default speed, 1 MMC high speed, 2 SD high speed, 3 SDR12, 4 SDR25, 5 SDR50,
    /// 6 SDR104, 7 DDR50.
    pub timing: u8,
    /// Signal voltage in units of 100 mV: 33, 18 or 12.
    pub signal_voltage: u8,
    /// Power of the slot.
    pub power_mode: PowerMode,
}

/// A message from the kernel, which is the host, to the program, which is the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostMessage<'a> {
    /// The controller exists.
    SetupDone {
        /// The N of `mmcN`.
        host_index: u32,
    },
    /// The host issues a command.
    Request(Request<'a>),
    /// The host changes clock, power or bus settings. Sent when something in it has changed; of
    /// several changes that the program has not read, between two other messages, the last one.
    Ios(Ios),
    /// The host pulses the card's hardware reset.
    Reset,
    /// The host no longer waits for the answer to a request.
    Cancel {
        /// Tag of that request.
        tag: u64,
    },
    /// The host listens to the level of the card interrupt again.
    IrqAck,
}

impl<'a> HostMessage<'a> {
    /// Bytes that [`encode`](Self::encode) writes.
    pub fn encoded_len(&self) -> usize {
        HEADER_LEN.saturating_add(match self {
            Self::SetupDone { .. } => 4,
            Self::Request(request) => match request.data {
                Data::Write { data, .. } => codec::align4(data.len().saturating_add(24)),
                Data::None | Data::Read { .. } => 24,
            },
            Self::Ios(_) => 8,
            Self::Reset | Self::Cancel { .. } | Self::IrqAck => 0,
        })
    }

    /// Writes the message to the start of `out` and returns its length.
    ///
    /// # Errors
    ///
    /// [`Error::NoRoom`] if `out` is shorter than [`encoded_len`](Self::encoded_len).
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, Error> {
        let (kind, tag) = match self {
            Self::SetupDone { .. } => (kind::SETUP_DONE, 0),
            Self::Request(request) => (kind::REQUEST, request.tag),
            Self::Ios(_) => (kind::IOS, 0),
            Self::Reset => (kind::RESET, 0),
            Self::Cancel { tag } => (kind::CANCEL, *tag),
            Self::IrqAck => (kind::IRQ_ACK, 0),
        };
        let mut w = Writer::message(out, self.encoded_len(), kind, tag)?;
        match self {
            Self::SetupDone { host_index } => w.u32(*host_index)?,
            Self::Request(request) => {
                let data = match request.data {
                    Data::Write { data, .. } => data,
                    Data::None | Data::Read { .. } => &[],
                };
                encode_request(request, data.len(), &mut w)?;
                w.bytes(data)?;
            }
            Self::Ios(ios) => {
                w.u32(ios.clock)?;
                w.bytes(&[
                    ios.bus_width,
                    ios.timing,
                    ios.signal_voltage,
                    ios.power_mode.code(),
                ])?;
            }
            Self::Reset | Self::Cancel { .. } | Self::IrqAck => {}
        }
        w.finish()
    }

    /// Reads the message in `frame`.
    ///
    /// # Errors
    ///
    /// [`Error::Kind`] if the kernel sends no such messages; the others of [`Error`] if the
    /// payload is not exactly what the kind asks for.
    pub fn decode(frame: &Frame<'a>) -> Result<Self, Error> {
        let mut r = Reader::new(frame);
        let message = match frame.kind {
            kind::SETUP_DONE => Self::SetupDone {
                host_index: r.u32()?,
            },
            kind::REQUEST => Self::Request(decode_request(frame.tag, &mut r)?),
            kind::IOS => Self::Ios(Ios {
                clock: r.u32()?,
                bus_width: r.u8()?,
                timing: r.u8()?,
                signal_voltage: r.u8()?,
                power_mode: PowerMode::from_code(r.u8()?).ok_or(Error::Value("power_mode"))?,
            }),
            kind::RESET => Self::Reset,
            kind::CANCEL => Self::Cancel { tag: frame.tag },
            kind::IRQ_ACK => Self::IrqAck,
            _ => return Err(Error::Kind),
        };
        r.finish(matches!(message, Self::Request(_) | Self::Cancel { .. }))?;
        Ok(message)
    }
}

/// Writes everything but the data.
fn encode_request(request: &Request<'_>, len: usize, w: &mut Writer<'_>) -> Result<(), Error> {
    let (flags, blksz, blocks) = match request.data {
        Data::None => (0, 0, 0),
        Data::Read { blksz, blocks } => (REQUEST_DATA, blksz, blocks),
        Data::Write { blksz, blocks, .. } => (REQUEST_DATA | REQUEST_WRITE, blksz, blocks),
    };
    let stop = if request.has_stop {
        REQUEST_HAS_STOP
    } else {
        0
    };
    w.u32(request.opcode)?;
    w.u32(request.arg)?;
    w.u32(flags | stop)?;
    w.u32(blksz)?;
    w.u32(blocks)?;
    w.u32(u32::try_from(len).map_err(|_| Error::Length)?)
}

fn decode_request<'a>(tag: u64, r: &mut Reader<'a>) -> Result<Request<'a>, Error> {
    let opcode = r.u32()?;
    let arg = r.u32()?;
    let flags = r.u32()?;
    let blksz = r.u32()?;
    let blocks = r.u32()?;
    let bytes = r.data()?;
    if flags & !REQUEST_FLAGS != 0 {
        return Err(Error::Value("flags"));
    }
    let data = match (flags & REQUEST_DATA != 0, flags & REQUEST_WRITE != 0) {
        (false, false) => {
            if blksz != 0 || blocks != 0 {
                return Err(Error::Reserved);
            }
            Data::None
        }
        (true, false) => Data::Read { blksz, blocks },
        (true, true) => Data::Write {
            blksz,
            blocks,
            data: bytes,
        },
        (false, true) => return Err(Error::Value("flags")),
    };
    let total = u64::from(blksz).saturating_mul(u64::from(blocks));
    if total > u64::from(super::MAX_REQ_SIZE) {
        return Err(Error::Value("blocks"));
    }
    let expected = match data {
        Data::Write { .. } => data.len(),
        Data::None | Data::Read { .. } => 0,
    };
    if bytes.len() != expected {
        return Err(Error::Value("data_len"));
    }
    Ok(Request {
        tag,
        opcode,
        arg,
        data,
        has_stop: flags & REQUEST_HAS_STOP != 0,
    })
}
