// SPDX-License-Identifier: GPL-2.0-only
//! How far it is: a bar with the time that is left on a terminal, plain lines elsewhere.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// Parts of a step that the bar shows.
const PARTS: u64 = 100;

/// Progress of a number of steps.
pub struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
    quiet: bool,
}

impl Progress {
    /// Of that many steps. Says nothing when `quiet`.
    #[must_use]
    pub fn new(steps: usize, quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal() && !quiet;
        let bar = terminal.then(|| {
            let bar = ProgressBar::new((steps as u64).saturating_mul(PARTS));
            let template = if std::env::var_os("NO_COLOR").is_some() {
                "{elapsed_precise} {bar:30} {percent:>3} % ETA {eta} {msg}"
            } else {
                "{elapsed_precise} {bar:30.cyan} {percent:>3} % ETA {eta} {msg}"
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        Self {
            bar,
            began: Instant::now(),
            quiet,
        }
    }

    /// Some of the steps are done already.
    pub fn skip(&self, steps: usize) {
        if let Some(bar) = &self.bar {
            bar.set_position((steps as u64).saturating_mul(PARTS));
            bar.reset_eta();
        }
    }

    /// What is being done; on a terminal only.
    pub fn at(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.to_owned());
        }
    }

    /// A runner's line: its progress within a step, otherwise for people.
    pub fn line(&self, done: usize, line: &str) {
        let Some(bar) = &self.bar else { return };
        if let Some((part, text)) = fraction(line) {
            bar.set_position((done as u64).saturating_mul(PARTS).saturating_add(part));
            if !text.is_empty() {
                let step = bar
                    .message()
                    .split(" · ")
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                bar.set_message(format!("{step} · {text}"));
            }
        }
    }

    /// A line that stays.
    pub fn say(&self, text: &str) {
        if self.quiet {
            return;
        }
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("[{:4} s] {text}", self.began.elapsed().as_secs()),
        }
    }

    /// That many steps are done.
    pub fn done(&self, steps: usize) {
        if let Some(bar) = &self.bar {
            bar.set_position((steps as u64).saturating_mul(PARTS));
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `ramp: progress FRACTION TEXT`: parts of a step, and the text.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and PARTS"
)]
fn fraction(line: &str) -> Option<(u64, &str)> {
    let rest = line.strip_prefix("ramp: progress ")?;
    let (number, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let value: f64 = number.parse().ok()?;
    Some(((value.clamp(0.0, 1.0) * PARTS as f64) as u64, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions() {
        assert_eq!(
            fraction("ramp: progress 0.25 measures"),
            Some((25, "measures"))
        );
        assert_eq!(fraction("ramp: progress 7"), Some((100, "")));
        assert_eq!(fraction("ramp: progress some"), None);
        assert_eq!(fraction("hello"), None);
    }
}
