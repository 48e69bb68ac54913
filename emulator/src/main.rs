// SPDX-License-Identifier: GPL-2.0-only
//! `bes2600-emulator`: the chip as a program. See the README for its use.
#![forbid(unsafe_code)]

mod cli;
mod relay;
mod reload;
mod run;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let command = cli::Cli::parse().command;
    match cli::execute(command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bes2600-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}
