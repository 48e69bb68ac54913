// SPDX-License-Identifier: GPL-2.0-only
//! Command line.

use std::error::Error;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use bes2600_emulator::fault::Fault;
use bes2600_emulator::image::{Image, Kind};
use bes2600_emulator::{breach::Rule, data, trace};
use clap::{Args, Parser, Subcommand, ValueEnum};

/// The BES2600 Wi-Fi chip as a program.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Be the card in a virtual SDIO slot, until SIGTERM or SIGINT
    Run(RunArgs),
    /// Be the medium between the kernel's simulated radios (mac80211_hwsim), without a chip, until
    /// SIGTERM or SIGINT
    Air(AirArgs),
    /// List every fault with its parameters
    Faults,
    /// List every rule of the protocol that a host can break
    Rules,
    /// Make a firmware image for the emulated chip
    Firmware(FirmwareArgs),
    /// Write a firmware tree for tests
    Data {
        /// Where /lib/firmware would be
        #[arg(long)]
        out: PathBuf,
    },
    /// Print a trace as text
    Decode {
        /// A file that `run --trace` has written
        trace: PathBuf,
    },
}

/// The air of `run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AirKind {
    /// Nobody
    None,
    /// A small open access point of the emulator's own, section [network] of the settings
    Network,
    /// The kernel's simulated radios (mac80211_hwsim), for which the emulator is the medium
    Hwsim,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Device of the virtual SDIO host
    #[arg(long, default_value = "/dev/vsdio")]
    pub(crate) device: PathBuf,
    /// Settings, knobs and faults
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) config: Option<PathBuf>,
    /// A fault, may be repeated
    #[arg(long = "fault", value_name = "NAME[:key=value,...]")]
    pub(crate) faults: Vec<String>,
    /// Write down every command and message; .txt, .jsonl or .pcapng
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    /// Write what was counted, at the end
    #[arg(long, value_name = "FILE.json")]
    pub(crate) summary: Option<PathBuf>,
    /// Number of cards, each with a slot of its own
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) cards: u32,
    /// What the chip's radio hears
    #[arg(long, value_enum, default_value_t = AirKind::None)]
    pub(crate) air: AirKind,
    /// Write down every frame on the air of the kernel's radios, with radiotap headers
    #[arg(long, value_name = "FILE.pcapng")]
    pub(crate) capture: Option<PathBuf>,
    /// File with the level of the wake line, 0 or 1, such as the `value` of a simulated GPIO
    #[arg(long, value_name = "FILE")]
    pub(crate) wake_line: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct AirArgs {
    /// Write down every frame on the air, with radiotap headers
    #[arg(long, value_name = "FILE.pcapng")]
    pub(crate) capture: Option<PathBuf>,
    /// Settings; the section [air] counts
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) config: Option<PathBuf>,
    /// Write what was carried, at the end
    #[arg(long, value_name = "FILE.json")]
    pub(crate) summary: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct FirmwareArgs {
    /// What the image is for
    #[arg(long)]
    kind: Kind,
    /// The file to write
    #[arg(long)]
    out: PathBuf,
    /// Size of the file in bytes
    #[arg(long)]
    size: Option<usize>,
    /// Load address
    #[arg(long, value_parser = number)]
    exec_addr: Option<u32>,
    /// Text that the startup indication repeats
    #[arg(long)]
    label: Option<String>,
}

fn number(text: &str) -> Result<u32, std::num::ParseIntError> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    }
}

pub(crate) fn execute(command: Command) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Command::Run(args) => return crate::run::run(&args),
        Command::Air(args) => crate::relay::relay(&args)?,
        Command::Faults => faults(&mut io::stdout().lock())?,
        Command::Rules => rules(&mut io::stdout().lock())?,
        Command::Firmware(args) => firmware(args)?,
        Command::Data { out } => {
            data::write(&out).map_err(|error| format!("{}: {error}", out.display()))?;
        }
        Command::Decode { trace } => {
            let mut out = BufWriter::new(io::stdout().lock());
            trace::decode(&trace, &mut out)?;
            out.flush()?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn firmware(args: FirmwareArgs) -> Result<(), Box<dyn Error>> {
    let default = Image::new(args.kind);
    let image = Image {
        kind: args.kind,
        size: args.size.unwrap_or(default.size),
        exec_addr: args.exec_addr.unwrap_or(default.exec_addr),
        label: args.label.unwrap_or(default.label),
    };
    let file = image.build()?;
    fs::write(&args.out, file).map_err(|error| format!("{}: {error}", args.out.display()))?;
    Ok(())
}

fn faults(out: &mut impl Write) -> io::Result<()> {
    for fault in Fault::ALL {
        let definition = fault.definition();
        writeln!(out, "{}  [{}]", definition.name, definition.rows)?;
        writeln!(out, "    {}", definition.text)?;
        for parameter in definition.parameters {
            write!(
                out,
                "    {}={}: {}",
                parameter.name, parameter.default, parameter.text
            )?;
            if parameter.allowed.is_empty() {
                writeln!(out)?;
            } else {
                writeln!(out, " {:?}", parameter.allowed)?;
            }
        }
        writeln!(
            out,
            "    times={} (0: always), after=0; counted per {}",
            definition.times, definition.opportunity
        )?;
    }
    Ok(())
}

fn rules(out: &mut impl Write) -> io::Result<()> {
    for rule in Rule::ALL {
        writeln!(
            out,
            "{:<20} {:<7} {}",
            rule.name(),
            rule.section(),
            rule.text().trim()
        )?;
    }
    Ok(())
}
