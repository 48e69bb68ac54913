// SPDX-License-Identifier: GPL-2.0-only
//! The command `run`.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use bes2600_emulator::access_point::Network;
use bes2600_emulator::air::Air;
use bes2600_emulator::air::hwsim::{HwsimError, HwsimMedium};
use bes2600_emulator::config::Config;
use bes2600_emulator::device::DeviceError;
use bes2600_emulator::fault::Planned;
use bes2600_emulator::runner::{Options, Runner, SharedTrace, Turn};
use bes2600_emulator::summary::Summary;
use bes2600_emulator::trace::Writer;
use serde::Serialize;
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::cli::{AirKind, RunArgs};
use crate::reload;

/// Exit status when a host has broken the protocol.
const EXIT_BREACH: u8 = 3;
/// Exit status of the fault `die`.
const EXIT_DIE: i32 = 4;

/// One card in the summary.
#[derive(Serialize)]
struct Card {
    /// Number of the card, from 0.
    card: u32,
    /// The N of `mmcN`.
    host_index: Option<u32>,
    #[serde(flatten)]
    summary: Summary,
}

/// Where the radios of chips are.
enum Airs {
    None,
    Network,
    Hwsim(HwsimMedium),
}

impl Airs {
    fn new(kind: AirKind, config: &Config) -> Result<Self, HwsimError> {
        Ok(match kind {
            AirKind::None => Self::None,
            AirKind::Network => Self::Network,
            AirKind::Hwsim => Self::Hwsim(HwsimMedium::open(config.air.clone())?),
        })
    }

    /// A radio for a chip; networks are not shared between chips.
    fn radio(&self, config: &Config) -> Result<Option<Box<dyn Air>>, HwsimError> {
        Ok(match self {
            Self::None => None,
            Self::Network => Some(Box::new(Network::new(
                config.air.clone(),
                config.network.settings(),
            ))),
            Self::Hwsim(medium) => Some(Box::new(medium.radio()?)),
        })
    }
}

pub(crate) fn run(args: &RunArgs) -> Result<ExitCode, Box<dyn Error>> {
    let mut config = match &args.config {
        Some(path) => Config::load(path)?,
        None => Config::default(),
    };
    for text in &args.faults {
        config.faults.push(Planned::parse(text)?);
    }
    let trace: Option<SharedTrace> = match &args.trace {
        Some(path) => Some(Arc::new(Mutex::new(Writer::create(path)?))),
        None => None,
    };
    let options = Options {
        device: args.device.clone(),
        wake_line: args.wake_line.clone(),
        start: Instant::now(),
    };
    // The reader becomes readable with the first signal, and stays so for every card.
    let (stop, signal) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SIGTERM, signal.try_clone()?)?;
    signal_hook::low_level::pipe::register(SIGINT, signal)?;

    let airs = Airs::new(args.air, &config)?;
    if let Some(path) = &args.capture {
        let Airs::Hwsim(medium) = &airs else {
            return Err("--capture needs --air hwsim".into());
        };
        medium
            .capture(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let mut runners = Vec::new();
    for number in 0..args.cards {
        runners.push(Runner::new(
            number,
            config.clone(),
            &options,
            airs.radio(&config)?,
            trace.clone(),
        )?);
    }
    if let Some(path) = &args.config {
        let medium = match &airs {
            Airs::Hwsim(medium) => Some(medium.clone()),
            Airs::None | Airs::Network => None,
        };
        let plans = runners.iter().map(Runner::plans).collect();
        reload::on_hangup(path.clone(), medium, plans)?;
    }
    for runner in &mut runners {
        while !runner.is_ready() {
            if runner.turn(stop.as_fd())? != Turn::Again {
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
    println!("ready");
    io::stdout().flush()?;

    let finished: Vec<_> = thread::scope(|scope| {
        let stop = &stop;
        let threads: Vec<_> = runners
            .into_iter()
            .map(|runner| scope.spawn(move || live(runner, stop)))
            .collect();
        threads
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect()
    });
    let mut cards = Vec::new();
    for result in finished {
        let runner = result.map_err(|_| "a card's thread has panicked")??;
        cards.push(Card {
            card: u32::try_from(cards.len())?,
            host_index: runner.host_index(),
            summary: runner.chip().summary(),
        });
    }
    let broken = cards.iter().any(|card| !card.summary.breaches.is_empty());
    if let Some(path) = &args.summary {
        let text = serde_json::to_string_pretty(&serde_json::json!({ "cards": cards }))?;
        fs::write(path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if let Airs::Hwsim(medium) = &airs {
        medium.check()?;
    }
    Ok(if broken {
        ExitCode::from(EXIT_BREACH)
    } else {
        ExitCode::SUCCESS
    })
}

/// Runs a card until the program is to end, and pulls it out.
fn live(mut runner: Runner, stop: &UnixStream) -> Result<Runner, DeviceError> {
    loop {
        match runner.turn(stop.as_fd())? {
            Turn::Again => {}
            Turn::Stop => break,
            Turn::Die => std::process::exit(EXIT_DIE),
        }
    }
    runner.remove()?;
    Ok(runner)
}
