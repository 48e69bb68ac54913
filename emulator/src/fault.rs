// SPDX-License-Identifier: GPL-2.0-only
//! Faults that the chip can be told to have, and when they happen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use thiserror::Error;

use crate::suggest::nearest;

/// A parameter of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Name, as written before `=`.
    pub name: &'static str,
    /// Value if not given.
    pub default: i64,
    /// Values that make sense; empty: any number in `0..=4294967295`.
    pub allowed: &'static [i64],
    /// Meaning.
    pub text: &'static str,
}

/// What the documentation says about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Name on the command line and in TOML.
    pub name: &'static str,
    /// Own parameters.
    pub parameters: &'static [Parameter],
    /// Times that it happens if not said otherwise; 0: always.
    pub times: i64,
    /// What counts as one opportunity, for `times` and `after`.
    pub opportunity: &'static str,
    /// Rows of protocol section 9 that it provokes.
    pub rows: &'static str,
    /// What the chip does.
    pub text: &'static str,
}

const fn parameter(name: &'static str, default: i64, text: &'static str) -> Parameter {
    Parameter {
        name,
        default,
        allowed: &[],
        text,
    }
}

const ERRNO: Parameter = Parameter {
    name: "errno",
    default: 84,
    allowed: &[5, 16, 22, 34, 84, 110, 123],
    text: "error that the host controller reports",
};

macro_rules! faults {
    ($($variant:ident = $name:literal, [$($parameter:expr),*], $times:literal per $opportunity:literal,
       $rows:literal, $text:literal;)+) => {
        /// A way in which the chip can misbehave.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Fault {
            $(#[doc = $text] $variant,)+
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its documentation.
            pub const fn definition(self) -> Definition {
                match self {
                    $(Self::$variant => Definition {
                        name: $name,
                        parameters: const { &[$($parameter),*] },
                        times: $times,
                        opportunity: $opportunity,
                        rows: $rows,
                        text: $text,
                    },)+
                }
            }
        }
    };
}

faults! {
    DownloadReplyCode = "download-reply-code", [parameter("code", 5, "code of the reply")],
        0 per "reply", "W-13", "A download reply carries an error code.";
    DownloadReplySequence = "download-reply-sequence", [parameter("offset", 1, "added to the number")],
        0 per "reply", "W-13", "A download reply carries a wrong sequence number.";
    DownloadReplyType = "download-reply-type", [parameter("type", 0xB1, "type of the reply")],
        0 per "reply", "W-13", "A download reply has a wrong type.";
    DownloadReplyLength = "download-reply-length", [parameter("length", 8, "its length field")],
        0 per "reply", "W-13", "The length field of a download reply is wrong.";
    DownloadAnnounce = "download-announce", [parameter("bytes", 600, "bytes announced")],
        0 per "reply", "W-12", "A reply is announced with a wrong number of bytes.";
    DownloadNoBuffers = "download-no-buffers", [],
        0 per "read of 0x108", "W-10", "The downloader has no free buffer.";
    DownloadMaxFrame = "download-max-frame", [parameter("bytes", 3, "largest frame announced")],
        0 per "read of 0x109", "W-11, W-14", "The downloader announces a strange largest frame.";
    DownloadNoIrq = "download-no-irq", [],
        0 per "reply", "W-46", "No interrupt announces the reply, which is there.";
    DownloadRejectCrc = "download-reject-crc", [parameter("code", 2, "code of the reply")],
        0 per "END", "W-13", "END is answered as if the CRC were wrong.";
    DpdNeverReady = "dpd-never-ready", [],
        0 per "calibration", "W-8", "The calibration never ends.";
    DpdSize = "dpd-size", [parameter("bytes", 15_120, "bytes announced")],
        0 per "calibration", "W-12", "The calibration block has a wrong size.";
    DpdCrc = "dpd-crc", [], 0 per "calibration", "W-12", "The calibration block has a wrong CRC.";
    DpdVersion = "dpd-version", [parameter("version", 6, "version in the block")],
        0 per "calibration", "W-12", "The calibration block has an old version.";
    McuNeverReady = "mcu-never-ready", [], 0 per "start of the main image", "W-8",
        "MCU_READY is never set.";
    McuNeverAwake = "mcu-never-awake", [], 0 per "MCU_ACTIVE", "W-8",
        "MCU_WAKEUP_READY is not set by MCU_ACTIVE (nor by the start of the main image).";
    WifiNeverReady = "wifi-never-ready", [], 0 per "WIFI_ACTIVE", "W-8, W-43",
        "WIFI_READY is never set.";
    StartupMissing = "startup-missing", [], 0 per "activation", "W-43",
        "There is no startup indication.";
    StartupStatus = "startup-status", [parameter("status", 1, "status")],
        0 per "activation", "W-43", "The startup indication reports a bad status.";
    StartupType = "startup-type", [parameter("type", 5, "firmware type")],
        0 per "activation", "W-43", "The startup indication has an unknown firmware type.";
    StartupBuffers = "startup-buffers", [parameter("count", 1, "number of buffers")],
        0 per "activation", "W-43", "The startup indication grants too few buffers.";
    StartupShort = "startup-short", [parameter("len", 100, "length of the message")],
        0 per "activation", "W-21", "The startup indication is cut off.";
    Cmd52Error = "cmd52-error", [ERRNO],
        1 per "CMD52 of function 1", "W-46", "A CMD52 of function 1 fails.";
    Cmd53Error = "cmd53-error",
        [ERRNO, parameter("taken", 0, "1: the transfer took effect, only its end was lost")],
        1 per "CMD53", "W-46, W-60", "A CMD53 fails.";
    RxCount = "rx-count", [parameter("blocks", 127, "blocks announced")],
        1 per "batch", "W-2", "Register 0x001 announces more blocks than a batch may have.";
    RxStaleToggle = "rx-stale-toggle", [],
        3 per "read of 0x001 that announces a batch", "W-46", "Register 0x001 still has its old toggle.";
    RxStaleCount = "rx-stale-count", [],
        3 per "read of 0x001 behind a batch", "W-60", "Register 0x001 still shows the batch that was read.";
    BatchLength = "batch-length", [parameter("len", 5000, "length field of the first message")],
        1 per "batch", "W-3", "The first message of a batch has a wrong length.";
    BatchMessages = "batch-messages", [parameter("count", 17, "messages in the batch")],
        1 per "batch", "W-3", "A batch has more messages than it may have.";
    SequenceGap = "sequence-gap", [], 1 per "message", "W-17",
        "The chip skips a sequence number.";
    ConfirmUnknown = "confirm-unknown", [parameter("id", 0x43F, "its id")],
        1 per "confirm", "W-17", "A confirm with an unknown id comes instead of the right one.";
    ConfirmMissing = "confirm-missing", [], 1 per "confirm", "W-55", "A confirm does not come.";
    ConfirmDuplicate = "confirm-duplicate", [], 1 per "confirm", "W-17, W-19",
        "A confirm comes twice.";
    ConfirmOther = "confirm-other", [], 1 per "confirm", "W-17",
        "The confirm of another request comes instead of the right one.";
    ConfirmStatus = "confirm-status", [parameter("status", 1, "status")],
        1 per "confirm", "W-25", "A confirm reports a bad status.";
    TransmitStatus = "transmit-status", [parameter("status", 11, "status: 6 retry exceeded, 7 life time, 8 link lost, 11 requeue")],
        1 per "frame of the host", "W-56, F-4", "A frame is not sent and confirmed with a bad status.";
    TransmitPacketId = "transmit-packet-id", [parameter("xor", 0x000F_0000, "bits of the id that are flipped")],
        1 per "confirmed frame", "W-18", "The packet id of a transmit confirm is one that nobody sent.";
    MultiConfirmCount = "multi-confirm-count", [parameter("count", 0, "its count field")],
        1 per "multi-transmit confirm", "W-22", "The count of a multi-transmit confirm is wrong.";
    ScanReject = "scan-reject", [parameter("status", 2, "status of the confirm")],
        1 per "scan", "W-28", "A scan is refused.";
    JoinReject = "join-reject", [parameter("status", 1, "status of the confirm")],
        1 per "join", "W-28, W-55", "A join is refused.";
    SwitchMissing = "switch-missing", [], 1 per "channel switch", "W-28",
        "A channel switch is confirmed, but its indication never comes.";
    PmMissing = "pm-missing", [], 1 per "power mode", "W-29, F-7",
        "A power mode is confirmed, but its indication never comes.";
    ReceiveRate = "receive-rate", [parameter("rate", 5, "rate id")],
        1 per "received frame", "W-48", "A received frame has a rate id that does not exist.";
    ReceiveChannel = "receive-channel", [parameter("channel", 0, "channel number")],
        1 per "received frame", "W-48", "A received frame has a channel that does not exist.";
    ReceiveStatus = "receive-status", [parameter("status", 4, "status: 4 decryption failed, 5 Michael code wrong, 9 no key")],
        1 per "received frame", "F-8", "A received frame comes with a bad status.";
    DecryptFailure = "decrypt-failure", [], 5 per "protected frame received", "F-8",
        "A protected frame comes as one that could not be decrypted, with status 4.";
    KeyReject = "key-reject", [parameter("status", 1, "status of the confirm")],
        1 per "key", "W-34", "A key is refused.";
    ReceiveShort = "receive-short", [parameter("len", 20, "length of the message")],
        1 per "received frame", "W-21", "A receive indication is cut off.";
    Spurious = "spurious", [parameter("id", 0x0806, "id of the message"), parameter("len", 10, "its length, with the header"), parameter("value", 0, "first word of the body")],
        1 per "request", "W-21, W-28, W-47", "A message that nobody asked for follows a request.";
    Exception = "exception", [parameter("reason", 2, "reason: 0 undefined, 1 prefetch, 2 data, 4 assert")],
        1 per "request", "W-17", "The firmware reports an exception and then is silent.";
    Hang = "hang", [], 1 per "request", "W-55",
        "The firmware is silent from here on, until it is downloaded again.";
    LostIrq = "lost-irq", [], 1 per "interrupt", "W-1, W-55", "An interrupt is not raised.";
    Unplug = "unplug", [parameter("replug", 0, "milliseconds after which it is plugged in again, 0: never")],
        1 per "bus command", "W-59", "The card is pulled out.";
    Stall = "stall", [], 0 per "bus command", "W-46", "The card does not respond any more.";
    Die = "die", [], 1 per "bus command", "W-59", "The emulator ends at once, without a word (exit status 4).";
}

/// Why a fault cannot be had.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FaultError {
    /// There is no such fault.
    #[error("unknown fault '{name}'{hint}; `bes2600-emulator faults` lists them")]
    Name {
        /// What was asked for.
        name: String,
        /// A suggestion, or empty.
        hint: String,
    },
    /// The fault has no such parameter.
    #[error("fault '{fault}' has no parameter '{key}'{hint}; it has {known}")]
    Key {
        /// The fault.
        fault: &'static str,
        /// What was given.
        key: String,
        /// A suggestion, or empty.
        hint: String,
        /// The parameters that it has.
        known: String,
    },
    /// The value is not one that the parameter can have.
    #[error("fault '{fault}': {key}={value} is not {wanted}")]
    Value {
        /// The fault.
        fault: &'static str,
        /// The parameter.
        key: String,
        /// What was given.
        value: String,
        /// What is possible.
        wanted: String,
    },
}

/// A fault with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Which.
    pub fault: Fault,
    values: BTreeMap<&'static str, i64>,
}

const TIMES: &str = "times";
const AFTER: &str = "after";

impl Planned {
    /// The fault with the parameters of its definition.
    pub fn new(fault: Fault) -> Self {
        let definition = fault.definition();
        let mut values: BTreeMap<_, _> = definition
            .parameters
            .iter()
            .map(|parameter| (parameter.name, parameter.default))
            .collect();
        values.insert(TIMES, definition.times);
        values.insert(AFTER, 0);
        Self { fault, values }
    }

    /// The fault of that name with those parameters.
    ///
    /// # Errors
    ///
    /// [`FaultError`], with a suggestion if a name is nearly right.
    pub fn from_parts<'a>(
        name: &str,
        parameters: impl IntoIterator<Item = (&'a str, i64)>,
    ) -> Result<Self, FaultError> {
        let fault = Fault::ALL
            .iter()
            .copied()
            .find(|fault| fault.definition().name == name)
            .ok_or_else(|| FaultError::Name {
                name: name.to_owned(),
                hint: nearest(name, Fault::ALL.iter().map(|fault| fault.definition().name)),
            })?;
        let mut planned = Self::new(fault);
        for (key, value) in parameters {
            planned.set(key, value)?;
        }
        Ok(planned)
    }

    /// Reads `NAME` or `NAME:key=value,key=value`; numbers are decimal or hexadecimal (`0x`).
    ///
    /// # Errors
    ///
    /// [`FaultError`].
    pub fn parse(text: &str) -> Result<Self, FaultError> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let mut planned = Self::from_parts(name, [])?;
        for pair in rest.split(',').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let number = match value.strip_prefix("0x") {
                Some(digits) => i64::from_str_radix(digits, 16),
                None => value.parse(),
            };
            let number = number.map_err(|_| FaultError::Value {
                fault: planned.fault.definition().name,
                key: key.to_owned(),
                value: value.to_owned(),
                wanted: "a number".to_owned(),
            })?;
            planned.set(key, number)?;
        }
        Ok(planned)
    }

    fn set(&mut self, key: &str, value: i64) -> Result<(), FaultError> {
        let definition = self.fault.definition();
        // Where "count" is not the fault's own, it means how often the fault happens.
        let own_count = self.values.contains_key("count");
        let key = if key == "count" && !own_count {
            TIMES
        } else {
            key
        };
        let allowed = definition
            .parameters
            .iter()
            .find(|parameter| parameter.name == key)
            .map_or::<&[i64], _>(&[], |parameter| parameter.allowed);
        let Some((name, slot)) = self.values.iter_mut().find(|(name, _)| **name == key) else {
            let mut known: Vec<_> = self.values.keys().copied().collect();
            if !own_count {
                known.push("count");
            }
            return Err(FaultError::Key {
                fault: definition.name,
                key: key.to_owned(),
                hint: nearest(key, known.iter().copied()),
                known: known.join(", "),
            });
        };
        let good = if allowed.is_empty() {
            (0..=i64::from(u32::MAX)).contains(&value)
        } else {
            allowed.contains(&value)
        };
        if !good {
            let wanted = if allowed.is_empty() {
                "in 0..=4294967295".to_owned()
            } else {
                format!("one of {allowed:?}")
            };
            return Err(FaultError::Value {
                fault: definition.name,
                key: (*name).to_owned(),
                value: value.to_string(),
                wanted,
            });
        }
        *slot = value;
        Ok(())
    }

    /// Value of a parameter, 0 if the fault has none of that name.
    pub fn value(&self, key: &str) -> u32 {
        let value = self.values.get(key).copied().unwrap_or(0);
        u32::try_from(value).unwrap_or(0)
    }
}

impl std::fmt::Display for Planned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::from(self.fault.definition().name);
        for (index, (key, value)) in self.values.iter().enumerate() {
            let separator = if index == 0 { ':' } else { ',' };
            write!(text, "{separator}{key}={value}")?;
        }
        f.write_str(&text)
    }
}

#[derive(Clone, Debug)]
struct Armed {
    planned: Planned,
    seen: u32,
    fired: u32,
}

/// The faults of one chip and how often they have happened.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    armed: Vec<Armed>,
    /// Those that have happened and were replaced.
    past: Vec<Armed>,
}

impl Faults {
    /// None has happened yet.
    pub fn new(planned: impl IntoIterator<Item = Planned>) -> Self {
        Self {
            armed: planned
                .into_iter()
                .map(|planned| Armed {
                    planned,
                    seen: 0,
                    fired: 0,
                })
                .collect(),
            past: Vec::new(),
        }
    }

    /// Replaces the faults that are planned; what counts for them counts from now on.
    pub(crate) fn plan(&mut self, planned: impl IntoIterator<Item = Planned>) {
        let replaced = std::mem::replace(&mut self.armed, Self::new(planned).armed);
        self.past
            .extend(replaced.into_iter().filter(|armed| armed.fired > 0));
    }

    /// Counts an opportunity for `fault`; answers its parameters if it happens now, and whether
    /// that is the first time.
    pub(crate) fn opportunity(&mut self, fault: Fault) -> Option<(Planned, bool)> {
        let mut result = None;
        for armed in self.armed.iter_mut().filter(|a| a.planned.fault == fault) {
            armed.seen = armed.seen.saturating_add(1);
            let times = armed.planned.value(TIMES);
            let due = armed.seen > armed.planned.value(AFTER);
            if result.is_none() && due && (times == 0 || armed.fired < times) {
                let first = armed.fired == 0;
                armed.fired = armed.fired.saturating_add(1);
                result = Some((armed.planned.clone(), first));
            }
        }
        result
    }

    /// Whether any fault has happened: the host may then start over where it would not otherwise.
    pub fn any_fired(&self) -> bool {
        !self.past.is_empty() || self.armed.iter().any(|armed| armed.fired > 0)
    }

    /// Every planned fault with how often it has happened.
    pub fn fired(&self) -> impl Iterator<Item = (&Planned, u32)> {
        self.past
            .iter()
            .chain(&self.armed)
            .map(|armed| (&armed.planned, armed.fired))
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultError, Faults, Planned};

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = Fault::ALL.iter().map(|f| f.definition().name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Fault::ALL.len());
    }

    #[test]
    fn reads_the_command_line_form() {
        let planned = Planned::parse("cmd52-error:errno=110,count=2,after=0x10").unwrap();
        assert_eq!(planned.fault, Fault::Cmd52Error);
        assert_eq!(planned.value("errno"), 110);
        assert_eq!(planned.value("times"), 2);
        assert_eq!(planned.value("after"), 16);
        let buffers = Planned::parse("startup-buffers:count=0").unwrap();
        assert_eq!((buffers.value("count"), buffers.value("times")), (0, 0));
    }

    #[test]
    fn refuses_with_a_suggestion() {
        let error = Planned::parse("dpd-crcc").unwrap_err().to_string();
        assert!(error.contains("did you mean 'dpd-crc'"), "{error}");
        let error = Planned::parse("dpd-size:byte=3").unwrap_err().to_string();
        assert!(error.contains("did you mean 'bytes'"), "{error}");
        assert!(matches!(
            Planned::parse("cmd52-error:errno=1"),
            Err(FaultError::Value { .. })
        ));
        assert!(matches!(
            Planned::parse("stall:after=soon"),
            Err(FaultError::Value { .. })
        ));
    }

    #[test]
    fn counts_opportunities() {
        let mut faults = Faults::new([Planned::parse("lost-irq:after=1,times=2").unwrap()]);
        let fired: Vec<_> = (0..5)
            .map(|_| faults.opportunity(Fault::LostIrq).is_some())
            .collect();
        assert_eq!(fired, [false, true, true, false, false]);
        assert!(faults.any_fired());
    }

    #[test]
    fn plans_anew() {
        let mut faults = Faults::new([Planned::parse("lost-irq").unwrap()]);
        assert!(faults.opportunity(Fault::LostIrq).is_some());
        faults.plan([Planned::parse("stall").unwrap()]);
        assert!(faults.opportunity(Fault::LostIrq).is_none());
        assert!(faults.opportunity(Fault::Stall).is_some());
        faults.plan([]);
        assert!(faults.opportunity(Fault::Stall).is_none());
        assert!(faults.any_fired(), "what happened has happened");
        assert_eq!(faults.fired().map(|(_, fired)| fired).sum::<u32>(), 2);
    }
}
