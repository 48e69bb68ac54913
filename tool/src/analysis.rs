// SPDX-License-Identifier: GPL-2.0-only
//! What runs say: figures of each variant, comparisons, predictions, the control.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Serialize;

use crate::{
    error::{Error, Result},
    metrics,
    stats::{
        Summary,
        blocks::Within,
        compare::{Comparison, Rule, Verdict, compare, interval_of_mean},
        predict::{Outcome, Prediction},
    },
    store::{Ended, Plan, Planned, Run},
};

/// With more variants, only those pairs that an order suggests are compared.
const ALL_PAIRS: usize = 4;

/// One figure of one variant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Of all repetitions.
    pub summary: Summary,
    /// Of each, in the order in which they were made.
    pub values: Vec<f64>,
}

/// A repetition that counts for nothing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    /// Its place in the order.
    pub number: usize,
    /// Its round.
    pub round: usize,
    /// Kind of failure.
    pub kind: String,
    /// The failure in a sentence.
    pub cause: String,
    /// Where its files are.
    pub folder: PathBuf,
}

/// What is drawn over time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    /// Round.
    pub round: usize,
    /// Ends of intervals, seconds.
    pub t_s: Vec<f64>,
    /// 2^20 bytes a second.
    pub mb_s: Vec<f64>,
}

/// What was found of one variant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariantResult {
    /// The plan's entry.
    #[serde(flatten)]
    pub planned: Planned,
    /// Repetitions that were planned.
    pub repetitions: usize,
    /// Repetitions that count.
    pub measured: usize,
    /// Those that do not.
    pub failures: Vec<Failure>,
    /// Figures, by name.
    pub metrics: BTreeMap<&'static str, Figure>,
    /// Place in the order of each repetition that counts; a second run goes on counting.
    pub numbers: Vec<usize>,
    /// What the samples of each repetition say of its own mean.
    pub within: Vec<Option<Within>>,
    /// Seconds that the chip had been up when each repetition was measured.
    pub uptime_s: Vec<Option<f64>>,
    /// Samples, for plots.
    #[serde(skip)]
    pub series: Vec<Series>,
}

/// A comparison in words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// Name of the figure.
    pub metric: &'static str,
    /// What it was compared with.
    pub against: String,
    /// What was compared.
    pub variant: String,
    /// The verdict in a word.
    pub word: &'static str,
    /// The numbers.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// How a prediction went for a variant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Predicted {
    /// As it was written before the run.
    pub text: String,
    /// Whom it is judged for.
    pub variant: String,
    /// How it went.
    pub outcome: Outcome,
    /// The interval it was judged by: a change as a part, or the figure.
    pub interval: Option<(f64, f64)>,
    /// What was measured: a change as a part, or the mean.
    pub measured: Option<f64>,
    /// Whether these are changes.
    pub relative: bool,
}

/// All that runs say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    /// Folders.
    pub runs: Vec<PathBuf>,
    /// Where it was measured.
    pub target: String,
    /// Load.
    pub load: String,
    /// Cap, bytes a second.
    pub rate_bytes_s: Option<u64>,
    /// Seconds of each repetition.
    pub seconds: u64,
    /// How it is judged, with the number of comparisons.
    pub rule: Rule,
    /// The figure this load is about.
    pub primary: &'static str,
    /// Whether every repetition that was planned has ended.
    pub complete: bool,
    /// Variants; the first is the baseline.
    pub variants: Vec<VariantResult>,
    /// Comparisons, the primary figure first.
    pub comparisons: Vec<Judged>,
    /// The baseline against itself, when there was a control.
    pub control: Option<Judged>,
    /// Predictions.
    pub predictions: Vec<Predicted>,
}

impl Analysis {
    /// Looks at runs that belong together.
    ///
    /// # Errors
    ///
    /// There are none, or they cannot be taken together.
    pub fn of(runs: &[Run]) -> Result<Self> {
        let first = runs
            .first()
            .ok_or_else(|| Error::Usage("no run was named".to_owned()))?;
        for run in runs {
            same_experiment(first, run)?;
        }
        let plan = &first.plan;
        let planned = all_variants(runs)?;
        let variants: Vec<VariantResult> = planned
            .iter()
            .map(|planned| result(planned, runs))
            .collect();
        let pairs = pairs(&variants);
        let rule = Rule {
            comparisons: pairs.len().max(1),
            ..plan.rule
        };
        let primary = metrics::primary(&plan.load);
        let mut ordered: Vec<&metrics::Metric> = metrics::ALL.iter().collect();
        ordered.sort_by_key(|metric| metric.name != primary);
        let mut comparisons = Vec::new();
        for metric in ordered {
            for (against, variant) in &pairs {
                comparisons.extend(judge(metric, against, variant, &rule));
            }
        }
        let control = variants
            .iter()
            .find(|variant| variant.planned.control)
            .and_then(|control| {
                let figure = metrics::find(primary).ok()?;
                judge(&figure, variants.first()?, control, &plan.rule)
            });
        let predictions = runs
            .iter()
            .flat_map(|run| &run.plan.predictions)
            .flat_map(|prediction| judge_prediction(prediction, &variants, &rule))
            .collect();
        Ok(Self {
            runs: runs.iter().map(|run| run.folder.clone()).collect(),
            target: plan.target.clone(),
            load: plan.load.clone(),
            rate_bytes_s: plan.rate_bytes_s,
            seconds: plan.seconds,
            rule,
            primary,
            complete: runs.iter().all(|run| run.open().is_empty()),
            comparisons,
            control,
            predictions,
            variants,
        })
    }

    /// Comparisons of one figure.
    pub fn of_metric<'a>(&'a self, metric: &'a str) -> impl Iterator<Item = &'a Judged> {
        self.comparisons
            .iter()
            .filter(move |judged| judged.metric == metric)
    }

    /// Figures that some variant has, in the order of reports.
    #[must_use]
    pub fn metrics(&self) -> Vec<metrics::Metric> {
        metrics::ALL
            .iter()
            .filter(|metric| {
                self.variants
                    .iter()
                    .any(|variant| variant.metrics.contains_key(metric.name))
            })
            .copied()
            .collect()
    }

    /// Repetitions that count for nothing, of all variants.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.variants
            .iter()
            .map(|variant| variant.failures.len())
            .sum()
    }
}

fn same_experiment(first: &Run, run: &Run) -> Result<()> {
    let (a, b) = (&first.plan, &run.plan);
    let shape = |plan: &Plan| {
        (
            plan.target.clone(),
            plan.load.clone(),
            plan.rate_bytes_s,
            plan.seconds,
        )
    };
    if shape(a) != shape(b) {
        return Err(Error::Usage(format!(
            "{} and {} are different experiments (target, load, rate or seconds): report them one by one",
            first.folder.display(),
            run.folder.display()
        )));
    }
    if a.rule != b.rule {
        return Err(Error::Usage(format!(
            "{} and {} were to be judged differently (confidence or minimum effect): report them one by one",
            first.folder.display(),
            run.folder.display()
        )));
    }
    Ok(())
}

fn all_variants(runs: &[Run]) -> Result<Vec<Planned>> {
    let mut all: Vec<Planned> = Vec::new();
    for planned in runs.iter().flat_map(|run| &run.plan.variants) {
        match all.iter().find(|known| known.label == planned.label) {
            Some(known) if known.sha256 != planned.sha256 => {
                return Err(Error::Usage(format!(
                    "{} is one module in one run and another in the next: report them one by one",
                    planned.label
                )));
            }
            Some(_) => {}
            None => all.push(planned.clone()),
        }
    }
    Ok(all)
}

fn result(planned: &Planned, runs: &[Run]) -> VariantResult {
    let mine = |run: &Run| -> Vec<usize> {
        (0..run.repetitions.len())
            .filter(|place| {
                run.repetitions
                    .get(*place)
                    .is_some_and(|r| r.record.slot.label == planned.label)
            })
            .collect()
    };
    let mut result = VariantResult {
        repetitions: runs
            .iter()
            .map(|run| {
                run.plan
                    .order
                    .iter()
                    .filter(|slot| slot.label == planned.label)
                    .count()
            })
            .sum(),
        measured: 0,
        failures: Vec::new(),
        metrics: BTreeMap::new(),
        numbers: Vec::new(),
        within: Vec::new(),
        uptime_s: Vec::new(),
        series: Vec::new(),
        planned: planned.clone(),
    };
    let mut values: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
    let mut before: usize = 0;
    for run in runs {
        let sent = metrics::primary(&run.plan.load).starts_with("tx_");
        for repetition in mine(run)
            .into_iter()
            .filter_map(|place| run.repetitions.get(place))
        {
            if let Ended::Failed { kind, cause } = &repetition.record.ended {
                result.failures.push(Failure {
                    number: repetition.record.slot.number,
                    round: repetition.record.slot.round,
                    kind: kind.clone(),
                    cause: cause.clone(),
                    folder: repetition.folder.clone(),
                });
            }
            let Some(receipt) = &repetition.receipt else {
                continue;
            };
            result.measured = result.measured.saturating_add(1);
            for metric in metrics::ALL {
                if let Some(value) = receipt.metric(metric.name) {
                    values.entry(metric.name).or_default().push(value);
                }
            }
            let rates = receipt
                .samples
                .as_ref()
                .map(|samples| samples.rates(sent))
                .unwrap_or_default();
            result
                .numbers
                .push(before.saturating_add(repetition.record.slot.number));
            result.within.push(Within::of(&rates));
            result
                .uptime_s
                .push(receipt.uptime_s.as_ref().and_then(|uptime| uptime.chip));
            result.series.push(Series {
                round: repetition.record.slot.round,
                t_s: receipt
                    .samples
                    .as_ref()
                    .map(|samples| samples.t_s.clone())
                    .unwrap_or_default(),
                mb_s: rates,
            });
        }
        before = before.saturating_add(run.plan.order.len());
    }
    result.metrics = values
        .into_iter()
        .filter_map(|(name, values)| {
            let summary = Summary::of(&values)?;
            Some((name, Figure { summary, values }))
        })
        .collect();
    result
}

/// Which variants are compared: all with all, or of many, each with the first and with the one
/// before it.
fn pairs(variants: &[VariantResult]) -> Vec<(&VariantResult, &VariantResult)> {
    let real: Vec<&VariantResult> = variants
        .iter()
        .filter(|variant| !variant.planned.control)
        .collect();
    let mut pairs = Vec::new();
    for (place, variant) in real.iter().enumerate() {
        for (earlier, against) in real.iter().take(place).enumerate() {
            if real.len() <= ALL_PAIRS || earlier == 0 || earlier.saturating_add(1) == place {
                pairs.push((*against, *variant));
            }
        }
    }
    pairs
}

fn judge(
    metric: &metrics::Metric,
    against: &VariantResult,
    variant: &VariantResult,
    rule: &Rule,
) -> Option<Judged> {
    let figures = (
        against.metrics.get(metric.name)?,
        variant.metrics.get(metric.name)?,
    );
    let comparison = compare(&figures.0.values, &figures.1.values, metric.direction, rule)?;
    Some(Judged {
        metric: metric.name,
        against: against.planned.label.clone(),
        variant: variant.planned.label.clone(),
        word: comparison.verdict.word(metric.direction),
        comparison,
    })
}

fn judge_prediction(
    prediction: &Prediction,
    variants: &[VariantResult],
    rule: &Rule,
) -> Vec<Predicted> {
    let Some(baseline) = variants.first() else {
        return Vec::new();
    };
    let about = |variant: &&VariantResult| {
        let label = &variant.planned.label;
        match &prediction.variant {
            Some(name) => name == label,
            None => {
                !variant.planned.control
                    && (*label != baseline.planned.label || variants.len() == 1)
            }
        }
    };
    // Each prediction stands for itself.
    let rule = Rule {
        comparisons: 1,
        ..*rule
    };
    variants
        .iter()
        .filter(about)
        .map(|variant| {
            let figure = variant.metrics.get(prediction.metric.as_str());
            let (measured, interval) = if prediction.relative {
                let judged = metrics::find(&prediction.metric)
                    .ok()
                    .and_then(|metric| judge(&metric, baseline, variant, &rule));
                let judged = judged.map(|judged| judged.comparison);
                (
                    judged.as_ref().and_then(|c| c.change),
                    judged.as_ref().and_then(|c| c.low.zip(c.high)),
                )
            } else {
                (
                    figure.map(|figure| figure.summary.mean),
                    figure.and_then(|figure| interval_of_mean(&figure.values, &rule)),
                )
            };
            let enough = variant.measured >= rule.min_repetitions;
            Predicted {
                text: prediction.text.clone(),
                variant: variant.planned.label.clone(),
                outcome: prediction.judge(interval.filter(|_| enough)),
                interval,
                measured,
                relative: prediction.relative,
            }
        })
        .collect()
}

/// What a gate can fail on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Gate {
    /// A variant is slower than the baseline.
    Slower,
    /// A prediction did not hold.
    Prediction,
    /// A repetition failed, or was not made.
    Failure,
    /// The control is not "no difference".
    Control,
    /// A verdict against the baseline is "not enough data".
    NotEnoughData,
}

impl Gate {
    /// The broken promises, in sentences.
    #[must_use]
    pub fn broken(self, analysis: &Analysis) -> Vec<String> {
        let baseline = analysis
            .variants
            .first()
            .map(|variant| variant.planned.label.clone())
            .unwrap_or_default();
        let with = |verdict: Verdict| -> Vec<String> {
            analysis
                .of_metric(analysis.primary)
                .filter(|judged| judged.against == baseline && judged.comparison.verdict == verdict)
                .map(|judged| format!("{} against {baseline}: {}", judged.variant, judged.word))
                .collect()
        };
        match self {
            Self::Slower => with(Verdict::Worse),
            Self::NotEnoughData => {
                let mut broken = with(Verdict::NotEnoughData);
                // What was never measured has no comparison at all.
                broken.extend(
                    analysis
                        .variants
                        .iter()
                        .filter(|variant| variant.measured == 0)
                        .map(|variant| format!("{} was not measured", variant.planned.label)),
                );
                broken
            }
            Self::Prediction => analysis
                .predictions
                .iter()
                .filter(|predicted| predicted.outcome != Outcome::Held)
                .map(|predicted| {
                    format!(
                        "'{}' for {}: {}",
                        predicted.text, predicted.variant, predicted.outcome
                    )
                })
                .collect(),
            Self::Failure => {
                let mut broken: Vec<String> = analysis
                    .variants
                    .iter()
                    .filter(|variant| !variant.failures.is_empty())
                    .map(|variant| {
                        format!(
                            "{} of {}'s repetitions failed",
                            variant.failures.len(),
                            variant.planned.label
                        )
                    })
                    .collect();
                if !analysis.complete {
                    broken.push("the run is not complete".to_owned());
                }
                broken
            }
            Self::Control => match &analysis.control {
                None => vec!["there was no control".to_owned()],
                Some(judged) if judged.comparison.verdict == Verdict::NoDifference => Vec::new(),
                Some(judged) => vec![format!("the control is called: {}", judged.word)],
            },
        }
    }
}
