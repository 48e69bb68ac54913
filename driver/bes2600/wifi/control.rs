// SPDX-License-Identifier: GPL-2.0-only

//! What the control path knows of the link, and how it talks to the firmware.
//!
//! Commands are sent with [`Wifi::control`] held where what they say and what is remembered of it
//! must agree.

use super::{
    super::{
        failure::CommandError,
        logic::{
            channel::Width,
            key_table::KeyTable,
            power_save::PowerSave,
            wsm::{
                edca::SetEdca,
                header::Interface,
                mib::{
                    GroupAddresses,
                    Mib,
                    PowerThreshold,
                    Uapsd,
                    Write, //
                },
                request::Request, //
            }, //
        },
        mac::MacAddress,
        text::Text,
    },
    bss::Peer,
    gate::Pause,
    Wifi, //
};
use kernel::{
    prelude::*,
    sync::Arc,
    time::Delta, //
};

/// A network the firmware is joined to.
#[derive(Clone, Copy)]
pub(crate) struct Joined {
    /// Address of the access point.
    pub(crate) bssid: [u8; 6],
    /// Channel number.
    pub(crate) channel: u16,
    /// Width the firmware was told last.
    pub(crate) width: Width,
    /// Whether the access point has taken the station in.
    pub(crate) associated: bool,
    /// Whether the keys are in place, or none are needed.
    pub(crate) authorized: bool,
    /// Whether the access point takes HT frames.
    pub(crate) ht: bool,
    /// Whether the firmware was allowed to agree block acknowledgement for what the host sends.
    pub(crate) block_ack: bool,
    /// Whether the firmware does not hear the access point.
    pub(crate) lost: bool,
}

/// What the control path knows.
pub(crate) struct Control {
    pub(crate) joined: Option<Joined>,
    pub(crate) peer: Peer,
    pub(crate) keys: KeyTable,
    pub(crate) edca: SetEdca,
    pub(crate) uapsd: Uapsd,
    pub(crate) power_save: PowerSave,
    /// Bits of `mib::rx_filter`.
    pub(crate) rx_filter: u32,
    pub(crate) groups: GroupAddresses,
    pub(crate) threshold: PowerThreshold,
    /// Power the host asked for, in 0.1 dBm.
    pub(crate) tx_power: u32,
    /// Power the firmware was told, in 0.1 dBm.
    pub(crate) told_power: Option<u32>,
    /// The address of the chip itself, and the one the firmware was told last.
    own: [u8; 6],
    pub(crate) station: [u8; 6],
    /// Whether mac80211 has a connection from before the chip was restarted.
    pub(crate) stale: bool,
}

/// Power until the host asks for another, in 0.1 dBm.
const DEFAULT_POWER: u32 = 200;

impl Control {
    /// Whether there is a link.
    pub(crate) fn associated(&self) -> bool {
        self.joined.as_ref().is_some_and(|joined| joined.associated)
    }

    /// Forgets what the firmware was told. What mac80211 wants stays, and so does the knowledge that
    /// it has a connection.
    pub(crate) fn chip_died(&mut self) {
        self.stale |= self.associated();
        self.joined = None;
        self.peer = Peer::UNKNOWN;
        self.keys = KeyTable::default();
        self.power_save.reset();
        self.told_power = None;
        self.station = self.own;
    }

    /// What is known before anything happened to a chip that was told its own address.
    pub(crate) fn new(own: MacAddress) -> Self {
        Self {
            own: own.0,
            station: own.0,
            joined: None,
            peer: Peer::UNKNOWN,
            keys: KeyTable::default(),
            edca: SetEdca::default(),
            uapsd: Uapsd::default(),
            power_save: PowerSave::default(),
            rx_filter: 0,
            groups: GroupAddresses::default(),
            threshold: PowerThreshold::OFF,
            tx_power: DEFAULT_POWER,
            told_power: None,
            stale: false,
        }
    }
}

/// Frames wait until this is dropped.
pub(crate) struct Hold<'a> {
    wifi: &'a Arc<Wifi>,
    reason: Pause,
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        Wifi::resume_transmit(self.wifi.as_arc_borrow(), self.reason);
    }
}

impl Wifi {
    /// Holds frames back, and waits for those the chip has, at most `limit`.
    pub(crate) fn hold(self: &Arc<Self>, reason: Pause, limit: Delta) -> Hold<'_> {
        self.pause_transmit(reason);
        self.drain(limit);
        Hold { wifi: self, reason }
    }

    /// Sends a command on the station's interface and waits for its confirm. Sleeps.
    pub(crate) fn command<R: Request>(&self, request: &R) -> Result<R::Confirm, CommandError> {
        self.command_on(Interface::First, request)
    }

    /// Like [`Wifi::command()`], for another MAC instance.
    pub(super) fn command_on<R: Request>(
        &self,
        interface: Interface,
        request: &R,
    ) -> Result<R::Confirm, CommandError> {
        if !self.is_up() {
            return Err(CommandError::NotRunning);
        }
        let func = self.func.access().ok_or(CommandError::NotRunning)?;
        let outcome = self.chip.command(&func, interface, request);
        if let Err(error) = &outcome {
            if self.chip.counters.failed_commands.bump_and_log() {
                // What a broken chip is about was logged when it broke.
                match error {
                    CommandError::Confirm(refusal) => {
                        dev_warn!(func, "{}: {}\n", R::NAME, Text(refusal));
                    }
                    CommandError::Broken(_) | CommandError::NotRunning => {}
                    error => dev_warn!(func, "{}: {}\n", R::NAME, Text(error)),
                }
            }
        }
        outcome
    }

    /// Writes a value into the firmware's information base. Sleeps.
    pub(crate) fn write<M: Mib>(&self, value: M) -> Result<(), CommandError> {
        self.command(&Write(value)).map(|_| ())
    }

    /// Sends a command whose refusal leaves the link usable; it is counted and logged.
    pub(crate) fn tell<R: Request>(&self, request: &R) {
        let _ = self.command(request);
    }

    /// Writes a value whose refusal leaves the link usable; it is counted and logged.
    pub(crate) fn suggest<M: Mib>(&self, value: M) {
        let _ = self.write(value);
    }
}
