// SPDX-License-Identifier: GPL-2.0-only
//! `besser`: what changed in the binary, what changed on the air, and whether that is real.
//!
//! A variant is the driver's sources with some patches (`patches/variants`). A runner measures one
//! repetition of a load over it and writes a receipt (docs/ramp.md). This program builds variants,
//! finds what differs between them, plans and makes repetitions in an interleaved order, and judges
//! what the receipts say.
#![forbid(unsafe_code)]

pub mod analysis;
pub mod campaign;
pub mod cli;
pub mod commands;
pub mod diff;
pub mod error;
pub mod manifest;
pub mod metrics;
pub mod nix;
pub mod plan;
pub mod process;
pub mod progress;
pub mod project;
pub mod ramp;
pub mod receipt;
pub mod report;
pub mod stats;
pub mod store;
pub mod suggest;
pub mod target;
#[cfg(test)]
mod testing;
