// SPDX-License-Identifier: GPL-2.0-only

//! Runs a fuzzer's function over files, without a fuzzer: for coverage, and for a finding.
//!
//! `replay TARGET FILE-OR-FOLDER...`

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn files(path: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            files(&entry?.path(), found)?;
        }
    } else {
        found.push(path.to_owned());
    }
    Ok(())
}

fn run() -> Result<usize, String> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments
        .next()
        .ok_or("usage: replay TARGET FILE-OR-FOLDER...")?;
    let (_, target) = bes2600_fuzz::TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or(format!("there is no target {name}"))?;
    let mut found = Vec::new();
    for argument in arguments {
        files(Path::new(&argument), &mut found).map_err(|error| format!("{argument}: {error}"))?;
    }
    found.sort();
    for file in &found {
        let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        target(&bytes);
    }
    Ok(found.len())
}

fn main() -> ExitCode {
    match run() {
        Ok(count) => {
            println!("{count} inputs");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("replay: {error}");
            ExitCode::FAILURE
        }
    }
}
