// SPDX-License-Identifier: GPL-2.0-only

//! Transmission: frames are pulled out of mac80211's queues when the chip has room for them.
//!
//! There is no queue in between. Whoever has the link fills the transfer buffer with up to 16
//! frames of a size and sends them with one command; the receive context does so as soon as
//! confirms have made room. Frames are copied once, into the transfer buffer.

use super::{
    super::{
        bus::Bus,
        chip::{
            Chip,
            Link, //
        },
        failure::Fault,
        logic::{
            cmd53::Transfer,
            rate_policy::Limits, //
        },
        trace,
    },
    frame::Queued,
    gate::Pause,
    load::{
        Load,
        Parts, //
    },
    Wifi,
    TRANSMIT, //
};
use kernel::{
    device::Bound,
    mmc::sdio::Func,
    net::{
        ieee80211::Ac,
        mac80211::tx, //
    },
    prelude::*,
    sync::{
        Arc,
        ArcBorrow, //
    },
    time::Delta,
    workqueue::WorkItem, //
};

/// How long a flush waits for the frames in flight.
const FLUSH_LIMIT: Delta = Delta::from_secs(2);

impl Chip {
    /// Sends frames until there are no more, or no room for more.
    pub(in super::super) fn transmit_frames(
        &self,
        bus: &Bus<'_>,
        link: &mut Link,
    ) -> Result<(), Fault> {
        if link.running().is_err() {
            // Frames that wait do not make anybody look: the chip may never run again.
            self.gate.set_blocked(true);
            return Ok(());
        }
        loop {
            let Some(traffic) = &mut link.traffic else {
                self.gate.set_blocked(true);
                return Ok(());
            };
            let parts = Parts {
                session: &mut link.session,
                message: &mut link.message,
                transmit: &mut link.transmit,
            };
            let load = traffic.fill(parts, self, bus.device());
            self.gate.set_blocked(matches!(load, Load::Blocked));
            let (messages, total, code) = match load {
                Load::Frames(frames, total, code) => {
                    self.counters.tx_batches.bump();
                    traffic.watchdog.sent(&traffic.wifi);
                    (frames, total, code)
                }
                Load::Policies(total, code) => {
                    self.counters.tx_policy_uploads.bump();
                    traffic.watchdog.sent(&traffic.wifi);
                    (1, total, code)
                }
                Load::Blocked | Load::Empty => return Ok(()),
            };
            let toggle = &mut link.session.toggles.transmit;
            let Ok(transfer) = Transfer::transmit(total, code, toggle.get()) else {
                return Ok(());
            };
            bus.hold_retune();
            bus.transmit(transfer, &link.transmit).map_err(Fault::Bus)?;
            toggle.advance();
            trace::batch_sent(bus, messages, total, &link.session);
        }
    }

    /// Sends frames, and those that come meanwhile. The caller has said that it attends.
    pub(in super::super) fn attend_to_frames(
        &self,
        bus: &Bus<'_>,
        link: &mut Link,
    ) -> Result<(), Fault> {
        loop {
            self.transmit_frames(bus, link)?;
            if !self.gate.leave() {
                return Ok(());
            }
            self.gate.attend();
        }
    }
}

impl WorkItem<TRANSMIT> for Wifi {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.chip.counters.sdio_tx_work.bump();
        let Some(func) = this.func.access() else {
            return;
        };
        this.send_frames(&func);
    }
}

impl Wifi {
    /// Takes a frame that is in none of mac80211's queues.
    pub(super) fn transmit(this: ArcBorrow<'_, Self>, frame: tx::Frame<'_, Self>) {
        let Some(frame) = Queued::new(frame, &this.chip.counters) else {
            return;
        };
        match this.chip.gate.push(frame) {
            Ok(true) => Self::begin_to_transmit(this),
            Ok(false) => {}
            Err(_) => {
                this.chip.counters.tx_refused.bump();
            }
        }
    }

    /// mac80211 has frames in a queue.
    pub(super) fn wake_transmit(this: ArcBorrow<'_, Self>, ac: Ac) {
        if this.chip.gate.raise(ac) {
            Self::begin_to_transmit(this);
        }
    }

    fn begin_to_transmit(this: ArcBorrow<'_, Self>) {
        // It is no error when the work item is waiting for its turn already.
        let _ = this.queue.enqueue::<Arc<Self>, TRANSMIT>(this.into());
    }

    fn send_frames(&self, func: &Func<Bound>) {
        let chip = &self.chip;
        chip.exclusively(func, |bus, link| {
            chip.gate.attend();
            if let Err(fault) = chip.attend_to_frames(bus, link) {
                chip.fail(bus, link, fault, func.as_ref());
                chip.gate.leave();
            }
        });
    }

    /// Sends no more frames until [`Wifi::resume_transmit()`]. One transfer may be under way.
    pub(crate) fn pause_transmit(&self, reason: Pause) {
        self.chip.gate.pause(reason);
    }

    /// Strikes a reason of a pause, be it there or not (W-28), and sends what has waited when it was
    /// the last.
    pub(crate) fn resume_transmit(this: ArcBorrow<'_, Self>, reason: Pause) {
        if this.chip.gate.resume(reason) {
            Self::begin_to_transmit(this);
        }
    }

    /// Waits until the chip has done with all frames it has; those that wait elsewhere do so on.
    pub(crate) fn drain(&self, limit: Delta) {
        self.wait_for(limit, |link| {
            let traffic = link.traffic.as_ref();
            traffic
                .is_none_or(|traffic| traffic.frames.flight.frames().next().is_none())
                .then_some(())
        });
    }

    /// Retry limits for frames from now on.
    pub(super) fn set_retry_limits(&self, short: u8, long: u8) {
        if let Some(traffic) = &mut self.chip.link.lock().traffic {
            traffic.frames.policies.set_limits(Limits {
                short: short.min(15),
                long,
            });
        }
    }

    /// The firmware has lost its rate retry policies (F-5).
    pub(crate) fn forget_policies(&self) {
        if let Some(traffic) = &mut self.chip.link.lock().traffic {
            traffic.frames.policies.forget_uploads();
        }
    }

    /// Has every frame sent, or given up.
    pub(super) fn flush(&self, drop: bool) {
        if drop || self.chip.gate.is_recovering() {
            self.purge();
            return;
        }
        let gate = &self.chip.gate;
        self.wait_for(FLUSH_LIMIT, |link| {
            let traffic = link.traffic.as_ref();
            let quiet = traffic.is_none_or(|traffic| traffic.frames.is_quiet());
            (quiet && !gate.has_direct()).then_some(())
        });
    }

    /// Gives up all frames.
    pub(super) fn purge(&self) {
        drop(self.chip.gate.take_direct());
        if let Some(traffic) = &mut self.chip.link.lock().traffic {
            traffic.frames.purge();
        }
    }

    /// Whether frames wait, or are in flight.
    pub(super) fn has_frames(&self) -> bool {
        self.chip.gate.is_waiting()
            || self
                .chip
                .link
                .lock()
                .traffic
                .as_ref()
                .is_some_and(|traffic| !traffic.frames.is_quiet())
    }
}
