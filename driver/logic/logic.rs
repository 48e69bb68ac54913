// SPDX-License-Identifier: GPL-2.0-only

//! Protocol logic of the BES2600 driver: what can be decided without a kernel.
//!
//! Everything here works on byte slices and plain values. Nothing allocates, sleeps or locks, and no
//! byte sent by the chip or read from a file can make any of it panic: the lints below forbid the
//! constructs that could. Section numbers refer to the protocol specification.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

pub mod batch;
pub mod bytes;
pub mod channel;
pub mod cmd53;
pub mod container;
pub mod crc32;
pub mod credits;
pub mod doorbell;
pub mod download;
pub mod dpd;
pub mod factory;
pub mod flight;
pub mod inbox;
pub mod key_table;
pub mod power_save;
pub mod rate_policy;
pub mod recovery;
pub mod scan_plan;
pub mod slots;
pub mod storm;
pub mod toggle;
pub mod wsm;
