// SPDX-License-Identifier: GPL-2.0-only

//! The wake line (section 1.8.1).

use kernel::{
    device::{
        Bound,
        Device, //
    },
    gpio::{
        Gpio,
        Output, //
    },
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
    time::{
        delay::fsleep,
        Delta, //
    }, //
};

/// Time the MCU needs to notice the line.
const SETTLE: Delta = Delta::from_millis(10);

/// The GPIO that keeps the chip awake while it has users. Without one the chip never sleeps.
///
/// Values are logical: asserted means awake, the polarity is the device tree's matter (W-9).
#[pin_data]
pub(crate) struct WakeLine {
    gpio: Option<Gpio<Output>>,
    #[pin]
    users: Mutex<usize>,
}

impl WakeLine {
    /// Takes the line of the device's `wakeup-gpios` property, not asserted, if there is one.
    pub(crate) fn new(dev: &Device<Bound>) -> Result<Arc<Self>> {
        let gpio = Output::get_optional(dev, c"wakeup", false)?;
        Arc::pin_init(
            pin_init!(Self {
                gpio,
                users <- new_mutex!(0),
            }),
            GFP_KERNEL,
        )
    }

    /// Becomes a user of the line: the first one asserts it and waits until the MCU noticed.
    pub(crate) fn hold(self: &Arc<Self>) -> Result<Awake> {
        let mut users = self.users.lock();
        if *users == 0 {
            if let Some(gpio) = &self.gpio {
                gpio.set_value_cansleep(true)?;
                fsleep(SETTLE);
            }
        }
        *users = users.saturating_add(1);
        Ok(Awake(self.clone()))
    }
}

/// A user of the wake line; the last one to be dropped releases the line (W-54).
pub(crate) struct Awake(Arc<WakeLine>);

impl Drop for Awake {
    fn drop(&mut self) {
        let mut users = self.0.users.lock();
        *users = users.saturating_sub(1);
        if *users == 0 {
            if let Some(gpio) = &self.0.gpio {
                // An expander that is gone leaves nothing to release.
                let _ = gpio.set_value_cansleep(false);
            }
        }
    }
}
