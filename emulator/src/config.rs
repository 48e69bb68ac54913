// SPDX-License-Identifier: GPL-2.0-only
//! The TOML file of a chip.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use toml::{Table, Value};

use crate::access_point::Settings;
use crate::air::model::Model;
use crate::air::{Address, Channel};
use crate::fault::Planned;
use crate::firmware::{Identity, Traffic};
use crate::knobs::Knobs;
use crate::mutation;
use crate::suggest::nearest;
use crate::timing::BusTiming;

/// Speeds beyond high speed, with the 1.8 V switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UhsMode {
    /// None.
    None,
    /// Up to SDR50.
    Sdr50,
    /// Up to SDR104, with tuning.
    Sdr104,
}

/// The slot and its controller, section `[host]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Host {
    /// The card is soldered.
    pub non_removable: bool,
    /// The kernel does not try SD memory and MMC.
    pub sdio_only: bool,
    /// The card keeps its power in system suspend.
    pub keep_power: bool,
    /// `none`, `sdr50` or `sdr104`.
    pub uhs: UhsMode,
    /// Most blocks in a transfer.
    pub max_blocks: u32,
    /// Most bytes in a transfer.
    pub max_bytes: u32,
    /// Highest clock in Hz.
    pub max_clock: u32,
    /// Milliseconds after which the kernel gives up a command.
    pub timeout_ms: u32,
    /// Milliseconds that enabling function 1 takes.
    pub enable_delay_ms: u32,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            non_removable: false,
            sdio_only: true,
            keep_power: true,
            uhs: UhsMode::None,
            max_blocks: 511,
            max_bytes: 262_144,
            max_clock: 50_000_000,
            timeout_ms: 1000,
            enable_delay_ms: 0,
        }
    }
}

/// The access point of `--air network`, section `[network]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkConfig {
    /// Its address.
    pub bssid: Address,
    /// Name of the network.
    pub ssid: String,
    /// Channel number.
    pub channel: u16,
    /// Whether the name is kept out of beacons.
    pub hidden: bool,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            bssid: Address([0x02, 0, 0, 0, 1, 0]),
            ssid: "emulated".to_owned(),
            channel: 6,
            hidden: false,
        }
    }
}

impl NetworkConfig {
    /// What an access point is made from.
    pub fn settings(&self) -> Settings {
        // The number was checked where the file was read.
        let channel = Channel::from_number(self.channel).unwrap_or(Channel::mhz20(2437));
        Settings {
            hidden: self.hidden,
            ..Settings::new(self.bssid, self.ssid.as_bytes(), channel)
        }
    }
}

/// Everything that a chip is made from, and the air around it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The slot.
    pub host: Host,
    /// Bus timing.
    pub bus: BusTiming,
    /// The firmware's identity.
    pub firmware: Identity,
    /// Unverified statements.
    pub knobs: Knobs,
    /// The air.
    pub air: Model,
    /// Source and sink of datagrams.
    pub traffic: Traffic,
    /// The access point of an air without others.
    pub network: NetworkConfig,
    /// What it mutates.
    pub mutation: mutation::Settings,
    /// Planned faults.
    pub faults: Vec<Planned>,
}

/// The file without `[[fault]]`.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    host: Host,
    bus: BusTiming,
    firmware: Identity,
    knobs: Knobs,
    air: Model,
    network: NetworkConfig,
    traffic: Traffic,
    mutation: mutation::Settings,
}

/// Why there is no configuration.
#[derive(Debug, Error)]
#[error("{}: {problem}", path.display())]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a configuration.
#[derive(Debug, Error)]
pub enum Problem {
    /// It cannot be read.
    #[error("{0}")]
    Read(#[from] std::io::Error),
    /// It is no TOML, or a value has the wrong type.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A key is not known.
    #[error("unknown key '{key}'{hint}")]
    Key {
        /// The key with its section.
        key: String,
        /// A suggestion, or empty.
        hint: String,
    },
    /// A value is out of its range.
    #[error("{key}: {wanted}")]
    Range {
        /// The key with its section.
        key: &'static str,
        /// What is possible.
        wanted: &'static str,
    },
    /// A fault is wrong.
    #[error("fault {number}: {text}")]
    Fault {
        /// Which `[[fault]]`, from 1.
        number: usize,
        /// What is wrong with it.
        text: String,
    },
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the file, the key and what to do.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        fs::read_to_string(path)
            .map_err(Problem::from)
            .and_then(|text| Self::parse(&text))
            .map_err(|problem| ConfigError {
                path: path.to_owned(),
                problem,
            })
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// [`Problem`].
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut table: Table = text.parse()?;
        let faults = table.remove("fault");
        let known = Table::try_from(File::default()).unwrap_or_default();
        check_keys(&table, &known)?;
        // Parsed from the text again, so that an error says in which line it is.
        let file: File = match &faults {
            None => toml::from_str(text)?,
            Some(_) => Value::Table(table).try_into()?,
        };
        let config = Self {
            host: file.host,
            bus: file.bus,
            firmware: file.firmware,
            knobs: file.knobs,
            air: file.air,
            network: file.network,
            traffic: file.traffic,
            mutation: file.mutation,
            faults: read_faults(faults)?,
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), Problem> {
        let rules = [
            (self.host.max_blocks >= 1, "host.max_blocks", "at least 1"),
            (
                (512..=1 << 20).contains(&self.host.max_bytes),
                "host.max_bytes",
                "512 to 1048576",
            ),
            (
                (400_000..=208_000_000).contains(&self.host.max_clock),
                "host.max_clock",
                "400000 to 208000000",
            ),
            (
                (1..=60_000).contains(&self.host.timeout_ms),
                "host.timeout_ms",
                "1 to 60000",
            ),
            (
                matches!(self.bus.width, 0 | 1 | 4 | 8),
                "bus.width",
                "0, 1, 4 or 8",
            ),
            (
                self.firmware.label.len() <= 128,
                "firmware.label",
                "at most 128 bytes",
            ),
            (
                (1..=32).contains(&self.network.ssid.len()),
                "network.ssid",
                "1 to 32 bytes",
            ),
            (
                Channel::from_number(self.network.channel).is_some(),
                "network.channel",
                "the number of a channel",
            ),
            (
                (0.0..=1.0).contains(&self.mutation.content),
                "mutation.content",
                "0 to 1",
            ),
            (
                (0.0..=1.0).contains(&self.mutation.confirms),
                "mutation.confirms",
                "0 to 1",
            ),
            (
                (0.0..=1.0).contains(&self.mutation.framing),
                "mutation.framing",
                "0 to 1",
            ),
            (
                (0.0..=1.0).contains(&self.mutation.air),
                "mutation.air",
                "0 to 1",
            ),
            (
                matches!(self.knobs.asleep_errno, 16 | 84 | 110),
                "knobs.asleep_errno",
                "16, 84 or 110",
            ),
        ];
        match rules.iter().find(|(good, ..)| !good) {
            Some((_, key, wanted)) => Err(Problem::Range { key, wanted }),
            None => match self.air.problem() {
                Some((key, wanted)) => Err(Problem::Range { key, wanted }),
                None => Ok(()),
            },
        }
    }
}

fn check_keys(given: &Table, known: &Table) -> Result<(), Problem> {
    for (section, value) in given {
        let Some(known) = known.get(section) else {
            let sections = known.keys().map(String::as_str).chain(["fault"]);
            return Err(Problem::Key {
                key: section.clone(),
                hint: nearest(section, sections),
            });
        };
        let (Some(keys), Some(known)) = (value.as_table(), known.as_table()) else {
            continue;
        };
        if let Some(key) = keys.keys().find(|key| !known.contains_key(*key)) {
            return Err(Problem::Key {
                key: format!("{section}.{key}"),
                hint: nearest(key, known.keys().map(String::as_str)),
            });
        }
    }
    Ok(())
}

fn read_faults(value: Option<Value>) -> Result<Vec<Planned>, Problem> {
    let list = match value {
        None => Vec::new(),
        Some(Value::Array(list)) => list,
        Some(other) => vec![other],
    };
    let fault = |(index, entry): (usize, &Value)| {
        read_fault(entry).map_err(|text| Problem::Fault {
            number: index + 1,
            text,
        })
    };
    list.iter().enumerate().map(fault).collect()
}

fn read_fault(entry: &Value) -> Result<Planned, String> {
    let table = entry.as_table().ok_or("must be a [[fault]] table")?;
    let name = table
        .get("name")
        .and_then(Value::as_str)
        .ok_or("needs name = \"...\"")?;
    let mut parameters = Vec::new();
    for (key, value) in table.iter().filter(|(key, _)| *key != "name") {
        let number = value
            .as_integer()
            .ok_or_else(|| format!("{key} must be a whole number"))?;
        parameters.push((key.as_str(), number));
    }
    Planned::from_parts(name, parameters).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::Config;
    use crate::fault::Fault;
    use crate::knobs::IrqClear;

    #[test]
    fn reads_every_section() {
        let config = Config::parse(
            "[host]\nuhs = \"sdr104\"\n[knobs]\nirq_clear = \"read-data\"\n\
             [[fault]]\nname = \"cmd52-error\"\nerrno = 110\ncount = 3\n",
        )
        .unwrap();
        assert_eq!(config.knobs.irq_clear, IrqClear::ReadData);
        assert_eq!(config.faults[0].fault, Fault::Cmd52Error);
        assert_eq!(config.faults[0].value("times"), 3);
    }

    #[test]
    fn refuses_unknown_keys_with_a_suggestion() {
        for (text, wanted) in [
            (
                "[knobs]\nirq_cler = 1\n",
                "unknown key 'knobs.irq_cler'; did you mean 'irq_clear'?",
            ),
            ("[knob]\n", "unknown key 'knob'; did you mean 'knobs'?"),
            (
                "[[fault]]\nname = \"lostirq\"\n",
                "did you mean 'lost-irq'?",
            ),
            ("[[fault]]\nerrno = 5\n", "needs name"),
            ("[bus]\nwidth = 3\n", "bus.width: 0, 1, 4 or 8"),
            ("[knobs]\nirq_clear = \"never\"\n", "unknown variant"),
            (
                "[air]\nlos = 0.1\n",
                "unknown key 'air.los'; did you mean 'loss'?",
            ),
            ("[air]\nloss = 2.0\n", "air.loss: 0 to 1"),
            (
                "[[air.path]]\npath_loss = 3.0\n",
                "air.path.ends: one or two addresses",
            ),
        ] {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
