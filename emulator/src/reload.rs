// SPDX-License-Identifier: GPL-2.0-only
//! SIGHUP: the model of the air is read again.

use std::io;
use std::path::PathBuf;
use std::thread;

use bes2600_emulator::air::hwsim::HwsimMedium;
use bes2600_emulator::config::Config;
use signal_hook::consts::SIGHUP;
use signal_hook::iterator::Signals;

/// Has section `[air]` of that file hold from each SIGHUP on, and prints what was carried so far. A file that is wrong by then changes
/// nothing and is reported.
pub(crate) fn on_hangup(path: PathBuf, medium: HwsimMedium) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP])?;
    thread::spawn(move || {
        for _ in signals.forever() {
            match Config::load(&path) {
                Ok(config) => {
                    medium.set_model(config.air);
                    let counts = serde_json::to_string(&medium.counts()).unwrap_or_default();
                    println!("air changed, after {counts}");
                }
                Err(error) => eprintln!("bes2600-emulator: {error}"),
            }
        }
    });
    Ok(())
}
