// SPDX-License-Identifier: GPL-2.0-only

//! The state of a chip that its users and its interrupt handler share.
//!
//! Lock order: the claim of the host first, then [`Chip::link`]. Whoever waits for the chip holds
//! neither.

use super::{
    bus::{
        Bus,
        BusError, //
    },
    counters::Counters,
    debugfs::Report,
    failure::{
        CommandError,
        Fault, //
    },
    keeper::Orders,
    logic::{
        cmd53::{
            BLOCK_LEN,
            RECEIVE_MAX_BLOCKS, //
        },
        slots::MAX_MESSAGE_LEN,
    },
    session::Session,
    text::Text,
    wifi::{
        Gate,
        Traffic,
        Wifi, //
    },
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    mmc::sdio::{
        Buffer,
        Func, //
    },
    new_condvar, new_mutex,
    prelude::*,
    sync::{
        atomic::{
            AtomicFlag,
            Relaxed, //
        },
        Arc,
        CondVar,
        CondVarTimeoutResult,
        Mutex, //
    },
    time::{
        delay::fsleep,
        msecs_to_jiffies,
        Delta,
        Instant,
        Monotonic, //
    },
};

/// Size of the transfer buffers: the largest batch, and the largest aggregate the host sends.
pub(crate) const TRANSFER_LEN: usize = RECEIVE_MAX_BLOCKS as usize * BLOCK_LEN;

/// How long a waiter relies on interrupts before it looks for itself.
const POLL_INTERVAL: Delta = Delta::from_secs(1);
/// Pause of a waiter that a pending signal keeps from sleeping longer.
const SIGNAL_PAUSE: Delta = Delta::from_millis(1);

/// What the chip is doing, and so what its registers mean.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Phase {
    /// Nothing is expected of it.
    Idle,
    /// It serves the download protocol.
    Download,
    /// It exchanges messages.
    Running,
    /// It broke the protocol or left the bus, and its function is disabled; only a start from the
    /// boot loader helps.
    Broken(Fault),
}

/// Bytes from the downloader.
#[derive(Clone, Copy)]
pub(crate) struct Announced {
    /// How many.
    pub(crate) len: u16,
    /// Whether they were read to the front of [`Link::receive`].
    pub(crate) read: bool,
}

/// Everything that belongs to the traffic with the chip.
pub(crate) struct Link {
    pub(crate) phase: Phase,
    /// What the downloader announced since the last frame.
    pub(crate) announced: Option<Announced>,
    pub(crate) session: Session,
    /// Frames, while the chip is registered with mac80211.
    pub(crate) traffic: Option<Traffic>,
    pub(crate) receive: Buffer,
    pub(crate) transmit: Buffer,
    /// Where messages are put together before they are packed into slots.
    pub(crate) message: KVec<u8>,
}

impl Link {
    /// Fails with what broke the chip, if something did.
    pub(crate) fn usable(&self) -> Result<(), Fault> {
        match self.phase {
            Phase::Broken(fault) => Err(fault),
            Phase::Idle | Phase::Download | Phase::Running => Ok(()),
        }
    }

    /// Fails unless the chip exchanges messages.
    pub(crate) fn running(&self) -> Result<(), CommandError> {
        match self.phase {
            Phase::Running => Ok(()),
            Phase::Broken(fault) => Err(CommandError::Broken(fault)),
            Phase::Idle | Phase::Download => Err(CommandError::NotRunning),
        }
    }
}

/// A chip.
#[pin_data]
pub(crate) struct Chip {
    #[pin]
    pub(crate) link: Mutex<Link>,
    #[pin]
    changed: CondVar,
    /// One command at a time (section 3.2).
    #[pin]
    pub(crate) commands: Mutex<()>,
    pub(crate) counters: Counters,
    #[pin]
    pub(crate) gate: Gate,
    #[pin]
    pub(crate) report: Mutex<Report>,
    #[pin]
    pub(crate) orders: Orders,
    pub(crate) began: Instant<Monotonic>,
    /// Whether a fault is logged when it happens. While the chip is being started, whoever does so
    /// reports it.
    faults_logged: AtomicFlag,
}

/// How a wait ended.
pub(crate) enum Waited<T> {
    /// An interrupt brought it.
    Done(T),
    /// Nothing interrupted, but looking for it found it.
    Polled(T),
    /// It did not come.
    TimedOut,
}

impl Chip {
    /// Allocates the state of a chip that is idle.
    pub(crate) fn new() -> Result<Arc<Self>> {
        let link = Link {
            phase: Phase::Idle,
            announced: None,
            session: Session::default(),
            traffic: None,
            receive: Buffer::new(TRANSFER_LEN, GFP_KERNEL)?,
            transmit: Buffer::new(TRANSFER_LEN, GFP_KERNEL)?,
            message: KVec::from_elem(0, MAX_MESSAGE_LEN, GFP_KERNEL)?,
        };
        Arc::pin_init(
            try_pin_init!(Self {
                link <- new_mutex!(link, "Chip::link"),
                changed <- new_condvar!("Chip::changed"),
                commands <- new_mutex!((), "Chip::commands"),
                counters: Counters::new(),
                gate <- Gate::new(),
                report <- new_mutex!(Report(None), "Chip::report"),
                orders <- Orders::new(),
                began: Instant::now(),
                faults_logged: AtomicFlag::new(false),
            }),
            GFP_KERNEL,
        )
    }

    /// Runs `action` with the host claimed and the link locked.
    pub(crate) fn exclusively<T>(
        &self,
        func: &Func<Bound>,
        action: impl FnOnce(&Bus<'_>, &mut Link) -> T,
    ) -> T {
        let claimed = func.claim();
        let bus = Bus::new(&claimed, &self.counters);
        action(&bus, &mut self.link.lock())
    }

    /// Runs `action` with the host claimed, unless the chip is broken: its function is disabled
    /// then, and what made it so is the error worth telling.
    pub(crate) fn on_bus<T>(
        &self,
        func: &Func<Bound>,
        action: impl FnOnce(&Bus<'_>) -> Result<T, BusError>,
    ) -> Result<T, Fault> {
        let claimed = func.claim();
        self.link.lock().usable()?;
        action(&Bus::new(&claimed, &self.counters)).map_err(Fault::Bus)
    }

    /// Says whether faults are logged when they happen.
    pub(crate) fn announce_faults(&self, announced: bool) {
        self.faults_logged.store(announced, Relaxed);
    }

    /// Whether the chip is up, so that what it does wrong is a fault of its own.
    pub(crate) fn faults_announced(&self) -> bool {
        self.faults_logged.load(Relaxed)
    }

    /// Notes that the chip cannot be used any more, silences it and has it brought back. Only the
    /// first fault counts. A card that is pulled is no error to report.
    pub(crate) fn fail(&self, bus: &Bus<'_>, link: &mut Link, fault: Fault, dev: &Device<Bound>) {
        if link.usable().is_err() {
            return;
        }
        if self.faults_announced() && !fault.card_gone() {
            dev_err!(dev, "{}; the chip is restarted\n", Text(&fault));
        }
        link.phase = Phase::Broken(fault);
        bus.shut_off();
        self.orders.died(fault);
        self.notify();
    }

    /// Expects the boot loader of a chip that was just reset. Returns whether the driver still wants
    /// it.
    pub(crate) fn begin_download(&self) -> bool {
        let mut link = self.link.lock();
        let wanted = self.orders.begin();
        if wanted {
            link.announced = None;
            link.session = Session::default();
            link.phase = Phase::Download;
        }
        wanted
    }

    /// What is registered with mac80211, if the chip is.
    pub(crate) fn wifi(&self) -> Option<Arc<Wifi>> {
        self.link.lock().traffic.as_ref().map(Traffic::wifi)
    }

    /// Wakes everybody who waits for a change of the link.
    pub(crate) fn notify(&self) {
        self.changed.notify_all();
    }

    /// Milliseconds since the probe began, for the timestamp behind messages; wraps.
    pub(crate) fn timestamp(&self) -> u32 {
        self.began.elapsed().as_millis() as u32
    }

    /// Waits until `ready` finds what it looks for, at most `limit`.
    ///
    /// A chip whose interrupt got lost is looked at once a second and when the time is over. A
    /// pending signal neither ends the wait nor shortens it: a half-done exchange would leave the
    /// chip in an unknown state. The caller must not have claimed the host.
    pub(crate) fn wait<T>(
        &self,
        func: &Func<Bound>,
        limit: Delta,
        mut ready: impl FnMut(&mut Link) -> Option<T>,
    ) -> Waited<T> {
        let began = Instant::<Monotonic>::now();
        loop {
            let slice = (limit - began.elapsed()).min(POLL_INTERVAL);
            if let Some(found) = self.wait_for_interrupt(slice, &mut ready) {
                return Waited::Done(found);
            }
            self.poll(func);
            if let Some(found) = ready(&mut self.link.lock()) {
                self.counters.lost_interrupts.bump();
                return Waited::Polled(found);
            }
            if began.elapsed() >= limit {
                return Waited::TimedOut;
            }
        }
    }

    fn wait_for_interrupt<T>(
        &self,
        limit: Delta,
        ready: &mut impl FnMut(&mut Link) -> Option<T>,
    ) -> Option<T> {
        let began = Instant::<Monotonic>::now();
        let mut link = self.link.lock();
        loop {
            if let Some(found) = ready(&mut link) {
                return Some(found);
            }
            let left = (limit - began.elapsed()).as_millis_ceil();
            let jiffies = match u32::try_from(left) {
                Ok(left) if left > 0 => msecs_to_jiffies(left),
                _ => return None,
            };
            if let CondVarTimeoutResult::Signal { .. } =
                self.changed.wait_interruptible_timeout(&mut link, jiffies)
            {
                drop(link);
                fsleep(SIGNAL_PAUSE);
                link = self.link.lock();
            }
        }
    }
}
