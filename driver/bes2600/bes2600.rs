// SPDX-License-Identifier: GPL-2.0-only

//! Driver for the Bestechnic BES2600 Wi-Fi chip on SDIO.
//!
//! The driver loads firmware into the chip, starts its Wi-Fi subsystem and exchanges WSM messages
//! with it. Who owns what:
//!
//! - [`driver`]: the SDIO driver; a bound chip is a struct of parts that undo themselves when dropped,
//! - [`bring_up`]: the way from an idle card to a chip that is registered, by the steps of [`boot`],
//! - [`keeper`]: the owner of the interrupt, who brings a chip back that died,
//! - [`chip`]: the state shared with the interrupt handler, and the only code that reads batches,
//! - [`wifi`]: the chip as mac80211 sees it, frames and control,
//! - [`bus`]: register and block commands with bounded retries,
//! - [`logic`]: everything that needs no kernel.
//!
//! Section numbers in comments refer to the protocol specification, W and F rows to its chapter 9.

#![forbid(unsafe_code)]
#![deny(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

#[path = "../logic/logic.rs"]
pub mod logic;

mod boot;
mod bring_up;
mod bus;
mod chip;
mod command;
mod counters;
mod debugfs;
mod download;
mod dpd_cache;
mod driver;
mod failure;
mod files;
mod keeper;
mod mac;
mod mcu;
mod receive;
mod session;
#[cfg(CONFIG_KUNIT)]
mod tests;
mod text;
mod trace;
mod wake;
mod wifi;

kernel::module_sdio_driver! {
    type: driver::Driver,
    name: "bes2600",
    authors: ["The BESser authors"],
    description: "Bestechnic BES2600 SDIO Wi-Fi",
    license: "GPL",
    firmware: [
        "bes2600/best2002_fw_boot_sdio.bin",
        "bes2600/best2002_fw_sdio.bin",
        "bes2600/bes2600_factory.txt",
        "bes2600/sdd.bin",
    ],
}
