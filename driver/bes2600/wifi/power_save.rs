// SPDX-License-Identifier: GPL-2.0-only

//! Power save: what mac80211 wants becomes the firmware's mode, without waiting for an indication
//! that may not come (W-29, B2).

use super::{
    super::failure::CommandError,
    control::Control,
    Wifi, //
};

impl Wifi {
    /// Sends the power save command that is due, if one is.
    pub(crate) fn apply_power_save(&self, control: &mut Control) {
        if !control.associated() {
            return;
        }
        let Some(command) = control.power_save.due() else {
            return;
        };
        match self.command(&command) {
            Ok(_) => control.power_save.accepted(command),
            Err(CommandError::Confirm(_)) => control.power_save.refused(),
            Err(_) => {}
        }
    }
}
