// SPDX-License-Identifier: GPL-2.0-only

//! Sequence numbers: 3 bits, per direction, MCU messages apart (section 3.1.1).

use super::header::Class;
use core::fmt;

/// A message with another number than the next one: messages were lost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Gap {
    /// The number received.
    pub found: u8,
    /// The number due.
    pub expected: u8,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "sequence number {} instead of {}",
            self.found, self.expected
        )
    }
}

/// The counters of one direction, all zero when the Wi-Fi subsystem starts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Sequence {
    wsm: u8,
    mcu: u8,
}

impl Sequence {
    fn counter(&mut self, class: Class) -> &mut u8 {
        match class {
            Class::Mcu => &mut self.mcu,
            Class::Request | Class::Confirm | Class::Indication => &mut self.wsm,
        }
    }

    /// The number of the next message of `class`.
    pub fn peek(&mut self, class: Class) -> u8 {
        *self.counter(class)
    }

    /// Moves on behind a message of `class`.
    pub fn advance(&mut self, class: Class) {
        let counter = self.counter(class);
        *counter = counter.wrapping_add(1) & 7;
    }

    /// Checks a received number and moves on when it is right.
    pub fn check(&mut self, class: Class, found: u8) -> Result<(), Gap> {
        let expected = self.peek(class);
        if found != expected {
            return Err(Gap { found, expected });
        }
        self.advance(class);
        Ok(())
    }
}
