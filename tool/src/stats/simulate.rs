// SPDX-License-Identifier: GPL-2.0-only
//! How often the verdicts are right: experiments whose truth is known.

use serde::Serialize;

use super::{
    Summary,
    compare::{Direction, Rule, Verdict, compare, student},
    number,
};

/// Normally distributed numbers, the same for the same seed.
pub struct Noise {
    random: fastrand::Rng,
    spare: Option<f64>,
}

impl Noise {
    /// The sequence of a seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
            spare: None,
        }
    }

    /// The next number, of mean 0 and standard deviation 1 (Marsaglia's polar method).
    pub fn draw(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (self.random.f64() * 2.0 - 1.0, self.random.f64() * 2.0 - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(y * factor);
                return x * factor;
            }
        }
    }
}

/// A stationary series whose neighbours are correlated by `correlation`.
#[must_use]
pub fn correlated(
    noise: &mut Noise,
    length: usize,
    mean: f64,
    sd: f64,
    correlation: f64,
) -> Vec<f64> {
    let fresh = (1.0 - correlation * correlation).sqrt();
    let mut state = noise.draw();
    (0..length)
        .map(|_| {
            let value = mean + sd * state;
            state = correlation * state + fresh * noise.draw();
            value
        })
        .collect()
}

/// Kind of experiment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Case {
    /// True change of the second variant, as a part.
    pub effect: f64,
    /// Standard deviation of repetitions, as a part of the mean.
    pub spread: f64,
    /// Repetitions of each variant.
    pub repetitions: usize,
}

/// How often each verdict was given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rates {
    /// What was played.
    pub case: Case,
    /// Experiments played.
    pub experiments: usize,
    /// Part that was called faster.
    pub faster: f64,
    /// Part that was called slower.
    pub slower: f64,
    /// Part that was called no difference.
    pub no_difference: f64,
    /// Part that was called not enough data.
    pub not_enough_data: f64,
}

/// Plays experiments of one kind and judges each by the rule.
#[must_use]
pub fn play(case: Case, experiments: usize, rule: &Rule, noise: &mut Noise) -> Rates {
    // Logarithms are normal: no rate is below 0, and the spread is that of the ratio.
    let sigma = (1.0 + case.spread * case.spread).ln().sqrt();
    let draw = |noise: &mut Noise, mean: f64| -> Vec<f64> {
        (0..case.repetitions)
            .map(|_| mean * (sigma * noise.draw()).exp())
            .collect()
    };
    let mut counts = [0_usize; 4];
    for _ in 0..experiments {
        let baseline = draw(noise, 2.35);
        let other = draw(noise, 2.35 * (1.0 + case.effect));
        let verdict = compare(&baseline, &other, Direction::More, rule).map(|found| found.verdict);
        let place = match verdict {
            Some(Verdict::Better) => &mut counts[0],
            Some(Verdict::Worse) => &mut counts[1],
            Some(Verdict::NoDifference) => &mut counts[2],
            Some(Verdict::NotEnoughData) | None => &mut counts[3],
        };
        *place = place.saturating_add(1);
    }
    let [faster, slower, no_difference, not_enough_data] =
        counts.map(|count| number(count) / number(experiments.max(1)));
    Rates {
        case,
        experiments,
        faster,
        slower,
        no_difference,
        not_enough_data,
    }
}

/// The experiments of the table, in its order.
#[must_use]
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (spread, counts) in [
        (0.10, &[3, 10, 30, 100, 400][..]),
        (0.03, &[3, 10, 40][..]),
        (0.01, &[3, 5, 8][..]),
    ] {
        for effect in [0.0, 0.05] {
            cases.extend(counts.iter().map(|repetitions| Case {
                effect,
                spread,
                repetitions: *repetitions,
            }));
        }
    }
    cases.push(Case {
        effect: 0.73,
        spread: 0.10,
        repetitions: 3,
    });
    cases
}

/// How often two equal variants are called different when each sample counts as independent, and
/// how often when the repetition is the unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pitfall {
    /// Correlation of neighbouring samples.
    pub correlation: f64,
    /// False claims with samples as the unit.
    pub by_samples: f64,
    /// False claims with repetitions as the unit.
    pub by_repetitions: f64,
}

/// Plays equal variants whose samples are correlated: three repetitions of 300 samples each.
#[must_use]
pub fn pitfall(correlation: f64, experiments: usize, rule: &Rule, noise: &mut Noise) -> Pitfall {
    let rule = Rule {
        min_effect: 0.0,
        ..*rule
    };
    let mut wrong = [0_usize; 2];
    for _ in 0..experiments {
        let draw = |noise: &mut Noise| -> Vec<Vec<f64>> {
            (0..3)
                .map(|_| correlated(noise, 300, 100.0, 20.0, correlation))
                .collect()
        };
        let (a, b) = (draw(noise), draw(noise));
        let (Some(x), Some(y)) = (Summary::of(&a.concat()), Summary::of(&b.concat())) else {
            continue;
        };
        let error = (x.sd.powi(2) / number(x.n) + y.sd.powi(2) / number(y.n)).sqrt();
        if (x.mean - y.mean).abs() > student(f64::midpoint(rule.confidence, 1.0), 1798.0) * error {
            wrong[0] = wrong[0].saturating_add(1);
        }
        let means = |series: &[Vec<f64>]| series.iter().map(|s| super::mean(s)).collect::<Vec<_>>();
        let verdict =
            compare(&means(&a), &means(&b), Direction::More, &rule).map(|found| found.verdict);
        if matches!(verdict, Some(Verdict::Better | Verdict::Worse)) {
            wrong[1] = wrong[1].saturating_add(1);
        }
    }
    let [by_samples, by_repetitions] =
        wrong.map(|count| number(count) / number(experiments.max(1)));
    Pitfall {
        correlation,
        by_samples,
        by_repetitions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(effect: f64, spread: f64, repetitions: usize) -> Rates {
        let case = Case {
            effect,
            spread,
            repetitions,
        };
        play(case, 1000, &Rule::default(), &mut Noise::seeded(11))
    }

    #[test]
    fn a_small_effect_is_not_won_with_three() {
        let rates = rates(0.05, 0.10, 3);
        assert!(rates.faster < 0.08, "{rates:?}");
        assert!(rates.slower < 0.03, "{rates:?}");
    }

    #[test]
    fn a_small_effect_is_found_with_enough() {
        let rates = rates(0.05, 0.10, 120);
        assert!(rates.faster > 0.9, "{rates:?}");
        assert!(rates.slower < 0.001, "{rates:?}");
    }

    #[test]
    fn equal_variants_are_called_equal_where_that_is_possible() {
        for (spread, repetitions) in [(0.01, 6), (0.10, 400)] {
            let rates = rates(0.0, spread, repetitions);
            assert!(rates.no_difference >= 0.95, "{rates:?}");
        }
    }

    #[test]
    fn equal_variants_are_hardly_ever_called_different() {
        for repetitions in [3, 10, 30] {
            let rates = rates(0.0, 0.10, repetitions);
            assert!(rates.faster + rates.slower < 0.07, "{rates:?}");
        }
    }

    #[test]
    fn the_campaigns_effect_is_found_with_three() {
        assert!(rates(0.73, 0.10, 3).faster > 0.95);
    }

    #[test]
    fn samples_are_no_repetitions() {
        let found = pitfall(0.9, 400, &Rule::default(), &mut Noise::seeded(5));
        assert!(found.by_samples > 0.4, "{found:?}");
        assert!(found.by_repetitions < 0.09, "{found:?}");
    }

    #[test]
    fn the_noise_is_normal() {
        let mut noise = Noise::seeded(2);
        let values: Vec<f64> = (0..20_000).map(|_| noise.draw()).collect();
        assert!(crate::stats::mean(&values).abs() < 0.03);
        assert!((crate::stats::variance(&values) - 1.0).abs() < 0.04);
        let beyond = values.iter().filter(|value| value.abs() > 1.96).count();
        assert!((850..1150).contains(&beyond), "{beyond}");
    }
}
