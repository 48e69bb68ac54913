// SPDX-License-Identifier: GPL-2.0-only

//! Batches: how messages are laid out in a device-to-host transfer (section 1.5.2).

use super::bytes::align4;
use core::fmt;

/// Most messages one batch may carry.
pub const MAX_MESSAGES: usize = 16;
/// Size of a message header, the smallest message.
pub const HEADER_LEN: usize = 4;

/// What is wrong with a batch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BatchError {
    /// A message claims fewer bytes than its own header.
    TooShort {
        /// Index of the message in the batch.
        message: usize,
        /// The length it claims.
        len: u16,
    },
    /// A message claims more bytes than the batch has left.
    Overrun {
        /// Index of the message in the batch.
        message: usize,
        /// The length it claims.
        len: u16,
        /// Bytes left in the batch.
        left: usize,
    },
    /// A seventeenth message.
    TooMany,
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { message, len } => write!(
                f,
                "message {message} of a batch claims {len} bytes, less than its header"
            ),
            Self::Overrun { message, len, left } => write!(
                f,
                "message {message} of a batch claims {len} bytes, {left} are left"
            ),
            Self::TooMany => write!(f, "batch of more than {MAX_MESSAGES} messages"),
        }
    }
}

/// Iterates over the messages of a batch, headers included. After an error it ends.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    rest: &'a [u8],
    index: usize,
}

impl<'a> Batch<'a> {
    /// Starts at the front of what was read from the bus.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            index: 0,
        }
    }

    fn step(&mut self) -> Result<Option<&'a [u8]>, BatchError> {
        let Some(head) = self.rest.first_chunk::<2>() else {
            return Ok(None);
        };
        let len = u16::from_le_bytes(*head);
        if len == 0 {
            return Ok(None);
        }
        let message = self.index;
        if message >= MAX_MESSAGES {
            return Err(BatchError::TooMany);
        }
        let size = usize::from(len);
        if size < HEADER_LEN {
            return Err(BatchError::TooShort { message, len });
        }
        let overrun = BatchError::Overrun {
            message,
            len,
            left: self.rest.len(),
        };
        let (padded, rest) = align4(size)
            .and_then(|aligned| self.rest.split_at_checked(aligned))
            .ok_or(overrun)?;
        self.rest = rest;
        self.index = message.saturating_add(1);
        padded.get(..size).map(Some).ok_or(overrun)
    }
}

impl<'a> Iterator for Batch<'a> {
    type Item = Result<&'a [u8], BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if !matches!(step, Ok(Some(_))) {
            self.rest = &[];
        }
        step.transpose()
    }
}
