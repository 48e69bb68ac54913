// SPDX-License-Identifier: GPL-2.0-only
//! How the air is: strength, loss, and what frames cost.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::address::Address;
use super::rate::Rate;

/// The model of the air, section `[air]` of the configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Model {
    /// Whether frames take their time and wait for the channel.
    pub time: bool,
    /// Whether rates that are too fast for the signal are lost more often than others.
    pub fading: bool,
    /// Share of tries that are lost whatever the signal, 0 to 1.
    pub loss: f64,
    /// Share of acknowledgements that are lost, 0 to 1. The receiver then gets the frame again.
    pub ack_loss: f64,
    /// Power that every radio transmits with, in dBm.
    pub tx_power: i8,
    /// What is lost on the way between any two radios, in dB.
    pub path_loss: f64,
    /// Start of the random numbers.
    pub seed: u64,
    /// Ways between radios that differ from that.
    pub path: Vec<Path>,
}

/// The way between two radios, or between one and all others: `[[air.path]]`. The last one that
/// fits two radios is theirs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Path {
    /// Addresses of the radios, one or two. Any address of a radio will do.
    pub ends: Vec<Address>,
    /// What is lost on the way, in dB.
    pub path_loss: Option<f64>,
    /// Share of tries that are lost whatever the signal, 0 to 1.
    pub loss: Option<f64>,
    /// Loss in dB at points of time in seconds, `[[0, 60], [30, 95]]`, in the order of time: the
    /// radio walks. Straight lines join the points; before the first and after the last it stands.
    pub walk: Vec<[f64; 2]>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            time: true,
            fading: true,
            loss: 0.0,
            ack_loss: 0.0,
            tx_power: 20,
            path_loss: 70.0,
            seed: 1,
            path: Vec::new(),
        }
    }
}

/// Least share of lost tries that is not taken for none.
const NEGLIGIBLE: f64 = 1e-6;
/// Short interframe space in the 2.4 GHz band (802.11, table 18-5).
const SIFS_2GHZ: Duration = Duration::from_micros(10);
/// Short interframe space in the 5 GHz band (802.11, table 17-21).
const SIFS_5GHZ: Duration = Duration::from_micros(16);
/// A slot, the short one in the 2.4 GHz band (802.11, tables 17-21 and 18-5).
const SLOT: Duration = Duration::from_micros(9);
/// Least and greatest contention window of best effort (802.11, table 9-155).
const CONTENTION_WINDOWS: (u32, u32) = (15, 1023);
/// Bytes of the frame check sequence.
const FCS: usize = 4;
/// Bytes of an acknowledgement with its frame check sequence.
const ACK: usize = 14;
/// Most bytes that delimiter and padding of a subframe add (802.11, 9.7.1); half the padding.
const SUBFRAME: usize = 4 + 2;

/// The way between two radios at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Way {
    /// Strength at the receiver in dBm.
    pub(crate) signal: i8,
    /// Share of tries lost whatever the signal.
    loss: f64,
}

impl Model {
    /// The first setting that is out of its range, and what is possible.
    pub(crate) fn problem(&self) -> Option<(&'static str, &'static str)> {
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let decibels = |value: f64| (0.0..=200.0).contains(&value);
        let walks = |path: &Path| {
            path.walk
                .is_sorted_by(|before, after| before[0] <= after[0])
                && path.walk.iter().all(|[_, loss]| decibels(*loss))
        };
        let all = |rule: &dyn Fn(&Path) -> bool| self.path.iter().all(rule);
        let rules = [
            (share(self.loss), "air.loss", "0 to 1"),
            (share(self.ack_loss), "air.ack_loss", "0 to 1"),
            (decibels(self.path_loss), "air.path_loss", "0 to 200"),
            (
                all(&|path| matches!(path.ends.len(), 1 | 2)),
                "air.path.ends",
                "one or two addresses",
            ),
            (
                all(&|path| path.path_loss.is_none_or(decibels)),
                "air.path.path_loss",
                "0 to 200",
            ),
            (
                all(&|path| path.loss.is_none_or(share)),
                "air.path.loss",
                "0 to 1",
            ),
            (
                all(&walks),
                "air.path.walk",
                "[seconds, 0 to 200] pairs in the order of time",
            ),
        ];
        let broken = rules.into_iter().find(|(good, ..)| !good);
        broken.map(|(_, key, wanted)| (key, wanted))
    }

    /// The way between two radios with these addresses at `now`.
    pub(crate) fn way(&self, one: &[Address], other: &[Address], now: Duration) -> Way {
        let path = self.path.iter().rev().find(|path| path.joins(one, other));
        let path_loss = path
            .and_then(|path| path.walked(now).or(path.path_loss))
            .unwrap_or(self.path_loss);
        Way {
            signal: to_dbm(f64::from(self.tx_power) - path_loss),
            loss: path.and_then(|path| path.loss).unwrap_or(self.loss),
        }
    }

    /// Share of tries at `rate` that get lost on `way`.
    pub(crate) fn loss(&self, way: Way, rate: Rate) -> f64 {
        let fading = if self.fading {
            fading(i16::from(way.signal) - rate.sensitivity())
        } else {
            0.0
        };
        let always = if way.loss.is_nan() {
            0.0
        } else {
            way.loss.clamp(0.0, 1.0)
        };
        let kept = (1.0 - always) * (1.0 - fading);
        let loss = 1.0 - kept;
        if loss < NEGLIGIBLE { 0.0 } else { loss }
    }

    /// Cost of the `nth` try, from 0, of a frame of `length` bytes without its frame check sequence
    /// at `rate`.
    pub(crate) fn airtime(
        rate: Rate,
        length: usize,
        frequency: u16,
        nth: u32,
        acked: bool,
    ) -> Duration {
        let sifs = sifs(frequency);
        let (least, greatest) = CONTENTION_WINDOWS;
        let window = least
            .saturating_add(1)
            .checked_shl(nth)
            .unwrap_or(u32::MAX)
            .saturating_sub(1)
            .min(greatest);
        // Half the window on average, and the two slots of DIFS.
        let contention = sifs
            .saturating_add(SLOT.saturating_mul(2))
            .saturating_add(SLOT.saturating_mul(window) / 2);
        let frame = rate
            .preamble_time(frequency)
            .saturating_add(rate.payload_time(length.saturating_add(FCS)));
        let answer = if acked {
            let rate = rate.answer();
            sifs.saturating_add(rate.preamble_time(frequency))
                .saturating_add(rate.payload_time(ACK))
        } else {
            Duration::ZERO
        };
        contention.saturating_add(frame).saturating_add(answer)
    }

    /// Cost of a subframe that is not the first of its A-MPDU.
    pub(crate) fn subframe_airtime(rate: Rate, length: usize) -> Duration {
        rate.payload_time(length.saturating_add(FCS + SUBFRAME))
    }
}

const fn sifs(frequency: u16) -> Duration {
    if frequency < 3000 {
        SIFS_2GHZ
    } else {
        SIFS_5GHZ
    }
}

impl Path {
    fn joins(&self, one: &[Address], other: &[Address]) -> bool {
        match *self.ends.as_slice() {
            [end] => one.contains(&end) || other.contains(&end),
            [first, second] => {
                one.contains(&first) && other.contains(&second)
                    || one.contains(&second) && other.contains(&first)
            }
            _ => false,
        }
    }

    /// Loss of a walking radio at `now`, if it walks.
    fn walked(&self, now: Duration) -> Option<f64> {
        let now = now.as_secs_f64();
        let mut before: Option<[f64; 2]> = None;
        for &[at, loss] in &self.walk {
            if now < at {
                return Some(match before {
                    Some([from, start]) => start + (loss - start) * (now - from) / (at - from),
                    None => loss,
                });
            }
            before = Some([at, loss]);
        }
        before.map(|[_, loss]| loss)
    }
}

/// Share of tries lost with a signal that many dB above the rate's sensitivity: one in ten there,
/// ten times fewer with each 2 dB more, all with 2 dB less.
fn fading(margin: i16) -> f64 {
    0.1_f64.powf(1.0 + f64::from(margin) / 2.0).min(1.0)
}

/// Rounds to whole dBm within what a receiver reports.
#[expect(clippy::cast_possible_truncation, reason = "the value is clamped")]
fn to_dbm(value: f64) -> i8 {
    value.round().clamp(-127.0, 20.0) as i8
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Address = Address([2, 0, 0, 0, 0, 1]);
    const THERE: Address = Address([2, 0, 0, 0, 0, 2]);
    const ELSEWHERE: Address = Address([2, 0, 0, 0, 0, 3]);

    fn signal(model: &Model, one: Address, other: Address, seconds: u64) -> i8 {
        model
            .way(&[one], &[other], Duration::from_secs(seconds))
            .signal
    }

    #[test]
    fn the_last_path_that_fits_counts() {
        let model: Model = toml::from_str(
            r#"
            path_loss = 60
            [[path]]
            ends = ["02:00:00:00:00:01"]
            path_loss = 80
            [[path]]
            ends = ["02:00:00:00:00:02", "02:00:00:00:00:01"]
            path_loss = 90.4
            "#,
        )
        .unwrap();
        assert_eq!(signal(&model, THERE, ELSEWHERE, 0), -40);
        assert_eq!(signal(&model, ELSEWHERE, HERE, 0), -60);
        assert_eq!(signal(&model, HERE, THERE, 0), -70);
        assert_eq!(signal(&model, THERE, HERE, 0), -70);
    }

    #[test]
    fn a_radio_walks_along_straight_lines() {
        let model = Model {
            path: vec![Path {
                ends: vec![HERE],
                walk: vec![[10.0, 60.0], [20.0, 90.0], [20.0, 70.0]],
                ..Path::default()
            }],
            ..Model::default()
        };
        for (seconds, expected) in [
            (0, -40),
            (10, -40),
            (15, -55),
            (19, -67),
            (20, -50),
            (99, -50),
        ] {
            assert_eq!(
                signal(&model, HERE, THERE, seconds),
                expected,
                "{seconds} s"
            );
        }
    }

    #[test]
    fn fast_rates_need_a_strong_signal() {
        let model = Model::default();
        let way = |signal| Way { signal, loss: 0.0 };
        assert!(model.loss(way(-50), Rate::ht(7)) < 1e-6);
        assert!((model.loss(way(-74), Rate::ht(7)) - 0.1).abs() < 1e-9);
        assert!(model.loss(way(-80), Rate::ht(7)) > 0.99);
        assert!(model.loss(way(-80), Rate::OFDM_6) < 1e-6);
    }

    #[test]
    fn an_absurd_signal_stays_in_range() {
        for path_loss in [f64::NAN, f64::INFINITY, -1e300, 1e300] {
            let model = Model {
                loss: path_loss,
                path_loss,
                ..Model::default()
            };
            let way = model.way(&[HERE], &[THERE], Duration::ZERO);
            let loss = model.loss(way, Rate::DSSS_1);
            assert!((0.0..=1.0).contains(&loss), "{path_loss}");
        }
    }

    #[test]
    fn a_try_costs_contention_frame_and_acknowledgement() {
        // 1500 bytes with FCS at 54 Mb/s, 5 GHz: DIFS 34, backoff 67.5, 20 + 224, SIFS 16,
        // acknowledgement at 24 Mb/s 20 + 8.
        let cost = Model::airtime(Rate::legacy(540), 1496, 5180, 0, true);
        assert_eq!(
            cost,
            Duration::from_nanos(34_000 + 67_500 + 244_000 + 16_000 + 28_000)
        );
        let group = Model::airtime(Rate::legacy(540), 1496, 5180, 0, false);
        assert_eq!(cost - group, Duration::from_micros(16 + 28));
        let later = Model::airtime(Rate::legacy(540), 1496, 5180, 200, true);
        assert_eq!(later - cost, SLOT * (1023 - 15) / 2);
    }
}
