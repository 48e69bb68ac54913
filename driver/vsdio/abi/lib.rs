// SPDX-License-Identifier: GPL-2.0-only

//! Crate of the messages of `/dev/vsdio`, which the kernel module compiles from the same file.

#![no_std]
#![forbid(unsafe_code)]

#[path = "../abi.rs"]
mod abi;

pub use abi::*;
