// SPDX-License-Identifier: GPL-2.0-only
//! What is said of numbers, and with which certainty.
//!
//! The unit is the repetition: a fresh guest, a fresh chip, a fresh listener. Samples within one are
//! not independent of each other (see [`blocks`]), so they never count as so many repetitions.

pub mod blocks;
pub mod compare;
pub mod predict;
pub mod simulate;

use serde::{Deserialize, Serialize};

/// What is known of a list of numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many there are.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation of the sample; 0 for fewer than two numbers.
    pub sd: f64,
    /// The least.
    pub min: f64,
    /// The one in the middle, or the mean of both.
    pub median: f64,
    /// The greatest.
    pub max: f64,
}

impl Summary {
    /// Sums up finite numbers; `None` without any.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len();
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let upper = *sorted.get(n / 2)?;
        let median = if n % 2 == 1 {
            upper
        } else {
            f64::midpoint(*sorted.get((n / 2).saturating_sub(1))?, upper)
        };
        let mean = mean(&sorted);
        Some(Self {
            n,
            mean,
            sd: variance(&sorted).sqrt(),
            min,
            median,
            max,
        })
    }

    /// Standard deviation as a part of the mean.
    #[must_use]
    pub fn spread(&self) -> f64 {
        if self.mean == 0.0 {
            0.0
        } else {
            self.sd / self.mean.abs()
        }
    }
}

/// A count as a number; exact below 2^53.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of this program are far below 2^53"
)]
pub fn number(count: usize) -> f64 {
    count as f64
}

/// Arithmetic mean; 0 of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.iter().sum::<f64>() / number(values.len())
}

/// Variance of the sample, with n - 1; 0 of fewer than two.
#[must_use]
pub fn variance(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let middle = mean(values);
    let squares: f64 = values.iter().map(|v| (v - middle).powi(2)).sum();
    squares / number(values.len().saturating_sub(1))
}

/// The value below which a part of the sorted numbers lies, interpolated; `None` of nothing.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index of a list, between 0 and its length"
)]
pub fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let place = part.clamp(0.0, 1.0) * number(sorted.len().checked_sub(1)?);
    let below = *sorted.get(place.floor() as usize)?;
    let above = *sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_up() {
        // The campaign's three repetitions of patch-c-v3.
        let summary = Summary::of(&[2.363, 2.590, 2.102]).unwrap();
        assert!((summary.mean - 2.3517).abs() < 1e-4);
        assert!((summary.sd - 0.2442).abs() < 1e-4);
        assert!((summary.median - 2.363).abs() < 1e-9);
        assert!((summary.spread() - 0.1038).abs() < 1e-4);
    }

    #[test]
    fn nothing_and_one() {
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[f64::NAN]), None);
        let one = Summary::of(&[4.0]).unwrap();
        assert_eq!((one.n, one.sd, one.median), (1, 0.0, 4.0));
    }

    #[test]
    fn quantiles_interpolate() {
        let sorted = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(quantile(&sorted, 0.0), Some(1.0));
        assert_eq!(quantile(&sorted, 0.5), Some(2.5));
        assert_eq!(quantile(&sorted, 1.0), Some(4.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
