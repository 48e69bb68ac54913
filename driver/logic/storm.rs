// SPDX-License-Identifier: GPL-2.0-only

//! When failures to decrypt mean that the keys are no longer the access point's (field report B3).

/// Failures that make a storm.
const COUNT: usize = 5;
/// The time they must fall into, in milliseconds.
const WINDOW: u64 = 5000;

/// The last failures.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DecryptFailures {
    /// When they happened, in milliseconds; the next one replaces the oldest at `next`.
    times: [Option<u64>; COUNT],
    next: usize,
}

impl DecryptFailures {
    /// Notes a failure at `now`, in milliseconds of a clock that never goes back. Returns whether
    /// this completes a storm; then counting starts again.
    pub fn note(&mut self, now: u64) -> bool {
        if let Some(place) = self.times.get_mut(self.next) {
            *place = Some(now);
        }
        self.next = self.next.wrapping_add(1) % COUNT;
        let storm = self
            .times
            .iter()
            .all(|time| time.is_some_and(|time| now.saturating_sub(time) < WINDOW));
        if storm {
            *self = Self::default();
        }
        storm
    }
}
