// SPDX-License-Identifier: GPL-2.0-only

//! The fuzzer of [`bes2600_fuzz::container`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bes2600_fuzz::container(data));
