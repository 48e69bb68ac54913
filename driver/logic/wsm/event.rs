// SPDX-License-Identifier: GPL-2.0-only

//! Events (0x0805) and the control of transmission (0x080C); section 3.5.

use super::super::bytes::Reader;

/// Something the firmware noticed (0x0805, section 3.5.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// An error, with its status.
    Error(u32),
    /// Too many beacons in a row were missed.
    BssLost,
    /// Beacons arrive again.
    BssRegained,
    /// A radar uses the channel.
    Radar,
    /// The received power crossed a threshold: the value of the field, in the unit the threshold
    /// was given in.
    Threshold(u8),
    /// Bluetooth rests or works.
    Bluetooth(bool),
    /// Power save does not work with this access point.
    PowerSaveError(PowerSaveError),
    /// Stations of an access point that were silent for too long: a bitmap of link ids.
    Inactive(u32),
    /// The reason for the host's waking.
    WakeUp(u32),
    /// An id that is not known.
    Unknown(u32),
}

/// Why power save does not work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PowerSaveError {
    /// No answer to a PS-Poll.
    NoPollAnswer,
    /// No answer to a U-APSD trigger.
    NoTriggerAnswer,
    /// A unicast frame came while the station dozed.
    UnicastInDoze,
    /// The beacon promised data that never came.
    NoData,
    /// A code that is not known.
    Unknown(u32),
}

impl Event {
    /// Id of the indication.
    pub const ID: u16 = 0x0805;

    /// Reads the body.
    pub fn decode(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let id = reader.u32()?;
        let data = reader.u32()?;
        Some(match id {
            0 => Self::Error(data),
            1 => Self::BssLost,
            2 => Self::BssRegained,
            3 => Self::Radar,
            4 => Self::Threshold(data.to_le_bytes()[0]),
            5 => Self::Bluetooth(false),
            6 => Self::Bluetooth(true),
            7 => Self::PowerSaveError(match data {
                1 => PowerSaveError::NoPollAnswer,
                2 => PowerSaveError::NoTriggerAnswer,
                3 => PowerSaveError::UnicastInDoze,
                4 => PowerSaveError::NoData,
                code => PowerSaveError::Unknown(code),
            }),
            9 => Self::Inactive(data),
            10 => Self::WakeUp(data),
            id => Self::Unknown(id),
        })
    }
}

/// Suspend or resume transmission (0x080C).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SuspendResume {
    /// Whether transmission goes on.
    pub resume: bool,
    /// The queue it concerns, 0 to 3.
    pub queue: u8,
    /// Whether it concerns multicast frames.
    pub multicast: bool,
}

impl SuspendResume {
    /// Id of the indication.
    pub const ID: u16 = 0x080C;

    /// Reads the body.
    pub fn decode(body: &[u8]) -> Option<Self> {
        let [flags, ..] = Reader::new(body).array::<4>()?;
        Some(Self {
            resume: flags & 1 != 0,
            queue: (flags >> 1) & 3,
            multicast: flags & 8 != 0,
        })
    }
}
