// SPDX-License-Identifier: GPL-2.0-only

//! The WSM host interface: messages between host and firmware (section 3).

pub mod confirm;
pub mod header;
pub mod indication;
pub mod minimum;
pub mod request;
pub mod sequence;
