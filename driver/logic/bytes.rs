// SPDX-License-Identifier: GPL-2.0-only

//! Checked little-endian reading and writing of wire structures (section 0.2).

use core::fmt;

/// A cursor over received bytes. Every read is bounded; `None` means the bytes ran out.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The bytes not read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Reads `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*head)
    }

    /// Reads `count` bytes without copying them.
    pub fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(head)
    }

    /// Reads one byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(u8::from_le_bytes)
    }

    /// Reads a little-endian 16-bit value.
    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    /// Reads a little-endian 32-bit value.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// Reads a little-endian 32-bit two's complement value.
    pub fn s32(&mut self) -> Option<i32> {
        self.array().map(i32::from_le_bytes)
    }
}

/// The output buffer is too small for the structure being written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Overflow;

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("message does not fit its buffer")
    }
}

/// A cursor that fills a byte buffer.
#[derive(Debug)]
pub struct Writer<'a> {
    buffer: &'a mut [u8],
    used: usize,
}

impl<'a> Writer<'a> {
    /// Starts at the first byte of `buffer`.
    pub fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, used: 0 }
    }

    /// Bytes written so far.
    pub fn used(&self) -> usize {
        self.used
    }

    /// Appends `bytes` as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Overflow> {
        let end = self.used.checked_add(bytes.len()).ok_or(Overflow)?;
        self.buffer
            .get_mut(self.used..end)
            .ok_or(Overflow)?
            .copy_from_slice(bytes);
        self.used = end;
        Ok(())
    }

    /// Appends one byte.
    pub fn u8(&mut self, value: u8) -> Result<(), Overflow> {
        self.bytes(&[value])
    }

    /// Appends a little-endian 16-bit value.
    pub fn u16(&mut self, value: u16) -> Result<(), Overflow> {
        self.bytes(&value.to_le_bytes())
    }

    /// Appends a little-endian 32-bit value.
    pub fn u32(&mut self, value: u32) -> Result<(), Overflow> {
        self.bytes(&value.to_le_bytes())
    }

    /// Appends the 16-bit count of the bytes that `body` appends, and those bytes.
    pub fn counted(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<(), Overflow>,
    ) -> Result<(), Overflow> {
        let at = self.used;
        self.u16(0)?;
        let start = self.used;
        body(self)?;
        let count = self.used.checked_sub(start).ok_or(Overflow)?;
        let count = u16::try_from(count).map_err(|_| Overflow)?;
        self.buffer
            .get_mut(at..start)
            .ok_or(Overflow)?
            .copy_from_slice(&count.to_le_bytes());
        Ok(())
    }

    /// Appends `bytes` and zeroes up to a field of `len` bytes, which must hold them.
    pub fn padded(&mut self, bytes: &[u8], len: usize) -> Result<(), Overflow> {
        self.bytes(bytes)?;
        let padding = len.checked_sub(bytes.len()).ok_or(Overflow)?;
        for _ in 0..padding {
            self.u8(0)?;
        }
        Ok(())
    }

    /// Zeroes everything behind what was written, so that no stale byte leaves the host.
    pub fn zero_rest(&mut self) {
        if let Some(rest) = self.buffer.get_mut(self.used..) {
            rest.fill(0);
        }
    }
}

/// Rounds up to a multiple of four; `None` on overflow.
pub const fn align4(len: usize) -> Option<usize> {
    match len.checked_add(3) {
        Some(sum) => Some(sum & !3),
        None => None,
    }
}
