// SPDX-License-Identifier: GPL-2.0-only
//! Plots: rates over time, intervals, dispatches; each as SVG and PNG.

use std::{
    path::{Path, PathBuf},
    sync::Once,
};

use plotters::{
    coord::Shift,
    prelude::*,
    style::{FontStyle, register_font},
};

use super::{change, figure};
use crate::{
    analysis::{Analysis, Judged},
    error::{Error, Result},
    metrics,
    stats::compare::Verdict,
};

const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(40, 44, 52);
const FAINT: RGBColor = RGBColor(222, 226, 230);
/// Distinguishable with the common kinds of colour blindness (Okabe and Ito).
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

type Area<'a, DB> = DrawingArea<DB, Shift>;
type Drawn = std::result::Result<(), String>;

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn colour(place: usize) -> RGBColor {
    COLOURS.get(place % COLOURS.len()).copied().unwrap_or(INK)
}

/// The font for bitmaps is part of the program: no plot depends on what is installed.
fn fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Fails only for a file that is no font.
        let _ = register_font(FONT, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
    });
}

/// Draws all plots that there is data for; tells which files.
///
/// # Errors
///
/// A file cannot be written.
pub fn write(analysis: &Analysis, folder: &Path) -> Result<Vec<PathBuf>> {
    fonts();
    std::fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
    let mut written = Vec::new();
    let panels = analysis
        .variants
        .iter()
        .filter(|variant| !variant.series.is_empty())
        .count();
    let pairs = analysis
        .of_metric(analysis.primary)
        .chain(&analysis.control)
        .count();
    if panels > 0 {
        let rows = panels.div_ceil(2);
        both(
            folder,
            "rates",
            (960, height(70, rows, 240)),
            &mut written,
            &Rates(analysis),
        )?;
    }
    if panels > 0 {
        both(
            folder,
            "repetitions",
            (960, 360),
            &mut written,
            &Repetitions(analysis),
        )?;
    }
    if pairs > 0 {
        both(
            folder,
            "intervals",
            (960, height(150, pairs, 46)),
            &mut written,
            &Intervals(analysis),
        )?;
    }
    let counted = dispatch_panels(analysis);
    if !counted.is_empty() {
        let bars = height(110, analysis.variants.len(), 34);
        both(
            folder,
            "dispatches",
            (960, bars),
            &mut written,
            &Dispatches(analysis),
        )?;
    }
    Ok(written)
}

fn height(base: u32, count: usize, each: u32) -> u32 {
    u32::try_from(count)
        .unwrap_or(100)
        .saturating_mul(each)
        .saturating_add(base)
}

/// A picture for any kind of file.
trait Picture {
    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn;
}

fn both(
    folder: &Path,
    name: &str,
    size: (u32, u32),
    written: &mut Vec<PathBuf>,
    picture: &impl Picture,
) -> Result<()> {
    let svg = folder.join(format!("{name}.svg"));
    let png = folder.join(format!("{name}.png"));
    let bad = |path: &Path, what: String| Error::Io {
        what: format!("cannot draw {}", path.display()),
        source: std::io::Error::other(what),
    };
    {
        // In memory first: a full disk is then an error of ours, and leaves no half file.
        let mut text = String::new();
        {
            let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
            area.fill(&WHITE).map_err(|error| bad(&svg, said(error)))?;
            picture.draw(&area).map_err(|error| bad(&svg, error))?;
            area.present().map_err(|error| bad(&svg, said(error)))?;
        }
        crate::store::write_whole(&svg, text.as_bytes())?;
    }
    {
        let area = BitMapBackend::new(&png, size).into_drawing_area();
        area.fill(&WHITE).map_err(|error| bad(&png, said(error)))?;
        picture.draw(&area).map_err(|error| bad(&png, error))?;
        area.present().map_err(|error| bad(&png, said(error)))?;
    }
    written.extend([svg, png]);
    Ok(())
}

fn heading<'a, DB: DrawingBackend>(
    area: &Area<'a, DB>,
    text: &str,
) -> std::result::Result<Area<'a, DB>, String> {
    area.titled(text, (FONT, 20).into_font().color(&INK))
        .map_err(said)
}

struct Rates<'a>(&'a Analysis);

impl Picture for Rates<'_> {
    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn {
        let analysis = self.0;
        let sent = analysis.primary.starts_with("tx_");
        let title = format!(
            "{} during each repetition, MB/s (line: mean of all)",
            if sent { "Sent" } else { "Received" }
        );
        let area = heading(area, &title)?;
        let variants: Vec<_> = analysis
            .variants
            .iter()
            .filter(|variant| !variant.series.is_empty())
            .collect();
        let all = variants.iter().flat_map(|variant| &variant.series);
        let most_time = all
            .clone()
            .flat_map(|s| &s.t_s)
            .copied()
            .fold(1.0, f64::max);
        let most_rate = all.flat_map(|s| &s.mb_s).copied().fold(0.1, f64::max) * 1.08;
        let panels = area.split_evenly((variants.len().div_ceil(2), 2));
        for ((place, variant), panel) in variants.iter().enumerate().zip(panels) {
            let caption = format!(
                "{} ({} repetitions)",
                variant.planned.label,
                variant.series.len()
            );
            let mut chart = ChartBuilder::on(&panel)
                .caption(caption, (FONT, 16).into_font().color(&INK))
                .margin(8)
                .margin_right(18)
                .x_label_area_size(30)
                .y_label_area_size(46)
                .build_cartesian_2d(0.0..most_time, 0.0..most_rate)
                .map_err(said)?;
            chart
                .configure_mesh()
                .disable_x_mesh()
                .light_line_style(TRANSPARENT)
                .bold_line_style(FAINT)
                .axis_style(INK)
                .x_labels(6)
                .y_labels(5)
                .label_style((FONT, 13).into_font().color(&INK))
                .x_desc("s")
                .x_label_formatter(&|value| short(*value))
                .y_label_formatter(&|value| short(*value))
                .draw()
                .map_err(said)?;
            for series in &variant.series {
                let points = series.t_s.iter().copied().zip(series.mb_s.iter().copied());
                chart
                    .draw_series(LineSeries::new(
                        points,
                        colour(place).mix(0.55).stroke_width(1),
                    ))
                    .map_err(said)?;
            }
            let rates: Vec<f64> = variant
                .within
                .iter()
                .flatten()
                .map(|within| within.mean)
                .collect();
            if let Some(summary) = crate::stats::Summary::of(&rates) {
                chart
                    .draw_series(LineSeries::new(
                        [(0.0, summary.mean), (most_time, summary.mean)],
                        INK.stroke_width(2),
                    ))
                    .map_err(said)?;
            }
        }
        Ok(())
    }
}

/// A number on an axis.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

struct Repetitions<'a>(&'a Analysis);

impl Picture for Repetitions<'_> {
    #[expect(clippy::cast_precision_loss, reason = "numbers of repetitions")]
    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn {
        let analysis = self.0;
        let metric = metrics::find(analysis.primary)?;
        let title = format!(
            "{}, {}, of each repetition in the order in which they were made",
            metric.title, metric.unit
        );
        let area = heading(area, &title)?;
        let (left, right) = area.split_horizontally(780);
        let points: Vec<(usize, usize, f64)> = analysis
            .variants
            .iter()
            .enumerate()
            .filter_map(|(place, variant)| {
                Some((place, variant, variant.metrics.get(analysis.primary)?))
            })
            .flat_map(|(place, variant, found)| {
                variant
                    .numbers
                    .iter()
                    .zip(&found.values)
                    .map(move |(number, value)| (place, *number, *value))
            })
            .collect();
        let last = points
            .iter()
            .map(|(_, number, _)| *number)
            .max()
            .unwrap_or(1) as f64;
        let most = points.iter().map(|(.., value)| *value).fold(0.1, f64::max) * 1.1;
        let mut chart = ChartBuilder::on(&left)
            .margin(8)
            .x_label_area_size(34)
            .y_label_area_size(46)
            .build_cartesian_2d(0.5..last + 0.5, 0.0..most)
            .map_err(said)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .x_labels(12)
            .y_labels(6)
            .label_style((FONT, 13).into_font().color(&INK))
            .x_label_formatter(&|value| short(*value))
            .y_label_formatter(&|value| short(*value))
            .draw()
            .map_err(said)?;
        chart
            .draw_series(points.iter().map(|(place, number, value)| {
                Circle::new((*number as f64, *value), 5, colour(*place).filled())
            }))
            .map_err(said)?;
        for (place, variant) in analysis.variants.iter().enumerate() {
            let y = i32::try_from(place)
                .unwrap_or(0)
                .saturating_mul(24)
                .saturating_add(24);
            right
                .draw(&Circle::new((12, y), 5, colour(place).filled()))
                .map_err(said)?;
            let label = Text::new(
                variant.planned.label.clone(),
                (26, y - 8),
                (FONT, 15).into_font().color(&INK),
            );
            right.draw(&label).map_err(said)?;
        }
        Ok(())
    }
}

struct Intervals<'a>(&'a Analysis);

impl Intervals<'_> {
    fn colour(judged: &Judged) -> RGBColor {
        match judged.comparison.verdict {
            Verdict::Better => colour(2),
            Verdict::Worse => colour(1),
            Verdict::NoDifference => colour(0),
            Verdict::NotEnoughData => RGBColor(134, 142, 150),
        }
    }
}

impl Picture for Intervals<'_> {
    #[expect(clippy::cast_precision_loss, reason = "rows of a picture")]
    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn {
        let analysis = self.0;
        let judged: Vec<&Judged> = analysis
            .of_metric(analysis.primary)
            .chain(&analysis.control)
            .collect();
        let title = metrics::find(analysis.primary)
            .map(|metric| metric.title)
            .unwrap_or_default();
        let area = heading(
            area,
            &format!("Change of {title}, with interval (band: too little to matter)"),
        )?;
        let ends = judged.iter().flat_map(|one| {
            [
                one.comparison.low,
                one.comparison.high,
                one.comparison.change,
            ]
        });
        let (mut least, mut most) = (
            -2.0 * analysis.rule.min_effect,
            2.0 * analysis.rule.min_effect,
        );
        for end in ends.flatten() {
            least = least.min(end);
            most = most.max(end);
        }
        let room = (most - least) * 0.08;
        let rows = judged.len() as f64;
        // Names stand on the left of the picture, verdicts on its right.
        let (names, rest) = area.split_horizontally(250);
        let (middle, words) = rest.split_horizontally(540);
        let mut chart = ChartBuilder::on(&middle)
            .margin(8)
            .x_label_area_size(44)
            .build_cartesian_2d(least - room..most + room, 0.0..rows)
            .map_err(said)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .x_labels(7)
            .label_style((FONT, 13).into_font().color(&INK))
            .x_label_formatter(&|value| change(*value))
            .draw()
            .map_err(said)?;
        let band = analysis.rule.min_effect;
        chart
            .draw_series([
                Rectangle::new([(-band, 0.0), (band, rows)], FAINT.filled()),
                Rectangle::new([(0.0, 0.0), (0.0, rows)], INK.stroke_width(1)),
            ])
            .map_err(said)?;
        for (place, one) in judged.iter().enumerate() {
            let y = rows - place as f64 - 0.5;
            let paint = Self::colour(one);
            if let (Some(low), Some(high)) = (one.comparison.low, one.comparison.high) {
                chart
                    .draw_series([
                        PathElement::new(vec![(low, y), (high, y)], paint.stroke_width(3)),
                        PathElement::new(
                            vec![(low, y - 0.14), (low, y + 0.14)],
                            paint.stroke_width(2),
                        ),
                        PathElement::new(
                            vec![(high, y - 0.14), (high, y + 0.14)],
                            paint.stroke_width(2),
                        ),
                    ])
                    .map_err(said)?;
            }
            if let Some(change) = one.comparison.change {
                chart
                    .draw_series([Circle::new((change, y), 6, paint.filled())])
                    .map_err(said)?;
            }
            let (_, pixel) = chart.backend_coord(&(0.0, y));
            let (_, top) = names.get_base_pixel();
            let line = pixel.saturating_sub(top).saturating_sub(9);
            let label = format!("{} against {}", one.variant, one.against);
            names
                .draw(&Text::new(
                    label,
                    (14, line),
                    (FONT, 15).into_font().color(&INK),
                ))
                .map_err(said)?;
            words
                .draw(&Text::new(
                    one.word,
                    (8, line),
                    (FONT, 16).into_font().color(&paint),
                ))
                .map_err(said)?;
        }
        Ok(())
    }
}

/// Counters with at least one value.
fn dispatch_panels(analysis: &Analysis) -> Vec<metrics::Metric> {
    ["receive_work_s", "transmit_work_s", "bottom_half_s"]
        .iter()
        .filter_map(|name| metrics::find(name).ok())
        .filter(|metric| {
            analysis
                .variants
                .iter()
                .any(|variant| variant.metrics.contains_key(metric.name))
        })
        .collect()
}

struct Dispatches<'a>(&'a Analysis);

impl Picture for Dispatches<'_> {
    #[expect(clippy::cast_precision_loss, reason = "rows of a picture")]
    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn {
        let analysis = self.0;
        let area = heading(area, "Dispatches a second, each counter to its own scale")?;
        let panels = dispatch_panels(analysis);
        let rows = analysis.variants.len() as f64;
        let (names, rest) = area.split_horizontally(150);
        let mut labelled = false;
        for (metric, panel) in panels.iter().zip(rest.split_evenly((1, panels.len()))) {
            let mean = |variant: &crate::analysis::VariantResult| {
                variant
                    .metrics
                    .get(metric.name)
                    .map(|found| found.summary.mean)
            };
            let most = analysis
                .variants
                .iter()
                .filter_map(mean)
                .fold(0.0, f64::max);
            // Room for the number beside the longest bar.
            let scale = if most > 0.0 { most * 1.45 } else { 1.0 };
            let mut chart = ChartBuilder::on(&panel)
                .caption(metric.title, (FONT, 16).into_font().color(&INK))
                .margin(8)
                .build_cartesian_2d(0.0..scale, 0.0..rows)
                .map_err(said)?;
            for (place, variant) in analysis.variants.iter().enumerate() {
                let y = rows - place as f64 - 0.5;
                let (x, text) = mean(variant).map_or((0.0, "not measured".to_owned()), |mean| {
                    (mean, figure(mean))
                });
                chart
                    .draw_series([
                        Rectangle::new([(0.0, y - 0.32), (x, y + 0.32)], colour(place).filled()),
                        Rectangle::new([(0.0, y - 0.32), (0.0, y + 0.32)], INK.filled()),
                    ])
                    .map_err(said)?;
                let (left, pixel) = chart.backend_coord(&(x, y));
                let (base_x, base_y) = panel.get_base_pixel();
                let at = (
                    left.saturating_sub(base_x).saturating_add(6),
                    pixel.saturating_sub(base_y).saturating_sub(8),
                );
                panel
                    .draw(&Text::new(text, at, (FONT, 14).into_font().color(&INK)))
                    .map_err(said)?;
                if !labelled {
                    let (_, top) = names.get_base_pixel();
                    let at = (14, pixel.saturating_sub(top).saturating_sub(9));
                    names
                        .draw(&Text::new(
                            variant.planned.label.clone(),
                            at,
                            (FONT, 15).into_font().color(&INK),
                        ))
                        .map_err(said)?;
                }
            }
            labelled = true;
        }
        Ok(())
    }
}
