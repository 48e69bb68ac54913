// SPDX-License-Identifier: GPL-2.0-only

//! When a chip that died is started again.

use bes2600_logic::recovery::{
    Restarts,
    STARTS, //
};
use proptest::collection::vec;
use proptest::prelude::*;

#[test]
fn pauses_grow_until_the_chip_is_given_up() {
    let mut restarts = Restarts::default();
    let planned: Vec<_> = (0..7).map(|_| restarts.plan(0)).collect();
    let expected = [
        Some(0),
        Some(1000),
        Some(2000),
        Some(4000),
        Some(8000),
        None,
        None,
    ];
    assert_eq!(planned, expected);
}

#[test]
fn a_chip_that_dies_again_soon_is_not_started_for_ever() {
    let mut restarts = Restarts::default();
    let mut now = 0;
    let mut starts = 0;
    while let Some(pause) = restarts.plan(now) {
        starts += 1;
        now += u64::from(pause);
        restarts.succeeded(now);
        now += 59_999;
    }
    assert_eq!(starts, STARTS);
}

#[test]
fn a_chip_that_ran_for_a_minute_has_all_starts_again() {
    let mut restarts = Restarts::default();
    for hour in 0..100 {
        let now = hour * 3_600_000;
        assert_eq!(restarts.plan(now), Some(0));
        assert_eq!(restarts.number(), 1);
        restarts.succeeded(now);
    }
}

proptest! {
    /// Whatever happens when, starts without a minute of life between them are at most `STARTS`.
    #[test]
    fn starts_are_bounded(steps in vec((0u64..59_999, any::<bool>()), 0..64)) {
        let mut restarts = Restarts::default();
        let mut now = 0u64;
        let mut starts = 0;
        for (time, succeeds) in steps {
            starts += u32::from(restarts.plan(now).is_some());
            if succeeds {
                restarts.succeeded(now);
            }
            now += time;
        }
        prop_assert!(starts <= STARTS);
    }
}
