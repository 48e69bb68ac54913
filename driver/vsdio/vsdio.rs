// SPDX-License-Identifier: GPL-2.0-only

//! Virtual SDIO host controller.
//!
//! Each `open()` of `/dev/vsdio` makes one MMC host controller, and the program that opened it
//! plays the card in its slot. [`abi`] describes the messages between the two.
//! A node of the device tree ([`node`]) has a device of its own, `/dev/vsdioN`.
//!
//! ```text
//!  MMC core ── operations ──> Controller ──> State <── Port ── read, write, poll ── program
//!                             (controller)  (state)   (port)
//! ```

#![forbid(unsafe_code)]
#![deny(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

pub mod abi;
mod controller;
mod node;
mod outbox;
mod port;
mod state;
mod unit;

use kernel::{
    driver,
    miscdevice::{
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    platform,
    prelude::*, //
};

use node::NodeDriver;
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
    #[pin]
    nodes: driver::Registration<platform::Adapter<NodeDriver>>,
}

impl kernel::InPlaceModule for Vsdio {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let options = MiscDeviceOptions { name: c"vsdio" };

        try_pin_init!(Self {
            device <- MiscDeviceRegistration::register(options, Ok(None)),
            nodes <- driver::Registration::new(<Self as kernel::ModuleMetadata>::NAME, module),
        })
    }
}
