// SPDX-License-Identifier: GPL-2.0-only

//! The WSM host interface: messages between host and firmware (section 3).

pub mod bss;
pub mod confirm;
pub mod edca;
pub mod event;
pub mod header;
pub mod indication;
pub mod join;
pub mod key;
pub mod mib;
pub mod minimum;
pub mod power;
pub mod rate;
pub mod receive;
pub mod request;
pub mod scan;
pub mod sequence;
pub mod template;
pub mod transmit;
