// SPDX-License-Identifier: GPL-2.0-only

//! Flow control: how many messages the chip can hold unconfirmed (section 1.6.4).

/// Buffers of the chip: a message takes one, its confirm gives it back.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Credits {
    limit: u16,
    used: u16,
}

impl Credits {
    /// All of `limit` buffers free; `limit` is `numInpChBufs` of the startup indication.
    pub const fn new(limit: u16) -> Self {
        Self { limit, used: 0 }
    }

    /// Takes a buffer for a command, down to the last one.
    #[must_use]
    pub fn take(&mut self) -> bool {
        if self.used >= self.limit {
            return false;
        }
        self.used = self.used.saturating_add(1);
        true
    }

    /// Buffers that frames may take now: the last one is kept for a command (section 5.4).
    pub const fn for_frames(&self) -> u16 {
        self.limit.saturating_sub(self.used).saturating_sub(1)
    }

    /// Most buffers that frames may ever occupy.
    pub const fn frames_limit(&self) -> u16 {
        self.limit.saturating_sub(1)
    }

    /// Gives `count` buffers back. Returns false, leaving none in use, when the chip returned more
    /// than it held.
    #[must_use]
    pub fn release(&mut self, count: u16) -> bool {
        match self.used.checked_sub(count) {
            Some(used) => {
                self.used = used;
                true
            }
            None => {
                self.used = 0;
                false
            }
        }
    }

    /// Messages not confirmed yet.
    pub const fn used(&self) -> u16 {
        self.used
    }

    /// Buffers the chip has in all.
    pub const fn limit(&self) -> u16 {
        self.limit
    }
}
