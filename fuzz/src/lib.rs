// SPDX-License-Identifier: GPL-2.0-only

//! What must hold for the parsers of the driver, whatever the bytes are.
//!
//! A function for each fuzzer. None may panic by itself, least of all by a property that is stated
//! here: an assertion that fails is a finding, as is an overflow in the parser.

#![forbid(unsafe_code)]

mod bus;
mod files;
mod messages;

pub use bus::{batch, download, vsdio};
pub use files::{calibration, container, factory, startup};
pub use messages::{confirm, flight, indication, receive};

/// A fuzzer: its name, and what it does with its bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every fuzzer.
pub const TARGETS: [Target; 11] = [
    ("batch", batch),
    ("calibration", calibration),
    ("confirm", confirm),
    ("container", container),
    ("download", download),
    ("factory", factory),
    ("flight", flight),
    ("indication", indication),
    ("receive", receive),
    ("startup", startup),
    ("vsdio", vsdio),
];

/// Formats, into nothing: what the log would say must not fail either.
fn say(text: impl core::fmt::Display) {
    struct Nowhere;
    impl core::fmt::Write for Nowhere {
        fn write_str(&mut self, _: &str) -> core::fmt::Result {
            Ok(())
        }
    }
    core::fmt::write(&mut Nowhere, format_args!("{text}")).expect("every message can be written");
}
