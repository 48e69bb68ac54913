// SPDX-License-Identifier: GPL-2.0-only
//! One variant against another: effect, interval, verdict.
//!
//! Welch's interval on the difference of the logarithms of per-repetition figures, which is the
//! interval of their ratio. Where a figure is 0, as a count of dispatches may be, the difference
//! itself. The verdict follows from where the interval lies:
//!
//! * it excludes "no change", and the estimate is at least the minimum effect: better or worse;
//! * it lies within plus and minus the minimum effect: no difference (that matters);
//! * anything else: not enough data.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Summary, mean, number, variance};

/// Which way a figure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// More is better: throughput.
    More,
    /// Less is better, and it is time: latency.
    LessTime,
    /// Less is better, and it is an effort: bus commands a frame.
    LessEffort,
}

/// How a comparison is judged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// How often the interval holds the truth, when this comparison is the only one.
    pub confidence: f64,
    /// The least effect that matters, as a part: 0.03 is 3 %.
    pub min_effect: f64,
    /// Repetitions of each side, below which nothing is claimed.
    pub min_repetitions: usize,
    /// Comparisons made together: the certainty is that of all of them.
    pub comparisons: usize,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            confidence: 0.95,
            min_effect: 0.03,
            min_repetitions: 3,
            comparisons: 1,
        }
    }
}

impl Rule {
    /// The error one comparison may have, so that all together have the one promised (Bonferroni).
    fn error(&self) -> f64 {
        (1.0 - self.confidence) / number(self.comparisons.max(1))
    }
}

/// What is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Better, by what matters.
    Better,
    /// Worse, by what matters.
    Worse,
    /// Equal, within what matters.
    NoDifference,
    /// Neither can be said.
    NotEnoughData,
}

impl Verdict {
    /// In words that fit the figure.
    #[must_use]
    pub fn word(self, direction: Direction) -> &'static str {
        match (self, direction) {
            (Self::NoDifference, _) => "no difference",
            (Self::NotEnoughData, _) => "not enough data",
            (Self::Better, Direction::LessEffort) => "less",
            (Self::Worse, Direction::LessEffort) => "more",
            (Self::Better, _) => "faster",
            (Self::Worse, _) => "slower",
        }
    }
}

/// One variant's figure against another's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What it is compared with.
    pub baseline: Summary,
    /// What is compared.
    pub other: Summary,
    /// Relative change of the mean (geometric where all figures are above 0); `None` when the
    /// baseline is 0 and the other is not.
    pub change: Option<f64>,
    /// Lower end of the interval, as a relative change.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Probability that the interval holds the truth, after correction for several comparisons.
    pub confidence: f64,
    /// The claim.
    pub verdict: Verdict,
    /// Repetitions of each side that would probably settle it, when it is not settled.
    pub needed: Option<usize>,
    /// No repetition differed from another: a deterministic target, or a broken counter.
    pub identical: bool,
}

/// Difference of two means with its standard error and degrees of freedom (Welch-Satterthwaite).
struct Difference {
    estimate: f64,
    error: f64,
    freedom: f64,
}

impl Difference {
    fn of(baseline: &[f64], other: &[f64]) -> Self {
        let part = |values: &[f64]| variance(values) / number(values.len().max(1));
        let (a, b) = (part(baseline), part(other));
        let weight = |part: f64, n: usize| part * part / number(n.saturating_sub(1).max(1));
        let denominator = weight(a, baseline.len()) + weight(b, other.len());
        Self {
            estimate: mean(other) - mean(baseline),
            error: (a + b).sqrt(),
            freedom: if denominator > 0.0 {
                (a + b).powi(2) / denominator
            } else {
                f64::INFINITY
            },
        }
    }

    fn interval(&self, error: f64) -> (f64, f64) {
        let half = if self.error == 0.0 {
            0.0
        } else {
            student(1.0 - error / 2.0, self.freedom) * self.error
        };
        (self.estimate - half, self.estimate + half)
    }
}

/// Quantile of Student's distribution.
#[must_use]
pub fn student(probability: f64, freedom: f64) -> f64 {
    // From there on it is the normal one to four digits, and statrs is slow.
    StudentsT::new(0.0, 1.0, freedom.clamp(1.0, 1e5))
        .map_or(f64::INFINITY, |t| t.inverse_cdf(probability))
}

/// Mean of figures with its interval, at the rule's certainty; `None` of fewer than two.
#[must_use]
pub fn interval_of_mean(values: &[f64], rule: &Rule) -> Option<(f64, f64)> {
    if values.len() < 2 {
        return None;
    }
    let deviation = variance(values);
    if deviation == 0.0 {
        return Some((mean(values), mean(values)));
    }
    let half = student(1.0 - rule.error() / 2.0, number(values.len()) - 1.0)
        * (deviation / number(values.len())).sqrt();
    Some((mean(values) - half, mean(values) + half))
}

/// Judges one variant's figures against another's; `None` when a side has none.
#[must_use]
pub fn compare(
    baseline: &[f64],
    other: &[f64],
    direction: Direction,
    rule: &Rule,
) -> Option<Comparison> {
    let summaries = (Summary::of(baseline)?, Summary::of(other)?);
    let all_positive = baseline.iter().chain(other).all(|value| *value > 0.0);
    let reference = summaries.0.mean;

    let (difference, to_change): (Difference, Box<dyn Fn(f64) -> Option<f64>>) = if all_positive {
        let log = |values: &[f64]| values.iter().map(|v| v.ln()).collect::<Vec<_>>();
        (
            Difference::of(&log(baseline), &log(other)),
            Box::new(|log: f64| Some(log.exp() - 1.0)),
        )
    } else {
        (
            Difference::of(baseline, other),
            Box::new(move |absolute: f64| {
                if absolute == 0.0 {
                    Some(0.0)
                } else {
                    (reference != 0.0).then(|| absolute / reference.abs())
                }
            }),
        )
    };
    // The minimum effect on the scale of the difference, upwards and downwards.
    let (down, up) = if all_positive {
        ((1.0 - rule.min_effect).ln(), (1.0 + rule.min_effect).ln())
    } else {
        let most = summaries.0.mean.abs().max(summaries.1.mean.abs()) * rule.min_effect;
        (-most, most)
    };

    let enough = baseline.len().min(other.len()) >= rule.min_repetitions.max(2);
    let interval =
        (baseline.len().min(other.len()) >= 2).then(|| difference.interval(rule.error()));
    let verdict = match interval {
        Some((low, high)) if enough => {
            let rose = low > 0.0 && difference.estimate >= up;
            let sank = high < 0.0 && difference.estimate <= down;
            match (rose, sank, direction) {
                (true, _, Direction::More)
                | (_, true, Direction::LessTime | Direction::LessEffort) => Verdict::Better,
                (true, ..) | (_, true, _) => Verdict::Worse,
                _ if low >= down && high <= up => Verdict::NoDifference,
                _ => Verdict::NotEnoughData,
            }
        }
        _ => Verdict::NotEnoughData,
    };
    let needed = (verdict == Verdict::NotEnoughData)
        .then(|| needed(&difference, baseline.len(), other.len(), up, rule))
        .flatten();
    Some(Comparison {
        change: to_change(difference.estimate),
        low: interval.and_then(|(low, _)| to_change(low)),
        high: interval.and_then(|(_, high)| to_change(high)),
        confidence: 1.0 - rule.error(),
        verdict,
        needed,
        identical: summaries.0.sd == 0.0 && summaries.1.sd == 0.0,
        baseline: summaries.0,
        other: summaries.1,
    })
}

/// Repetitions of each side after which a claim is probable (about 4 in 5), if the spread stays
/// what it seems to be.
fn needed(difference: &Difference, a: usize, b: usize, effect: f64, rule: &Rule) -> Option<usize> {
    const CHANCE: f64 = 0.85;
    if difference.error == 0.0 {
        return Some(rule.min_repetitions);
    }
    // The spread of one repetition, as if it were the same on both sides.
    let spread = difference.error / (1.0 / number(a) + 1.0 / number(b)).sqrt();
    // A difference that is there is to be seen; one that is not, to be excluded.
    let estimate = difference.estimate.abs();
    let room = if estimate >= effect {
        estimate
    } else {
        effect - estimate / 2.0
    };
    let settles = |n: usize| {
        let freedom = 2.0 * (number(n) - 1.0);
        let error = spread * (2.0 / number(n)).sqrt();
        room >= error * (student(1.0 - rule.error() / 2.0, freedom) + CHANCE)
    };
    // What settles it with so many does with more.
    let (mut low, mut high) = (rule.min_repetitions.max(2), 100_000);
    if !settles(high) {
        return None;
    }
    while low < high {
        let middle = usize::midpoint(low, high);
        if settles(middle) {
            high = middle;
        } else {
            low = middle.saturating_add(1);
        }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule {
        confidence: 0.95,
        min_effect: 0.03,
        min_repetitions: 3,
        comparisons: 1,
    };

    fn judge(a: &[f64], b: &[f64]) -> Comparison {
        compare(a, b, Direction::More, &RULE).unwrap()
    }

    #[test]
    fn welch_as_published() {
        // Values and result of the example in R's documentation of t.test (extra hours of sleep),
        // on the plain scale: a zero keeps it from taking logarithms.
        let one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let two = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let difference = Difference::of(&two, &one);
        assert!((difference.freedom - 17.776).abs() < 1e-3);
        let (low, high) = difference.interval(0.05);
        assert!((low + 3.365_488_3).abs() < 1e-4, "{low}");
        assert!((high - 0.205_483_2).abs() < 1e-4, "{high}");
    }

    #[test]
    fn students_quantiles() {
        for (freedom, expected) in [
            (2.0, 4.302_653),
            (4.0, 2.776_445),
            (10.0, 2.228_139),
            (1e9, 1.959_964),
        ] {
            assert!((student(0.975, freedom) - expected).abs() < 1e-4);
        }
    }

    #[test]
    fn the_campaigns_c2_is_not_enough_data() {
        let comparison = judge(&[2.363, 2.590, 2.102], &[2.289, 2.165, 2.376]);
        assert_eq!(comparison.verdict, Verdict::NotEnoughData);
        assert!((comparison.change.unwrap() + 0.03).abs() < 0.005);
        assert!(comparison.needed.unwrap() > 20, "{:?}", comparison.needed);
    }

    #[test]
    fn one_repetition_proves_nothing() {
        // +73 % stood against a single repetition.
        let comparison = judge(&[1.362], &[2.363, 2.590, 2.102]);
        assert_eq!(comparison.verdict, Verdict::NotEnoughData);
        assert_eq!((comparison.low, comparison.high), (None, None));
        assert!((comparison.change.unwrap() - 0.722).abs() < 0.002);
    }

    #[test]
    fn a_large_effect_is_found_at_three() {
        let comparison = judge(&[1.36, 1.30, 1.45], &[2.363, 2.590, 2.102]);
        assert_eq!(comparison.verdict, Verdict::Better);
        let comparison = judge(&[2.363, 2.590, 2.102], &[1.36, 1.30, 1.45]);
        assert_eq!(comparison.verdict, Verdict::Worse);
        assert_eq!(comparison.verdict.word(Direction::More), "slower");
    }

    #[test]
    fn a_certain_but_small_effect_is_no_difference() {
        let comparison = judge(&[100.0, 100.1, 99.9], &[101.0, 101.1, 100.9]);
        assert!(comparison.low.unwrap() > 0.0);
        assert_eq!(comparison.verdict, Verdict::NoDifference);
    }

    #[test]
    fn counts_of_zero() {
        let less = |a: &[f64], b: &[f64]| compare(a, b, Direction::LessEffort, &RULE).unwrap();
        let gone = less(&[86.4, 85.0, 88.0], &[0.0, 0.0, 0.0]);
        assert_eq!(gone.verdict, Verdict::Better);
        assert_eq!(gone.verdict.word(Direction::LessEffort), "less");
        assert!((gone.change.unwrap() + 1.0).abs() < 1e-9);
        let none = less(&[0.0; 3], &[0.0; 3]);
        assert_eq!(
            (none.verdict, none.identical, none.change),
            (Verdict::NoDifference, true, Some(0.0))
        );
        let new = less(&[0.0; 3], &[5.0, 6.0, 7.0]);
        assert_eq!((new.verdict, new.change), (Verdict::Worse, None));
    }

    #[test]
    fn several_comparisons_want_more_certainty() {
        let (a, b) = ([100.0, 103.0, 98.0, 101.0], [106.0, 109.0, 103.0, 108.0]);
        let alone = judge(&a, &b);
        let among = compare(
            &a,
            &b,
            Direction::More,
            &Rule {
                comparisons: 20,
                ..RULE
            },
        )
        .unwrap();
        assert_eq!(alone.verdict, Verdict::Better);
        assert!(among.low.unwrap() < alone.low.unwrap());
        assert_eq!(among.verdict, Verdict::NotEnoughData);
    }

    #[test]
    fn the_advice_is_enough() {
        let needed = judge(&[95.0, 100.0, 106.0], &[101.0, 108.0, 112.0])
            .needed
            .unwrap();
        assert!((5..40).contains(&needed), "{needed}");
    }

    #[test]
    fn an_empty_side_is_no_comparison() {
        assert_eq!(compare(&[], &[1.0], Direction::More, &RULE), None);
    }
}
