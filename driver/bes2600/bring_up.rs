// SPDX-License-Identifier: GPL-2.0-only

//! From an idle card to a firmware that answers (sections 2.6 and 4.3), and back (section 4.6).

use super::{
    bus::card_gone,
    chip::{
        Chip,
        Phase,
        Waited,
        TRANSFER_LEN, //
    },
    debugfs::{
        self,
        Directory,
        Facts, //
    },
    download::Downloader,
    dpd_cache,
    failure::Failure,
    files::{
        self,
        Image,
        Sdd, //
    },
    logic::{
        cmd53::BLOCK_LEN,
        doorbell::{
            Doorbell,
            Status, //
        },
        dpd,
        factory::{
            self,
            Factory, //
        },
        wsm::{
            header::Interface,
            indication::Startup,
            request::{
                Configuration,
                Request,
                WriteMib, //
            },
        },
    },
    mac::MacAddress,
    mcu,
    receive::Receiver,
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
    mmc::sdio::{
        Func,
        IrqRegistration,
        ResetOutcome, //
    },
    prelude::*,
    sync::Arc,
    time::{
        Delta,
        Instant,
        Monotonic, //
    },
};

/// Two registers written before anything is downloaded. Their meaning is not known; the chip gets
/// what its vendor's driver writes (section 2.6).
const SET_UP_REGISTERS: [(u32, u32); 2] = [(0x4010_0000, 0x0080_2006), (0x4008_602C, 0x3E00_C000)];

/// Time the boot firmware may take for its calibration, and how often it is asked.
const DPD_LIMIT: Delta = Delta::from_secs(15);
const DPD_INTERVAL: Delta = Delta::from_millis(100);
/// Time the firmware may take to introduce itself.
const STARTUP_LIMIT: Delta = Delta::from_secs(10);

/// A chip that is up. The fields are its parts in the order in which they are undone.
pub(crate) struct Bes2600<'bound> {
    _registration: Registration,
    _subsystem: Subsystem<'bound>,
    _interrupt: Interrupt<'bound>,
    _enabled: Enabled<'bound>,
    _awake: Awake,
    _directory: Directory,
}

type Interrupt<'bound> = Pin<KBox<IrqRegistration<'bound, Receiver>>>;

/// The function, enabled until this is dropped.
struct Enabled<'bound>(&'bound Func<Bound>);

impl<'bound> Enabled<'bound> {
    fn new(func: &'bound Func<Bound>) -> Result<Self, Failure> {
        let enabled = Self(func);
        enable(func)?;
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

/// The calibration of this chip, or what it takes to measure it.
enum Calibration {
    Cached(KVec<u8>),
    Measure(Image),
}

/// The files of a bind, read before the chip is touched.
struct Files {
    calibration: Calibration,
    main: Image,
    factory: Option<Factory>,
    sdd: Sdd,
}

impl Files {
    fn load(dev: &Device<Bound>) -> Result<Self, Failure> {
        let cached = dpd_cache::get(dev.name()).map_err(kernel("reading the DPD cache"))?;
        Ok(Self {
            calibration: match cached {
                Some(block) => Calibration::Cached(block),
                None => Calibration::Measure(files::boot_image(dev)?),
            },
            main: files::main_image(dev)?,
            factory: files::factory(dev),
            sdd: files::sdd(dev)?,
        })
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
    let files = Files::load(dev)?;
    let chip = Chip::new().map_err(kernel("allocation"))?;
    let directory = debugfs::directory(func, &chip).map_err(kernel("creating debugfs files"))?;
    let awake = WakeLine::new(dev)
        .and_then(|line| line.hold())
        .map_err(kernel("asserting the wake line (wakeup-gpios)"))?;
    let enabled = Enabled::new(func)?;
    reset_if_running(func, &chip)?;

    chip.link.lock().phase = Phase::Download;
    let interrupt = KBox::pin_init(func.request_irq(Ok(Receiver(chip.clone()))), GFP_KERNEL)
        .map_err(kernel("claiming the SDIO interrupt"))?;
    let began = Instant::<Monotonic>::now();
    download(func, &chip, &files)?;
    let download = began.elapsed();
    mcu::wait_ready(func, &chip)?;

    let subsystem = Subsystem::start(func, &chip)?;
    let startup = startup(func, &chip)?;
    let until_startup = chip.began.elapsed();
    let address = MacAddress::of(dev, until_startup);
    configure(func, &chip, address, files.sdd.bytes())?;
    mcu::ring(func, &chip, Doorbell::McuActivate)?;

    let registration = Registration::new(func, &chip, address, &startup)
        .map_err(kernel("registering with mac80211"))?;

    let until_up = chip.began.elapsed();
    chip.report.lock().0 = Some(Facts {
        startup,
        download,
        until_startup,
        until_up,
    });
    chip.announce_faults();
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
        _registration: registration,
        _subsystem: subsystem,
        _interrupt: interrupt,
        _enabled: enabled,
        _awake: awake,
        _directory: directory,
    })
}

fn enable(func: &Func<Bound>) -> Result<(), Failure> {
    let claimed = func.claim();
    claimed.enable().map_err(kernel("enabling function 1"))?;
    claimed
        .set_block_size(BLOCK_LEN as u16)
        .map_err(kernel("setting the block size to 512"))
}

/// Brings a chip back to its boot loader that still runs the firmware of an earlier bind: only the
/// boot loader is known to take everything from the start.
fn reset_if_running(func: &Func<Bound>, chip: &Chip) -> Result<(), Failure> {
    const RUNNING: u8 = Status::MCU_READY | Status::DPD_READY | Status::WIFI_READY;
    let running = |status: Status| status.0 & RUNNING != 0;
    let read = || {
        mcu::status(func, chip).map_err(|fault| Failure::Broken {
            step: "reading the chip's status",
            fault,
        })
    };
    let status = read()?;
    if !running(status) {
        return Ok(());
    }
    let outcome = func
        .claim()
        .hw_reset()
        .map_err(kernel("reset of the card"))?;
    if outcome == ResetOutcome::Rescan {
        return Err(Failure::StillRunning { status: status.0 });
    }
    enable(func)?;
    let status = read()?;
    if running(status) {
        return Err(Failure::StillRunning { status: status.0 });
    }
    Ok(())
}

/// Everything from the boot loader to a started main image (section 2.6).
fn download(func: &Func<Bound>, chip: &Chip, files: &Files) -> Result<(), Failure> {
    let dev: &Device<Bound> = func.as_ref();
    let mut downloader = Downloader::new(func, chip);
    for (address, value) in SET_UP_REGISTERS {
        downloader.write_register(address, value)?;
    }
    if let Some(factory) = &files.factory {
        downloader.write_memory("factory calibration", factory::ADDRESS, factory.block())?;
    }
    match &files.calibration {
        Calibration::Cached(block) => {
            downloader.write_memory("DPD calibration", dpd::ADDRESS, block)?;
        }
        Calibration::Measure(image) => {
            downloader.run_image("boot firmware", &image.container()?)?;
            wait_for_calibration(func, chip)?;
            let block = downloader.read_dpd()?;
            dpd_cache::put(dev.name(), &block);
        }
    }
    downloader.run_image("main firmware", &files.main.container()?)
}

fn wait_for_calibration(func: &Func<Bound>, chip: &Chip) -> Result<(), Failure> {
    mcu::poll_status(func, chip, DPD_INTERVAL, DPD_LIMIT, |status| {
        status.has(Status::DPD_READY)
    })
    .map_err(|last| match last {
        Ok(status) => Failure::DpdTimeout { status: status.0 },
        Err(fault) => Failure::Broken {
            step: "waiting for the boot firmware",
            fault,
        },
    })
}

/// Waits for the firmware to introduce itself.
fn startup(func: &Func<Bound>, chip: &Chip) -> Result<Startup, Failure> {
    let waited = chip.wait(func, STARTUP_LIMIT, |link| {
        if let Err(fault) = link.usable() {
            return Some(Err(Failure::Broken {
                step: "waiting for the firmware to start",
                fault,
            }));
        }
        link.session
            .startup
            .map(|startup| startup.map_err(Failure::Startup))
    });
    match waited {
        Waited::Done(startup) | Waited::Polled(startup) => startup,
        Waited::TimedOut => Err(Failure::StartupMissing),
    }
}

/// The first messages (section 4.3), on both MAC instances.
fn configure(
    func: &Func<Bound>,
    chip: &Chip,
    address: MacAddress,
    sdd: &[u8],
) -> Result<(), Failure> {
    let interfaces = [Interface::First, Interface::Second];
    for interface in interfaces {
        command(func, chip, interface, &WriteMib::MULTI_TX_CONFIRM)?;
    }
    for interface in interfaces {
        let configuration = Configuration {
            station_id: address.0,
            sdd,
        };
        command(func, chip, interface, &configuration)?;
    }
    Ok(())
}

fn command<R: Request>(
    func: &Func<Bound>,
    chip: &Chip,
    interface: Interface,
    request: &R,
) -> Result<R::Confirm, Failure> {
    chip.command(func, interface, request)
        .map_err(|error| Failure::Command {
            name: R::NAME,
            error,
        })
}

/// The Wi-Fi subsystem, started until this is dropped: then it is put to rest in the order of
/// section 4.6, whether the chip came up in full or not.
struct Subsystem<'bound> {
    func: &'bound Func<Bound>,
    chip: Arc<Chip>,
}

impl<'bound> Subsystem<'bound> {
    /// Starts the subsystem with everything at zero (W-43). The messages flow from the doorbell on.
    fn start(func: &'bound Func<Bound>, chip: &Arc<Chip>) -> Result<Self, Failure> {
        mcu::ring(func, chip, Doorbell::WifiDeactivate)?;
        {
            let mut link = chip.link.lock();
            link.session = Session::default();
            link.phase = Phase::Running;
        }
        // From here on an error stops what has been started.
        let subsystem = Self {
            func,
            chip: chip.clone(),
        };
        mcu::ring(func, chip, Doorbell::WifiActivate)?;
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
            command(
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

fn kernel(what: &'static str) -> impl Fn(Error) -> Failure {
    move |error| Failure::Kernel { what, error }
}
