// SPDX-License-Identifier: GPL-2.0-only

//! The chip as mac80211 sees it.
//!
//! [`Wifi`] is the data of the hardware. Its methods are grouped by file: the data path is
//! [`transmit`], [`receive`] and [`block_ack`], all else is control. Lock order: `radio`,
//! `control`, then what [`Chip`] documents.

mod block_ack;
mod frame;
mod gate;
mod hardware;
mod load;
mod operations;
mod receive;
mod traffic;
mod transmit;
mod watchdog;

pub(crate) use gate::{
    Gate,
    Pause, //
};
pub(crate) use traffic::Traffic;

use super::{
    chip::{
        Chip,
        Link,
        Waited, //
    },
    failure::Fault,
    logic::wsm::indication::Startup,
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
    new_work,
    prelude::*,
    sync::{
        aref::ARef,
        Arc, //
    },
    time::{
        hrtimer::HrTimer,
        Delta, //
    },
    workqueue::{
        self,
        Queue,
        Work, //
    }, //
};

/// The data of the hardware.
#[pin_data]
pub(crate) struct Wifi {
    pub(crate) chip: Arc<Chip>,
    pub(crate) func: Arc<Shared>,
    pub(crate) hw: ARef<Hw<Wifi>>,
    /// Where the driver's work items run.
    pub(crate) queue: &'static Queue,
    #[pin]
    transmit_work: Work<Wifi, TRANSMIT>,
    #[pin]
    watch_work: Work<Wifi, WATCH>,
    #[pin]
    timer: HrTimer<Wifi>,
}

/// The work item that begins to transmit when nobody else is about to.
const TRANSMIT: u64 = 0;
/// The work item that looks whether the chip confirms frames.
const WATCH: u64 = 1;

impl_has_work! {
    impl HasWork<Self, TRANSMIT> for Wifi { self.transmit_work }
    impl HasWork<Self, WATCH> for Wifi { self.watch_work }
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

    /// An indication that does not concern frames. Called in their order by the context that reads
    /// batches, with the host claimed and the link locked: it must neither send commands nor wait
    /// for anybody who does.
    fn indication(&self, _id: u16, _body: &[u8]) {
        self.chip.counters.ignored_indications.bump();
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
                queue: workqueue::system(),
                transmit_work <- new_work!("Wifi::transmit_work"),
                watch_work <- new_work!("Wifi::watch_work"),
                timer <- HrTimer::new(),
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
    }
}
