// SPDX-License-Identifier: GPL-2.0-only
//! The interrupt of a function outlives the bond with its driver.
// error: lifetime may not live long enough|borrowed data escapes

use kernel::{
    device::Bound,
    mmc::sdio::{
        Claimed,
        Func,
        IrqHandler,
        IrqRegistration, //
    },
    prelude::*,
};

/// Does nothing.
pub struct Handler;

impl IrqHandler for Handler {
    fn handle(&self, _: &Claimed<'_>) {}
}

/// Keeps an interrupt for ever.
pub fn keep(func: &Func<Bound>) -> Result<Pin<KBox<IrqRegistration<'static, Handler>>>> {
    KBox::pin_init(func.request_irq(Ok(Handler)), GFP_KERNEL)
}
