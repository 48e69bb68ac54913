// SPDX-License-Identifier: GPL-2.0-only

//! Rate ids, plans of attempts and the table of rate retry policies.

use bes2600_logic::channel::Band;
use bes2600_logic::rate_policy::{
    Attempts,
    Cache,
    Limits,
    Plan,
    Policy, //
};
use bes2600_logic::wsm::rate::{
    legacy,
    RateId, //
};
use proptest::collection::vec;
use proptest::prelude::*;

fn id(number: u8) -> RateId {
    RateId::new(number).unwrap()
}

fn plan(attempts: &[(u8, u8)]) -> Plan {
    plan_at(attempts, Band::Two)
}

fn plan_at(attempts: &[(u8, u8)], band: Band) -> Plan {
    let attempts = attempts.iter().map(|(rate, count)| Attempts {
        rate: id(*rate),
        count: *count,
    });
    Plan::new(attempts, band, Limits::default())
}

fn outcome(plan: &Plan, last: Option<u8>, count: u8) -> Vec<(u8, u8)> {
    plan.outcome(last.and_then(RateId::new), count)
        .iter()
        .flatten()
        .map(|attempts| (attempts.rate.number(), attempts.count))
        .collect()
}

/// The words of a policy, from what an upload says.
fn words(policy: Policy) -> [u32; 3] {
    let mut cache = Cache::default();
    cache.acquire(policy).unwrap();
    let value = cache.upload().unwrap();
    let word = |at: usize| u32::from_le_bytes(value.bytes()[at..at + 4].try_into().unwrap());
    [word(12), word(16), word(20)]
}

#[test]
fn ids() {
    assert_eq!((0..=255).filter_map(RateId::new).count(), 20);
    for missing in [4, 5, 22, 255] {
        assert_eq!(RateId::new(missing), None);
    }
    for mcs in 0..=7 {
        assert_eq!(RateId::from_mcs(mcs).unwrap().number(), 14 + mcs);
        assert_eq!(RateId::from_mcs(mcs).unwrap().mcs(), Some(mcs));
    }
    assert_eq!(RateId::from_mcs(8), None);
    assert_eq!(RateId::from_mcs(255), None);
    for band in [Band::Two, Band::Five] {
        for (index, (_, rate)) in (0u8..).zip(legacy(band)) {
            assert_eq!(RateId::from_index(band, index), Some(*rate));
            assert_eq!(rate.index(band), Some(index));
            assert_eq!(rate.mcs(), None);
        }
        assert_eq!(RateId::from_index(band, 12), None);
    }
    assert_eq!(legacy(Band::Five).len(), 8);
    assert_eq!(id(3).index(Band::Five), None);
    assert_eq!(id(13).index(Band::Five), Some(7));
}

#[test]
fn policies_of_the_specification() {
    // 11 Mb/s twice, 1 Mb/s 15 times.
    assert_eq!(
        words(plan(&[(3, 2), (0, 15)]).policy()),
        [0x0000_200F, 0, 0]
    );
    // MCS 7 four times, MCS 3 three times, and the fall-back of HT.
    assert_eq!(
        words(plan(&[(21, 4), (17, 3)]).policy()),
        [1, 0, 0x0040_0030]
    );
    assert_eq!(words(plan(&[(15, 1)]).policy()), [3, 0x1000_0000, 0]);
    assert_eq!(words(plan(&[(14, 1)]).policy()), [5, 0x0100_0000, 0]);
    assert_eq!(
        words(plan_at(&[(14, 1)], Band::Five).policy()),
        [0x0500_0000, 0x0100_0000, 0]
    );
}

#[test]
fn uploads() {
    let mut cache = Cache::default();
    let first = cache.acquire(plan(&[(3, 2)]).policy()).unwrap();
    assert!(!cache.ready(first));
    let value = cache.upload().unwrap();
    let expected = [
        1, 0, 0, 0, 0, 31, 31, 0x0C, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    assert_eq!(value.bytes(), expected);
    assert!(cache.upload().is_none() && !cache.ready(first));
    // What comes while an upload is under way is not part of it.
    let second = cache.acquire(plan(&[(2, 2)]).policy()).unwrap();
    cache.uploaded();
    assert!(cache.ready(first) && !cache.ready(second));
    assert_eq!(cache.upload().unwrap().bytes()[4], second);
    cache.not_uploaded();
    assert_eq!(cache.upload().unwrap().bytes()[4], second);
    cache.uploaded();
    assert!(cache.ready(second) && cache.upload().is_none());
}

#[test]
fn the_nearest_policy_stands_in_for_one_that_is_not_uploaded() {
    let mut cache = Cache::default();
    let [slow, usual] = [plan(&[(15, 2)]), plan(&[(20, 4), (17, 3)])];
    let places = [&slow, &usual].map(|plan| cache.acquire(plan.policy()).unwrap());
    assert!(cache.is_due() && cache.substitute(&usual, Band::Two).is_none());
    cache.upload().unwrap();
    assert!(!cache.is_due() && cache.substitute(&usual, Band::Two).is_none());
    cache.uploaded();

    // Rate control tries MCS 7.
    let sample = plan(&[(21, 1), (20, 4)]);
    let wanted = cache.acquire(sample.policy()).unwrap();
    assert!(cache.is_due() && !cache.ready(wanted));
    assert_eq!(
        cache.substitute(&sample, Band::Two),
        Some((usual, places[1]))
    );
    let low = plan(&[(14, 1)]);
    assert_eq!(cache.substitute(&low, Band::Two), Some((slow, places[0])));
    // A frame at a legacy rate waits, and so does one in a band that lacks the fall-back's rate.
    assert_eq!(cache.substitute(&plan(&[(0, 4)]), Band::Two), None);
    assert_eq!(cache.substitute(&sample, Band::Five), None);
}

#[test]
fn a_policy_is_due_once_it_is_asked_for() {
    let mut cache = Cache::default();
    cache.acquire(plan(&[(21, 1)]).policy()).unwrap();
    assert!(cache.is_due());
    cache.forget_uploads();
    // Nobody has asked since the reset.
    assert!(!cache.is_due());
    cache.acquire(plan(&[(21, 1)]).policy()).unwrap();
    cache.upload().unwrap();
    cache.not_uploaded();
    assert!(cache.is_due());
}

#[test]
fn f_5_a_reset_makes_every_upload_due_again() {
    let mut cache = Cache::default();
    for count in 1..=3 {
        cache.acquire(plan(&[(3, count)]).policy()).unwrap();
    }
    cache.upload().unwrap();
    cache.uploaded();
    cache.forget_uploads();
    assert!((0..3).all(|index| !cache.ready(index)));
    assert_eq!(cache.upload().unwrap().bytes()[0], 3);
}

#[test]
fn never_more_than_eight_policies() {
    let mut cache = Cache::default();
    let policy = |count| plan(&[(3, count)]).policy();
    let used: Vec<_> = (1..=8)
        .map(|count| cache.acquire(policy(count)).unwrap())
        .collect();
    assert_eq!(used, [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(cache.acquire(policy(9)), None);
    assert_eq!(cache.acquire(policy(4)), Some(3));
    cache.release(3);
    assert_eq!(cache.acquire(policy(9)), None);
    cache.release(3);
    // Not while it is being uploaded: the chip would take it for the old one.
    cache.upload().unwrap();
    assert_eq!(cache.acquire(policy(9)), None);
    cache.uploaded();
    assert_eq!(cache.acquire(policy(9)), Some(3));
    assert!(!cache.ready(3));
    assert_eq!(cache.upload().unwrap().bytes()[..5], [1, 0, 0, 0, 3]);
}

#[test]
fn the_policy_not_asked_for_longest_is_replaced() {
    let mut cache = Cache::default();
    for count in 1..=8 {
        let index = cache.acquire(plan(&[(3, count)]).policy()).unwrap();
        cache.release(index);
    }
    let again = cache.acquire(plan(&[(3, 1)]).policy()).unwrap();
    cache.release(again);
    assert_eq!(cache.acquire(plan(&[(3, 9)]).policy()), Some(1));
}

#[test]
fn limits() {
    let limits = Limits { short: 7, long: 4 };
    let wanted = [(3, 5), (2, 5), (1, 5)];
    let wanted = wanted.map(|(rate, count)| Attempts {
        rate: id(rate),
        count,
    });
    let plan = Plan::new(wanted.into_iter(), Band::Two, limits);
    assert_eq!(outcome(&plan, Some(2), 7), [(3, 5), (2, 2)]);
    let mut cache = Cache::default();
    cache.acquire(plan.policy()).unwrap();
    cache.upload().unwrap();
    cache.uploaded();
    cache.set_limits(limits);
    assert_eq!(cache.limits(), limits);
    assert_eq!(cache.upload().unwrap().bytes()[5..7], [7, 4]);
}

#[test]
fn duplicates_are_added_up() {
    let plan = plan(&[(3, 2), (0, 1), (3, 14)]);
    assert_eq!(words(plan.policy()), [0x0000_F001, 0, 0]);
}

#[test]
fn w_51_no_rate_at_all() {
    let plan = plan(&[]);
    assert_eq!(plan.first_rate(Band::Two), id(0));
    assert_eq!(words(plan.policy()), [15, 0, 0]);
}

#[test]
fn outcomes() {
    let plan = plan(&[(21, 2), (20, 3), (17, 4)]);
    assert_eq!(outcome(&plan, Some(21), 1), [(21, 1)]);
    assert_eq!(outcome(&plan, Some(20), 4), [(21, 2), (20, 2)]);
    assert_eq!(outcome(&plan, Some(17), 7), [(21, 2), (20, 3), (17, 2)]);
    assert_eq!(
        outcome(&plan, Some(0), 10),
        [(21, 2), (20, 3), (17, 4), (0, 1)]
    );
    // What the chip says need not be possible.
    assert_eq!(outcome(&plan, Some(13), 4), [(13, 4)]);
    assert_eq!(outcome(&plan, None, 3), [(21, 2), (20, 1)]);
    assert_eq!(outcome(&plan, Some(20), 1), [(21, 1)]);
    assert_eq!(outcome(&plan, Some(21), 0), []);
    assert_eq!(
        outcome(&plan, None, 255)
            .iter()
            .map(|(_, count)| u32::from(*count))
            .sum::<u32>(),
        255
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn outcomes_count_every_attempt(
        wanted in vec((0u8..22, 0u8..20), 0..6), last in any::<u8>(), count in any::<u8>(),
        five in any::<bool>(),
    ) {
        let band = if five { Band::Five } else { Band::Two };
        let wanted = wanted.iter().filter_map(|(rate, count)| {
            Some(Attempts { rate: RateId::new(*rate)?, count: *count })
        });
        let plan = Plan::new(wanted, band, Limits::default());
        let report = outcome(&plan, Some(last), count);
        let sum: u32 = report.iter().map(|(_, count)| u32::from(*count)).sum();
        prop_assert_eq!(sum, u32::from(count));
        prop_assert!(report.iter().all(|(_, count)| *count > 0));
    }

    #[test]
    fn the_cache_holds_what_it_gave(steps in vec((1u8..12, any::<bool>(), any::<bool>()), 1..200)) {
        let mut cache = Cache::default();
        let mut held: Vec<(u8, u8)> = Vec::new();
        for (count, release, upload) in steps {
            let policy = plan(&[(3, count)]).policy();
            if let Some(index) = cache.acquire(policy) {
                prop_assert!(index < 8);
                for (other, place) in &held {
                    prop_assert_eq!(*other == count, *place == index);
                }
                held.push((count, index));
            }
            if upload {
                if let Some(value) = cache.upload() {
                    prop_assert!(value.bytes()[0] <= 8);
                    prop_assert_eq!(value.bytes().len(), 4 + 20 * usize::from(value.bytes()[0]));
                }
                cache.uploaded();
            }
            if release && !held.is_empty() {
                let (_, index) = held.remove(0);
                cache.release(index);
            }
        }
    }
}
