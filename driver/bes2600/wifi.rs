// SPDX-License-Identifier: GPL-2.0-only

//! The chip as mac80211 sees it.
//!
//! [`Wifi`] is the data of the hardware. Its methods are grouped by file: the data path is
//! [`transmit`], [`receive`] and [`block_ack`], all else is control. Lock order: `scan_running`,
//! `radio`, `control`, what [`Chip`] documents, `inbox`, `condition`.

mod address;
mod block_ack;
mod bss;
mod control;
mod edca;
mod events;
mod filter;
mod frame;
mod gate;
mod hardware;
mod join;
mod keys;
mod load;
mod operations;
mod power_save;
mod receive;
mod recovery;
mod scan;
mod traffic;
mod transmit;
mod watchdog;

use control::Control;
pub(crate) use gate::{
    Gate,
    Pause, //
};
use recovery::Condition;
pub(crate) use traffic::Traffic;

use super::{
    chip::{
        Chip,
        Link,
        Waited, //
    },
    failure::Fault,
    files::Sdd,
    logic::{
        inbox::Inbox,
        wsm::indication::Startup, //
    },
    mac::MacAddress, //
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    devres::Devres,
    impl_has_work,
    mmc::sdio::{
        Func,
        Shared, //
    },
    net::mac80211::{
        self,
        Hw, //
    },
    new_mutex,
    new_spinlock,
    new_work,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::AtomicFlag,
        Arc,
        Mutex,
        SpinLock, //
    },
    time::{
        hrtimer::HrTimer,
        Delta, //
    },
    workqueue::{
        OwnedQueue,
        Work, //
    }, //
};

/// The data of the hardware.
#[pin_data]
pub(crate) struct Wifi {
    pub(crate) chip: Arc<Chip>,
    pub(crate) func: Arc<Shared>,
    pub(crate) hw: ARef<Hw<Wifi>>,
    /// Radio calibration data, which the firmware gets with each configuration.
    sdd: Sdd,
    /// Where the driver's work items run.
    pub(crate) queue: OwnedQueue,
    /// Held by whoever tunes the radio: a request of a scan, a join, a reset. Others only need
    /// `control`, so that a scan that listens keeps nobody waiting.
    #[pin]
    radio: Mutex<()>,
    #[pin]
    control: Mutex<Control>,
    #[pin]
    condition: Mutex<Condition>,
    /// What the firmware indicated. Taken with bottom halves disabled.
    #[pin]
    inbox: SpinLock<Inbox>,
    /// A scan no work item has begun.
    #[pin]
    scan_job: Mutex<Option<KBox<scan::Job>>>,
    /// Held by the work item that scans.
    #[pin]
    scan_running: Mutex<()>,
    /// The scan is to end now.
    scan_aborted: AtomicFlag,
    #[pin]
    transmit_work: Work<Wifi, TRANSMIT>,
    #[pin]
    watch_work: Work<Wifi, WATCH>,
    #[pin]
    timer: HrTimer<Wifi>,
    #[pin]
    scan_work: Work<Wifi, SCAN>,
    #[pin]
    event_work: Work<Wifi, EVENTS>,
    #[pin]
    loss_work: Work<Wifi, LOSS>,
}

/// The work item that begins to transmit when nobody else is about to.
const TRANSMIT: u64 = 0;
/// The work item that looks whether the chip confirms frames.
const WATCH: u64 = 1;
/// The work item that scans.
const SCAN: u64 = 2;
/// The work item that acts on what the firmware noticed.
const EVENTS: u64 = 3;
/// The work item that looks after a link whose access point is not heard.
const LOSS: u64 = 4;

impl_has_work! {
    impl HasWork<Self, TRANSMIT> for Wifi { self.transmit_work }
    impl HasWork<Self, WATCH> for Wifi { self.watch_work }
    impl HasWork<Self, SCAN> for Wifi { self.scan_work }
    impl HasWork<Self, EVENTS> for Wifi { self.event_work }
    impl HasWork<Self, LOSS> for Wifi { self.loss_work }
}

impl Wifi {
    /// Waits until `found` finds what it looks for, at most `limit`; `None` when it does not come,
    /// or when the chip cannot be used any more.
    pub(crate) fn wait_for<T>(
        &self,
        limit: Delta,
        mut found: impl FnMut(&mut Link) -> Option<T>,
    ) -> Option<T> {
        let func = self.func.access()?;
        let waited = self.chip.wait(&func, limit, |link| {
            if let Some(found) = found(link) {
                return Some(Ok(found));
            }
            link.usable().err().map(Err::<T, Fault>)
        });
        match waited {
            Waited::Done(outcome) | Waited::Polled(outcome) => outcome.ok(),
            Waited::TimedOut => None,
        }
    }
}

/// The chip, registered with mac80211 until this is dropped.
pub(crate) struct Registration {
    // Dropped first: interfaces go down, and no operation is called any more.
    registration: Option<Devres<mac80211::Registration<Wifi>>>,
    wifi: Arc<Wifi>,
}

impl Registration {
    /// Registers a chip that is up.
    pub(crate) fn new(
        func: &Func<Bound>,
        chip: &Arc<Chip>,
        address: MacAddress,
        startup: &Startup,
        sdd: Sdd,
    ) -> Result<Self> {
        let dev: &Device<Bound> = func.as_ref();
        let mac80211::Parts {
            hw,
            receiver,
            transmitter,
        } = hardware::describe(address, startup)?;
        let known = hw.clone();
        let wifi = Arc::pin_init(
            try_pin_init!(Wifi {
                chip: chip.clone(),
                func: func.shared(),
                hw: known,
                sdd,
                queue: OwnedQueue::new(c"bes2600", 0)?,
                radio <- new_mutex!((), "Wifi::radio"),
                control <- new_mutex!(Control::new(address), "Wifi::control"),
                condition <- new_mutex!(Condition::new(), "Wifi::condition"),
                inbox <- new_spinlock!(Inbox::default(), "Wifi::inbox"),
                scan_job <- new_mutex!(None, "Wifi::scan_job"),
                scan_running <- new_mutex!((), "Wifi::scan_running"),
                scan_aborted: AtomicFlag::new(false),
                transmit_work <- new_work!("Wifi::transmit_work"),
                watch_work <- new_work!("Wifi::watch_work"),
                timer <- HrTimer::new(),
                scan_work <- new_work!("Wifi::scan_work"),
                event_work <- new_work!("Wifi::event_work"),
                loss_work <- new_work!("Wifi::loss_work"),
            }),
            GFP_KERNEL,
        )?;
        chip.link.lock().traffic = Some(Traffic::new(wifi.clone(), receiver, transmitter)?);
        // From here on an error undoes what has been done.
        let mut registered = Self {
            registration: None,
            wifi: wifi.clone(),
        };
        registered.registration = Some(mac80211::Registration::new(dev, hw, wifi)?);
        Ok(registered)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registration = None;
        let traffic = self.wifi.chip.link.lock().traffic.take();
        drop(traffic);
        // Nobody makes work any more. What there is must not be the last to know the data: the
        // queue ends with the data, and cannot wait for itself.
        self.wifi.queue.flush();
    }
}
