// SPDX-License-Identifier: GPL-2.0-only
//! SIGHUP: the model of the air and the faults are read again.

use std::io;
use std::path::PathBuf;
use std::thread;

use bes2600_emulator::air::hwsim::HwsimMedium;
use bes2600_emulator::config::Config;
use bes2600_emulator::runner::Plans;
use signal_hook::consts::SIGHUP;
use signal_hook::iterator::Signals;

/// Has section `[air]` of that file and its faults hold from each SIGHUP on, the latter in place of
/// those planned before, and prints what was carried so far. A file that is wrong by then changes
/// nothing and is reported.
pub(crate) fn on_hangup(
    path: PathBuf,
    medium: Option<HwsimMedium>,
    plans: Vec<Plans>,
) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP])?;
    thread::spawn(move || {
        for _ in signals.forever() {
            match Config::load(&path) {
                Ok(config) => {
                    for plan in &plans {
                        plan.put(config.faults.clone());
                    }
                    if let Some(medium) = &medium {
                        medium.set_model(config.air);
                        let counts = serde_json::to_string(&medium.counts()).unwrap_or_default();
                        println!("air changed, after {counts}");
                    }
                    println!("faults planned: {}", config.faults.len());
                }
                Err(error) => eprintln!("bes2600-emulator: {error}"),
            }
        }
    });
    Ok(())
}
