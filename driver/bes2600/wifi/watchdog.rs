// SPDX-License-Identifier: GPL-2.0-only

//! Frames the chip never confirms (W-55).
//!
//! While the chip has frames, it is looked at once a second that it confirmed one; if not, an
//! interrupt may have been lost, and the chip is looked at. After three seconds the firmware is asked
//! by a command: one that is alive answers, whatever its frames wait for. A chip that confirms none
//! for longer than any life-time of a frame is broken, too. While it has none, nothing runs.

use super::{
    super::{
        chip::{
            Chip,
            Link, //
        },
        failure::Fault,
        logic::wsm::{
            header::Interface,
            mib::ReadCounters, //
        },
        session::Sender, //
    },
    traffic::Traffic,
    Wifi,
    WATCH, //
};
use kernel::{
    device::Bound,
    impl_has_hr_timer,
    mmc::sdio::Func,
    sync::{
        Arc,
        ArcBorrow, //
    },
    time::{
        hrtimer::{
            ArcHrTimerHandle,
            HrTimerCallback,
            HrTimerCallbackContext,
            HrTimerPointer,
            HrTimerRestart,
            RelativeMode, //
        },
        Delta,
        Monotonic, //
    },
    workqueue::WorkItem, //
};

/// How often the chip is looked at.
const INTERVAL: Delta = Delta::from_secs(1);
/// Looks without a confirm after which the chip is broken. The background queue's frames live
/// longest: ten seconds (section 5.1).
const PATIENCE: u32 = 11;
/// Looks without a confirm after which the firmware is asked, and again after as many.
const ASK: u32 = 3;
/// Seconds that it may take to answer, as the vendor's driver has it (section 3.2).
const ANSWER_LIMIT: u8 = 3;

/// What the watchdog knows; it runs when there is a timer.
#[derive(Default)]
pub(super) struct Watchdog {
    timer: Option<ArcHrTimerHandle<Wifi>>,
    /// Looks without a confirm.
    silent: u32,
}

/// What a look showed.
enum Look {
    /// The chip has nothing to confirm, or makes headway.
    Well,
    /// It has confirmed nothing since the last look.
    Silent,
    /// It has confirmed nothing for so long that it should be asked.
    Ask,
    /// It has confirmed nothing for too long.
    Broken,
}

impl Watchdog {
    /// Frames were sent.
    pub(super) fn sent(&mut self, wifi: &Arc<Wifi>) {
        if self.timer.is_none() {
            self.silent = 0;
            self.arm(wifi);
        }
    }

    /// The chip has confirmed something.
    pub(super) fn confirmed(&mut self) {
        self.silent = 0;
    }

    fn arm(&mut self, wifi: &Arc<Wifi>) {
        // An expired timer is not started by another handle while this one would cancel it.
        self.timer = None;
        self.timer = Some(wifi.clone().start(INTERVAL));
    }
}

impl Traffic {
    fn look(&mut self, policies_pending: bool, paused: bool) -> Look {
        if self.frames.flight.used() == 0 && !policies_pending {
            self.watchdog.timer = None;
            return Look::Well;
        }
        if !paused {
            self.watchdog.silent = self.watchdog.silent.saturating_add(1);
        }
        if self.watchdog.silent > PATIENCE {
            self.watchdog.timer = None;
            return Look::Broken;
        }
        self.watchdog.arm(&self.wifi);
        match self.watchdog.silent {
            0 | 1 => Look::Well,
            silent if silent % ASK == 0 => Look::Ask,
            _ => Look::Silent,
        }
    }
}

impl Chip {
    fn watch(&self, func: &Func<Bound>) {
        let look = self.exclusively(func, |bus, link| {
            let Link {
                session, traffic, ..
            } = link;
            let policies = session
                .pending
                .as_ref()
                .is_some_and(|pending| pending.sender == Sender::Policies);
            let look = match traffic {
                Some(traffic) => traffic.look(policies, self.gate.is_paused()),
                None => Look::Well,
            };
            if matches!(look, Look::Broken) && link.running().is_ok() {
                self.fail(bus, link, Fault::Silent, func.as_ref());
            }
            look
        });
        if !matches!(look, Look::Silent | Look::Ask) {
            return;
        }
        if self.poll(func) {
            self.counters.lost_interrupts.bump();
        } else if matches!(look, Look::Ask) {
            // A firmware that does not answer is found dead there.
            let _ = self.command_within(ANSWER_LIMIT, func, Interface::First, &ReadCounters);
        }
    }
}

impl WorkItem<WATCH> for Wifi {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        if let Some(func) = this.func.access() {
            this.chip.watch(&func);
        }
    }
}

impl HrTimerCallback for Wifi {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, _: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        let _ = this.queue.enqueue::<Arc<Self>, WATCH>(this.into());
        HrTimerRestart::NoRestart
    }
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Wifi {
        mode: RelativeMode<Monotonic>, field: self.timer
    }
}
