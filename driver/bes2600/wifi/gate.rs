// SPDX-License-Identifier: GPL-2.0-only

//! What keeps frames waiting, and who is about to send them.
//!
//! mac80211 says that it has frames in contexts that may not sleep, as often as once a frame. A
//! work item is needed only when nobody will look at the queues anyway: not while somebody holds
//! the link and will look before letting go, and not while frames wait for something whose arrival
//! makes somebody look.

use super::frame::Queued;
use kernel::{
    alloc::kvec::PushError,
    net::ieee80211::Ac,
    new_spinlock_irq,
    prelude::*,
    sync::{
        atomic::{
            AtomicFlag,
            Full,
            Relaxed, //
        },
        SpinLockIrq, //
    },
};

/// Most frames outside mac80211's queues that wait here: management frames and null frames.
const DIRECT_MAX: usize = 64;

/// Why no frame may be sent. Reasons add up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pause {
    /// The radio visits other channels.
    Scan,
    /// The radio changes its channel.
    ChannelSwitch,
    /// The firmware asked for it (0x080C).
    Firmware,
    /// The firmware is being told to begin anew.
    Reset,
    /// The hardware is stopped.
    Down,
    /// The chip died, or the connection is one that it does not know any more.
    Recovery,
}

const PAUSES: usize = 6;

/// See the module.
#[pin_data]
pub(crate) struct Gate {
    /// Whether mac80211 has frames of an access category.
    waiting: [AtomicFlag; 4],
    /// Somebody holds the link and will look at `waiting` before letting go.
    attended: AtomicFlag,
    /// Frames wait for a confirm or for the end of a pause.
    blocked: AtomicFlag,
    paused: [AtomicFlag; PAUSES],
    #[pin]
    direct: SpinLockIrq<KVec<Queued>>,
}

impl Gate {
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            waiting: [const { AtomicFlag::new(false) }; 4],
            attended: AtomicFlag::new(false),
            blocked: AtomicFlag::new(false),
            paused: [const { AtomicFlag::new(false) }; PAUSES],
            direct <- new_spinlock_irq!(KVec::new(), "Gate::direct"),
        })
    }

    /// Notes frames in a queue of mac80211. Returns whether somebody has to be told.
    pub(crate) fn raise(&self, ac: Ac) -> bool {
        if let Some(waiting) = self.waiting.get(ac.index()) {
            waiting.xchg(true, Full);
        }
        self.nobody_looks()
    }

    /// Queues a frame that is in none of mac80211's queues. Returns whether somebody has to be told,
    /// or the frame when there are too many.
    pub(crate) fn push(&self, frame: Queued) -> Result<bool, Queued> {
        let mut direct = self.direct.lock();
        if direct.len() >= DIRECT_MAX || direct.reserve(1, GFP_ATOMIC).is_err() {
            return Err(frame);
        }
        direct
            .push_within_capacity(frame)
            .map_err(|PushError(frame)| frame)?;
        drop(direct);
        Ok(self.nobody_looks())
    }

    fn nobody_looks(&self) -> bool {
        !self.attended.load(Relaxed) && !self.blocked.load(Relaxed)
    }

    /// Takes the flag of an access category.
    pub(crate) fn take(&self, ac: Ac) -> bool {
        self.waiting
            .get(ac.index())
            .is_some_and(|waiting| waiting.xchg(false, Full))
    }

    /// Whether mac80211 has frames of an access category.
    pub(crate) fn is_raised(&self, ac: Ac) -> bool {
        self.waiting
            .get(ac.index())
            .is_some_and(|waiting| waiting.load(Relaxed))
    }

    /// Takes the frames outside mac80211's queues.
    pub(crate) fn take_direct(&self) -> KVec<Queued> {
        core::mem::take(&mut *self.direct.lock())
    }

    /// Whether there are frames outside mac80211's queues.
    pub(crate) fn has_direct(&self) -> bool {
        !self.direct.lock().is_empty()
    }

    /// Whether anything waits.
    pub(crate) fn is_waiting(&self) -> bool {
        self.has_direct() || Ac::ALL.into_iter().any(|ac| self.is_raised(ac))
    }

    /// The caller holds the link and will look.
    pub(crate) fn attend(&self) {
        self.attended.store(true, Relaxed);
    }

    /// The caller has looked. Returns whether something came since.
    pub(crate) fn leave(&self) -> bool {
        self.attended.xchg(false, Full);
        !self.blocked.load(Relaxed) && self.is_waiting()
    }

    /// Says whether frames wait for something whose arrival makes somebody look.
    pub(crate) fn set_blocked(&self, blocked: bool) {
        self.blocked.xchg(blocked, Full);
    }

    /// Notes a reason not to send.
    pub(crate) fn pause(&self, reason: Pause) {
        self.reason(reason, true);
    }

    /// Strikes a reason not to send. Returns whether it was the last, and something has waited.
    pub(crate) fn resume(&self, reason: Pause) -> bool {
        self.reason(reason, false)
            && !self.is_paused()
            && (self.blocked.load(Relaxed) || self.is_waiting())
    }

    fn reason(&self, reason: Pause, value: bool) -> bool {
        self.paused
            .get(reason as usize)
            .is_some_and(|paused| paused.xchg(value, Full))
    }

    /// Whether frames wait for a chip that died.
    pub(crate) fn is_recovering(&self) -> bool {
        self.paused
            .get(Pause::Recovery as usize)
            .is_some_and(|paused| paused.load(Relaxed))
    }

    /// Whether there is a reason not to send.
    pub(crate) fn is_paused(&self) -> bool {
        self.paused.iter().any(|paused| paused.load(Relaxed))
    }
}
