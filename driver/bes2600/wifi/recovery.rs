// SPDX-License-Identifier: GPL-2.0-only

//! A chip that died, as mac80211 is to see it: as a pause, followed by a connection that is made
//! anew.
//!
//! While the chip is away, operations take note and no command is sent; frames wait. When it is back,
//! mac80211 hands everything over again ([`Hw::restart()`]). A connection does not survive that,
//! though: the firmware numbers the frames it encrypts, from the beginning after a start, and a key
//! must not number twice. So no frame of the old connection is sent any more, its keys are not handed
//! over, and user space is told to reconnect at once.
//!
//! [`Hw::restart()`]: kernel::net::mac80211::Hw::restart

use super::{
    super::{
        chip::Chip,
        logic::inbox::Inbox, //
    },
    control::Control,
    gate::Pause,
    Wifi, //
};
use kernel::{
    net::mac80211::Reconfig,
    prelude::*,
    sync::Arc, //
};

/// Whether the chip behind the hardware can be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// It can.
    Up,
    /// It died and is being brought back.
    Down,
    /// It is back, and mac80211 has not begun to hand things over.
    Back,
    /// It is given up.
    Lost,
}

/// See [`State`]. Locked last, and never while a command is under way.
pub(super) struct Condition {
    state: State,
    /// mac80211 was asked to restart the hardware and has not begun. It takes no refusal then.
    restart_asked: bool,
}

impl Condition {
    /// The chip is up.
    pub(super) const fn new() -> Self {
        Self {
            state: State::Up,
            restart_asked: false,
        }
    }
}

impl Wifi {
    /// Whether commands can be sent.
    pub(super) fn is_up(&self) -> bool {
        self.condition.lock().state == State::Up
    }

    /// mac80211 starts the hardware. That is refused for a chip that was given up, and for no other:
    /// one that is away is restarted when it is back.
    pub(super) fn begin(&self) -> Result {
        let mut condition = self.condition.lock();
        let asked = core::mem::take(&mut condition.restart_asked);
        match condition.state {
            State::Up | State::Down => Ok(()),
            State::Back => {
                condition.state = State::Up;
                Ok(())
            }
            State::Lost if asked => Ok(()),
            State::Lost => Err(EIO),
        }
    }

    /// The chip died: whoever uses it ends, and everything it knew is forgotten. When this returns,
    /// nobody sends commands any more.
    pub(crate) fn chip_died(self: &Arc<Self>) {
        self.condition.lock().state = State::Down;
        self.pause_transmit(Pause::Recovery);
        // A scan must have ended when mac80211 restarts the hardware.
        self.cancel_scan();
        let _radio = self.radio.lock();
        let mut control = self.control.lock();
        control.chip_died();
        *self.inbox.lock() = Inbox::default();
        drop(control);
        // Waits for a command of somebody who holds neither.
        drop(self.chip.commands.lock());
        self.chip.forget_frames();
    }

    /// The chip runs again, and knows nothing.
    pub(crate) fn chip_is_back(self: &Arc<Self>) {
        let started = self.hw.is_started();
        {
            let mut condition = self.condition.lock();
            condition.restart_asked = started;
            condition.state = if started { State::Back } else { State::Up };
        }
        if started {
            self.hw.restart();
        } else {
            self.release_frames(&self.control.lock());
        }
    }

    /// The chip is given up.
    pub(crate) fn chip_is_lost(&self) {
        self.condition.lock().state = State::Lost;
        drop(self.chip.gate.take_direct());
        self.hw.for_each_vif(|vif| {
            // What is no station has no connection to lose.
            let _ = vif.connection_loss();
        });
    }

    /// mac80211 has handed everything over again.
    pub(super) fn handed_over(self: &Arc<Self>, kind: Reconfig) {
        if kind != Reconfig::Restart {
            return;
        }
        if self.condition.lock().state == State::Lost {
            self.chip_is_lost();
            return;
        }
        let control = self.control.lock();
        if control.stale {
            self.hw.for_each_vif(|vif| {
                let _ = vif.disconnect(true);
            });
        }
        self.release_frames(&control);
    }

    /// Lets frames through again, unless the chip is away or they are of a connection that it does
    /// not know any more.
    pub(super) fn release_frames(self: &Arc<Self>, control: &Control) {
        if !control.stale && self.is_up() {
            Self::resume_transmit(self.as_arc_borrow(), Pause::Recovery);
        }
    }
}

impl Chip {
    /// Forgets the frames a dead chip had, and what it was told of rates.
    fn forget_frames(&self) {
        let mut link = self.link.lock();
        if let Some(traffic) = &mut link.traffic {
            traffic.forget();
        }
        drop(link);
        self.notify();
    }
}
