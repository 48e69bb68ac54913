// SPDX-License-Identifier: GPL-2.0-only
//! Block means: what a series of samples says of its own mean although they hang together.
//!
//! A Wi-Fi link that is slow now is slow in the next tenth of a second, too. Taken as independent,
//! such samples claim a certainty that is not there. Means of long enough blocks are nearly
//! independent; their number is what counts.

use serde::{Deserialize, Serialize};

use super::{mean, number, variance};

/// Fewer blocks say nothing of their own spread.
const FEWEST_BLOCKS: usize = 8;
/// Correlation of neighbouring blocks that is near enough to none.
const UNCORRELATED: f64 = 0.1;

/// What the samples of one repetition say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Within {
    /// Mean of all samples, in the unit of the samples.
    pub mean: f64,
    /// Samples in a block.
    pub block: usize,
    /// Blocks.
    pub blocks: usize,
    /// Standard error of the mean, from the block means.
    pub standard_error: f64,
    /// Correlation of neighbouring samples.
    pub correlation: f64,
    /// The same of the block means.
    pub block_correlation: f64,
    /// Mean of the second half over that of the first: below 1 when the rate sank.
    pub trend: f64,
}

impl Within {
    /// Looks at the samples of one repetition; `None` when they are too few for blocks.
    #[must_use]
    pub fn of(samples: &[f64]) -> Option<Self> {
        let mut block = 1;
        if samples.len() < FEWEST_BLOCKS {
            return None;
        }
        let mut means = samples.to_vec();
        // Blocks grow until neighbours do not know each other, or there would be too few.
        while correlation(&means).abs() > UNCORRELATED
            && samples.len() / (block * 2) >= FEWEST_BLOCKS
        {
            block *= 2;
            means = block_means(samples, block);
        }
        let (first, second) = samples.split_at(samples.len() / 2);
        let first = mean(first);
        Some(Self {
            mean: mean(samples),
            block,
            blocks: means.len(),
            standard_error: (variance(&means) / number(means.len())).sqrt(),
            correlation: correlation(samples),
            block_correlation: correlation(&means),
            trend: if first == 0.0 {
                1.0
            } else {
                mean(second) / first
            },
        })
    }
}

/// Means of whole blocks; what is left at the end is no block.
#[must_use]
pub fn block_means(samples: &[f64], block: usize) -> Vec<f64> {
    samples.chunks_exact(block.max(1)).map(mean).collect()
}

/// Correlation of each sample with the one before it; 0 when they do not vary.
#[must_use]
pub fn correlation(samples: &[f64]) -> f64 {
    let middle = mean(samples);
    let squares: f64 = samples.iter().map(|v| (v - middle).powi(2)).sum();
    if squares <= f64::EPSILON * middle * middle {
        return 0.0;
    }
    let products: f64 = samples
        .iter()
        .zip(samples.iter().skip(1))
        .map(|(a, b)| (a - middle) * (b - middle))
        .sum();
    products / squares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::simulate::{Noise, correlated};

    #[test]
    fn blocks_see_what_single_samples_hide() {
        // The truth: means of many series, taken as they come.
        let mut noise = Noise::seeded(7);
        let series: Vec<Vec<f64>> = (0..300)
            .map(|_| correlated(&mut noise, 300, 100.0, 10.0, 0.9))
            .collect();
        let means: Vec<f64> = series.iter().map(|s| mean(s)).collect();
        let truth = variance(&means).sqrt();
        let naive = mean(
            &series
                .iter()
                .map(|s| (variance(s) / number(s.len())).sqrt())
                .collect::<Vec<_>>(),
        );
        let blocked = mean(
            &series
                .iter()
                .map(|s| Within::of(s).unwrap().standard_error)
                .collect::<Vec<_>>(),
        );
        assert!(naive < truth * 0.35, "naive {naive}, true {truth}");
        assert!(blocked > truth * 0.6, "blocks {blocked}, true {truth}");
        assert!(blocked < truth * 1.3, "blocks {blocked}, true {truth}");
    }

    #[test]
    fn independent_samples_stay_single() {
        let mut noise = Noise::seeded(3);
        let within = Within::of(&correlated(&mut noise, 4000, 5.0, 1.0, 0.0)).unwrap();
        assert_eq!(within.block, 1);
        assert!((within.standard_error - 1.0 / 4000_f64.sqrt()).abs() < 0.002);
    }

    #[test]
    fn constant_samples_have_no_error() {
        let within = Within::of(&[3.0; 64]).unwrap();
        assert_eq!(
            (within.block, within.standard_error, within.trend),
            (1, 0.0, 1.0)
        );
    }

    #[test]
    fn a_sinking_rate_shows() {
        let samples: Vec<f64> = (0..100).map(|i| 100.0 - f64::from(i)).collect();
        assert!(Within::of(&samples).unwrap().trend < 0.4);
    }

    #[test]
    fn too_few_samples_are_no_series() {
        assert_eq!(Within::of(&[1.0; 7]), None);
        assert_eq!(block_means(&[1.0, 3.0, 9.0], 2), [2.0]);
    }
}
