// SPDX-License-Identifier: GPL-2.0-only

//! Host build of the driver's pure logic.
//!
//! The kernel module includes `logic.rs` directly; this crate exists so that `cargo test`, property
//! tests and fuzzers reach the same files.

#![no_std]
#![forbid(unsafe_code)]

#[path = "logic.rs"]
mod logic;

pub use logic::*;
