// SPDX-License-Identifier: GPL-2.0-only
//! What people read: tables for a terminal, Markdown, plots.

pub mod markdown;
pub mod plots;
pub mod table;

use crate::{analysis::Judged, stats::Summary};

/// A figure with about four digits.
#[must_use]
pub fn figure(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => return "0".to_owned(),
        size if size >= 1000.0 => 0,
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        size if size >= 0.1 => 3,
        size if size >= 0.001 => 5,
        _ => return format!("{value:.1e}"),
    };
    format!("{value:.digits$}")
}

/// A change in percent, with its sign.
#[must_use]
pub fn change(part: f64) -> String {
    let percent = part * 100.0;
    let digits = match percent.abs() {
        size if size >= 100.0 => 0,
        size if size >= 1.0 => 1,
        _ => 2,
    };
    // No minus before nothing.
    let text = format!("{percent:+.digits$} %");
    if text.trim_matches(['+', '-', '0', '.', ' ', '%']).is_empty() {
        "0 %".to_owned()
    } else {
        text.replace('-', "−")
    }
}

/// Mean and spread.
#[must_use]
pub fn mean_and_spread(summary: &Summary) -> String {
    if summary.n < 2 {
        figure(summary.mean)
    } else {
        format!("{} ± {}", figure(summary.mean), figure(summary.sd))
    }
}

/// The change of a comparison; a figure that was 0 has none.
#[must_use]
pub fn effect(judged: &Judged) -> String {
    let comparison = &judged.comparison;
    comparison.change.map_or_else(
        || {
            format!(
                "{} → {}",
                figure(comparison.baseline.mean),
                figure(comparison.other.mean)
            )
        },
        change,
    )
}

/// The interval of a comparison.
#[must_use]
pub fn interval(judged: &Judged) -> String {
    match (judged.comparison.low, judged.comparison.high) {
        (Some(low), Some(high)) => format!("{} … {}", change(low), change(high)),
        _ => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_four_digits() {
        for (value, text) in [
            (0.0, "0"),
            (86.4, "86.40"),
            (2.3517, "2.352"),
            (5793.4, "5793"),
            (0.0123, "0.01230"),
            (276.1, "276.1"),
            (0.000_02, "2.0e-5"),
        ] {
            assert_eq!(figure(value), text);
        }
    }

    #[test]
    fn changes_have_a_sign() {
        for (part, text) in [
            (0.73, "+73.0 %"),
            (-0.031, "−3.1 %"),
            (0.0, "0 %"),
            (-0.000_001, "0 %"),
            (0.004, "+0.40 %"),
            (5.2, "+520 %"),
        ] {
            assert_eq!(change(part), text);
        }
    }
}
