// SPDX-License-Identifier: GPL-2.0-only

//! The SDIO driver.

use super::{
    bring_up::{
        bring_up,
        Bes2600, //
    },
    text::Text,
};
use kernel::{
    device::{
        Bound,
        Core, //
    },
    mmc::sdio::{
        self,
        DeviceId,
        Func,
        PmFlags, //
    },
    prelude::*,
};

/// Vendor and device code of the chip (section 1.1).
const BES2600: DeviceId = DeviceId::new(0xBE57, 0x2002);

/// The function the driver talks to; others of the card are left alone.
const FUNCTION: u8 = 1;

kernel::sdio_device_table!(
    SDIO_TABLE,
    <Driver as sdio::Driver>::IdInfo,
    [(BES2600, ())]
);

/// The driver as the SDIO core sees it.
pub(crate) struct Driver;

#[vtable]
impl sdio::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Bes2600<'bound>;
    const ID_TABLE: sdio::IdTable<Self::IdInfo> = &SDIO_TABLE;

    /// Brings the chip up before it returns: one second on a healthy chip, with bounds on every
    /// step. A bind that succeeded is a chip that works, and an unbind never meets a half-done one.
    fn probe<'bound>(
        func: &'bound Func<Core<'_>>,
        _id: &DeviceId,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Bes2600<'bound>, Error> + 'bound {
        let func: &'bound Func<Bound> = func;
        if func.number() != FUNCTION {
            return Err(ENODEV);
        }
        bring_up(func).map_err(|failure| {
            let errno = failure.errno();
            if errno != EPROBE_DEFER {
                dev_err!(func, "{}\n", Text(&failure));
            }
            errno
        })
    }

    /// The chip keeps its firmware and its interrupt, so it must keep its power. The wake line
    /// stays asserted: what the chip does without it is not known (section 1.8.1).
    fn suspend<'bound>(func: &'bound Func<Core<'_>>, data: Pin<&Bes2600<'bound>>) -> Result {
        if !func.pm_caps().contains(PmFlags::KEEP_POWER) {
            dev_err!(
                func,
                "suspend refused: the host cannot keep the chip powered; add \
                 keep-power-in-suspend to its device tree node or unload bes2600\n"
            );
            return Err(EOPNOTSUPP);
        }
        data.guard.rest();
        func.set_pm_flags(PmFlags::KEEP_POWER)
            .inspect_err(|_| data.guard.wake())
    }

    fn resume<'bound>(_func: &'bound Func<Core<'_>>, data: Pin<&Bes2600<'bound>>) -> Result {
        data.guard.wake();
        Ok(())
    }
}
