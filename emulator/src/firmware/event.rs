// SPDX-License-Identifier: GPL-2.0-only
//! Event indications (3.5.3).

use crate::bytes::Builder;
use crate::firmware::{Env, Firmware};
use crate::wsm::batch::Outgoing;
use crate::wsm::id;

/// No beacon has come for long.
pub(crate) const BSS_LOST: u32 = 1;
/// A beacon has come again.
pub(crate) const BSS_REGAINED: u32 = 2;
/// Power save does not work with the access point.
pub(crate) const PS_ERROR: u32 = 7;
/// The signal has crossed a threshold.
pub(crate) const SIGNAL: u32 = 4;

impl Firmware {
    /// Queues an event indication.
    pub(crate) fn event(&mut self, interface: u8, event: u32, data: u32) {
        let body = Builder::new().u32(event).u32(data).build();
        let kind = id::EVENT | u16::from(interface) << 6;
        self.indicate(Outgoing::indication(kind, body));
    }

    /// Looks for a BSS whose beacons have stayed away.
    pub(crate) fn tick_beacons(&mut self, env: &Env<'_>) {
        if self.scan.is_some() {
            return;
        }
        if let Some(bss) = &mut self.bss
            && bss.check_lost(env.journal.now)
        {
            let interface = bss.interface;
            self.event(interface, BSS_LOST, 0);
        }
    }
}
