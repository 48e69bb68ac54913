// SPDX-License-Identifier: GPL-2.0-only

//! Tests of the driver's pure logic.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod control;
mod data;
mod files;
mod golden;
mod properties;
mod rates;
mod recovery;
mod statistics;
mod transcripts;
