// SPDX-License-Identifier: GPL-2.0-only
//! WSM: the messages between host and firmware (protocol 1.5, 1.6 and 3).

pub(crate) mod batch;
pub mod id;
pub(crate) mod link;
pub(crate) mod mib;
pub mod request;
pub(crate) mod slots;
