// SPDX-License-Identifier: GPL-2.0-only
//! What happens to a chip, as records for a trace.

use std::fmt::Write as _;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::breach::{Breach, Rule};
use crate::fault::{Fault, Faults, Planned};
use crate::mutation::Mutator;

/// Bytes that are written as hexadecimal digits in JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hex(pub Vec<u8>);

impl Hex {
    /// The digits, two a byte, without separators.
    pub fn digits(&self) -> String {
        let mut text = String::with_capacity(self.0.len().saturating_mul(2));
        for byte in &self.0 {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Reads digits.
    pub fn from_digits(text: &str) -> Option<Self> {
        if !text.len().is_multiple_of(2) || !text.is_ascii() {
            return None;
        }
        text.as_bytes()
            .chunks(2)
            .map(|pair| {
                std::str::from_utf8(pair)
                    .ok()
                    .and_then(|pair| u8::from_str_radix(pair, 16).ok())
            })
            .collect::<Option<_>>()
            .map(Self)
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.digits())
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_digits(&text).ok_or_else(|| de::Error::custom("not hexadecimal digits"))
    }
}

/// Who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The host, to the chip.
    ToChip,
    /// The chip, to the host.
    ToHost,
}

impl Direction {
    /// An arrow, from the host on the left to the chip on the right.
    pub const fn arrow(self) -> &'static str {
        match self {
            Self::ToChip => "->",
            Self::ToHost => "<-",
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A bus command and its answer.
    Command {
        /// Index.
        opcode: u32,
        /// Argument.
        argument: u32,
        /// Bits 39 to 8 of the response.
        response: u32,
        /// 0 or the negative errno of the command phase.
        command_status: i32,
        /// 0 or the negative errno of the data phase.
        data_status: i32,
        /// Bytes that the host wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        written: Option<Hex>,
        /// Bytes that the host read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        read: Option<Hex>,
    },
    /// A download frame, without fill, and without the data of a DATA frame.
    Frame {
        /// Who sent it.
        direction: Direction,
        /// Header and fields.
        bytes: Hex,
        /// Length of the whole frame.
        length: usize,
    },
    /// A WSM message, from its header on.
    Message {
        /// Who sent it.
        direction: Direction,
        /// The message.
        bytes: Hex,
    },
    /// The card interrupt changed its level.
    Interrupt {
        /// New level.
        level: bool,
    },
    /// The host changed clock, width or power.
    Bus {
        /// Clock in Hz.
        clock: u32,
        /// Data lines.
        width: u8,
        /// Whether the slot is powered.
        powered: bool,
    },
    /// The chip changed its state.
    State {
        /// What it does now.
        text: String,
    },
    /// The host broke a rule.
    Breach {
        /// Name of the rule.
        rule: String,
        /// What happened, and the section that has the rule.
        text: String,
    },
    /// A planned fault happened.
    Fault {
        /// The fault with its parameters.
        text: String,
    },
}

/// An event with its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Number of the chip, from 0.
    pub card: u32,
    /// Microseconds since the chip was made.
    pub time_us: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Where the parts of a chip write down what happens, and ask for faults.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) now: Duration,
    pub(crate) faults: Faults,
    pub(crate) mutator: Mutator,
    tracing: bool,
    records: Vec<(Duration, Event)>,
    breaches: Vec<Breach>,
    reported: usize,
}

/// Breaches that are kept; more are only in the trace.
const MAX_BREACHES: usize = 1000;

impl Journal {
    pub(crate) const fn new(faults: Faults, mutator: Mutator) -> Self {
        Self {
            now: Duration::ZERO,
            faults,
            mutator,
            tracing: false,
            records: Vec::new(),
            breaches: Vec::new(),
            reported: 0,
        }
    }

    pub(crate) const fn set_tracing(&mut self, tracing: bool) {
        self.tracing = tracing;
    }

    pub(crate) fn record(&mut self, event: impl FnOnce() -> Event) {
        if self.tracing {
            self.records.push((self.now, event()));
        }
    }

    pub(crate) fn state(&mut self, text: &str) {
        self.record(|| Event::State {
            text: text.to_owned(),
        });
    }

    pub(crate) fn breach(&mut self, rule: Rule, detail: impl Into<String>) {
        let breach = Breach {
            rule,
            detail: detail.into(),
            at: self.now,
        };
        self.record(|| Event::Breach {
            rule: rule.name().to_owned(),
            text: breach.to_string(),
        });
        if self.breaches.len() < MAX_BREACHES {
            self.breaches.push(breach);
        }
    }

    /// Counts an opportunity for `fault` and answers its parameters if it happens now.
    pub(crate) fn fault(&mut self, fault: Fault) -> Option<Planned> {
        let (planned, first) = self.faults.opportunity(fault)?;
        if first {
            self.record(|| Event::Fault {
                text: planned.to_string(),
            });
        }
        Some(planned)
    }

    /// Whether the chip has given the host a reason to start over where it would not otherwise.
    pub(crate) fn misled(&self) -> bool {
        self.faults.any_fired() || !self.mutator.counts().is_empty()
    }

    pub(crate) fn take_records(&mut self) -> Vec<(Duration, Event)> {
        std::mem::take(&mut self.records)
    }

    pub(crate) fn breaches(&self) -> &[Breach] {
        &self.breaches
    }

    /// Breaches since the last call.
    pub(crate) fn new_breaches(&mut self) -> Vec<Breach> {
        let new = self.breaches.iter().skip(self.reported).cloned().collect();
        self.reported = self.breaches.len();
        new
    }
}
