// SPDX-License-Identifier: GPL-2.0-only
//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::{analysis::Gate, stats::predict::Prediction};

/// Loads that a runner knows (docs/ramp.md).
pub const LOADS: [&str; 10] = [
    "stream",
    "tcp-down",
    "tcp-up",
    "tcp-both",
    "udp-down",
    "udp-up",
    "udp-both",
    "small-down",
    "small-up",
    "latency",
];

const STATUSES: &str = "\
Exit status:
  0    as it should be
  1    a promise is broken: files differ (diff, repro), or what --fail-on names
  2    wrong command line
  3    a file is not what it should be
  4    something cannot be built
  5    the target cannot be measured, or went away
  6    the system refused, for example a full disk
  130  interrupted; what was measured is kept";

/// Builds, compares and measures variants of the BES2600 driver.
#[derive(Debug, Parser)]
#[command(name = "besser", version, after_help = STATUSES, max_term_width = 100)]
pub struct Cli {
    /// The project's folder; otherwise the nearest one above
    #[arg(long, global = true, env = "BESSER_PROJECT", value_name = "FOLDER")]
    pub project: Option<PathBuf>,
    /// The flake that Nix builds; otherwise the project's folder
    #[arg(long, global = true, env = "BESSER_FLAKE", value_name = "FLAKE")]
    pub flake: Option<String>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Say nothing while it works
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the variants of the driver
    List,
    /// Say what a variant is
    Show {
        /// Its name
        name: String,
    },
    /// Build variants through Nix
    Build {
        /// Their names
        #[arg(required = true)]
        names: Vec<String>,
        /// The kernel to build for
        #[arg(long, value_enum, default_value_t)]
        kernel: Kernel,
    },
    /// Say what differs between two modules; status 1 when they do
    Diff {
        /// A variant, or the file of a module
        one: String,
        /// Another
        other: String,
        /// List everything
        #[arg(long)]
        detail: bool,
        /// The kernel to build for
        #[arg(long, value_enum, default_value_t)]
        kernel: Kernel,
    },
    /// Build variants twice, in other folders and at another time, and compare to the bit
    Repro {
        /// Their names
        #[arg(required = true)]
        names: Vec<String>,
        /// The kernel to build for
        #[arg(long, value_enum, default_value_t)]
        kernel: Kernel,
    },
    /// Measure variants under a load
    Ramp(Ramp),
    /// Build, diff and measure variants, and judge them; the first is the baseline
    Compare(Compare),
    /// Report runs that were made before
    Report {
        /// Their folders
        #[arg(required = true)]
        runs: Vec<PathBuf>,
        /// How to print it
        #[command(flatten)]
        output: Output,
        /// End with status 1 when one of these is so
        #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
        fail_on: Vec<Gate>,
    },
    /// Show the figures the campaign recorded, beside those of runs
    Campaign {
        /// Folders of runs
        runs: Vec<PathBuf>,
    },
    /// Play experiments whose truth is known, and count how often the verdicts are right
    Simulate {
        /// Experiments of each kind
        #[arg(long, default_value_t = 2000)]
        experiments: usize,
        /// Where random numbers begin
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How verdicts are given
        #[command(flatten)]
        rule: RuleArgs,
    },
    /// Print the completions of a shell
    Completions {
        /// Which
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual, for man; or write a page for each command
    Man {
        /// A folder for all pages
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
}

/// Kernels that variants are built for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Kernel {
    /// User-mode Linux
    #[default]
    Uml,
    /// The tablet's
    Pinetab2,
}

/// How verdicts are given.
#[derive(Clone, Copy, Debug, Args)]
pub struct RuleArgs {
    /// How often the intervals of a figure hold the truth, all together
    #[arg(long, default_value_t = 0.95, value_parser = confidence)]
    pub confidence: f64,
    /// The least change that matters, in percent
    #[arg(long, default_value_t = 3.0, value_parser = percent)]
    pub min_effect: f64,
}

fn confidence(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|value| (0.5..1.0).contains(value))
        .ok_or_else(|| "wants a number from 0.5 up to, but not, 1".to_owned())
}

fn percent(text: &str) -> Result<f64, String> {
    text.trim_end_matches('%')
        .parse()
        .ok()
        .filter(|value| (0.0..100.0).contains(value))
        .ok_or_else(|| "wants percent, from 0 up to 100".to_owned())
}

/// Bytes a second: a number with k, M or G, powers of 1024.
///
/// # Errors
///
/// It is not of that form, or 0.
pub fn rate(text: &str) -> Result<u64, String> {
    let bad = || "wants bytes a second, like 512k or 4M".to_owned();
    let (number, factor) = match text.chars().last() {
        Some('k') => (text.trim_end_matches('k'), 1 << 10),
        Some('M') => (text.trim_end_matches('M'), 1 << 20),
        Some('G') => (text.trim_end_matches('G'), 1 << 30),
        _ => (text, 1_u64),
    };
    let number: u64 = number.parse().map_err(|_| bad())?;
    number
        .checked_mul(factor)
        .filter(|value| *value > 0)
        .ok_or_else(bad)
}

/// What to measure, and how.
#[derive(Debug, Args)]
pub struct Experiment {
    /// Variants, modules' files, or NAME=FILE; the first is the baseline
    #[arg(required_unless_present = "resume")]
    pub variants: Vec<String>,
    /// Where: uml, vm, or ssh://[USER@]HOST[:PORT]
    #[arg(long, default_value = "uml")]
    pub target: String,
    /// Repetitions of each variant
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub reps: u32,
    /// The load
    #[arg(long, default_value = "stream", value_parser = clap::builder::PossibleValuesParser::new(LOADS))]
    pub load: String,
    /// Cap of the load stream, bytes a second: k, M and G are powers of 1024 [default: 4M]
    #[arg(long, value_parser = rate)]
    pub rate: Option<u64>,
    /// Seconds of each repetition
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub seconds: u64,
    /// What is expected, such as 'rx_mb_s >= +5%': written down before the run, judged after it
    #[arg(long, value_name = "PREDICTION")]
    pub predict: Vec<Prediction>,
    /// Measure the baseline a second time, to see what the rig does by itself
    #[arg(long)]
    pub control: bool,
    /// Where seeds and order begin
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How verdicts are given
    #[command(flatten)]
    pub rule: RuleArgs,
    /// Folder of the run; otherwise a new one below .dev/besser
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Go on with a run that was interrupted, as it was planned
    #[arg(
        long,
        value_name = "RUN",
        conflicts_with_all = ["variants", "target", "reps", "load", "rate", "seconds", "predict", "control", "seed", "confidence", "min_effect", "out"]
    )]
    pub resume: Option<PathBuf>,
    /// The program that makes one repetition, or boots the machine for all of them; otherwise the
    /// package ramp-uml, ramp-vm or, over ssh, ramp-collect
    #[arg(long, env = "BESSER_RUNNER", value_name = "PROGRAM")]
    pub runner: Option<PathBuf>,
    /// A further option for the runner: --no-cpu for ramp-uml, --count for ramp-vm
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    pub runner_option: Vec<String>,
    /// Interface to measure on a target over ssh; otherwise the only one of the driver
    #[arg(long)]
    pub interface: Option<String>,
    /// Where the listener of a target over ssh is reached from here, when its interface's own
    /// address is not: behind a forwarded port, say
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub send_to: Option<SocketAddr>,
    /// Port of the listener on a target over ssh
    #[arg(long, default_value_t = 12345)]
    pub port: u16,
}

/// How to print a report.
#[derive(Clone, Debug, Default, Args)]
pub struct Output {
    /// Print Markdown, in the shape of the campaign's tables
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
    /// Every comparison, what is within repetitions, and the modules
    #[arg(long)]
    pub detail: bool,
    /// Draw plots, PNG and SVG, into a folder
    #[arg(long, value_name = "FOLDER")]
    pub plots: Option<PathBuf>,
}

/// Arguments of `ramp`.
#[derive(Debug, Args)]
pub struct Ramp {
    /// What to measure
    #[command(flatten)]
    pub experiment: Experiment,
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// What to measure
    #[command(flatten)]
    pub experiment: Experiment,
    /// How to print it
    #[command(flatten)]
    pub output: Output,
    /// End with status 1 when one of these is so
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub fail_on: Vec<Gate>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn rates() {
        assert_eq!(rate("4M"), Ok(4 << 20));
        assert_eq!(rate("512k"), Ok(512 << 10));
        assert_eq!(rate("7"), Ok(7));
        for bad in ["", "M", "0", "4MB", "-1", "99999999999G"] {
            assert!(rate(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_run_goes_on_as_planned() {
        let parse = |words: &[&str]| Cli::try_parse_from(words.iter().copied());
        assert!(parse(&["besser", "ramp", "--resume", "run"]).is_ok());
        assert!(parse(&["besser", "ramp", "--resume", "run", "--reps", "5"]).is_err());
        assert!(parse(&["besser", "ramp"]).is_err());
        assert!(parse(&["besser", "ramp", "head", "--predict", "rx_mb_s >= +5%"]).is_ok());
        assert!(parse(&["besser", "ramp", "head", "--predict", "rx_mbs >= +5%"]).is_err());
    }
}
