// SPDX-License-Identifier: GPL-2.0-only
//! The SDIO side of the chip: commands, the common registers and the card information.

pub mod card;
pub mod cccr;
pub mod cis;
pub mod command;

pub use card::Card;
pub use command::{BusError, Command, Direct, Extended, Reply, Transfer};
