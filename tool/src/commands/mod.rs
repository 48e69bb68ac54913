// SPDX-License-Identifier: GPL-2.0-only
//! The commands.

pub mod inspect;
pub mod measure;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::CommandFactory;
use serde::Serialize;

use crate::{
    analysis::Analysis,
    campaign::{Campaign, MARK},
    cli::{Cli, Command, Kernel, RuleArgs},
    error::{Error, Result},
    manifest::Manifest,
    nix::{Nix, module_in},
    project::Project,
    report,
    stats::{
        compare::Rule,
        simulate::{self, Noise},
    },
    store::Run,
};

/// Does what the command line says; the exit status.
///
/// # Errors
///
/// What kept it from being done.
pub fn run(cli: &Cli) -> Result<u8> {
    match &cli.command {
        Command::List => inspect::list(cli),
        Command::Show { name } => inspect::show(cli, name),
        Command::Build { names, kernel } => inspect::build(cli, names, *kernel),
        Command::Diff {
            one,
            other,
            detail,
            kernel,
        } => inspect::diff(cli, one, other, *detail, *kernel),
        Command::Repro { names, kernel } => inspect::repro(cli, names, *kernel),
        Command::Ramp(arguments) => measure::ramp(cli, arguments),
        Command::Compare(arguments) => measure::compare(cli, arguments),
        Command::Report {
            runs,
            output,
            fail_on,
        } => {
            let runs = runs
                .iter()
                .map(|folder| Run::read(folder))
                .collect::<Result<Vec<_>>>()?;
            measure::report(cli, &Analysis::of(&runs)?, output, fail_on)
        }
        Command::Campaign { runs } => campaign(cli, runs),
        Command::Simulate {
            experiments,
            seed,
            rule,
        } => simulate(cli, *experiments, *seed, *rule),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "besser", &mut text);
            print_bytes(&text)
        }
        Command::Man { out } => man(out.as_deref()),
    }
}

/// Writes to standard output. A reader that has seen enough is no error.
fn print_bytes(bytes: &[u8]) -> Result<u8> {
    let mut output = io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Io {
            what: "cannot write to standard output".to_owned(),
            source: error,
        }),
        _ => Ok(0),
    }
}

fn print(text: &str) -> Result<u8> {
    print_bytes(format!("{}\n", text.trim_end()).as_bytes())
}

fn print_json(value: &impl Serialize) -> Result<u8> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Error::Input(error.to_string()))?;
    print(&text)
}

impl From<RuleArgs> for Rule {
    fn from(arguments: RuleArgs) -> Self {
        Self {
            confidence: arguments.confidence,
            min_effect: arguments.min_effect / 100.0,
            ..Self::default()
        }
    }
}

/// The package of a variant.
fn attribute(kernel: Kernel, name: &str) -> String {
    match kernel {
        Kernel::Uml => format!("bes2600-variants.{name}"),
        Kernel::Pinetab2 => format!("bes2600-variants-pinetab2.{name}"),
    }
}

/// The project with its manifest and Nix.
struct Workshop {
    project: Project,
    manifest: Manifest,
    nix: Nix,
}

impl Workshop {
    fn open(cli: &Cli) -> Result<Self> {
        let project = Project::find(cli.project.as_deref(), cli.flake.as_deref())?;
        let manifest = project.manifest()?;
        let nix = Nix::new(&project.flake);
        Ok(Self {
            project,
            manifest,
            nix,
        })
    }

    /// Builds a variant; its package and its module's file.
    fn variant(&self, kernel: Kernel, name: &str) -> Result<(crate::nix::Built, PathBuf)> {
        self.manifest.variant(name)?;
        let built = self.nix.build(&attribute(kernel, name))?;
        let module = module_in(&built.path)?;
        Ok((built, module))
    }
}

/// Whether this names a file and not a variant.
fn is_file(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "ko")
        || name.contains('/')
}

fn campaign(cli: &Cli, folders: &[PathBuf]) -> Result<u8> {
    let campaign = Campaign::recorded()?;
    let runs = folders
        .iter()
        .map(|folder| Run::read(folder))
        .collect::<Result<Vec<_>>>()?;
    let ours = if runs.is_empty() {
        None
    } else {
        Some(Analysis::of(&runs)?)
    };
    if cli.json {
        return print_json(
            &serde_json::json!({"mark": MARK, "recorded": campaign, "measured": ours}),
        );
    }
    // Without a project at hand, variants are taken by their names.
    let recorded: BTreeMap<String, Vec<String>> = Workshop::open(cli)
        .map(|workshop| {
            let variants = workshop.manifest.variants.iter();
            variants
                .map(|(name, variant)| (name.clone(), variant.recorded.clone()))
                .collect()
        })
        .unwrap_or_default();
    print(&campaign.report(ours.as_ref(), &|name| {
        recorded
            .get(name)
            .cloned()
            .unwrap_or_else(|| vec![name.to_owned()])
    }))
}

fn simulate(cli: &Cli, experiments: usize, seed: u64, rule: RuleArgs) -> Result<u8> {
    let rule = Rule::from(rule);
    let mut noise = Noise::seeded(seed);
    let rates: Vec<_> = simulate::cases()
        .into_iter()
        .map(|case| simulate::play(case, experiments, &rule, &mut noise))
        .collect();
    let pitfalls: Vec<_> = [0.0, 0.5, 0.9]
        .into_iter()
        .map(|correlation| simulate::pitfall(correlation, experiments.min(1000), &rule, &mut noise))
        .collect();
    if cli.json {
        return print_json(
            &serde_json::json!({"rule": rule, "seed": seed, "verdicts": rates, "pitfalls": pitfalls}),
        );
    }
    let percent = |part: f64| format!("{:.1} %", part * 100.0);
    let rows = rates
        .iter()
        .map(|rates| {
            vec![
                report::change(rates.case.effect),
                percent(rates.case.spread),
                rates.case.repetitions.to_string(),
                percent(rates.faster),
                percent(rates.slower),
                percent(rates.no_difference),
                percent(rates.not_enough_data),
            ]
        })
        .collect();
    let mut text = format!(
        "{experiments} experiments of each kind, seed {seed}; intervals of {} %, less than {} % does not matter\n\n",
        rule.confidence * 100.0,
        rule.min_effect * 100.0
    );
    text.push_str(&report::table::table(
        &[
            "truth",
            "spread",
            "N",
            "faster",
            "slower",
            "no difference",
            "not enough data",
        ],
        0,
        rows,
    ));
    text.push_str("\n\nEqual variants, 3 repetitions of 300 samples each: called different\n\n");
    let rows = pitfalls
        .iter()
        .map(|one| {
            vec![
                format!("{:.1}", one.correlation),
                percent(one.by_samples),
                percent(one.by_repetitions),
            ]
        })
        .collect();
    text.push_str(&report::table::table(
        &[
            "correlation of samples",
            "if samples were the unit",
            "by repetitions",
        ],
        0,
        rows,
    ));
    print(&text)
}

fn man(out: Option<&Path>) -> Result<u8> {
    let Some(folder) = out else {
        let mut text = Vec::new();
        clap_mangen::Man::new(Cli::command())
            .render(&mut text)
            .map_err(Error::io("render", Path::new("besser.1")))?;
        return print_bytes(&text);
    };
    fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
    clap_mangen::generate_to(Cli::command(), folder)
        .map_err(Error::io("write pages to", folder))?;
    Ok(0)
}
