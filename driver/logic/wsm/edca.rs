// SPDX-License-Identifier: GPL-2.0-only

//! Channel access: queue parameters (0x0012) and EDCA (0x0013); sections 3.3.12 and 3.3.13.

use super::super::bytes::{
    Overflow,
    Writer, //
};
use super::confirm::Generic;
use super::request::Request;

/// An access category, in the order of mac80211's queues.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccessCategory {
    /// Voice.
    Voice,
    /// Video.
    Video,
    /// Best effort.
    BestEffort,
    /// Background.
    Background,
}

impl AccessCategory {
    /// All of them, most urgent first.
    pub const ALL: [Self; 4] = [Self::Voice, Self::Video, Self::BestEffort, Self::Background];

    /// The category of mac80211's queue `queue`.
    pub const fn from_queue(queue: u16) -> Option<Self> {
        Some(match queue {
            0 => Self::Voice,
            1 => Self::Video,
            2 => Self::BestEffort,
            3 => Self::Background,
            _ => return None,
        })
    }

    /// mac80211's queue.
    pub const fn queue(self) -> u8 {
        match self {
            Self::Voice => 0,
            Self::Video => 1,
            Self::BestEffort => 2,
            Self::Background => 3,
        }
    }

    /// The access category index of the air (IEEE 802.11, 9.4.2.27), which the firmware counts in.
    pub const fn aci(self) -> u8 {
        match self {
            Self::Voice => 3,
            Self::Video => 2,
            Self::BestEffort => 0,
            Self::Background => 1,
        }
    }
}

/// Set TX queue parameters (0x0012): ordinary acknowledgement, no limits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SetTxQueueParams {
    /// The queue.
    pub category: AccessCategory,
}

impl Request for SetTxQueueParams {
    const ID: u16 = 0x0012;
    const NAME: &'static str = "set TX queue parameters";
    type Confirm = Generic;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.bytes(&[self.category.aci(), 0, 0, 0])?;
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
    pub fn category_mut(&mut self, category: AccessCategory) -> &mut Contention {
        let [voice, video, best_effort, background] = &mut self.categories;
        match category {
            AccessCategory::Voice => voice,
            AccessCategory::Video => video,
            AccessCategory::BestEffort => best_effort,
            AccessCategory::Background => background,
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
