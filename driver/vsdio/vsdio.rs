// SPDX-License-Identifier: GPL-2.0-only

//! Virtual SDIO host controller.
//!
//! Each `open()` of `/dev/vsdio` makes one MMC host controller, and the program that opened it
//! plays the card in its slot. [`abi`] describes the messages between the two.
//!
//! ```text
//!  MMC core ── operations ──> Controller ──> State <── Port ── read, write, poll ── program
//!                             (controller)  (state)   (port)
//! ```

#![forbid(unsafe_code)]

pub mod abi;
mod controller;
mod outbox;
mod port;
mod state;

use kernel::{
    miscdevice::{
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    prelude::*, //
};

use port::Port;

module! {
    type: Vsdio,
    name: "vsdio",
    authors: ["The besser project"],
    description: "Virtual SDIO host controller",
    license: "GPL v2",
}

#[pin_data]
struct Vsdio {
    #[pin]
    device: MiscDeviceRegistration<Port>,
}

impl kernel::InPlaceModule for Vsdio {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let options = MiscDeviceOptions { name: c"vsdio" };

        try_pin_init!(Self {
            device <- MiscDeviceRegistration::register(options),
        })
    }
}
