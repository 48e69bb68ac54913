// SPDX-License-Identifier: GPL-2.0-only
//! Reports for a terminal.

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use console::Style;

use super::{change, effect, figure, interval, mean_and_spread};
use crate::{
    analysis::{Analysis, Judged},
    metrics,
    stats::{compare::Verdict, predict::Outcome},
};

/// A table with these headings; all columns but the first `left` are numbers.
#[must_use]
pub fn table(headings: &[&str], left: usize, rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')))
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(headings.to_vec());
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(left) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
        .to_string()
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Better => Style::new().green().bold(),
        Verdict::Worse => Style::new().red().bold(),
        Verdict::NoDifference => Style::new().bold(),
        Verdict::NotEnoughData => Style::new().yellow().bold(),
    }
}

/// One comparison as a sentence, with what more data it would take.
fn sentence(judged: &Judged) -> String {
    let word = style(judged.comparison.verdict).apply_to(judged.word);
    let mut text = format!("{} against {}: {word}", judged.variant, judged.against);
    if judged.comparison.change.is_some() {
        let _ = write!(text, " ({}; {})", effect(judged), interval(judged));
    }
    if let Some(needed) = judged.comparison.needed {
        let _ = write!(text, "; about {needed} repetitions of each would settle it");
    }
    if judged.comparison.identical && judged.comparison.baseline.n > 1 {
        text.push_str("; no repetition differed from another");
    }
    text
}

/// The whole report: summary first; every comparison with `detail`.
#[must_use]
pub fn report(analysis: &Analysis, detail: bool) -> String {
    let mut text = String::new();
    let rate = analysis.rate_bytes_s.map_or_else(String::new, |rate| {
        format!(
            " capped at {} MB/s",
            figure(crate::stats::number(usize::try_from(rate).unwrap_or(usize::MAX)) / 1_048_576.0)
        )
    });
    let _ = writeln!(
        text,
        "{}{rate}, {} s a repetition, on {}\n",
        analysis.load, analysis.seconds, analysis.target
    );

    let shown = analysis.metrics();
    let mut rows = Vec::new();
    for metric in &shown {
        let mut row = vec![metric.title.to_owned(), metric.unit.to_owned()];
        for variant in &analysis.variants {
            row.push(
                variant
                    .metrics
                    .get(metric.name)
                    .map_or_else(|| "–".to_owned(), |found| mean_and_spread(&found.summary)),
            );
        }
        rows.push(row);
    }
    let mut counts = vec!["repetitions".to_owned(), "measured".to_owned()];
    counts.extend(
        analysis
            .variants
            .iter()
            .map(|v| format!("{} of {}", v.measured, v.repetitions)),
    );
    rows.insert(0, counts);
    let mut headings = vec!["", ""];
    headings.extend(
        analysis
            .variants
            .iter()
            .map(|variant| variant.planned.label.as_str()),
    );
    text.push_str(&table(&headings, 2, rows));
    text.push('\n');

    verdicts(&mut text, analysis);
    if detail {
        details(&mut text, analysis);
    }
    failures(&mut text, analysis);
    text
}

fn verdicts(text: &mut String, analysis: &Analysis) {
    if let Ok(primary) = metrics::find(analysis.primary)
        && analysis.of_metric(analysis.primary).next().is_some()
    {
        let _ = writeln!(
            text,
            "\n{} ({}); together {} % certain, less than {} % does not matter:",
            primary.title,
            primary.name,
            figure(analysis.rule.confidence * 100.0).trim_end_matches(['0', '.']),
            analysis.rule.min_effect * 100.0
        );
        for judged in analysis.of_metric(analysis.primary) {
            let _ = writeln!(text, "  {}", sentence(judged));
        }
    }
    if let Some(control) = &analysis.control {
        let _ = writeln!(
            text,
            "\nControl, the same module twice:\n  {}",
            sentence(control)
        );
        if matches!(control.comparison.verdict, Verdict::Better | Verdict::Worse) {
            text.push_str("  The rig tells equal modules apart: believe nothing above before that is understood.\n");
        }
    }
    if !analysis.predictions.is_empty() {
        text.push_str("\nPredictions, written before the run:\n");
        for predicted in &analysis.predictions {
            let style = match predicted.outcome {
                Outcome::Held => Style::new().green().bold(),
                Outcome::Broken => Style::new().red().bold(),
                Outcome::Unsettled => Style::new().yellow().bold(),
            };
            let show = |value: f64| {
                if predicted.relative {
                    change(value)
                } else {
                    figure(value)
                }
            };
            let measured = predicted
                .measured
                .map_or_else(|| "not measured".to_owned(), show);
            let between = predicted.interval.map_or_else(String::new, |(low, high)| {
                format!("; {} … {}", show(low), show(high))
            });
            let outcome = style.apply_to(predicted.outcome.to_string());
            let _ = writeln!(
                text,
                "  {} for {}: {outcome} ({measured}{between})",
                predicted.text, predicted.variant
            );
        }
    }
}

fn details(text: &mut String, analysis: &Analysis) {
    let rows: Vec<Vec<String>> = analysis
        .comparisons
        .iter()
        .map(|judged| {
            vec![
                judged.metric.to_owned(),
                judged.variant.clone(),
                judged.against.clone(),
                judged.word.to_owned(),
                effect(judged),
                interval(judged),
            ]
        })
        .collect();
    if !analysis.comparisons.is_empty() {
        text.push('\n');
        text.push_str(&table(
            &[
                "figure", "variant", "against", "verdict", "change", "interval",
            ],
            4,
            rows,
        ));
        text.push('\n');
    }
    let mut rows = Vec::new();
    for variant in &analysis.variants {
        for (place, within) in variant.within.iter().enumerate() {
            let Some(within) = within else { continue };
            rows.push(vec![
                variant.planned.label.clone(),
                place.saturating_add(1).to_string(),
                figure(within.mean),
                figure(within.standard_error),
                format!("{} × {}", within.blocks, within.block),
                format!("{:.2}", within.correlation),
                change(within.trend - 1.0),
            ]);
        }
    }
    if !rows.is_empty() {
        text.push_str("\nWithin each repetition, by means of blocks of samples:\n");
        text.push_str(&table(
            &[
                "variant",
                "repetition",
                "MB/s",
                "std. error",
                "blocks × samples",
                "correlation",
                "second half",
            ],
            1,
            rows,
        ));
        text.push('\n');
    }
    text.push_str("\nModules:\n");
    for variant in &analysis.variants {
        let planned = &variant.planned;
        let srcversion = planned.srcversion.as_deref().unwrap_or("unknown");
        let _ = writeln!(
            text,
            "  {}: srcversion {srcversion}, sha256 {}, {}",
            planned.label,
            planned.sha256,
            planned.module.display()
        );
    }
}

fn failures(text: &mut String, analysis: &Analysis) {
    if analysis.failures() > 0 {
        text.push_str("\nRepetitions that count for nothing:\n");
        for variant in &analysis.variants {
            for failure in &variant.failures {
                let _ = writeln!(
                    text,
                    "  {:03} {} round {}: {}: {} ({})",
                    failure.number,
                    variant.planned.label,
                    failure.round,
                    failure.kind,
                    failure.cause,
                    failure.folder.display()
                );
            }
        }
    }
    if !analysis.complete {
        text.push_str("\nThe run is not complete; --resume goes on with it.\n");
    }
}
