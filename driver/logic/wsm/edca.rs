// SPDX-License-Identifier: GPL-2.0-only

//! Channel access: queue parameters (0x0012) and EDCA (0x0013); sections 3.3.12 and 3.3.13.

use super::super::bytes::{
    Overflow,
    Writer, //
};
use super::confirm::Generic;
use super::request::Request;
use super::transmit::Queue;

/// Set TX queue parameters (0x0012): ordinary acknowledgement, no limits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SetTxQueueParams {
    /// The category.
    pub category: Queue,
}

impl Request for SetTxQueueParams {
    const ID: u16 = 0x0012;
    const NAME: &'static str = "set TX queue parameters";
    type Confirm = Generic;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.bytes(&[self.category.wsm(), 0, 0, 0])?;
        writer.u32(0)?;
        writer.u16(0)?;
        writer.u16(0)
    }
}

/// How a category contends for the channel (IEEE 802.11, 9.4.2.27).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Contention {
    /// Slots from the end of SIFS to the contention window.
    pub aifs: u8,
    /// Least contention window, in slots.
    pub cw_min: u16,
    /// Greatest contention window, in slots.
    pub cw_max: u16,
    /// Longest transmit opportunity, in 32 microseconds; 0 for a single frame.
    pub txop: u16,
}

/// Set EDCA parameters (0x0013), of all categories at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SetEdca {
    /// By mac80211's queue: voice first.
    pub categories: [Contention; 4],
}

impl Default for SetEdca {
    /// What an interface starts with.
    fn default() -> Self {
        let contention = |aifs, cw_min, cw_max, txop| Contention {
            aifs,
            cw_min,
            cw_max,
            txop,
        };
        Self {
            categories: [
                contention(2, 3, 7, 47),
                contention(2, 7, 15, 94),
                contention(3, 15, 1023, 0),
                contention(7, 15, 1023, 0),
            ],
        }
    }
}

impl SetEdca {
    /// The parameters of a category.
    pub fn category_mut(&mut self, category: Queue) -> &mut Contention {
        let [voice, video, best_effort, background] = &mut self.categories;
        match category {
            Queue::Voice => voice,
            Queue::Video => video,
            Queue::BestEffort => best_effort,
            Queue::Background => background,
        }
    }
}

impl Request for SetEdca {
    const ID: u16 = 0x0013;
    const NAME: &'static str = "set EDCA parameters";
    type Confirm = Generic;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        const MAX_RECEIVE_LIFETIME: u32 = 0xC8;
        const UNIT: u16 = 32;
        // The firmware's arrays begin with the least urgent category.
        let categories = || self.categories.iter().rev();
        for category in categories() {
            writer.u16(category.cw_min)?;
        }
        for category in categories() {
            writer.u16(category.cw_max)?;
        }
        for category in categories() {
            writer.u8(category.aifs)?;
        }
        for category in categories() {
            writer.u16(category.txop.saturating_mul(UNIT))?;
        }
        for _ in categories() {
            writer.u32(MAX_RECEIVE_LIFETIME)?;
        }
        Ok(())
    }
}
