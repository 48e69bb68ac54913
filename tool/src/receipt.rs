// SPDX-License-Identifier: GPL-2.0-only
//! The receipt of a repetition, as runners write it (docs/ramp.md).
//!
//! Only what is used here is read; the file itself is kept as it came.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The number of the format this program reads.
pub const SCHEMA: u64 = 1;

/// How a repetition ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It was measured.
    Ok,
    /// It was not, or not validly.
    Failed,
}

/// The module that ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Module {
    /// Where its file was.
    pub path: Option<String>,
    /// What the kernel said that it is.
    pub srcversion: Option<String>,
}

/// The kernel, as `uname` says it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kernel {
    /// `uname -r`
    pub release: String,
    /// `uname -v`
    #[serde(default)]
    pub version: String,
    /// `uname -m`
    #[serde(default)]
    pub machine: String,
}

/// The load that ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Its name.
    pub name: String,
    /// Its cap, in bytes of payload a second.
    pub rate_bytes_s: Option<u64>,
    /// Seconds asked for.
    pub seconds: f64,
}

/// Seconds since something began, when measuring did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Uptime {
    /// Of the kernel.
    pub kernel: Option<f64>,
    /// Of the chip under its driver.
    pub chip: Option<f64>,
}

/// What the interface carried, by interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Samples {
    /// Length of an interval, about.
    pub interval_s: f64,
    /// End of each interval, seconds since measuring began.
    pub t_s: Vec<f64>,
    /// Bytes received in it.
    pub rx_bytes: Vec<f64>,
    /// Bytes sent in it.
    pub tx_bytes: Vec<f64>,
}

impl Samples {
    /// Rates in 2^20 bytes a second, by interval: received, or sent.
    #[must_use]
    pub fn rates(&self, sent: bool) -> Vec<f64> {
        let bytes = if sent { &self.tx_bytes } else { &self.rx_bytes };
        let mut before = 0.0;
        self.t_s
            .iter()
            .zip(bytes)
            .filter_map(|(end, bytes)| {
                let length = end - before;
                before = *end;
                (length > 0.0).then(|| bytes / length / 1_048_576.0)
            })
            .collect()
    }
}

/// Round trips in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Latency {
    /// Without the load.
    pub alone: Vec<f64>,
    /// Beside it.
    pub loaded: Vec<f64>,
}

/// What one repetition found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Number of the format.
    pub schema: u64,
    /// Whether it was measured.
    pub status: Status,
    /// Kind of failure.
    #[serde(default)]
    pub failure: Option<String>,
    /// The failure in a sentence.
    #[serde(default)]
    pub cause: Option<String>,
    /// Where it ran.
    pub target: String,
    /// The module that ran.
    #[serde(default)]
    pub module: Option<Module>,
    /// The kernel.
    #[serde(default)]
    pub kernel: Option<Kernel>,
    /// Parameters of the chip.
    #[serde(default)]
    pub chip: serde_json::Value,
    /// The load.
    pub load: Load,
    /// What random numbers began from.
    pub seed: u64,
    /// When, by the wall clock.
    #[serde(default)]
    pub began: Option<String>,
    /// How long kernel and chip had been up.
    #[serde(default)]
    pub uptime_s: Option<Uptime>,
    /// `virtual` or `real`.
    #[serde(default)]
    pub clock: Option<String>,
    /// Seconds that were measured.
    #[serde(default)]
    pub elapsed_s: Option<f64>,
    /// The raw samples.
    #[serde(default)]
    pub samples: Option<Samples>,
    /// Round trips.
    #[serde(default)]
    pub latency_ms: Option<Latency>,
    /// Lines of the kernel log that are reports.
    #[serde(default)]
    pub reports: Vec<String>,
    /// What the emulated chip complained of.
    #[serde(default)]
    pub breaches: Vec<String>,
    /// Figures, by name.
    #[serde(default)]
    pub metrics: BTreeMap<String, Option<f64>>,
}

impl Receipt {
    /// Reads a receipt.
    ///
    /// # Errors
    ///
    /// It cannot be read, is of another format, or says that it is valid when it is not.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(Error::io("read the receipt", path))?;
        let bad = |what: String| Error::Input(format!("{}: {what}", path.display()));
        // The number comes first: another format may have other members.
        let schema = serde_json::from_str::<serde_json::Value>(&text)
            .map_err(|error| bad(format!("is no whole receipt: {error}")))?
            .get("schema")
            .and_then(serde_json::Value::as_u64);
        if schema != Some(SCHEMA) {
            let found = schema.map_or_else(|| "none".to_owned(), |number| number.to_string());
            return Err(bad(format!(
                "the receipt's schema is {found}, this program reads {SCHEMA}; use the version that wrote it"
            )));
        }
        let receipt: Self = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
        receipt.validate().map_err(bad)?;
        Ok(receipt)
    }

    /// What keeps a receipt that calls itself `ok` from being one.
    fn validate(&self) -> std::result::Result<(), String> {
        if self.status == Status::Failed {
            return Ok(());
        }
        if let Some(report) = self.reports.first() {
            return Err(format!(
                "is called ok in spite of a kernel report: {report}"
            ));
        }
        if let Some(breach) = self.breaches.first() {
            return Err(format!(
                "is called ok in spite of a breach of the protocol: {breach}"
            ));
        }
        if !self.elapsed_s.is_some_and(|seconds| seconds > 0.0) {
            return Err("is called ok but measured no time".to_owned());
        }
        if let Some((name, value)) = self.metrics.iter().find_map(|(name, value)| {
            value
                .filter(|v| !v.is_finite() || *v < 0.0)
                .map(|v| (name, v))
        }) {
            return Err(format!("{name} cannot be {value}"));
        }
        Ok(())
    }

    /// One figure.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.get(name).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(text: &str) -> Result<Receipt> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipt.json");
        fs::write(&path, text).unwrap();
        Receipt::read(&path)
    }

    #[test]
    fn reads_what_the_runner_writes() {
        let receipt = read(&testing::receipt("AB12", 2.5, 7)).unwrap();
        assert_eq!(receipt.metric("rx_mb_s"), Some(2.5));
        assert_eq!(
            receipt.module.as_ref().unwrap().srcversion.as_deref(),
            Some("AB12")
        );
        let rates = receipt.samples.unwrap().rates(false);
        assert_eq!(rates.len(), 20);
        assert!((crate::stats::mean(&rates) - 2.5).abs() < 0.2);
    }

    #[test]
    fn another_version_is_named() {
        let text = testing::receipt("AB12", 2.5, 7).replace("\"schema\":1", "\"schema\":9");
        let error = read(&text).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("schema is 9, this program reads 1"),
            "{error}"
        );
        assert_eq!(error.status(), 3);
    }

    #[test]
    fn half_a_receipt_is_none() {
        let text = testing::receipt("AB12", 2.5, 7);
        assert!(
            read(&text[..text.len() / 2])
                .unwrap_err()
                .to_string()
                .contains("no whole receipt")
        );
    }

    #[test]
    fn ok_must_be_ok() {
        let text = testing::receipt("AB12", 2.5, 7)
            .replace("\"reports\":[]", "\"reports\":[\"WARNING: x\"]");
        assert!(
            read(&text)
                .unwrap_err()
                .to_string()
                .contains("in spite of a kernel report: WARNING: x")
        );
        let text = testing::receipt("AB12", -1.0, 7);
        assert!(
            read(&text)
                .unwrap_err()
                .to_string()
                .contains("rx_mb_s cannot be -1")
        );
    }

    #[test]
    fn a_failure_is_a_receipt() {
        let receipt = read(&testing::failure("setup", "no link")).unwrap();
        assert_eq!(
            (receipt.status, receipt.cause.as_deref()),
            (Status::Failed, Some("no link"))
        );
    }
}
