// SPDX-License-Identifier: GPL-2.0-only

//! What the firmware noticed, and what is done about it (sections 3.5.3 and 5.9).
//!
//! The receive context files indications and never acts on them: it holds the bus. A work item
//! fetches and acts.

use super::{
    super::logic::{
        inbox::{
            Filed,
            Notice, //
        },
        wsm::{
            event::PowerSaveError,
            mib::dbm, //
        }, //
    },
    Wifi,
    EVENTS,
    LOSS, //
};
use kernel::{
    net::mac80211::RssiEvent,
    sync::Arc,
    time::{
        delay::fsleep,
        Delta, //
    },
    workqueue::WorkItem, //
};

/// Time between two times mac80211 is asked to probe an access point that is not heard. It ignores
/// the request while it scans, so one is not enough.
const PROBE_INTERVAL: Delta = Delta::from_secs(1);

impl Wifi {
    /// An indication that does not concern frames. Called in their order by the context that reads
    /// batches, with the host claimed and the link locked: it must neither send commands nor wait
    /// for anybody who does.
    pub(super) fn indication(self: &Arc<Self>, id: u16, body: &[u8]) {
        let mut inbox = self.inbox.lock();
        let filed = inbox.indication(id, body);
        let act = inbox.has_notice();
        drop(inbox);
        match filed {
            Filed::Kept => {}
            Filed::Ignored => {
                self.chip.counters.ignored_indications.bump();
            }
            Filed::Malformed => {
                self.chip.counters.malformed_messages.bump();
            }
        }
        if act {
            self.schedule_events();
        }
    }

    /// A frame of the access point could not be decrypted. Called like [`Wifi::indication()`].
    pub(super) fn decrypt_failure(self: &Arc<Self>) {
        let now = u64::try_from(self.chip.began.elapsed().as_millis()).unwrap_or(0);
        let mut inbox = self.inbox.lock();
        inbox.decrypt_failure(now);
        let act = inbox.has_notice();
        drop(inbox);
        if act {
            self.schedule_events();
        }
    }

    fn schedule_events(self: &Arc<Self>) {
        // It is no error when the work item is waiting for its turn already.
        let _ = self.queue.enqueue::<Arc<Self>, EVENTS>(self.clone());
    }

    fn act(self: &Arc<Self>, notice: Notice) {
        let counters = &self.chip.counters;
        match notice {
            Notice::KeysLost => {
                counters.decrypt_storms.bump();
                self.hw.for_each_vif(|vif| {
                    let _ = vif.disconnect(true);
                });
            }
            Notice::BssLost => {
                counters.beacon_losses.bump();
                self.set_lost(true);
                self.probe_access_point();
            }
            Notice::BssRegained => self.set_lost(false),
            Notice::PowerSaveError(error) => self.power_save_error(error),
            Notice::Threshold(rcpi) => self.threshold_crossed(dbm(rcpi)),
        }
    }

    fn set_lost(&self, lost: bool) {
        if let Some(joined) = &mut self.control.lock().joined {
            joined.lost = lost;
        }
    }

    /// Has mac80211 probe the access point, and again until it is heard or the link is given up.
    /// mac80211 disconnects when its probes go unacknowledged.
    fn probe_access_point(self: &Arc<Self>) {
        let lost = self
            .control
            .lock()
            .joined
            .as_ref()
            .is_some_and(|joined| joined.associated && joined.lost);
        if !lost {
            return;
        }
        self.hw.for_each_vif(|vif| {
            let _ = vif.beacon_loss();
        });
        let _ = self.queue.enqueue::<Arc<Self>, LOSS>(self.clone());
    }

    /// Stays awake for the rest of the link when the access point does not serve a sleeping station.
    fn power_save_error(&self, error: PowerSaveError) {
        let mut control = self.control.lock();
        if error == PowerSaveError::NoData || control.uapsd.any() {
            return;
        }
        control.power_save.distrust();
        self.apply_power_save(&mut control);
    }

    fn threshold_crossed(&self, signal: i32) {
        let Ok(level) = i8::try_from(signal) else {
            return;
        };
        let limit = self.control.lock().threshold.lower_dbm();
        let event = if signal < limit {
            RssiEvent::Low
        } else {
            RssiEvent::High
        };
        self.hw.for_each_vif(|vif| {
            let _ = vif.cqm_rssi(event, Some(level));
        });
    }
}

impl WorkItem<EVENTS> for Wifi {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        loop {
            let Some(notice) = this.inbox.lock().notice() else {
                return;
            };
            this.act(notice);
        }
    }
}

impl WorkItem<LOSS> for Wifi {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        // A work item with a delay would be in no queue yet, and nobody could wait for it.
        fsleep(PROBE_INTERVAL);
        this.probe_access_point();
    }
}
