// SPDX-License-Identifier: GPL-2.0-only

//! Where the receive context leaves what the firmware indicates, and the control path fetches it.
//!
//! There is a place for each kind of indication and the latest of a kind counts: nothing can
//! overflow, and a flood of one kind cannot displace another.

use super::storm::DecryptFailures;
use super::wsm::bss::ChannelSwitched;
use super::wsm::event::{
    Event,
    PowerSaveError,
    SuspendResume, //
};
use super::wsm::power::PmChanged;
use super::wsm::scan::ScanComplete;

/// What happened to an indication.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Filed {
    /// It waits to be fetched.
    Kept,
    /// Nobody needs it.
    Ignored,
    /// Its body ends too soon.
    Malformed,
}

/// Something to act on, most urgent first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Notice {
    /// The keys are no longer the access point's.
    KeysLost,
    /// The access point is not heard any more.
    BssLost,
    /// It is heard again.
    BssRegained,
    /// Power save does not work with it.
    PowerSaveError(PowerSaveError),
    /// The received power crossed a threshold; the value is a received channel power indicator.
    Threshold(u8),
}

/// The places.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inbox {
    scan_complete: Option<ScanComplete>,
    channel_switched: Option<ChannelSwitched>,
    pm_changed: Option<PmChanged>,
    keys_lost: bool,
    /// Whether the access point is heard.
    heard: Option<bool>,
    power_save_error: Option<PowerSaveError>,
    threshold: Option<u8>,
    failures: DecryptFailures,
}

impl Inbox {
    /// Files an indication by its id (class and command number).
    pub fn indication(&mut self, id: u16, body: &[u8]) -> Filed {
        let filed = match id {
            ScanComplete::ID => {
                ScanComplete::decode(body).map(|scan| self.scan_complete = Some(scan))
            }
            ChannelSwitched::ID => {
                ChannelSwitched::decode(body).map(|switched| self.channel_switched = Some(switched))
            }
            PmChanged::ID => PmChanged::decode(body).map(|pm| self.pm_changed = Some(pm)),
            Event::ID => match Event::decode(body) {
                Some(event) => return self.event(event),
                None => None,
            },
            // A station has nothing the firmware could hold back.
            SuspendResume::ID => return Filed::Ignored,
            _ => return Filed::Ignored,
        };
        match filed {
            Some(()) => Filed::Kept,
            None => Filed::Malformed,
        }
    }

    fn event(&mut self, event: Event) -> Filed {
        match event {
            Event::BssLost => self.heard = Some(false),
            Event::BssRegained => self.heard = Some(true),
            Event::Threshold(rcpi) => self.threshold = Some(rcpi),
            Event::PowerSaveError(error) => self.power_save_error = Some(error),
            Event::Error(_)
            | Event::Radar
            | Event::Bluetooth(_)
            | Event::Inactive(_)
            | Event::WakeUp(_)
            | Event::Unknown(_) => return Filed::Ignored,
        }
        Filed::Kept
    }

    /// Notes a frame of the access point that could not be decrypted, at `now` in milliseconds.
    pub fn decrypt_failure(&mut self, now: u64) {
        if self.failures.note(now) {
            self.keys_lost = true;
        }
    }

    /// Whether [`Inbox::notice()`] would return something.
    pub fn has_notice(&self) -> bool {
        let mut copy = *self;
        copy.notice().is_some()
    }

    /// Fetches what to act on next.
    pub fn notice(&mut self) -> Option<Notice> {
        if core::mem::take(&mut self.keys_lost) {
            return Some(Notice::KeysLost);
        }
        if let Some(heard) = self.heard.take() {
            return Some(if heard {
                Notice::BssRegained
            } else {
                Notice::BssLost
            });
        }
        if let Some(error) = self.power_save_error.take() {
            return Some(Notice::PowerSaveError(error));
        }
        self.threshold.take().map(Notice::Threshold)
    }

    /// Fetches the end of a scan.
    pub fn take_scan_complete(&mut self) -> Option<ScanComplete> {
        self.scan_complete.take()
    }

    /// Fetches the end of a change of channel.
    pub fn take_channel_switched(&mut self) -> Option<ChannelSwitched> {
        self.channel_switched.take()
    }

    /// The power save mode the firmware indicated last; `None` since the link began.
    pub fn pm_changed(&self) -> Option<PmChanged> {
        self.pm_changed
    }

    /// Forgets what concerned a link that is gone. The ends of scans and changes of channel stay.
    pub fn link_gone(&mut self) {
        *self = Self {
            scan_complete: self.scan_complete,
            channel_switched: self.channel_switched,
            ..Self::default()
        };
    }
}
