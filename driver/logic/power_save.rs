// SPDX-License-Identifier: GPL-2.0-only

//! Which power save command is due (sections 3.3.10 and 5.10, field report B2).
//!
//! Nobody waits for the indication that a mode was entered: firmware was seen to leave it out. What
//! was sent counts as in force until it is refused or the firmware is reset.

use super::wsm::power::{
    PmMode,
    SetPm, //
};

/// Idle time of a fast sleep when the host names none, in 500 microseconds, as the vendor has it.
const DEFAULT_IDLE: u8 = 16;

/// The power save of a link.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PowerSave {
    /// Whether the host wants the station to sleep.
    pub wanted: bool,
    /// Time without traffic before it does, in milliseconds; 0 for the default.
    pub idle: u32,
    /// Whether frames are delivered unscheduled; the fast mode is not used with it.
    pub uapsd: bool,
    /// Whether the access point handles sleeping stations badly.
    bad_ap: bool,
    /// Whether the firmware refused to sleep.
    refused: bool,
    /// What the firmware was told last; it starts awake.
    sent: SetPm,
}

impl Default for PowerSave {
    fn default() -> Self {
        Self {
            wanted: false,
            idle: 0,
            uapsd: false,
            bad_ap: false,
            refused: false,
            sent: AWAKE,
        }
    }
}

const AWAKE: SetPm = SetPm {
    mode: PmMode::Active,
    fast_idle: 0,
};

impl PowerSave {
    /// The command to send; `None` when the firmware is in the right mode.
    pub fn due(&self) -> Option<SetPm> {
        let target = self.target();
        (target != self.sent).then_some(target)
    }

    /// Notes that the firmware accepted `command`.
    pub fn accepted(&mut self, command: SetPm) {
        self.sent = command;
    }

    /// Notes that the firmware refused a command: it is not asked to sleep any more on this link.
    pub fn refused(&mut self) {
        self.refused = true;
    }

    /// Notes that the access point loses frames for a sleeping station.
    pub fn distrust(&mut self) {
        self.bad_ap = true;
    }

    /// Forgets the link, whose firmware was reset: it is awake, and another access point may behave.
    pub fn reset(&mut self) {
        self.sent = AWAKE;
        self.bad_ap = false;
        self.refused = false;
    }

    fn target(&self) -> SetPm {
        if !self.wanted || self.bad_ap || self.refused {
            return AWAKE;
        }
        if self.uapsd {
            return SetPm {
                mode: PmMode::Legacy,
                fast_idle: 0,
            };
        }
        SetPm {
            mode: PmMode::Fast,
            fast_idle: match self.idle {
                0 => DEFAULT_IDLE,
                idle => u8::try_from(idle.saturating_mul(2)).unwrap_or(u8::MAX),
            },
        }
    }
}
