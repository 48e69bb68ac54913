// SPDX-License-Identifier: GPL-2.0-only

//! Who has which place in the firmware's key table (W-34).

/// Places in the table (section 3.3.8).
pub const ENTRIES: u8 = 11;

/// The places of the firmware's key table.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct KeyTable {
    /// Bit n: place n is taken.
    taken: u16,
}

impl KeyTable {
    /// Takes the lowest place that is free; `None` when there is none.
    pub fn take(&mut self) -> Option<u8> {
        let entry = (0..ENTRIES).find(|entry| self.taken & bit(*entry) == 0)?;
        self.taken |= bit(entry);
        Some(entry)
    }

    /// Gives a place back. Returns whether it was taken.
    pub fn release(&mut self, entry: u8) -> bool {
        let taken = self.taken & bit(entry) != 0;
        self.taken &= !bit(entry);
        taken
    }
}

/// The bit of a place; none for a place beyond the table.
const fn bit(entry: u8) -> u16 {
    if entry < ENTRIES {
        1u16.wrapping_shl(entry as u32)
    } else {
        0
    }
}
