// SPDX-License-Identifier: GPL-2.0-only

//! The chip's directory in debugfs, `bes2600-<device>`: `counters` are the driver's, `firmware` those
//! of the firmware, which is asked for them, `startup` is what is known of the start.
//!
//! Each chip has a directory of its own at the root: a parent they share would have to outlive any
//! of them.

use super::{
    chip::Chip,
    logic::wsm::{
        header::Interface,
        indication::Startup,
        mib::ReadCounters, //
    },
};
use kernel::{
    debugfs::{
        Scope,
        Writer, //
    },
    device::{
        Bound,
        Device, //
    },
    fmt,
    mmc::sdio::{
        Func,
        Shared, //
    },
    prelude::*,
    str::CString,
    sync::Arc,
    time::Delta, //
};

/// What is known of a chip since its start.
pub(crate) struct Facts {
    pub(crate) startup: Startup,
    /// From the first frame of the download to the reply to the last.
    pub(crate) download: Delta,
    /// From the beginning of the probe to the startup indication.
    pub(crate) until_startup: Delta,
    /// From the beginning of the probe to the end of the configuration.
    pub(crate) until_up: Delta,
}

/// The file `startup`, empty until the chip is up.
pub(crate) struct Report(pub(crate) Option<Facts>);

impl Writer for Report {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(facts) = &self.0 else {
            return Ok(());
        };
        let startup = &facts.startup;
        writeln!(f, "firmware_label: {}", startup.label())?;
        writeln!(f, "firmware_type: {}", startup.kind)?;
        writeln!(f, "firmware_version: {}", startup.version)?;
        writeln!(f, "firmware_build: {}", startup.build)?;
        writeln!(f, "firmware_api: {}", startup.api)?;
        writeln!(f, "firmware_capabilities: {:#06x}", startup.capabilities)?;
        let [id, sub_id] = startup.hardware;
        writeln!(f, "hardware: {id:#06x} {sub_id:#06x}")?;
        writeln!(f, "buffers: {} of {}", startup.buffers, startup.buffer_len)?;
        writeln!(f, "download_us: {}", facts.download.as_micros_ceil())?;
        writeln!(f, "startup_us: {}", facts.until_startup.as_micros_ceil())?;
        writeln!(f, "up_us: {}", facts.until_up.as_micros_ceil())
    }
}

/// The file `firmware`, empty while the firmware does not answer.
struct FirmwareCounters {
    chip: Arc<Chip>,
    func: Arc<Shared>,
}

impl Writer for FirmwareCounters {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counters = self.func.access().and_then(|func| {
            self.chip
                .command(&func, Interface::First, &ReadCounters)
                .ok()
        });
        if let Some(counters) = counters {
            for (name, value) in counters.iter() {
                writeln!(f, "{name}: {value}")?;
            }
        }
        Ok(())
    }
}

/// What the files show.
pub(crate) struct Shown {
    chip: Arc<Chip>,
    firmware: FirmwareCounters,
}

/// The directory; it goes when this is dropped.
pub(crate) type Directory = Pin<KBox<Scope<Shown>>>;

/// Creates the directory of a chip.
pub(crate) fn directory(func: &Func<Bound>, chip: &Arc<Chip>) -> Result<Directory> {
    let dev: &Device<Bound> = func.as_ref();
    let name = CString::try_from_fmt(fmt!("bes2600-{}", dev.name()))?;
    let shown = Shown {
        chip: chip.clone(),
        firmware: FirmwareCounters {
            chip: chip.clone(),
            func: func.shared(),
        },
    };
    KBox::pin_init(
        Scope::dir(Ok::<_, Error>(shown), &name, |shown: &Shown, dir| {
            dir.read_only_file(c"counters", &shown.chip.counters);
            dir.read_only_file(c"firmware", &shown.firmware);
            dir.read_only_file(c"startup", &shown.chip.report);
        }),
        GFP_KERNEL,
    )
}
