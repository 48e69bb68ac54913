// SPDX-License-Identifier: GPL-2.0-only
//! Detection of replayed frames.

use super::Mpdu;

/// Packet numbers that one counter has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayWindow {
    /// The greatest number; numbers start above 0.
    greatest: u64,
    /// Bit n: the number n below the greatest has been seen.
    seen: u64,
    /// Numbers below the greatest that may still come: none, or what a block ack reorders.
    size: u32,
}

impl ReplayWindow {
    /// A counter that accepts numbers above `start`, and out of order up to `size` below the
    /// greatest so far, at most 63. A receiver that looks before it has reordered what came by
    /// block ack needs the block ack's window; all others take 0, as the standard wants.
    pub fn new(start: u64, size: u32) -> Self {
        Self {
            greatest: start,
            // Nothing up to the start may come.
            seen: u64::MAX,
            size: size.min(63),
        }
    }

    /// Takes the number of a frame whose integrity is known, and answers whether it is new.
    pub fn accept(&mut self, number: u64) -> bool {
        if let Some(ahead) = number.checked_sub(self.greatest)
            && ahead > 0
        {
            let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.greatest = number;
            return true;
        }
        let behind = self.greatest.saturating_sub(number);
        let mask = match u32::try_from(behind) {
            Ok(behind) if behind <= self.size => 1 << behind,
            _ => return false,
        };
        let new = self.seen & mask == 0;
        self.seen |= mask;
        new
    }
}

/// The counters of a pairwise or group key: one for each priority, and one for management frames
/// (12.5.3.4.4). Data frames without QoS have priority 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayCounters {
    data: [ReplayWindow; 16],
    management: ReplayWindow,
}

impl ReplayCounters {
    /// Counters that accept numbers above `start`, data frames out of order by up to `size`; see
    /// [`ReplayWindow::new`].
    pub fn new(start: u64, size: u32) -> Self {
        Self {
            data: std::array::from_fn(|_| ReplayWindow::new(start, size)),
            management: ReplayWindow::new(start, 0),
        }
    }

    /// Takes the number of a frame whose integrity is known, and answers whether it is new.
    pub fn accept(&mut self, mpdu: &Mpdu<'_>, number: u64) -> bool {
        let priority = usize::from(mpdu.tid().unwrap_or(0));
        let window = if mpdu.is_management() {
            Some(&mut self.management)
        } else {
            self.data.get_mut(priority)
        };
        window.is_some_and(|window| window.accept(number))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn without_a_window_numbers_must_grow() {
        let mut window = ReplayWindow::new(5, 0);
        for (number, new) in [
            (5, false),
            (4, false),
            (6, true),
            (6, false),
            (9, true),
            (8, false),
        ] {
            assert_eq!(window.accept(number), new, "{number}");
        }
        assert!(window.accept(u64::MAX));
        assert!(!window.accept(u64::MAX));
    }

    #[test]
    fn nothing_below_the_start_is_new() {
        let mut window = ReplayWindow::new(100, 63);
        assert!(!window.accept(100) && !window.accept(99) && !window.accept(40));
        assert!(window.accept(110) && window.accept(101));
        assert!(!window.accept(100) && !window.accept(101));
    }

    #[test]
    fn priorities_and_management_count_apart() {
        let mut counters = ReplayCounters::new(0, 0);
        let mut qos = [0; 26];
        (qos[0], qos[24]) = (0x88, 5);
        let mut data = [0; 24];
        data[0] = 0x08;
        let management = [0; 24];
        for frame in [&qos[..], &data, &management] {
            let mpdu = Mpdu::parse(frame).unwrap();
            assert!(counters.accept(&mpdu, 1));
            assert!(!counters.accept(&mpdu, 1));
        }
        qos[24] = 0;
        let same = Mpdu::parse(&qos).unwrap();
        assert!(!counters.accept(&same, 1), "no QoS is priority 0");
    }

    proptest! {
        #[test]
        fn no_number_is_new_twice_and_no_fresh_one_is_refused(
            numbers in prop::collection::vec(1_u64..200, 0..300),
            size in 0_u32..80,
        ) {
            let mut window = ReplayWindow::new(0, size);
            let (mut seen, mut greatest) = (HashSet::new(), 0_u64);
            for number in numbers {
                let reachable = number > greatest || greatest - number <= u64::from(size.min(63));
                let expected = reachable && !seen.contains(&number);
                prop_assert_eq!(window.accept(number), expected);
                seen.insert(number);
                greatest = greatest.max(number);
            }
        }
    }
}
