// SPDX-License-Identifier: GPL-2.0-only
//! The figures a receipt has, what they mean, and which way they are better.
//!
//! Names, units and definitions are those of docs/ramp.md.

use crate::{stats::compare::Direction, suggest};

/// A figure of a repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name in receipts and predictions.
    pub name: &'static str,
    /// What it says, for headings.
    pub title: &'static str,
    /// Its unit, as it is printed.
    pub unit: &'static str,
    /// Which way it is better.
    pub direction: Direction,
}

const fn metric(
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    direction: Direction,
) -> Metric {
    Metric {
        name,
        title,
        unit,
        direction,
    }
}

/// All figures, in the order of reports.
pub const ALL: &[Metric] = &[
    metric("rx_mb_s", "received", "MB/s", Direction::More),
    metric("tx_mb_s", "sent", "MB/s", Direction::More),
    metric("rx_frames_s", "frames received", "1/s", Direction::More),
    metric("tx_frames_s", "frames sent", "1/s", Direction::More),
    metric(
        "latency_median_ms",
        "latency, median",
        "ms",
        Direction::LessTime,
    ),
    metric(
        "latency_p95_ms",
        "latency, 95th percentile",
        "ms",
        Direction::LessTime,
    ),
    metric(
        "receive_work_s",
        "receive work",
        "1/s",
        Direction::LessEffort,
    ),
    metric(
        "transmit_work_s",
        "transmit work",
        "1/s",
        Direction::LessEffort,
    ),
    metric("bottom_half_s", "bottom half", "1/s", Direction::LessEffort),
    metric(
        "bus_commands_per_frame",
        "bus commands",
        "1/frame",
        Direction::LessEffort,
    ),
    metric(
        "wakeups_per_frame",
        "wake-ups",
        "1/frame",
        Direction::LessEffort,
    ),
    metric("frames_per_batch", "frames", "1/batch", Direction::More),
    metric(
        "cpu_us_per_frame",
        "CPU time",
        "µs/frame",
        Direction::LessEffort,
    ),
];

/// The figure of that name, or a sentence with the nearest one.
///
/// # Errors
///
/// There is none.
pub fn find(name: &str) -> Result<Metric, String> {
    ALL.iter()
        .find(|metric| metric.name == name)
        .copied()
        .ok_or_else(|| {
            format!(
                "no figure is called '{name}'{}; there are: {}",
                suggest::nearest(name, ALL.iter().map(|metric| metric.name)),
                ALL.iter()
                    .map(|metric| metric.name)
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        })
}

/// The figure that a load is about: the one that verdicts are first given on.
#[must_use]
pub fn primary(load: &str) -> &'static str {
    match load {
        "latency" => "latency_p95_ms",
        "tcp-up" | "udp-up" => "tx_mb_s",
        "small-down" => "rx_frames_s",
        "small-up" => "tx_frames_s",
        _ => "rx_mb_s",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for (place, metric) in ALL.iter().enumerate() {
            assert_eq!(find(metric.name), Ok(*metric));
            assert!(!ALL[..place].iter().any(|other| other.name == metric.name));
        }
    }

    #[test]
    fn a_typo_gets_a_suggestion() {
        assert!(
            find("rx_mbs")
                .unwrap_err()
                .contains("did you mean 'rx_mb_s'?")
        );
    }

    #[test]
    fn every_load_has_a_figure() {
        for load in crate::cli::LOADS {
            assert!(find(primary(load)).is_ok());
        }
    }
}
