// SPDX-License-Identifier: GPL-2.0-only
//! The BES2600 Wi-Fi chip as a library: the card that a virtual SDIO host talks to.
//!
//! [`Chip`] is the chip: a state machine without input, output or clock. [`runner`] connects chips
//! to `/dev/vsdio`. [`Config`] says what a chip is like: [`knobs`] for what nobody knows for
//! certain, [`fault`] for how it misbehaves. [`breach`] names every rule of the protocol that a
//! host can break, and [`trace`] writes down what happens. [`air`] is what the chip's radio sees.
//!
//! "Section" and "protocol" refer to the protocol page of the chip, `bes2600-protocol`.
//!
//! ```
//! use std::time::Duration;
//! use bes2600_emulator::{Answer, Chip, Config};
//! use bes2600_emulator::sdio::Command;
//!
//! let mut chip = Chip::new(0, Config::default());
//! // CMD5 asks for the operating conditions.
//! let Answer::Reply(reply) = chip.command(Duration::ZERO, &Command::plain(5, 0)) else {
//!     unreachable!("no fault is planned");
//! };
//! assert_eq!(reply.response >> 28 & 7, 1, "one I/O function");
//! ```
#![forbid(unsafe_code)]

pub mod access_point;
pub mod air;
pub mod breach;
pub mod bytes;
pub mod chip;
pub mod config;
pub mod crypto;
pub mod data;
pub mod device;
pub mod dpd;
pub mod event;
pub mod fault;
mod firmware;
mod function;
pub mod image;
pub mod knobs;
mod mcu;
pub mod mutation;
pub mod registers;
mod rom;
pub mod runner;
pub mod sdio;
mod suggest;
pub mod summary;
pub mod timing;
pub mod trace;
pub mod wsm;

pub use chip::{Action, Answer, Bus, Chip};
pub use config::Config;
pub use firmware::{Identity, Traffic, TrafficSummary};
pub use function::Phase;
