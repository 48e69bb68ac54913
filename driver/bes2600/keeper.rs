// SPDX-License-Identifier: GPL-2.0-only

//! Who keeps the chip running: the owner of its interrupt, which brings it back when it died.
//!
//! A chip that died is silenced at once, by whoever noticed. Then it is powered off and on, gets its
//! firmware again, and mac80211 hands over what it had configured. Starts that fail are repeated
//! after growing pauses and a bounded number of times ([`Restarts`]); in between, and once the chip
//! was given up, nothing is sent to it.
//!
//! The keeper is a work item that lasts as long as the binding, in a queue of its own, because the
//! interrupt can only be claimed by who can also release it: it is released while the chip is dead.
//! It sleeps unless the chip dies.

use super::{
    boot::{
        self,
        kernel,
        Files, //
    },
    chip::{
        Chip,
        Phase, //
    },
    dpd_cache,
    failure::{
        Failure,
        Fault, //
    },
    logic::recovery::{
        Restarts,
        STARTS, //
    },
    mac::MacAddress,
    mcu,
    receive::Receiver,
    text::Text,
    wifi::Wifi,
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    impl_has_work,
    mmc::sdio::{
        Func,
        IrqRegistration,
        ResetOutcome,
        Shared, //
    },
    new_condvar, new_mutex, new_work,
    prelude::*,
    sync::{
        Arc,
        CondVar,
        CondVarTimeoutResult,
        Mutex, //
    },
    time::msecs_to_jiffies,
    workqueue::{
        OwnedQueue,
        Work,
        WorkItem, //
    },
};

/// How long the MMC core may take to unbind the driver from a card that left its slot, in
/// milliseconds. It takes some tens.
const REMOVAL: u32 = 2000;

/// What the keeper knows and is told.
#[derive(Default)]
struct Known {
    /// What became of the first claim of the interrupt.
    claimed: Option<Result>,
    /// The chip died of it, and the keeper has not seen to it.
    died: Option<Fault>,
    /// What the chip died of, while it is being brought back.
    reviving: Option<Fault>,
    /// The address of the chip that is to be kept running, if it is.
    kept: Option<MacAddress>,
    /// The system is suspended: the chip stays as it is.
    resting: bool,
    /// The chip is being started.
    starting: bool,
    /// The driver lets go of the chip.
    ending: bool,
}

/// Where the keeper is told things. Locked last, and by nobody for long.
#[pin_data]
pub(crate) struct Orders {
    #[pin]
    known: Mutex<Known>,
    #[pin]
    changed: CondVar,
}

impl Orders {
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            known <- new_mutex!(Known::default(), "Orders::known"),
            changed <- new_condvar!("Orders::changed"),
        })
    }

    fn tell<T>(&self, news: impl FnOnce(&mut Known) -> T) -> T {
        let answer = news(&mut self.known.lock());
        self.changed.notify_all();
        answer
    }

    /// Forgets what the chip died of, for it starts anew. Returns whether it is to.
    pub(crate) fn begin(&self) -> bool {
        self.tell(|known| {
            known.died = None;
            known.kept.is_some()
        })
    }

    /// Says that the chip died.
    pub(crate) fn died(&self, fault: Fault) {
        self.tell(|known| known.died = Some(fault));
    }

    /// Waits until `ready` finds what it looks for.
    fn wait<T>(&self, mut ready: impl FnMut(&mut Known) -> Option<T>) -> T {
        let mut known = self.known.lock();
        loop {
            if let Some(found) = ready(&mut known) {
                return found;
            }
            self.changed.wait(&mut known);
        }
    }

    /// Sleeps until the chip has died and is to be brought back. `None` once the driver lets go.
    fn death(&self) -> Option<(Fault, MacAddress)> {
        let mut known = self.known.lock();
        loop {
            if known.ending {
                return None;
            }
            if let (Some(address), Some(fault)) = (known.kept, known.died.take()) {
                known.reviving = Some(fault);
                return Some((fault, address));
            }
            // No signal reaches a work item.
            let _ = self.changed.wait_interruptible(&mut known);
        }
    }

    /// Waits for `pause` in milliseconds, and for the end of a suspend. Returns whether the chip is
    /// to be started then.
    fn pause(&self, pause: u32) -> bool {
        let mut known = self.known.lock();
        let mut left = msecs_to_jiffies(pause);
        loop {
            if known.kept.is_none() {
                return false;
            }
            if left == 0 {
                if !known.resting {
                    known.starting = true;
                    return true;
                }
                let _ = self.changed.wait_interruptible(&mut known);
                continue;
            }
            left = match self.changed.wait_interruptible_timeout(&mut known, left) {
                CondVarTimeoutResult::Woken { jiffies }
                | CondVarTimeoutResult::Signal { jiffies } => jiffies,
                CondVarTimeoutResult::Timeout => 0,
            };
        }
    }
}

/// The right to have a chip brought back when it dies; dropping it ends an attempt under way.
pub(crate) struct Guard(Arc<Chip>);

impl Guard {
    /// Has the chip kept running from now on, with `address`.
    pub(crate) fn new(chip: &Arc<Chip>, address: MacAddress) -> Self {
        chip.orders.tell(|known| known.kept = Some(address));
        Self(chip.clone())
    }

    /// Leaves the chip alone until [`Guard::wake()`]; an attempt under way is waited for.
    pub(crate) fn rest(&self) {
        self.0.orders.tell(|known| known.resting = true);
        self.0.orders.wait(|known| (!known.starting).then_some(()));
    }

    /// Sees to what happened since [`Guard::rest()`].
    pub(crate) fn wake(&self) {
        self.0.orders.tell(|known| known.resting = false);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let orders = &self.0.orders;
        let reviving = orders.tell(|known| {
            known.kept = None;
            known.reviving
        });
        if let Some(fault) = reviving {
            // Every step of an attempt asks whether the chip is broken.
            self.0.link.lock().phase = Phase::Broken(fault);
            self.0.notify();
            orders.wait(|known| known.reviving.is_none().then_some(()));
        }
    }
}

/// The keeper, and with it the interrupt, until this is dropped.
pub(crate) struct Keeper {
    chip: Arc<Chip>,
    queue: OwnedQueue,
}

impl Keeper {
    /// Claims the interrupt.
    pub(crate) fn new(func: &Func<Bound>, chip: &Arc<Chip>) -> Result<Self> {
        let watch = Arc::pin_init(
            pin_init!(Watch {
                chip: chip.clone(),
                func: func.shared(),
                work <- new_work!("Watch::work"),
            }),
            GFP_KERNEL,
        )?;
        let keeper = Self {
            chip: chip.clone(),
            queue: OwnedQueue::new(c"bes2600_keeper", 1)?,
        };
        let _ = keeper.queue.enqueue(watch);
        chip.orders.wait(|known| known.claimed)?;
        Ok(keeper)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.chip.orders.tell(|known| known.ending = true);
        self.queue.flush();
    }
}

/// The work item.
#[pin_data]
struct Watch {
    chip: Arc<Chip>,
    func: Arc<Shared>,
    #[pin]
    work: Work<Watch>,
}

impl_has_work! {
    impl HasWork<Self> for Watch { self.work }
}

impl WorkItem for Watch {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        let orders = &this.chip.orders;
        let Some(func) = this.func.access() else {
            orders.tell(|known| known.claimed = Some(Err(ENODEV)));
            return;
        };
        let mut interrupt = match claim(&func, &this.chip) {
            Ok(interrupt) => Some(interrupt),
            Err(error) => {
                orders.tell(|known| known.claimed = Some(Err(error)));
                return;
            }
        };
        orders.tell(|known| known.claimed = Some(Ok(())));
        let mut restarts = Restarts::default();
        while let Some((fault, address)) = orders.death() {
            // An error means that the card could not be told; nobody listens to it in any case.
            drop(interrupt.take());
            if let Some(wifi) = this.chip.wifi() {
                let attempt = Attempt {
                    chip: &this.chip,
                    func: &func,
                    wifi: &wifi,
                    address,
                };
                interrupt = attempt.revive(fault, &mut restarts);
            }
            let runs = interrupt.is_some();
            orders.tell(|known| {
                known.reviving = None;
                if !runs {
                    // What happened in the last attempt is no death to see to.
                    known.died = None;
                }
            });
        }
    }
}

type Interrupt<'a> = Pin<KBox<IrqRegistration<'a, Receiver>>>;

fn claim<'a>(func: &'a Func<Bound>, chip: &Arc<Chip>) -> Result<Interrupt<'a>> {
    KBox::pin_init(func.request_irq(Ok(Receiver(chip.clone()))), GFP_KERNEL)
}

/// A chip that is being brought back.
struct Attempt<'a, 'f> {
    chip: &'a Arc<Chip>,
    func: &'f Func<Bound>,
    wifi: &'a Arc<Wifi>,
    address: MacAddress,
}

impl<'f> Attempt<'_, 'f> {
    /// Starts the chip until it runs, or is given up. Returns its interrupt when it runs.
    fn revive(&self, fault: Fault, restarts: &mut Restarts) -> Option<Interrupt<'f>> {
        let dev: &Device<Bound> = self.func.as_ref();
        let counters = &self.chip.counters;
        self.chip.announce_faults(false);
        self.wifi.chip_died();
        if fault.card_gone() && !self.stays(fault) {
            self.wifi.chip_is_lost();
            return None;
        }
        loop {
            let Some(pause) = restarts.plan(self.now()) else {
                dev_err!(
                    dev,
                    "the chip did not recover in {} restarts and is given up; unbind and bind the \
                     driver, or power-cycle the board\n",
                    STARTS
                );
                break;
            };
            if !self.chip.orders.pause(pause) {
                break;
            }
            let outcome = self.start();
            self.chip.orders.tell(|known| known.starting = false);
            let number = restarts.number();
            match outcome {
                Ok(interrupt) => {
                    counters.restarts.bump();
                    restarts.succeeded(self.now());
                    dev_info!(dev, "the chip is back, restart {} of {}\n", number, STARTS);
                    self.chip.announce_faults(true);
                    self.wifi.chip_is_back();
                    return Some(interrupt);
                }
                Err(failure) => {
                    counters.failed_restarts.bump();
                    self.silence(fault);
                    // It may be the cause.
                    dpd_cache::forget(dev.name());
                    dev_warn!(
                        dev,
                        "restart {} of {} failed: {}\n",
                        number,
                        STARTS,
                        Text(&failure)
                    );
                }
            }
        }
        self.wifi.chip_is_lost();
        None
    }

    /// Whether a card that is said to be gone is still there: one that was pulled is taken away by
    /// the MMC core, and comes back by a probe, if at all.
    fn stays(&self, fault: Fault) -> bool {
        let orders = &self.chip.orders;
        let stays = orders.pause(REMOVAL);
        orders.tell(|known| known.starting = false);
        if stays {
            dev_err!(
                self.func.as_ref(),
                "{}, but the card is still there; the chip is restarted\n",
                Text(&fault)
            );
        }
        stays
    }

    fn now(&self) -> u64 {
        u64::try_from(self.chip.began.elapsed().as_millis()).unwrap_or(0)
    }

    /// All steps from a dead chip to one that answers.
    fn start(&self) -> Result<Interrupt<'f>, Failure> {
        let (func, chip) = (self.func, self.chip);
        let files = Files::load(func.as_ref())?;
        func.claim().retune_release();
        if boot::reset(func)? == ResetOutcome::Rescan {
            return Err(Failure::Kernel {
                what: "reset of a card that is shared with other drivers",
                error: EBUSY,
            });
        }
        boot::enable(func)?;
        if !chip.begin_download() {
            return Err(Failure::Kernel {
                what: "restart",
                error: ENODEV,
            });
        }
        let interrupt = claim(func, chip).map_err(kernel("claiming the SDIO interrupt"))?;
        boot::download(func, chip, &files)?;
        mcu::wait_ready(func, chip)?;
        boot::activate(func, chip)?;
        boot::startup(func, chip)?;
        boot::configure(func, chip, self.address, files.sdd.bytes())?;
        Ok(interrupt)
    }

    /// Leaves the chip alone after a start that failed half-way.
    fn silence(&self, fault: Fault) {
        self.chip.exclusively(self.func, |bus, link| {
            link.phase = Phase::Broken(fault);
            bus.shut_off();
        });
        self.chip.notify();
    }
}
