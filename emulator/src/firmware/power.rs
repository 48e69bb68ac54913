// SPDX-License-Identifier: GPL-2.0-only
//! Power save of a station (3.3.10).

use crate::air::Outcome;
use crate::breach::Rule;
use crate::bytes::{Builder, Reader};
use crate::fault::Fault;
use crate::firmware::transmit::{Own, null_frame};
use crate::firmware::{Env, Firmware, confirm, status};
use crate::knobs::PmIndication;
use crate::wsm::batch::Outgoing;
use crate::wsm::id;
use crate::wsm::slots::Received;

/// Always awake.
const ACTIVE: u8 = 0;
/// Sleeping, frames are fetched one by one.
const LEGACY: u8 = 1;
/// Sleeping, woken while there is traffic.
const FAST: u8 = 0x81;

/// What the host has asked for, and what the access point was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Power {
    mode: u8,
    interface: u8,
    /// The access point knows that the station sleeps.
    sleeps: bool,
    /// The host waits for the indication of a change.
    reports: bool,
}

impl Power {
    /// Whether the access point keeps frames for the station.
    pub(crate) const fn sleeps(&self) -> bool {
        self.sleeps
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

impl Firmware {
    /// 0x0010.
    pub(crate) fn set_power(&mut self, message: &Received, env: &mut Env<'_>) {
        let mode = Reader::new(&message.body).u8().unwrap_or(0);
        if !matches!(mode, ACTIVE | LEGACY | FAST) {
            env.journal
                .breach(Rule::PowerFields, format!("mode 0x{mode:02X}"));
            self.confirm_command(confirm::generic(message.id, status::INVALID), env);
            return;
        }
        self.confirm_command(confirm::generic(message.id, status::SUCCESS), env);
        self.power.mode = mode;
        self.power.interface = message.id.interface();
        self.power.reports = true;
        let Some(bss) = self.bss.as_ref().filter(|bss| bss.is_associated()) else {
            self.report_power(env);
            return;
        };
        let sleeps = mode != ACTIVE;
        if sleeps == self.power.sleeps {
            self.report_power(env);
            return;
        }
        let null = null_frame(bss.bssid, self.mac, sleeps);
        let attempts = self.own_attempts();
        self.queues
            .push_own(null, attempts, Own::PowerState { sleeps });
    }

    /// A frame of the firmware's own has ended.
    pub(crate) fn own_ended(&mut self, own: Own, outcome: &Outcome, env: &mut Env<'_>) {
        let Own::PowerState { sleeps } = own else {
            return;
        };
        if self.scan.is_some() {
            self.may_leave(env.journal.now);
            return;
        }
        if self.power.reports {
            // An access point that does not hear the frame goes on sending: the station stays awake.
            self.power.sleeps = sleeps && outcome.acked;
            self.report_power(env);
        }
    }

    /// 0x0809, as far as the knob lets it come.
    fn report_power(&mut self, env: &mut Env<'_>) {
        self.power.reports = false;
        let comes = match env.config.knobs.pm_indication {
            PmIndication::Always => true,
            PmIndication::NotLegacy => self.power.mode != LEGACY,
            PmIndication::Never => false,
        };
        if !comes || env.journal.fault(Fault::PmMissing).is_some() {
            return;
        }
        let body = Builder::new()
            .u32(status::SUCCESS)
            .u8(self.power.mode & 1)
            .build();
        let kind = id::PM_CHANGED | u16::from(self.power.interface) << 6;
        self.indicate(Outgoing::indication(kind, body));
    }
}
