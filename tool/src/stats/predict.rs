// SPDX-License-Identifier: GPL-2.0-only
//! Predictions: written down before the run, judged after it.
//!
//! ```text
//! rx_mb_s >= +5%                 against the baseline: at least 5 % more
//! patch-c2: rx_mb_s = +5..+15%   only this variant, a range
//! receive_work_s = 0         the figure itself
//! rx_mb_s >= 1
//! ```

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::metrics;

/// What was expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// As it was written.
    pub text: String,
    /// The one variant it is about; otherwise each that is not the baseline.
    pub variant: Option<String>,
    /// Name of the figure.
    pub metric: String,
    /// A change against the baseline, and not the figure itself.
    pub relative: bool,
    /// Least value that is right; a change is a part, 0.05 for 5 %.
    pub low: Option<f64>,
    /// Greatest value that is right.
    pub high: Option<f64>,
}

/// How a prediction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The whole interval is where it was said to be.
    Held,
    /// The whole interval is elsewhere.
    Broken,
    /// The interval is on both sides, or there is none.
    Unsettled,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Held => "held",
            Self::Broken => "did not hold",
            Self::Unsettled => "not settled",
        })
    }
}

impl Prediction {
    /// Judges the interval of what was measured, in the prediction's own unit.
    #[must_use]
    pub fn judge(&self, interval: Option<(f64, f64)>) -> Outcome {
        let Some((low, high)) = interval else {
            return Outcome::Unsettled;
        };
        let least = self.low.unwrap_or(f64::NEG_INFINITY);
        let most = self.high.unwrap_or(f64::INFINITY);
        if low >= least && high <= most {
            Outcome::Held
        } else if high < least || low > most {
            Outcome::Broken
        } else {
            Outcome::Unsettled
        }
    }
}

impl FromStr for Prediction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "a prediction is like 'rx_mb_s >= +5%', 'NAME: rx_mb_s = +5..+15%' or 'receive_work_s = 0'";
        let (variant, rest) = match text.split_once(':') {
            Some((name, rest)) => (Some(name.trim().to_owned()), rest),
            None => (None, text),
        };
        let place = rest.find(['<', '>', '=']).ok_or(wanted)?;
        let (metric, rest) = rest.split_at(place);
        let metric = metric.trim();
        let known = metrics::find(metric)?;
        let operator = if rest.starts_with(">=") || rest.starts_with("<=") {
            2
        } else {
            1
        };
        let (operator, value) = rest.split_at(operator);
        let value = value.trim();
        let (value, percent) = match value.strip_suffix('%') {
            Some(value) => (value.trim_end(), true),
            None => (value, false),
        };
        let (first, second) = match value.split_once("..") {
            Some((first, second)) => (first, Some(second)),
            None => (value, None),
        };
        let signed = |text: &str| text.trim().starts_with(['+', '-']);
        if percent && !(signed(first) && second.is_none_or(signed)) {
            return Err(format!(
                "a change has a sign: write '+5%' or '-5%' and not '{value}%'"
            ));
        }
        let parse = |text: &str| {
            text.trim()
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .map(|number| if percent { number / 100.0 } else { number })
                .ok_or_else(|| format!("'{}' is not a number; {wanted}", text.trim()))
        };
        let first = parse(first)?;
        let (low, high) = match (operator, second) {
            ("=", None) => (Some(first), Some(first)),
            ("=", Some(second)) => {
                let second = parse(second)?;
                (Some(first.min(second)), Some(first.max(second)))
            }
            (_, Some(_)) => return Err(format!("a range wants '=' and not '{operator}'")),
            (">=" | ">", None) => (Some(first), None),
            (_, None) => (None, Some(first)),
        };
        Ok(Self {
            text: text.trim().to_owned(),
            variant,
            metric: known.name.to_owned(),
            relative: percent,
            low,
            high,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Prediction {
        text.parse().unwrap()
    }

    #[test]
    fn reads_changes_figures_and_ranges() {
        let change = read("rx_mb_s >= +5%");
        assert_eq!(
            (change.relative, change.low, change.high),
            (true, Some(0.05), None)
        );
        let range = read("patch-c2: rx_mb_s = +5..+15%");
        assert_eq!(range.variant.as_deref(), Some("patch-c2"));
        assert_eq!((range.low, range.high), (Some(0.05), Some(0.15)));
        let figure = read("receive_work_s = 0");
        assert_eq!(
            (figure.relative, figure.low, figure.high),
            (false, Some(0.0), Some(0.0))
        );
        let less = read("transmit_work_s<=-99%");
        assert_eq!((less.low, less.high), (None, Some(-0.99)));
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        let error = |text: &str| text.parse::<Prediction>().unwrap_err();
        assert!(error("rx_mb >= +5%").contains("did you mean 'rx_mb_s'?"));
        assert!(error("rx_mb_s >= 5%").contains("a change has a sign"));
        assert!(error("rx_mb_s faster").contains("a prediction is like"));
        assert!(error("rx_mb_s >= +five%").contains("not a number"));
        assert!(error("rx_mb_s >= +5..+6%").contains("a range wants '='"));
        assert!(error("rx_mb_s >= inf").contains("not a number"));
    }

    #[test]
    fn judges_by_the_whole_interval() {
        let prediction = read("rx_mb_s >= +5%");
        assert_eq!(prediction.judge(Some((0.06, 0.2))), Outcome::Held);
        assert_eq!(prediction.judge(Some((-0.2, 0.04))), Outcome::Broken);
        assert_eq!(prediction.judge(Some((-0.1, 0.15))), Outcome::Unsettled);
        assert_eq!(prediction.judge(None), Outcome::Unsettled);
        assert_eq!(
            read("receive_work_s = 0").judge(Some((0.0, 0.0))),
            Outcome::Held
        );
        assert_eq!(
            read("receive_work_s = 0").judge(Some((80.0, 90.0))),
            Outcome::Broken
        );
    }
}
