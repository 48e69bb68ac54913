// SPDX-License-Identifier: GPL-2.0-only
//! The program; see the library.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = besser::cli::Cli::parse();
    match besser::commands::run(&cli) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            if cli.json {
                println!(
                    "{}",
                    serde_json::json!({"error": error.to_string(), "status": error.status()})
                );
            }
            eprintln!("besser: {error}");
            ExitCode::from(error.status())
        }
    }
}
