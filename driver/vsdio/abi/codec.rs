// SPDX-License-Identifier: GPL-2.0-only

//! Framing of messages, and reading and writing their fields.

use super::HEADER_LEN;

/// Why bytes are not a message, or a message cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The bytes end before the message does.
    Truncated,
    /// `len` is not a multiple of 4, less than a header, or not what the kind asks for.
    Length,
    /// A reserved field, the tag of a message that has none, or padding is not 0.
    Reserved,
    /// The kind does not exist in this direction.
    Kind,
    /// The version of the ABI is another one.
    Version,
    /// The field of this name has a value that it may not have.
    Value(&'static str),
    /// The buffer is too short for the message.
    NoRoom,
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Truncated => f.write_str("message is cut off"),
            Self::Length => f.write_str("message has a wrong length"),
            Self::Reserved => f.write_str("reserved bytes are not zero"),
            Self::Kind => f.write_str("unknown kind of message"),
            Self::Version => f.write_str("unknown version of the vsdio ABI"),
            Self::Value(field) => write!(f, "{field} has a forbidden value"),
            Self::NoRoom => f.write_str("buffer is too short for the message"),
        }
    }
}

impl core::error::Error for Error {}

/// Rounds up to a multiple of 4.
pub(super) const fn align4(len: usize) -> usize {
    len.saturating_add(3) & !3
}

/// A message whose header has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Kind of the message, see [`kind`](super::kind).
    pub kind: u16,
    /// Tag of the request that the message is about, or 0.
    pub tag: u64,
    /// Payload with its padding.
    pub payload: &'a [u8],
}

/// The messages in a buffer, in order. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Frames<'a> {
    /// Takes the bytes of one `read()` or `write()`.
    pub const fn new(buffer: &'a [u8]) -> Self {
        Self { rest: buffer }
    }

    fn parse(&self) -> Result<(Frame<'a>, &'a [u8]), Error> {
        let mut header = Reader {
            rest: self.rest,
            tag: 0,
        };
        let len = usize::try_from(header.u32()?).map_err(|_| Error::Length)?;
        let kind = header.u16()?;
        let reserved = header.u16()?;
        let tag = header.u64()?;
        if len % 4 != 0 {
            return Err(Error::Length);
        }
        let payload_len = len.checked_sub(HEADER_LEN).ok_or(Error::Length)?;
        if reserved != 0 {
            return Err(Error::Reserved);
        }
        let (payload, rest) = header
            .rest
            .split_at_checked(payload_len)
            .ok_or(Error::Truncated)?;
        Ok((Frame { kind, tag, payload }, rest))
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match self.parse() {
            Ok((frame, rest)) => {
                self.rest = rest;
                Some(Ok(frame))
            }
            Err(error) => {
                self.rest = &[];
                Some(Err(error))
            }
        }
    }
}

/// Takes fields from the front of a payload.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    tag: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(frame: &Frame<'a>) -> Self {
        Self {
            rest: frame.payload,
            tag: frame.tag,
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (field, rest) = self.rest.split_first_chunk().ok_or(Error::Truncated)?;
        self.rest = rest;
        Ok(*field)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Error> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn u16(&mut self) -> Result<u16, Error> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, Error> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// Takes a length, that many bytes, and their padding.
    pub(super) fn data(&mut self) -> Result<&'a [u8], Error> {
        let len = usize::try_from(self.u32()?).map_err(|_| Error::Length)?;
        let (data, rest) = self.rest.split_at_checked(len).ok_or(Error::Truncated)?;
        let padding_len = align4(len).checked_sub(len).ok_or(Error::Length)?;
        let (padding, rest) = rest.split_at_checked(padding_len).ok_or(Error::Truncated)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(Error::Reserved);
        }
        self.rest = rest;
        Ok(data)
    }

    /// Checks that nothing is left, and that there is no tag unless the kind has one.
    pub(super) fn finish(self, tagged: bool) -> Result<(), Error> {
        if !self.rest.is_empty() {
            return Err(Error::Length);
        }
        if !tagged && self.tag != 0 {
            return Err(Error::Reserved);
        }
        Ok(())
    }
}

/// Appends fields to a message.
pub(super) struct Writer<'a> {
    rest: &'a mut [u8],
    len: usize,
}

impl<'a> Writer<'a> {
    /// Starts a message of `len` bytes in all at the front of `out`.
    pub(super) fn message(
        out: &'a mut [u8],
        len: usize,
        kind: u16,
        tag: u64,
    ) -> Result<Self, Error> {
        let (out, _) = out.split_at_mut_checked(len).ok_or(Error::NoRoom)?;
        Self::head(out, len, kind, tag)
    }

    /// Starts a message of `len` bytes in all, of which `out` gets the first.
    pub(super) fn head(out: &'a mut [u8], len: usize, kind: u16, tag: u64) -> Result<Self, Error> {
        let mut writer = Self { rest: out, len };
        writer.u32(u32::try_from(len).map_err(|_| Error::Length)?)?;
        writer.bytes(&kind.to_le_bytes())?;
        writer.bytes(&0u16.to_le_bytes())?;
        writer.bytes(&tag.to_le_bytes())?;
        Ok(writer)
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let (field, rest) = core::mem::take(&mut self.rest)
            .split_at_mut_checked(bytes.len())
            .ok_or(Error::NoRoom)?;
        field.copy_from_slice(bytes);
        self.rest = rest;
        Ok(())
    }

    pub(super) fn u32(&mut self, value: u32) -> Result<(), Error> {
        self.bytes(&value.to_le_bytes())
    }

    /// Appends a length and that many bytes.
    pub(super) fn data(&mut self, data: &[u8]) -> Result<(), Error> {
        self.u32(u32::try_from(data.len()).map_err(|_| Error::Length)?)?;
        self.bytes(data)
    }

    /// Fills the rest of the message with zeros and returns its length.
    pub(super) fn finish(self) -> Result<usize, Error> {
        self.rest.fill(0);
        Ok(self.len)
    }
}
