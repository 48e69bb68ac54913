// SPDX-License-Identifier: GPL-2.0-only
//! Commands that measure, and tell what was measured.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{Workshop, attribute, is_file, print, print_json};
use crate::{
    analysis::{Analysis, Gate},
    cli::{Cli, Compare, Experiment, Kernel, Output, Ramp},
    diff::{Difference, elf::Module, inputs::Inputs, text},
    error::{BROKEN, Error, Result},
    plan::interleave,
    process::Stop,
    progress::Progress,
    ramp::{execute, now},
    report::{markdown, plots, table},
    stats::compare::Rule,
    store::{Plan, Planned, Run, VERSION},
    target::{Target, ssh::Ssh, uml::Uml, vm::Vm},
};

/// What the stream is capped at, unless something else is said: the campaign's 4 MB/s.
const RATE: u64 = 4 << 20;

/// A variant to measure, with what is needed to explain it.
struct Side {
    planned: Planned,
    module: Module,
    attribute: Option<String>,
}

pub(super) fn ramp(cli: &Cli, arguments: &Ramp) -> Result<u8> {
    let (run, _) = measure(cli, &arguments.experiment)?;
    let analysis = Analysis::of(&[run])?;
    let status = report(cli, &analysis, &Output::default(), &[])?;
    Ok(nothing(&analysis).unwrap_or(status))
}

pub(super) fn compare(cli: &Cli, arguments: &Compare) -> Result<u8> {
    let (run, sides) = measure(cli, &arguments.experiment)?;
    let differences = differences(cli, &sides)?;
    if let Some((first, rest)) = differences.split_first() {
        let all: Vec<_> = std::iter::once(first)
            .chain(rest)
            .map(|(_, difference)| difference)
            .collect();
        let bytes =
            serde_json::to_vec_pretty(&all).map_err(|error| Error::Input(error.to_string()))?;
        crate::store::write_whole(&run.folder.join("differences.json"), &bytes)?;
    }
    if !cli.json && !arguments.output.markdown {
        let mut told = String::new();
        for (names, difference) in &differences {
            let _ = writeln!(
                told,
                "{names}:\n{}",
                text::report(difference, arguments.output.detail)
            );
        }
        if !told.is_empty() {
            print(&told)?;
            print("")?;
        }
    }
    let analysis = Analysis::of(&[run])?;
    let status = report(cli, &analysis, &arguments.output, &arguments.fail_on)?;
    Ok(nothing(&analysis).unwrap_or(status))
}

/// The status when nothing could be measured. The report is out then, and has the causes.
fn nothing(analysis: &Analysis) -> Option<u8> {
    let none = analysis
        .variants
        .iter()
        .all(|variant| variant.measured == 0);
    none.then(|| {
        let error = Error::Target("not one repetition could be measured".to_owned());
        eprintln!("besser: {error}");
        error.status()
    })
}

/// The baseline's module against each other's.
fn differences(cli: &Cli, sides: &[Side]) -> Result<Vec<(String, Difference)>> {
    let Some((baseline, others)) = sides.split_first() else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    for other in others {
        let inputs = match baseline.attribute.as_ref().zip(other.attribute.as_ref()) {
            Some((one, other)) => {
                let nix = Workshop::open(cli)?.nix;
                Some(Inputs::of(&nix.derivation(one)?, &nix.derivation(other)?))
            }
            None => None,
        };
        all.push((
            format!("{} and {}", baseline.planned.label, other.planned.label),
            Difference::of(&baseline.module, &other.module, inputs),
        ));
    }
    Ok(all)
}

/// Prints what an analysis says, and judges the gates.
pub(super) fn report(
    cli: &Cli,
    analysis: &Analysis,
    output: &Output,
    gates: &[Gate],
) -> Result<u8> {
    let drawn = match &output.plots {
        Some(folder) => plots::write(analysis, folder)?,
        None => Vec::new(),
    };
    let broken: Vec<String> = gates
        .iter()
        .flat_map(|gate| gate.broken(analysis))
        .collect();
    if cli.json {
        let mut value =
            serde_json::to_value(analysis).map_err(|error| Error::Input(error.to_string()))?;
        if let Some(object) = value.as_object_mut() {
            object.insert("plots".to_owned(), json!(drawn));
            object.insert("broken".to_owned(), json!(broken));
        }
        print_json(&value)?;
    } else if output.markdown {
        print(&markdown::report(analysis))?;
    } else {
        let mut text = table::report(analysis, output.detail);
        for file in &drawn {
            let _ = writeln!(text, "{}", file.display());
        }
        for folder in &analysis.runs {
            let _ = writeln!(text, "\nReceipts: {}", folder.display());
        }
        print(&text)?;
    }
    for promise in &broken {
        eprintln!("besser: broken promise: {promise}");
    }
    Ok(if broken.is_empty() { 0 } else { BROKEN })
}

/// Plans and makes a run, or goes on with one.
fn measure(cli: &Cli, experiment: &Experiment) -> Result<(Run, Vec<Side>)> {
    let stop = Stop::on_signals()?;
    let (mut run, sides) = match &experiment.resume {
        Some(folder) => resume(folder)?,
        None => begin(cli, experiment)?,
    };
    let mut target = target(cli, experiment, &run)?;
    let progress = Progress::new(run.plan.order.len(), cli.quiet);
    progress.say(&format!(
        "{} repetitions of {} s, order and predictions in {}",
        run.plan.order.len(),
        run.plan.seconds,
        run.folder.join("run.json").display()
    ));
    let result = execute(&mut run, target.as_mut(), &stop, &progress);
    progress.finish();
    result.map(|()| (run, sides))
}

fn resume(folder: &Path) -> Result<(Run, Vec<Side>)> {
    let run = Run::read(folder)?;
    let mut sides = Vec::new();
    for planned in run.plan.variants.iter().filter(|planned| !planned.control) {
        let module = Module::read(&planned.module)?;
        if module.sha256 != planned.sha256 {
            return Err(Error::Input(format!(
                "{} is not the module that the run began with: sha256 was {}, is {}",
                planned.module.display(),
                planned.sha256,
                module.sha256
            )));
        }
        sides.push(Side {
            planned: planned.clone(),
            module,
            attribute: None,
        });
    }
    Ok((run, sides))
}

fn begin(cli: &Cli, experiment: &Experiment) -> Result<(Run, Vec<Side>)> {
    if experiment.rate.is_some() && experiment.load != "stream" {
        return Err(Error::Usage(format!(
            "--rate caps the load stream; {} is not capped",
            experiment.load
        )));
    }
    let kernel = if experiment.target == "uml" {
        Kernel::Uml
    } else {
        Kernel::Pinetab2
    };
    if kernel == Kernel::Pinetab2 {
        // What cannot be is found before anything is built.
        if experiment.target != "vm" {
            Ssh::address(&experiment.target)?;
        }
        if experiment.load != "stream" {
            return Err(Error::Usage(format!(
                "over ssh, and so in the virtual machine, there is the load stream, and not {}",
                experiment.load
            )));
        }
    }
    let mut sides: Vec<Side> = Vec::new();
    let progress = Progress::new(experiment.variants.len(), cli.quiet);
    for (done, name) in experiment.variants.iter().enumerate() {
        progress.at(&format!("builds {name}"));
        let side = side(cli, name, kernel)?;
        if sides
            .iter()
            .any(|known| known.planned.label == side.planned.label)
        {
            return Err(Error::Usage(format!(
                "{} is named twice; --control measures the baseline again",
                side.planned.label
            )));
        }
        sides.push(side);
        progress.done(done.saturating_add(1));
    }
    progress.finish();
    let mut variants: Vec<Planned> = sides.iter().map(|side| side.planned.clone()).collect();
    if let Some(baseline) = variants.first().filter(|_| experiment.control) {
        let again = Planned {
            label: format!("{} again", baseline.label),
            control: true,
            ..baseline.clone()
        };
        variants.insert(1, again);
    }
    for prediction in &experiment.predict {
        if let Some(name) = &prediction.variant
            && !variants.iter().any(|variant| variant.label == *name)
        {
            return Err(Error::Usage(format!(
                "'{}' is about {name}, which is not measured",
                prediction.text
            )));
        }
    }
    let labels: Vec<String> = variants
        .iter()
        .map(|variant| variant.label.clone())
        .collect();
    let repetitions = usize::try_from(experiment.reps).unwrap_or(1);
    let plan = Plan {
        format: "besser-run".to_owned(),
        version: VERSION,
        program: format!("besser {}", env!("CARGO_PKG_VERSION")),
        written: now(),
        target: experiment.target.clone(),
        variants,
        load: experiment.load.clone(),
        rate_bytes_s: (experiment.load == "stream").then(|| experiment.rate.unwrap_or(RATE)),
        seconds: experiment.seconds,
        repetitions,
        seed: experiment.seed,
        predictions: experiment.predict.clone(),
        rule: Rule::from(experiment.rule),
        order: interleave(&labels, repetitions, experiment.seed),
    };
    let folder = match &experiment.out {
        Some(folder) => folder.clone(),
        None => default_folder(cli)?,
    };
    fs::create_dir_all(&folder).map_err(Error::io("make the folder", &folder))?;
    // Runners work elsewhere.
    let folder = fs::canonicalize(&folder).map_err(Error::io("find", &folder))?;
    Ok((Run::begin(&folder, plan)?, sides))
}

fn default_folder(cli: &Cli) -> Result<PathBuf> {
    let top = Workshop::open(cli)
        .map_err(|error| Error::Usage(format!("{error}; or name a folder for the run with --out")))?
        .project
        .top;
    let name: String = now()
        .chars()
        .map(|c| if c == ':' { '.' } else { c })
        .collect();
    Ok(top.join(".dev/besser").join(name))
}

/// What a word of the command line names: a variant, `FILE.ko`, or `NAME=FILE.ko`.
fn side(cli: &Cli, name: &str, kernel: Kernel) -> Result<Side> {
    let (label, file, attribute) = match name.split_once('=') {
        Some((label, file)) => (label.to_owned(), PathBuf::from(file), None),
        None if is_file(name) => {
            let stem = Path::new(name).file_stem().unwrap_or_default();
            (
                stem.to_string_lossy().into_owned(),
                PathBuf::from(name),
                None,
            )
        }
        None => {
            let (_, file) = Workshop::open(cli)?.variant(kernel, name)?;
            (name.to_owned(), file, Some(attribute(kernel, name)))
        }
    };
    let module = Module::read(&file)?;
    let planned = Planned {
        variant: label.clone(),
        label,
        module: fs::canonicalize(&file).map_err(Error::io("find", &file))?,
        sha256: module.sha256.clone(),
        srcversion: module.srcversion().map(str::to_owned),
        control: false,
    };
    Ok(Side {
        planned,
        module,
        attribute,
    })
}

fn target(cli: &Cli, experiment: &Experiment, run: &Run) -> Result<Box<dyn Target>> {
    let package = |package: &str| -> Result<PathBuf> {
        Ok(Workshop::open(cli)?
            .nix
            .build(package)?
            .path
            .join("bin")
            .join(package))
    };
    let runner = |name: &str| experiment.runner.clone().map_or_else(|| package(name), Ok);
    if run.plan.target == "uml" {
        return Ok(Box::new(Uml {
            runner: runner("ramp-uml")?,
            options: experiment.runner_option.clone(),
        }));
    }
    let ssh = |host: String, port, collector| Ssh {
        program: std::env::var_os("BESSER_SSH").map_or_else(|| "ssh".into(), PathBuf::from),
        host,
        port,
        options: Vec::new(),
        send_to: experiment.send_to,
        called: None,
        collector,
        interface: experiment.interface.clone(),
        listen: experiment.port,
    };
    if run.plan.target == "vm" {
        let collector = match std::env::var_os("BESSER_COLLECTOR") {
            Some(collector) => PathBuf::from(collector),
            None => package("ramp-collect")?,
        };
        let machine = Ssh {
            called: Some("vm"),
            ..ssh("root@127.0.0.1".to_owned(), None, collector)
        };
        let folder = run.folder.join("machines");
        return Ok(Box::new(Vm::new(
            runner("ramp-vm")?,
            &experiment.runner_option,
            machine,
            &folder,
        )));
    }
    let (host, port) = Ssh::address(&run.plan.target)?;
    Ok(Box::new(ssh(host, port, runner("ramp-collect")?)))
}
