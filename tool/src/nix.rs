// SPDX-License-Identifier: GPL-2.0-only
//! Builds through Nix.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Instant,
};

use serde_json::Value;

use crate::error::{Error, Result};

/// Nix, for one flake.
#[derive(Clone, Debug)]
pub struct Nix {
    program: PathBuf,
    flake: String,
}

/// Something that was built.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Built {
    /// The attribute.
    pub attribute: String,
    /// Its output in the store.
    pub path: PathBuf,
    /// Seconds it took; hardly any when it was there already.
    pub took_s: f64,
}

impl Nix {
    /// Nix for this flake; `BESSER_NIX` names another program than `nix`.
    #[must_use]
    pub fn new(flake: &str) -> Self {
        Self {
            program: std::env::var_os("BESSER_NIX")
                .map_or_else(|| PathBuf::from("nix"), PathBuf::from),
            flake: flake.to_owned(),
        }
    }

    /// Name of an attribute, with the flake.
    #[must_use]
    pub fn installable(&self, attribute: &str) -> String {
        format!("{}#{attribute}", self.flake)
    }

    fn run(&self, arguments: &[&str]) -> Result<Output> {
        Command::new(&self.program)
            .args(["--extra-experimental-features", "nix-command flakes"])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|source| {
                Error::Build(format!(
                    "cannot run {}: {source}; install Nix, or name modules by their files",
                    self.program.display()
                ))
            })
    }

    /// Builds one attribute.
    ///
    /// # Errors
    ///
    /// It does not evaluate or build; the text has what matters of the log.
    pub fn build(&self, attribute: &str) -> Result<Built> {
        let began = Instant::now();
        let output = self.run(&[
            "build",
            &self.installable(attribute),
            "--no-link",
            "--no-write-lock-file",
            "--print-out-paths",
            "--print-build-logs",
        ])?;
        if !output.status.success() {
            return Err(Error::Build(format!(
                "{attribute} cannot be built:\n{}",
                essence(&String::from_utf8_lossy(&output.stderr))
            )));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let path = text.lines().next().unwrap_or_default();
        if path.is_empty() {
            return Err(Error::Build(format!("{attribute} has no output")));
        }
        Ok(Built {
            attribute: attribute.to_owned(),
            path: path.into(),
            took_s: (began.elapsed().as_secs_f64() * 10.0).round() / 10.0,
        })
    }

    /// Builds what is there already a second time and compares: `nix build --rebuild`.
    ///
    /// # Errors
    ///
    /// Nix cannot be run, or the second build fails by itself.
    pub fn rebuild(&self, attribute: &str) -> Result<bool> {
        let output = self.run(&[
            "build",
            &self.installable(attribute),
            "--no-link",
            "--no-write-lock-file",
            "--rebuild",
            "--print-build-logs",
        ])?;
        if output.status.success() {
            return Ok(true);
        }
        let text = String::from_utf8_lossy(&output.stderr);
        if text.contains("may not be deterministic") {
            return Ok(false);
        }
        Err(Error::Build(format!(
            "{attribute} cannot be built a second time:\n{}",
            essence(&text)
        )))
    }

    /// What something is built from: `nix derivation show`, the one derivation of it.
    ///
    /// # Errors
    ///
    /// It does not evaluate.
    pub fn derivation(&self, attribute: &str) -> Result<Value> {
        let output = self.run(&[
            "derivation",
            "show",
            "--no-write-lock-file",
            &self.installable(attribute),
        ])?;
        if !output.status.success() {
            return Err(Error::Build(format!(
                "{attribute} does not evaluate:\n{}",
                essence(&String::from_utf8_lossy(&output.stderr))
            )));
        }
        let value: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| Error::Build(format!("nix derivation show {attribute}: {error}")))?;
        // Newer versions wrap the derivations.
        let all = value.get("derivations").unwrap_or(&value);
        all.as_object()
            .and_then(|all| all.values().next())
            .cloned()
            .ok_or_else(|| Error::Build(format!("nix derivation show {attribute} shows none")))
    }
}

/// What matters of a failed build's log: hunks that did not apply, errors, and the end.
fn essence(log: &str) -> String {
    let lines: Vec<&str> = log
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let matters = |line: &&&str| {
        line.contains("Hunk #") && line.contains("FAILED")
            || line.contains("does not apply")
            || line.contains("No space left on device")
            || line.contains("malformed patch")
            || line.trim_start().starts_with("error")
            || line.contains("> error")
    };
    let mut kept: Vec<&str> = lines.iter().filter(matters).take(12).copied().collect();
    for line in lines.iter().rev().take(8).rev() {
        if !kept.contains(line) {
            kept.push(line);
        }
    }
    kept.join("\n")
}

/// The module's file in a package.
///
/// # Errors
///
/// There is none, or more than one.
pub fn module_in(package: &Path) -> Result<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![package.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(Error::io("read the folder", &folder))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "ko") {
                found.push(path);
            }
        }
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        _ => Err(Error::Build(format!(
            "{} has {} modules and not one",
            package.display(),
            found.len()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hunk_that_failed_is_named() {
        let mut log: String = (0..200).map(|i| format!("copying {i}\n")).collect();
        log.push_str("bes2600> patching file bes2600/wifi.rs\nbes2600> Hunk #3 FAILED at 120.\n");
        log.push_str(&"bes2600> more\n".repeat(30));
        let text = essence(&log);
        assert!(
            text.starts_with("bes2600> Hunk #3 FAILED at 120."),
            "{text}"
        );
        assert!(text.lines().count() < 12);
    }

    #[test]
    fn the_one_module() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            module_in(folder.path())
                .unwrap_err()
                .to_string()
                .contains("has 0 modules")
        );
        let deep = folder.path().join("lib/modules/7/updates");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("bes2600.ko"), "").unwrap();
        assert_eq!(module_in(folder.path()).unwrap(), deep.join("bes2600.ko"));
        std::fs::write(deep.join("other.ko"), "").unwrap();
        assert!(module_in(folder.path()).is_err());
    }

    #[test]
    fn without_nix() {
        let nix = Nix {
            program: "/nowhere/nix".into(),
            flake: ".".to_owned(),
        };
        assert_eq!(nix.build("x").unwrap_err().status(), 4);
    }
}
