// SPDX-License-Identifier: GPL-2.0-only
//! The order of repetitions.
//!
//! What drifts while an experiment runs (heat, neighbours on the channel, the machine's other work)
//! must not fall on one variant. So variants take turns, every round begins with another one, and
//! each second round runs backwards: of two, A B B A.

use crate::store::Slot;

/// Orders `rounds` repetitions of each label. The same seed gives the same order.
#[must_use]
pub fn interleave(labels: &[String], rounds: usize, seed: u64) -> Vec<Slot> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut order = labels.to_vec();
    random.shuffle(&mut order);
    let mut slots = Vec::new();
    for round in 0..rounds {
        let mut turn = order.clone();
        if !turn.is_empty() {
            let by = (round / 2) % turn.len();
            turn.rotate_left(by);
        }
        if round % 2 == 1 {
            turn.reverse();
        }
        for label in turn {
            slots.push(Slot {
                number: slots.len().saturating_add(1),
                round: round.saturating_add(1),
                label,
                // Runners take 32 bits.
                seed: u64::from(random.u32(..)),
            });
        }
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("v{i}")).collect()
    }

    #[test]
    fn every_round_has_every_variant_once() {
        for count in 1..6 {
            let slots = interleave(&labels(count), 7, 42);
            assert_eq!(slots.len(), count * 7);
            for round in slots.chunks(count) {
                let mut seen: Vec<_> = round.iter().map(|slot| slot.label.clone()).collect();
                seen.sort();
                assert_eq!(seen, labels(count));
            }
            assert!(
                slots
                    .iter()
                    .enumerate()
                    .all(|(i, slot)| slot.number == i + 1)
            );
        }
    }

    #[test]
    fn no_variant_is_always_first() {
        let slots = interleave(&labels(2), 4, 1);
        let order: Vec<_> = slots.iter().map(|slot| &slot.label).collect();
        assert_eq!(order[0], order[3]);
        assert_eq!(order[1], order[2]);
        // The mean place is the same for all after two rounds.
        let slots = interleave(&labels(4), 2, 9);
        for label in labels(4) {
            let places: usize = slots
                .iter()
                .enumerate()
                .filter(|(_, s)| s.label == label)
                .map(|(i, _)| i % 4)
                .sum();
            assert_eq!(places, 3);
        }
    }

    #[test]
    fn seeds_differ_and_repeat() {
        let slots = interleave(&labels(3), 3, 5);
        let mut seeds: Vec<_> = slots.iter().map(|slot| slot.seed).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 9);
        assert_eq!(slots, interleave(&labels(3), 3, 5));
        assert_ne!(slots, interleave(&labels(3), 3, 6));
    }

    #[test]
    fn nothing_is_no_order() {
        assert!(interleave(&[], 3, 1).is_empty());
    }
}
