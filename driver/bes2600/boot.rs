// SPDX-License-Identifier: GPL-2.0-only

//! The steps from a chip in its boot loader to a firmware that answers (sections 2.6 and 4.3). A
//! probe takes them once, and so does whoever brings a chip back that died.

use super::{
    chip::{
        Chip,
        Phase,
        Waited, //
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
    session::Session,
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    mmc::sdio::{
        Func,
        ResetOutcome, //
    },
    prelude::*,
    time::Delta,
};

/// Two registers written before anything is downloaded. Their meaning is not known; the chip gets
/// what its vendor's driver writes (section 2.6).
const SET_UP_REGISTERS: [(u32, u32); 2] = [(0x4010_0000, 0x0080_2006), (0x4008_602C, 0x3E00_C000)];

/// Time the boot firmware may take for its calibration, and how often it is asked.
const DPD_LIMIT: Delta = Delta::from_secs(15);
const DPD_INTERVAL: Delta = Delta::from_millis(100);
/// Time the firmware may take to introduce itself.
const STARTUP_LIMIT: Delta = Delta::from_secs(10);

/// The calibration of this chip, or what it takes to measure it.
enum Calibration {
    Cached(KVec<u8>),
    Measure(Image),
}

/// The files of a bind, read before the chip is touched.
pub(crate) struct Files {
    calibration: Calibration,
    main: Image,
    factory: Option<Factory>,
    pub(crate) sdd: Sdd,
}

impl Files {
    /// Reads them; the boot image only when there is no calibration.
    pub(crate) fn load(dev: &Device<Bound>) -> Result<Self, Failure> {
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

/// Enables the function of a chip that was just powered, with the blocks of the protocol.
pub(crate) fn enable(func: &Func<Bound>) -> Result<(), Failure> {
    let claimed = func.claim();
    claimed.enable().map_err(kernel("enabling function 1"))?;
    claimed
        .set_block_size(BLOCK_LEN as u16)
        .map_err(kernel("setting the block size to 512"))
}

/// Brings a chip back to its boot loader that still runs the firmware of an earlier bind: only the
/// boot loader is known to take everything from the start.
pub(crate) fn reset_if_running(func: &Func<Bound>, chip: &Chip) -> Result<(), Failure> {
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
    if reset(func)? == ResetOutcome::Rescan {
        return Err(Failure::StillRunning { status: status.0 });
    }
    enable(func)?;
    let status = read()?;
    if running(status) {
        return Err(Failure::StillRunning { status: status.0 });
    }
    Ok(())
}

/// Powers the card off and on.
pub(crate) fn reset(func: &Func<Bound>) -> Result<ResetOutcome, Failure> {
    func.claim().hw_reset().map_err(kernel("reset of the card"))
}

/// Starts the Wi-Fi subsystem with everything at zero (W-43). The messages flow from the doorbell
/// on.
pub(crate) fn activate(func: &Func<Bound>, chip: &Chip) -> Result<(), Failure> {
    mcu::ring(func, chip, Doorbell::WifiDeactivate)?;
    {
        let mut link = chip.link.lock();
        link.usable().map_err(|fault| Failure::Broken {
            step: Doorbell::WifiActivate.name(),
            fault,
        })?;
        link.session = Session::default();
        link.phase = Phase::Running;
    }
    mcu::ring(func, chip, Doorbell::WifiActivate)
}

/// Everything from the boot loader to a main image that was started (section 2.6).
pub(crate) fn download(func: &Func<Bound>, chip: &Chip, files: &Files) -> Result<(), Failure> {
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
pub(crate) fn startup(func: &Func<Bound>, chip: &Chip) -> Result<Startup, Failure> {
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
pub(crate) fn configure(
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
    mcu::ring(func, chip, Doorbell::McuActivate)
}

/// Sends a command that must not fail.
pub(crate) fn command<R: Request>(
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

/// Says what the kernel refused.
pub(crate) fn kernel(what: &'static str) -> impl Fn(Error) -> Failure {
    move |error| Failure::Kernel { what, error }
}
