// SPDX-License-Identifier: GPL-2.0-only

//! How often a chip that died is started again, and after which pause.

/// Starts in a row that may fail, or whose chip dies again soon, before it is given up.
pub const STARTS: u32 = 5;
/// Pause before the second start of a row, in milliseconds; it doubles from start to start. There is
/// none before the first.
const PAUSE: u32 = 1000;
/// A chip that ran this long has proved that it can, in milliseconds: the next death begins a row.
const PROVEN: u64 = 60_000;

/// The starts of a chip since it last proved that it can run.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Restarts {
    made: u32,
    /// When the last start succeeded, in milliseconds.
    up_since: Option<u64>,
}

impl Restarts {
    /// Plans a start of a chip that is dead at `now`, in milliseconds of a clock that never goes
    /// back. Returns the pause before it, in milliseconds; `None` when the chip is given up.
    pub fn plan(&mut self, now: u64) -> Option<u32> {
        let lived = self.up_since.take().map(|since| now.saturating_sub(since));
        if lived.is_some_and(|lived| lived >= PROVEN) {
            self.made = 0;
        }
        let pause = match self.made {
            0 => 0,
            1..STARTS => PAUSE.checked_shl(self.made.saturating_sub(1))?,
            _ => return None,
        };
        self.made = self.made.saturating_add(1);
        Some(pause)
    }

    /// Notes that the start that was planned succeeded at `now`.
    pub fn succeeded(&mut self, now: u64) {
        self.up_since = Some(now);
    }

    /// The number of the start that was planned last, from 1 to [`STARTS`].
    pub fn number(&self) -> u32 {
        self.made
    }
}
