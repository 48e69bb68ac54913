// SPDX-License-Identifier: GPL-2.0-only
//! Radios on one air, in virtual time.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::time::Duration;

use bes2600_emulator::air::ether::{Ether, Radio};
use bes2600_emulator::air::model::{Model, Path};
use bes2600_emulator::air::{
    Address, Air, AirEvent, Attempt, Channel, OnAir, Outcome, Rate, Transmission, Width,
};

const ONE: Address = Address([2, 0, 0, 0, 0, 1]);
const TWO: Address = Address([2, 0, 0, 0, 0, 2]);
const CHANNEL: Channel = Channel::mhz20(5180);
const LATER: Duration = Duration::from_secs(1);

fn radio(ether: &Ether, address: Address) -> Radio {
    let mut radio = ether.radio();
    radio.addresses(&[address]);
    radio.tune(Some(CHANNEL));
    radio
}

/// A data frame without QoS.
fn data(to: Address, from: Address, number: u8) -> Vec<u8> {
    let mut frame = vec![0x08, 0, 0, 0];
    frame.extend(to.0);
    frame.extend(from.0);
    frame.extend(from.0);
    frame.extend([number << 4, 0]);
    frame.resize(1000, number);
    frame
}

fn transmission(bytes: Vec<u8>, cookie: u64) -> Transmission {
    Transmission {
        bytes,
        attempts: vec![
            Attempt {
                rate: Rate::ht(7),
                count: 2,
            },
            Attempt {
                rate: Rate::OFDM_6,
                count: 3,
            },
        ],
        aggregated: false,
        cookie,
    }
}

fn received(events: &[AirEvent]) -> Vec<OnAir> {
    let frame = |event: &AirEvent| match event {
        AirEvent::Received(frame) => Some(frame.clone()),
        AirEvent::Outcome(_) => None,
    };
    events.iter().filter_map(frame).collect()
}

fn outcomes(events: &[AirEvent]) -> Vec<Outcome> {
    let outcome = |event: &AirEvent| match event {
        AirEvent::Outcome(outcome) => Some(*outcome),
        AirEvent::Received(_) => None,
    };
    events.iter().filter_map(outcome).collect()
}

#[test]
fn a_group_frame_reaches_all_on_the_channel_and_nobody_answers() {
    let ether = Ether::new(Model::default());
    let mut sender = radio(&ether, ONE);
    let mut near = radio(&ether, TWO);
    let mut elsewhere = radio(&ether, TWO);
    elsewhere.tune(Channel::from_number(40));
    let mut off = radio(&ether, TWO);
    off.tune(None);

    let frame = data(Address::BROADCAST, ONE, 1);
    sender.transmit(transmission(frame.clone(), 1), Duration::ZERO);
    let [outcome] = outcomes(&sender.poll(LATER))[..] else {
        panic!("one outcome");
    };
    assert!(!outcome.acked);
    assert_eq!((outcome.tries, outcome.rate), (1, Rate::ht(7)));
    let [got] = &received(&near.poll(LATER))[..] else {
        panic!("one frame");
    };
    assert_eq!(got.bytes, frame);
    assert_eq!((got.frequency, got.signal), (5180, -50));
    assert!(elsewhere.poll(LATER).is_empty());
    assert!(off.poll(LATER).is_empty());
}

#[test]
fn who_is_not_there_does_not_answer() {
    let ether = Ether::new(Model::default());
    let mut sender = radio(&ether, ONE);
    sender.transmit(transmission(data(TWO, ONE, 1), 1), Duration::ZERO);
    let [outcome] = outcomes(&sender.poll(LATER))[..] else {
        panic!("one outcome");
    };
    assert!(!outcome.acked);
    assert_eq!((outcome.tries, outcome.rate), (5, Rate::OFDM_6));
    assert_eq!(outcome.ack_signal, None);
}

#[test]
fn a_radio_that_is_off_sends_nothing() {
    let ether = Ether::new(Model::default());
    let mut sender = radio(&ether, ONE);
    let mut receiver = radio(&ether, TWO);
    sender.tune(None);
    sender.transmit(transmission(data(TWO, ONE, 1), 1), Duration::ZERO);
    let [outcome] = outcomes(&sender.poll(Duration::ZERO))[..] else {
        panic!("one outcome");
    };
    assert_eq!((outcome.acked, outcome.tries), (false, 0));
    assert!(receiver.poll(LATER).is_empty());
}

#[test]
fn tuning_loses_what_is_under_way() {
    let ether = Ether::new(Model::default());
    let mut sender = radio(&ether, ONE);
    let mut receiver = radio(&ether, TWO);
    sender.transmit(transmission(data(TWO, ONE, 1), 1), Duration::ZERO);
    assert!(receiver.poll(Duration::ZERO).is_empty());
    assert!(receiver.next().is_some());
    receiver.tune(Channel::from_number(1));
    receiver.tune(Some(CHANNEL));
    assert!(receiver.poll(LATER).is_empty());
}

#[test]
fn a_lost_acknowledgement_brings_the_frame_again() {
    let ether = Ether::new(Model {
        ack_loss: 1.0,
        ..Model::default()
    });
    let mut sender = radio(&ether, ONE);
    let mut receiver = radio(&ether, TWO);
    let frame = data(TWO, ONE, 1);
    sender.transmit(transmission(frame.clone(), 1), Duration::ZERO);
    let frames = received(&receiver.poll(LATER));
    assert_eq!(frames.len(), 5);
    let (first, others) = frames.split_first().unwrap();
    assert_eq!(first.bytes, frame);
    for other in others {
        assert_eq!(other.bytes[1], 0x08, "retry");
        assert_eq!(other.bytes[2..], frame[2..]);
    }
    assert!(frames.is_sorted_by_key(|frame| frame.at));
}

#[test]
fn loss_is_as_often_as_asked_for() {
    let ether = Ether::new(Model {
        loss: 0.3,
        ..Model::default()
    });
    let mut sender = radio(&ether, ONE);
    let mut receiver = radio(&ether, TWO);
    let frames = 2000;
    for cookie in 0..frames {
        sender.transmit(
            transmission(data(Address::BROADCAST, ONE, 1), cookie),
            Duration::ZERO,
        );
    }
    let end = Duration::from_secs(60);
    let got = received(&receiver.poll(end)).len();
    assert!((1300..1500).contains(&got), "{got} of {frames}");
    let ends: Vec<u64> = outcomes(&sender.poll(end))
        .iter()
        .map(|outcome| outcome.cookie)
        .collect();
    assert_eq!(ends, (0..frames).collect::<Vec<_>>(), "outcomes in order");
}

#[test]
fn a_seed_makes_a_run_repeatable() {
    let run = |seed| {
        let ether = Ether::new(Model {
            loss: 0.5,
            seed,
            ..Model::default()
        });
        let mut sender = radio(&ether, ONE);
        let _receiver = radio(&ether, TWO);
        for cookie in 0..50 {
            sender.transmit(transmission(data(TWO, ONE, 1), cookie), Duration::ZERO);
        }
        outcomes(&sender.poll(LATER))
    };
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

#[test]
fn a_far_radio_needs_the_slow_rates() {
    let ether = Ether::new(Model {
        path: vec![Path {
            ends: vec![TWO],
            path_loss: Some(105.0),
            ..Path::default()
        }],
        ..Model::default()
    });
    let mut sender = radio(&ether, ONE);
    let mut receiver = radio(&ether, TWO);
    sender.transmit(transmission(data(TWO, ONE, 1), 1), Duration::ZERO);
    let [outcome] = outcomes(&sender.poll(LATER))[..] else {
        panic!("one outcome");
    };
    assert!(outcome.acked);
    assert_eq!((outcome.tries, outcome.rate), (3, Rate::OFDM_6));
    assert_eq!(outcome.ack_signal, Some(-85));
    assert_eq!(received(&receiver.poll(LATER))[0].signal, -85);
}

#[test]
fn radios_take_turns_and_frames_do_not_overlap() {
    let ether = Ether::new(Model::default());
    let mut one = radio(&ether, ONE);
    let mut two = radio(&ether, TWO);
    for cookie in 0..10 {
        one.transmit(transmission(data(TWO, ONE, 1), cookie), Duration::ZERO);
    }
    for cookie in 0..10 {
        two.transmit(transmission(data(ONE, TWO, 1), cookie), Duration::ZERO);
    }
    let mut all = outcomes(&one.poll(LATER));
    let last_of_one = all.last().unwrap().at;
    let others = outcomes(&two.poll(LATER));
    let first_of_two = others.first().unwrap().at;
    assert!(first_of_two < last_of_one, "the other did not wait for all");
    all.extend(others);
    all.sort_by_key(|outcome| outcome.at);
    for pair in all.windows(2) {
        assert_eq!(pair[1].at - pair[0].at, pair[1].airtime);
    }
}

#[test]
fn an_aggregate_costs_less_than_its_frames() {
    let cost = |aggregated| {
        let ether = Ether::new(Model::default());
        let mut one = radio(&ether, ONE);
        let _two = radio(&ether, TWO);
        for cookie in 0..8 {
            let mut frame = transmission(data(TWO, ONE, 1), cookie);
            frame.aggregated = aggregated && cookie > 0;
            one.transmit(frame, Duration::ZERO);
        }
        let outcomes = outcomes(&one.poll(LATER));
        assert_eq!(outcomes.len(), 8);
        outcomes.last().unwrap().at
    };
    assert!(cost(true) < cost(false) * 2 / 3);
}

#[test]
fn without_time_all_happens_at_once() {
    let ether = Ether::new(Model {
        time: false,
        ..Model::default()
    });
    let mut one = radio(&ether, ONE);
    let mut two = radio(&ether, TWO);
    for cookie in 0..100 {
        one.transmit(transmission(data(TWO, ONE, 1), cookie), LATER);
    }
    assert_eq!(received(&two.poll(LATER)).len(), 100);
    let outcomes = outcomes(&one.poll(LATER));
    assert_eq!(outcomes.len(), 100);
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.at == LATER && !outcome.airtime.is_zero())
    );
}

#[test]
fn a_narrow_receiver_misses_wide_frames() {
    let ether = Ether::new(Model::default());
    let mut one = radio(&ether, ONE);
    let mut narrow = radio(&ether, TWO);
    let wide = Channel {
        width: Width::Mhz40Above,
        ..CHANNEL
    };
    one.tune(Some(wide));
    let mut frame = transmission(data(TWO, ONE, 1), 1);
    frame.attempts = vec![
        Attempt {
            rate: Rate::Ht {
                mcs: 3,
                wide: true,
                short_guard_interval: false,
            },
            count: 1,
        },
        Attempt {
            rate: Rate::ht(3),
            count: 1,
        },
    ];
    one.transmit(frame.clone(), Duration::ZERO);
    assert_eq!(outcomes(&one.poll(LATER))[0].tries, 2);
    narrow.tune(Some(wide));
    one.transmit(frame, LATER);
    assert_eq!(outcomes(&one.poll(LATER + LATER))[0].tries, 1);
}

#[test]
fn any_bytes_and_rates_are_survived() {
    let ether = Ether::new(Model::default());
    let mut one = radio(&ether, ONE);
    let mut two = radio(&ether, TWO);
    for length in 0..40 {
        for byte in [0, 0x02, 0xFF] {
            let attempts = match length % 3 {
                0 => Vec::new(),
                1 => vec![Attempt {
                    rate: Rate::ht(byte),
                    count: 0,
                }],
                _ => vec![Attempt {
                    rate: Rate::legacy(u16::from(byte)),
                    count: byte,
                }],
            };
            one.transmit(
                Transmission {
                    bytes: vec![byte; length],
                    attempts,
                    aggregated: length % 2 == 1,
                    cookie: 0,
                },
                Duration::ZERO,
            );
        }
    }
    let end = Duration::from_secs(10);
    assert_eq!(outcomes(&one.poll(end)).len(), 120);
    let _ = two.poll(end);
}
