// SPDX-License-Identifier: GPL-2.0-only
//! The figures that the campaign recorded on its tablet: second-hand, for orientation.
//!
//! Nothing is compared with them by a verdict: they come from another radio, another room and
//! another kernel. A comparison measures both sides.

use std::{collections::BTreeMap, fmt::Write};

use serde::{Deserialize, Serialize};

use crate::{
    analysis::{Analysis, VariantResult},
    error::{Error, Result},
    manifest::from_toml,
    report::{change, figure, interval, mean_and_spread, table::table},
    stats::{
        Summary,
        compare::{Direction, Rule, compare},
    },
};

/// What must stand beside every use of them.
pub const MARK: &str = "second-hand: recorded by the campaign on one tablet, not measured here";

/// A prediction of the campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicted {
    /// What it is about.
    pub metric: String,
    /// What was expected.
    pub value: String,
    /// How sure they were.
    pub confidence: String,
    /// Whether it came so.
    pub met: bool,
}

/// Repetitions of one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Its name here.
    pub name: String,
    /// What ran.
    pub variant: String,
    /// Identity of the module.
    #[serde(default)]
    pub srcversion: Option<String>,
    /// What is known of it.
    #[serde(default)]
    pub srcversion_prefix: Option<String>,
    /// Length of a repetition.
    #[serde(default)]
    pub duration_s: Option<u64>,
    /// Received, 2^20 bytes a second.
    pub mb_s: Vec<f64>,
    /// Measured lengths.
    #[serde(default)]
    pub elapsed_s: Vec<f64>,
    /// Bytes received.
    #[serde(default)]
    pub rx_bytes: Vec<u64>,
    /// How long the chip had been up.
    #[serde(default)]
    pub uptime_s: Vec<u64>,
    /// Dispatches of transmit work.
    #[serde(default)]
    pub sdio_tx_work_dispatches: Vec<u64>,
    /// Dispatches a second.
    #[serde(default)]
    pub dispatches_per_s: BTreeMap<String, f64>,
    /// What was predicted.
    #[serde(default)]
    pub predicted: Vec<Predicted>,
    /// What was said of it.
    #[serde(default)]
    pub claim: Option<String>,
    /// What else is known.
    #[serde(default)]
    pub note: Option<String>,
}

/// How they measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protocol {
    /// The load.
    pub sender: String,
    /// Its cap.
    pub sender_cap_mb_s: f64,
    /// Repetitions.
    pub repetitions: u64,
    /// How long a chip counts as fresh.
    pub fresh_chip_window_s: u64,
    /// Whether each repetition had a listener of its own.
    pub fresh_listener_per_repetition: bool,
    /// How telemetry travelled.
    pub telemetry_path: String,
    /// What was counted.
    pub counters: Vec<String>,
    /// What each claim needs.
    pub receipts: Vec<String>,
}

/// All that was recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// How.
    pub protocol: Protocol,
    /// What.
    pub series: Vec<Series>,
}

impl Campaign {
    /// The figures that are part of this program.
    ///
    /// # Errors
    ///
    /// The file it was built with is damaged.
    pub fn recorded() -> Result<Self> {
        from_toml(include_str!("../data/campaign.toml"))
            .map_err(|error| Error::Input(format!("campaign.toml: {error}")))
    }

    fn series(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.name == name)
    }

    /// The table for a terminal, beside what an analysis found. `recorded` says which series a
    /// variant re-makes.
    #[must_use]
    pub fn report(
        &self,
        ours: Option<&Analysis>,
        recorded: &dyn Fn(&str) -> Vec<String>,
    ) -> String {
        let mut text = format!("The campaign's figures, received MB/s ({MARK})\n\n");
        let measured = |series: &Series| -> Option<&VariantResult> {
            ours?.variants.iter().find(|variant| {
                !variant.planned.control
                    && recorded(&variant.planned.variant).contains(&series.name)
            })
        };
        let mut headings = vec![
            "series",
            "N",
            "theirs",
            "receive work/s",
            "transmit work/s",
            "bottom half/s",
        ];
        if ours.is_some() {
            headings.extend([
                "ours as",
                "N",
                "ours",
                "receive work/s",
                "transmit work/s",
                "bottom half/s",
            ]);
        }
        let rows = self
            .series
            .iter()
            .map(|series| {
                let count = |name: &str| {
                    series
                        .dispatches_per_s
                        .get(name)
                        .map_or_else(|| "–".to_owned(), |value| figure(*value))
                };
                let mut row = vec![
                    series.name.clone(),
                    series.mb_s.len().to_string(),
                    Summary::of(&series.mb_s)
                        .map_or_else(|| "–".to_owned(), |summary| mean_and_spread(&summary)),
                    count("sdio_rx_work"),
                    count("sdio_tx_work"),
                    count("bh_work_redispatch"),
                ];
                if ours.is_some() {
                    let variant = measured(series);
                    let of = |name: &str| {
                        variant
                            .and_then(|variant| variant.metrics.get(name))
                            .map_or_else(|| "–".to_owned(), |found| mean_and_spread(&found.summary))
                    };
                    row.extend([
                        variant.map_or_else(
                            || "–".to_owned(),
                            |variant| variant.planned.label.clone(),
                        ),
                        variant
                            .map_or_else(|| "–".to_owned(), |variant| variant.measured.to_string()),
                        of("rx_mb_s"),
                        of("receive_work_s"),
                        of("transmit_work_s"),
                        of("bottom_half_s"),
                    ]);
                }
                row
            })
            .collect();
        text.push_str(&table(&headings, 1, rows));
        text.push_str("\n\nWhat they claimed, and what this program says of the same numbers:\n");
        for (one, other) in [
            ("patch-b-preflight", "patch-c-v3"),
            ("patch-c-v3", "patch-c2"),
        ] {
            let (Some(one), Some(other)) = (self.series(one), self.series(other)) else {
                continue;
            };
            let Some(comparison) =
                compare(&one.mb_s, &other.mb_s, Direction::More, &Rule::default())
            else {
                continue;
            };
            let word = comparison.verdict.word(Direction::More);
            let judged = crate::analysis::Judged {
                metric: "rx_mb_s",
                against: one.name.clone(),
                variant: other.name.clone(),
                word,
                comparison,
            };
            let _ = writeln!(
                text,
                "  {} against {}: \"{}\"\n    {}; {}; {word} (N = {} and {})",
                other.name,
                one.name,
                other.claim.as_deref().unwrap_or("nothing"),
                judged.comparison.change.map_or_else(String::new, change),
                interval(&judged),
                one.mb_s.len(),
                other.mb_s.len(),
            );
        }
        if ours.is_some() {
            text.push_str("\nTheir numbers are of a radio, ours are not unless the target was a tablet: compare structure, not rates.\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_theirs() {
        let campaign = Campaign::recorded().unwrap();
        let c = campaign.series("patch-c-v3").unwrap();
        assert_eq!(c.mb_s, [2.363, 2.590, 2.102]);
        // Their rates follow from their bytes and seconds.
        for ((rate, bytes), seconds) in c.mb_s.iter().zip(&c.rx_bytes).zip(&c.elapsed_s) {
            let found = u32::try_from(*bytes).map(f64::from).unwrap() / seconds / 1_048_576.0;
            assert!((found - rate).abs() < 0.002, "{found} is not {rate}");
        }
    }

    #[test]
    fn says_that_they_are_second_hand() {
        let text = Campaign::recorded().unwrap().report(None, &|_| Vec::new());
        assert!(text.contains("second-hand"));
        assert!(text.contains("+73 % over patch-b-preflight"));
        // One repetition on one side.
        assert!(text.contains("not enough data (N = 1 and 3)"), "{text}");
    }

    #[test]
    fn a_typo_is_refused() {
        let text = include_str!("../data/campaign.toml").replacen("\nmb_s =", "\nmbs =", 1);
        assert!(
            from_toml::<Campaign>(&text)
                .unwrap_err()
                .contains("did you mean 'mb_s'?")
        );
    }
}
