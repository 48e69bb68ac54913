// SPDX-License-Identifier: GPL-2.0-only
//! A run on disk: what was planned, and what came of it, valid at any moment.
//!
//! ```text
//! RUN/run.json                    the plan: written before anything is measured, then left alone
//! RUN/repetitions/001-NAME.json   a record of each repetition, written when it has ended
//! RUN/repetitions/001-NAME/       the runner's own files: receipt.json, logs
//! ```
//!
//! Files appear whole or not at all.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    error::{Error, Result},
    receipt::Receipt,
    stats::{compare::Rule, predict::Prediction},
};

/// The number of the format this program reads and writes.
pub const VERSION: u64 = 1;

/// A variant in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// What it is called in this run.
    pub label: String,
    /// The variant's name, or the file's.
    pub variant: String,
    /// The module's file.
    pub module: PathBuf,
    /// Its SHA-256.
    pub sha256: String,
    /// The identity the kernel will show.
    pub srcversion: Option<String>,
    /// The same module as the baseline's, to see what the rig does by itself.
    #[serde(default)]
    pub control: bool,
}

/// A repetition to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// Place in the order, from 1.
    pub number: usize,
    /// Round, from 1.
    pub round: usize,
    /// Which variant.
    pub label: String,
    /// Its seed.
    pub seed: u64,
}

/// What is to be measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// `besser-run`
    pub format: String,
    /// Number of the format.
    pub version: u64,
    /// Version of the program.
    pub program: String,
    /// When it was written down, RFC 3339.
    pub written: String,
    /// Where: `uml`, `vm`, `ssh://HOST`.
    pub target: String,
    /// Variants; the first is the baseline.
    pub variants: Vec<Planned>,
    /// Load.
    pub load: String,
    /// Cap of the load, bytes a second.
    pub rate_bytes_s: Option<u64>,
    /// Seconds of each repetition.
    pub seconds: u64,
    /// Repetitions of each variant.
    pub repetitions: usize,
    /// What seeds and order came from.
    pub seed: u64,
    /// What was expected, written before the run.
    pub predictions: Vec<Prediction>,
    /// How it is to be judged.
    pub rule: Rule,
    /// The order.
    pub order: Vec<Slot>,
}

/// How a repetition ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "outcome")]
pub enum Ended {
    /// With a valid receipt.
    Ok,
    /// Without; it counts for nothing, and is kept.
    Failed {
        /// `setup`, `load`, `kernel`, `breach`, `timeout`, `interrupted`, `missing`, `disk`,
        /// `target`, `receipt` or `module`.
        kind: String,
        /// A sentence.
        cause: String,
    },
}

/// What came of a slot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// `besser-repetition`
    pub format: String,
    /// Number of the format.
    pub version: u64,
    /// The slot.
    #[serde(flatten)]
    pub slot: Slot,
    /// When it began, RFC 3339.
    pub began: String,
    /// Real seconds it took.
    pub took_s: f64,
    /// How it ended.
    #[serde(flatten)]
    pub ended: Ended,
}

/// A record with its receipt.
#[derive(Clone, Debug, PartialEq)]
pub struct Repetition {
    /// What came of it.
    pub record: Record,
    /// What was measured; present when it ended well.
    pub receipt: Option<Receipt>,
    /// The runner's files.
    pub folder: PathBuf,
}

/// A run.
#[derive(Debug)]
pub struct Run {
    /// Its folder.
    pub folder: PathBuf,
    /// Its plan.
    pub plan: Plan,
    /// What has been made, in the order of slots.
    pub repetitions: Vec<Repetition>,
}

/// Writes a file so that it is whole or not there.
///
/// # Errors
///
/// The system refuses; what was there before stays.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".part");
    let part = path.with_file_name(name);
    let write = || {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        // Full disks and quotas may show only here. Not every file can be synced.
        match file.sync_all() {
            Err(error) if error.kind() != std::io::ErrorKind::InvalidInput => Err(error),
            _ => fs::rename(&part, path),
        }
    };
    write().map_err(Error::io("write", path)).inspect_err(|_| {
        let _ = fs::remove_file(&part);
    })
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut text =
        serde_json::to_vec_pretty(value).map_err(|error| Error::Input(error.to_string()))?;
    text.push(b'\n');
    write_whole(path, &text)
}

/// Reads a file of this program and says when another version wrote it.
fn read_json<T: DeserializeOwned>(path: &Path, format: &str) -> Result<T> {
    let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
    let bad = |what: String| Error::Input(format!("{}: {what}", path.display()));
    let value: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| bad(format!("is not whole: {error}")))?;
    if value.get("format").and_then(serde_json::Value::as_str) != Some(format) {
        return Err(bad(format!("is not a {format}")));
    }
    let version = value.get("version").and_then(serde_json::Value::as_u64);
    if version != Some(VERSION) {
        let found = version.map_or_else(|| "none".to_owned(), |number| number.to_string());
        let program = value
            .get("program")
            .and_then(serde_json::Value::as_str)
            .unwrap_or("another besser");
        return Err(bad(format!(
            "was written by {program} in version {found} of the format, this one reads {VERSION}; use that besser"
        )));
    }
    serde_json::from_value(value).map_err(|error| bad(error.to_string()))
}

impl Slot {
    /// Name of its files.
    #[must_use]
    pub fn stem(&self) -> String {
        let plain: String = self
            .label
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                    c
                } else {
                    '-'
                }
            })
            .collect();
        format!("{:03}-{plain}", self.number)
    }
}

impl Run {
    /// Begins a run in a folder that is new or empty: writes the plan.
    ///
    /// # Errors
    ///
    /// The folder has something in it, or cannot be written to.
    pub fn begin(folder: &Path, plan: Plan) -> Result<Self> {
        let repetitions = folder.join("repetitions");
        fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
        let mut entries = fs::read_dir(folder).map_err(Error::io("read the folder", folder))?;
        if entries.next().is_some() {
            return Err(Error::Usage(format!(
                "{} is not empty: a run goes into a folder of its own; --resume goes on with one that was interrupted",
                folder.display()
            )));
        }
        fs::create_dir_all(&repetitions).map_err(Error::io("make the folder", &repetitions))?;
        write_json(&folder.join("run.json"), &plan)?;
        Ok(Self {
            folder: folder.to_owned(),
            plan,
            repetitions: Vec::new(),
        })
    }

    /// Reads a run, complete or not.
    ///
    /// # Errors
    ///
    /// It is no run, or of another version, or a file of it is damaged.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("run.json");
        if !path.exists() {
            return Err(Error::Input(format!(
                "{} is not the folder of a run: it has no run.json",
                folder.display()
            )));
        }
        let plan: Plan = read_json(&path, "besser-run")?;
        let mut run = Self {
            folder: folder.to_owned(),
            plan,
            repetitions: Vec::new(),
        };
        for slot in run.plan.order.clone() {
            let path = run.record_path(&slot);
            if path.exists() {
                let record: Record = read_json(&path, "besser-repetition")?;
                let files = run.files(&slot);
                let receipt = match record.ended {
                    Ended::Ok => Some(Receipt::read(&files.join("receipt.json"))?),
                    Ended::Failed { .. } => None,
                };
                run.repetitions.push(Repetition {
                    record,
                    receipt,
                    folder: files,
                });
            }
        }
        Ok(run)
    }

    /// Where a slot's record is.
    #[must_use]
    pub fn record_path(&self, slot: &Slot) -> PathBuf {
        self.folder
            .join("repetitions")
            .join(format!("{}.json", slot.stem()))
    }

    /// Where the runner's files of a slot are.
    #[must_use]
    pub fn files(&self, slot: &Slot) -> PathBuf {
        self.folder.join("repetitions").join(slot.stem())
    }

    /// Slots that have not ended, interrupted ones included.
    #[must_use]
    pub fn open(&self) -> Vec<Slot> {
        let ended = |slot: &Slot| {
            self.repetitions.iter().any(|repetition| {
                repetition.record.slot.number == slot.number
                    && !matches!(&repetition.record.ended, Ended::Failed { kind, .. } if kind == "interrupted" || kind == "disk")
            })
        };
        self.plan
            .order
            .iter()
            .filter(|slot| !ended(slot))
            .cloned()
            .collect()
    }

    /// Keeps what came of a slot.
    ///
    /// # Errors
    ///
    /// It cannot be written; what was kept before stays.
    pub fn keep(&mut self, record: Record, receipt: Option<Receipt>) -> Result<()> {
        write_json(&self.record_path(&record.slot), &record)?;
        let folder = self.files(&record.slot);
        self.repetitions
            .retain(|known| known.record.slot.number != record.slot.number);
        self.repetitions.push(Repetition {
            record,
            receipt,
            folder,
        });
        Ok(())
    }

    /// Valid receipts of one variant, in the order in which they were made.
    pub fn receipts(&self, label: &str) -> impl Iterator<Item = &Receipt> {
        self.repetitions
            .iter()
            .filter(move |repetition| repetition.record.slot.label == label)
            .filter_map(|repetition| repetition.receipt.as_ref())
    }
}
