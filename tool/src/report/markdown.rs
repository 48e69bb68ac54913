// SPDX-License-Identifier: GPL-2.0-only
//! Reports in the shape of the campaign's tables: values of repetitions, mean, note; predicted and
//! measured.

use std::fmt::Write;

use super::{change, effect, figure, interval};
use crate::{
    analysis::{Analysis, VariantResult},
    metrics,
};

/// A row of Markdown.
pub(super) fn row(text: &mut String, cells: &[String]) {
    let escaped: Vec<String> = cells
        .iter()
        .map(|cell| cell.replace('|', "\\|").replace('\n', " "))
        .collect();
    let _ = writeln!(text, "| {} |", escaped.join(" | "));
}

/// The head of a table.
pub(super) fn head(text: &mut String, cells: &[&str]) {
    let _ = writeln!(
        text,
        "| {} |\n|{}",
        cells.join(" | "),
        "---|".repeat(cells.len())
    );
}

fn note(variant: &VariantResult) -> String {
    let mut parts = Vec::new();
    if variant.planned.control {
        parts.push("the baseline's module again".to_owned());
    }
    if let Some(srcversion) = &variant.planned.srcversion {
        parts.push(format!("srcversion {srcversion}"));
    }
    let uptimes: Vec<String> = variant
        .uptime_s
        .iter()
        .flatten()
        .map(|seconds| figure(*seconds))
        .collect();
    if !uptimes.is_empty() {
        parts.push(format!("chip up for {} s", uptimes.join(" / ")));
    }
    for failure in &variant.failures {
        parts.push(format!(
            "round {} counts for nothing: {}",
            failure.round, failure.cause
        ));
    }
    parts.join("; ")
}

/// The report.
#[must_use]
pub fn report(analysis: &Analysis) -> String {
    let mut text = String::new();
    let primary = metrics::find(analysis.primary).ok();
    let unit = primary.map_or("", |metric| metric.unit);
    let cap = analysis.rate_bytes_s.map_or_else(String::new, |rate| {
        format!(
            ", capped at {} MB/s",
            figure(crate::stats::number(usize::try_from(rate).unwrap_or(usize::MAX)) / 1_048_576.0)
        )
    });
    let _ = writeln!(
        text,
        "Load `{}`{cap}; {} s a repetition; target `{}`.\n",
        analysis.load, analysis.seconds, analysis.target
    );

    head(
        &mut text,
        &[
            "config",
            &format!("rep values ({unit})"),
            "mean",
            "standard deviation",
            "note",
        ],
    );
    for variant in &analysis.variants {
        let found = variant.metrics.get(analysis.primary);
        let values = found.map_or_else(
            || "–".to_owned(),
            |found| {
                found
                    .values
                    .iter()
                    .map(|value| figure(*value))
                    .collect::<Vec<_>>()
                    .join(" / ")
            },
        );
        row(
            &mut text,
            &[
                variant.planned.label.clone(),
                values,
                found.map_or_else(|| "–".to_owned(), |found| figure(found.summary.mean)),
                found.map_or_else(|| "–".to_owned(), |found| figure(found.summary.sd)),
                note(variant),
            ],
        );
    }

    let others: Vec<_> = analysis
        .metrics()
        .into_iter()
        .filter(|metric| metric.name != analysis.primary)
        .collect();
    if !others.is_empty() {
        text.push('\n');
        let mut headings = vec!["figure", "unit"];
        headings.extend(
            analysis
                .variants
                .iter()
                .map(|variant| variant.planned.label.as_str()),
        );
        head(&mut text, &headings);
        for metric in others {
            let mut cells = vec![metric.title.to_owned(), metric.unit.to_owned()];
            cells.extend(analysis.variants.iter().map(|variant| {
                variant.metrics.get(metric.name).map_or_else(
                    || "–".to_owned(),
                    |found| super::mean_and_spread(&found.summary),
                )
            }));
            row(&mut text, &cells);
        }
    }

    if analysis
        .comparisons
        .iter()
        .any(|judged| judged.metric == analysis.primary)
        || analysis.control.is_some()
    {
        let _ = writeln!(
            text,
            "\nIntervals of {} % for all comparisons of a figure together; less than {} % does not matter.\n",
            (analysis.rule.confidence * 1000.0).round() / 10.0,
            analysis.rule.min_effect * 100.0
        );
        head(
            &mut text,
            &["variant", "against", "change", "interval", "verdict"],
        );
        for judged in analysis
            .of_metric(analysis.primary)
            .chain(&analysis.control)
        {
            let mut verdict = judged.word.to_owned();
            if let Some(needed) = judged.comparison.needed {
                let _ = write!(
                    verdict,
                    " (about {needed} repetitions of each would settle it)"
                );
            }
            row(
                &mut text,
                &[
                    judged.variant.clone(),
                    judged.against.clone(),
                    effect(judged),
                    interval(judged),
                    verdict,
                ],
            );
        }
    }

    if !analysis.predictions.is_empty() {
        text.push('\n');
        head(
            &mut text,
            &[
                "predicted before the run",
                "variant",
                "measured",
                "interval",
                "outcome",
            ],
        );
        for predicted in &analysis.predictions {
            let show = |value: f64| {
                if predicted.relative {
                    change(value)
                } else {
                    figure(value)
                }
            };
            row(
                &mut text,
                &[
                    predicted.text.clone(),
                    predicted.variant.clone(),
                    predicted.measured.map_or_else(|| "–".to_owned(), show),
                    predicted.interval.map_or_else(
                        || "–".to_owned(),
                        |(low, high)| format!("{} … {}", show(low), show(high)),
                    ),
                    predicted.outcome.to_string(),
                ],
            );
        }
    }
    if !analysis.complete {
        text.push_str("\nThe run is not complete.\n");
    }
    text
}
