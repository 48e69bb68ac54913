// SPDX-License-Identifier: GPL-2.0-only

//! From an idle card to a chip that is registered with mac80211, and back (section 4.6).

use super::{
    boot::{
        self,
        kernel,
        Files, //
    },
    bus::card_gone,
    chip::{
        Chip,
        Phase,
        TRANSFER_LEN, //
    },
    debugfs::{
        self,
        Directory,
        Facts, //
    },
    dpd_cache,
    failure::Failure,
    keeper::{
        Guard,
        Keeper, //
    },
    logic::{
        doorbell::Doorbell,
        wsm::{
            header::Interface,
            request::WriteMib, //
        },
    },
    mac::MacAddress,
    mcu,
    session::Session,
    text::Text,
    wake::{
        Awake,
        WakeLine, //
    },
    wifi::Registration,
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    mmc::sdio::Func,
    prelude::*,
    sync::Arc,
    time::{
        Instant,
        Monotonic, //
    },
};

/// A chip that is up. The fields are its parts in the order in which they are undone.
pub(crate) struct Bes2600<'bound> {
    /// Nobody brings the chip back any more once this is gone.
    pub(crate) guard: Guard,
    _registration: Registration,
    _subsystem: Subsystem<'bound>,
    _keeper: Keeper,
    _enabled: Enabled<'bound>,
    _awake: Awake,
    _directory: Directory,
}

/// The function, enabled until this is dropped.
struct Enabled<'bound>(&'bound Func<Bound>);

impl<'bound> Enabled<'bound> {
    fn new(func: &'bound Func<Bound>) -> Result<Self, Failure> {
        let enabled = Self(func);
        boot::enable(func)?;
        Ok(enabled)
    }
}

impl Drop for Enabled<'_> {
    fn drop(&mut self) {
        let disabled = self.0.claim().disable();
        // A card that left has no function to disable, and will not be the next one.
        if disabled.is_err_and(card_gone) {
            let dev: &Device<Bound> = self.0.as_ref();
            dpd_cache::forget(dev.name());
        }
    }
}

/// Brings the chip up. On failure everything done is undone, and the calibration is measured again
/// next time: it may be the cause, or another card may be in the slot by then.
pub(crate) fn bring_up(func: &Func<Bound>) -> Result<Bes2600<'_>, Failure> {
    let dev: &Device<Bound> = func.as_ref();
    try_bring_up(func, dev).inspect_err(|_| dpd_cache::forget(dev.name()))
}

fn try_bring_up<'bound>(
    func: &'bound Func<Bound>,
    dev: &Device<Bound>,
) -> Result<Bes2600<'bound>, Failure> {
    if !func.multi_block() {
        return Err(Failure::NoMultiBlock);
    }
    if func.max_transfer() < TRANSFER_LEN {
        return Err(Failure::HostTooSmall {
            max: func.max_transfer(),
        });
    }
    // Where it is kept may not be there yet; better to find that out before the download.
    let kept = MacAddress::kept_for(dev).map_err(kernel("reading the MAC address"))?;
    let files = Files::load(dev)?;
    let chip = Chip::new().map_err(kernel("allocation"))?;
    let directory = debugfs::directory(func, &chip).map_err(kernel("creating debugfs files"))?;
    let awake = WakeLine::new(dev)
        .and_then(|line| line.hold())
        .map_err(kernel("asserting the wake line (wakeup-gpios)"))?;
    let enabled = Enabled::new(func)?;
    boot::reset_if_running(func, &chip)?;

    chip.link.lock().phase = Phase::Download;
    let keeper = Keeper::new(func, &chip).map_err(kernel("claiming the SDIO interrupt"))?;
    let began = Instant::<Monotonic>::now();
    boot::download(func, &chip, &files)?;
    let download = began.elapsed();
    mcu::wait_ready(func, &chip)?;

    let subsystem = Subsystem::start(func, &chip)?;
    let startup = boot::startup(func, &chip)?;
    let until_startup = chip.began.elapsed();
    let address = kept.unwrap_or_else(|| MacAddress::made_up(dev, until_startup));
    boot::configure(func, &chip, address, files.sdd.bytes())?;

    let registration = Registration::new(func, &chip, address, &startup, files.sdd)
        .map_err(kernel("registering with mac80211"))?;

    let until_up = chip.began.elapsed();
    chip.report.lock().0 = Some(Facts {
        startup,
        download,
        until_startup,
        until_up,
    });
    chip.announce_faults(true);
    let guard = Guard::new(&chip, address);
    dev_info!(
        dev,
        "chip is up: firmware {}, {} buffers, MAC {}; download took {} ms, startup came after {} \
         ms, up after {} ms\n",
        startup.label(),
        startup.buffers,
        address,
        download.as_millis(),
        until_startup.as_millis(),
        until_up.as_millis()
    );
    Ok(Bes2600 {
        guard,
        _registration: registration,
        _subsystem: subsystem,
        _keeper: keeper,
        _enabled: enabled,
        _awake: awake,
        _directory: directory,
    })
}

/// The Wi-Fi subsystem, started until this is dropped: then it is put to rest in the order of
/// section 4.6, whether the chip came up in full or not.
struct Subsystem<'bound> {
    func: &'bound Func<Bound>,
    chip: Arc<Chip>,
}

impl<'bound> Subsystem<'bound> {
    fn start(func: &'bound Func<Bound>, chip: &Arc<Chip>) -> Result<Self, Failure> {
        // An error undoes what has been done until then.
        let subsystem = Self {
            func,
            chip: chip.clone(),
        };
        boot::activate(func, chip)?;
        Ok(subsystem)
    }

    /// Lets the MCU sleep and then stops the subsystem. The wake line keeps the chip reachable in
    /// between. A broken chip is shut off already; the next bind resets it.
    fn stop(&self) -> Result<(), Failure> {
        let phase = self.chip.link.lock().phase;
        if !matches!(phase, Phase::Running) {
            return Ok(());
        }
        let asleep = self.sleep();
        asleep.and(mcu::ring(self.func, &self.chip, Doorbell::WifiDeactivate))
    }

    fn sleep(&self) -> Result<(), Failure> {
        let started = matches!(self.chip.link.lock().session.startup, Some(Ok(_)));
        if started {
            boot::command(
                self.func,
                &self.chip,
                Interface::First,
                &WriteMib::QUIESCENT,
            )?;
        }
        mcu::ring(self.func, &self.chip, Doorbell::McuDeactivate)
    }
}

impl Drop for Subsystem<'_> {
    fn drop(&mut self) {
        // A failure here changes nothing for the driver; its cause was logged before or is that the
        // card is gone. The next bind resets a chip that could not be stopped.
        if let Err(failure) = self.stop() {
            dev_dbg!(self.func, "not stopped in order: {}\n", Text(&failure));
        }
        self.func.claim().retune_release();
        let mut link = self.chip.link.lock();
        link.session = Session::default();
        link.phase = Phase::Idle;
    }
}
