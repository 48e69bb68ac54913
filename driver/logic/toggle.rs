// SPDX-License-Identifier: GPL-2.0-only

//! The three toggles and the receive announcement (sections 1.2, 1.3.1, 1.5.1).

use super::cmd53::{
    BLOCK_LEN,
    RECEIVE_MAX_BLOCKS, //
};

/// One alternating bit. It advances only when the transfer it marked succeeded, so that a retry
/// carries the toggle of the attempt it repeats.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Toggle(bool);

impl Toggle {
    /// The value of the next transfer.
    pub const fn get(self) -> bool {
        self.0
    }

    /// Moves on after a success.
    pub fn advance(&mut self) {
        self.0 = !self.0;
    }
}

/// The toggles of one session with the Wi-Fi firmware, all clear when it starts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Toggles {
    /// Argument bit 25 of host-to-device transfers.
    pub transmit: Toggle,
    /// Argument bit 25 of device-to-host transfers.
    pub receive: Toggle,
    /// Bit 7 expected in the control register.
    pub control: Toggle,
}

/// What register 0x001 says in the running phase.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Announcement {
    /// A batch of this many 512-byte blocks, 1 to 51, waits.
    Batch {
        /// Size in blocks.
        blocks: u16,
    },
    /// The register still shows the batch read last.
    Stale,
    /// Count zero: register 0x000 tells whether that is genuine.
    Zero,
    /// More than the host accepts: the chip broke the protocol.
    TooLarge {
        /// Size in blocks.
        blocks: u16,
    },
}

impl Announcement {
    /// Reads the control register's value against the toggle expected.
    pub fn decode(control: u8, expected: Toggle) -> Self {
        let blocks = u16::from(control & 0x7F);
        if blocks == 0 {
            Self::Zero
        } else if (control & 0x80 != 0) != expected.get() {
            Self::Stale
        } else if blocks > RECEIVE_MAX_BLOCKS {
            Self::TooLarge { blocks }
        } else {
            Self::Batch { blocks }
        }
    }
}

/// Size in bytes of a batch of `blocks`.
pub fn batch_len(blocks: u16) -> usize {
    usize::from(blocks).saturating_mul(BLOCK_LEN)
}
