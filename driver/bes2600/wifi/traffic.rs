// SPDX-License-Identifier: GPL-2.0-only

//! The frames the link knows of, and their rate retry policies.

use super::{
    super::{
        counters::Counters,
        logic::{
            flight::{
                Flight,
                Place,
                PLACES, //
            },
            rate_policy::{
                Cache,
                REPORT_LEN, //
            },
            slots::MAX_MESSAGES,
            wsm::transmit::{
                Queue,
                Record, //
            },
        },
        session::Session,
    },
    frame::{
        Queued,
        Settled, //
    },
    watchdog::Watchdog,
    Wifi, //
};
use kernel::{
    net::mac80211::{
        rx::Receiver,
        tx::Transmitter, //
    },
    prelude::*,
    sync::Arc, //
};

/// Frames that wait outside mac80211's queues and the chip, at most.
const BACKLOG: usize = 2 * PLACES;

/// How often a frame is offered again that the chip gives back.
const MAX_REQUEUES: u8 = 4;

/// What the link knows of frames.
pub(crate) struct Traffic {
    pub(super) wifi: Arc<Wifi>,
    pub(super) receiver: Receiver<Wifi>,
    pub(super) transmitter: Transmitter<Wifi>,
    pub(super) frames: Frames,
    pub(super) watchdog: Watchdog,
}

/// Frames that are to be sent or were, and their policies.
pub(super) struct Frames {
    pub(super) flight: Flight<KVec<Place<Queued>>>,
    pub(super) policies: Cache,
    /// Frames that go before those of mac80211's queues; the last one is the next.
    pub(super) backlog: KVec<Queued>,
}

impl Traffic {
    /// No frames at all.
    pub(super) fn new(
        wifi: Arc<Wifi>,
        receiver: Receiver<Wifi>,
        transmitter: Transmitter<Wifi>,
    ) -> Result<Self> {
        let mut places = KVec::with_capacity(PLACES, GFP_KERNEL)?;
        for _ in 0..PLACES {
            places.push(Place::default(), GFP_KERNEL)?;
        }
        Ok(Self {
            wifi,
            receiver,
            transmitter,
            watchdog: Watchdog::default(),
            frames: Frames {
                flight: Flight::new(places),
                policies: Cache::default(),
                backlog: KVec::with_capacity(BACKLOG, GFP_KERNEL)?,
            },
        })
    }
}

impl Traffic {
    /// The data of the hardware.
    pub(crate) fn wifi(&self) -> Arc<Wifi> {
        self.wifi.clone()
    }

    /// Gives up all frames, and forgets those the chip had: it has lost them, and its policies.
    pub(super) fn forget(&mut self) {
        self.frames.purge();
        self.frames.flight.clear();
        self.frames.policies.forget_uploads();
        self.watchdog = Watchdog::default();
    }
}

impl Frames {
    /// Puts a frame before all others.
    pub(super) fn put_back(&mut self, frame: Queued, counters: &Counters) {
        if let Err(error) = self.backlog.push_within_capacity(frame) {
            counters.tx_refused.bump();
            self.forget(&error.0);
        }
    }

    /// Ends the use of a frame's policy.
    pub(super) fn forget(&mut self, frame: &Queued) {
        if let Some((_, policy)) = frame.plan {
            self.policies.release(policy);
        }
    }

    /// Takes a frame the chip has confirmed; `None` when it has to be sent again.
    pub(super) fn settle(
        &mut self,
        mut frame: Queued,
        record: &Record,
        counters: &Counters,
    ) -> Option<Settled> {
        self.forget(&frame);
        if record.requeued() && frame.requeues < MAX_REQUEUES {
            counters.tx_requeues.bump();
            frame.requeues = frame.requeues.saturating_add(1);
            frame.plan = None;
            self.put_back(frame, counters);
            return None;
        }
        let attempts = match frame.plan {
            Some((plan, _)) => plan.outcome(record.rate, record.attempts()),
            None => [None; REPORT_LEN],
        };
        Some(Settled {
            rates: attempts.map(|made| made.and_then(|made| frame.report(made))),
            no_ack: frame.no_ack || record.unacknowledged(),
            frame: frame.frame,
        })
    }

    /// Gives up all frames. Those the chip has keep their buffers there.
    pub(super) fn purge(&mut self) {
        while let Some(frame) = self.flight.abandon() {
            self.forget(&frame);
        }
        while let Some(frame) = self.backlog.pop() {
            self.forget(&frame);
        }
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.backlog.is_empty() && self.flight.frames().next().is_none()
    }

    /// Whether the next frame is of a kind that should not wait for company.
    pub(super) fn is_urgent(&self) -> bool {
        self.backlog
            .last()
            .is_some_and(|frame| matches!(frame.queue, Queue::Voice | Queue::Video))
    }

    /// Buffers of the chip that frames may take now.
    pub(super) fn room(&self, session: &Session) -> usize {
        if !self.flight.has_room() {
            return 0;
        }
        usize::from(session.credits.for_frames())
            .min(PLACES.saturating_sub(self.flight.used()))
            .min(MAX_MESSAGES)
    }
}
