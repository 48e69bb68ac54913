// SPDX-License-Identifier: GPL-2.0-only

//! `alejandra [--check] [--quiet] PATH...`: formats Nix files, or says which are not formatted.

#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use alejandra::format::{Status, in_fs};

/// Calls `act` for every Nix file at or below `path`.
fn each_file(path: &Path, act: &mut impl FnMut(&Path)) {
    if path.is_dir() {
        let mut entries: Vec<_> = std::fs::read_dir(path)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|entry| !entry.is_symlink())
            .collect();
        entries.sort();
        for entry in entries {
            each_file(&entry, act);
        }
    } else if path.extension().is_some_and(|extension| extension == "nix") {
        act(path);
    }
}

fn main() -> ExitCode {
    let (options, paths): (Vec<_>, Vec<_>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with('-'));
    let check = options
        .iter()
        .any(|option| option == "--check" || option == "-c");
    let mut clean = true;
    for path in if paths.is_empty() {
        vec![".".to_owned()]
    } else {
        paths
    } {
        each_file(
            Path::new(&path),
            &mut |file| match in_fs(file.display().to_string(), !check) {
                Status::Changed(false) => {}
                Status::Changed(true) => {
                    println!(
                        "{}: {}",
                        file.display(),
                        if check {
                            "is not formatted"
                        } else {
                            "formatted"
                        }
                    );
                    clean &= !check;
                }
                Status::Error(error) => {
                    println!("{}: {error}", file.display());
                    clean = false;
                }
            },
        );
    }
    if clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
