// SPDX-License-Identifier: GPL-2.0-only
//! Two rounds of transmission overlap.
// error: cannot borrow `\*transmitter` as mutable more than once

use kernel::net::{
    ieee80211::Ac,
    mac80211::{
        tx::Transmitter,
        Operations, //
    }, //
};

/// Begins a second round in the first.
pub fn send<T: Operations>(transmitter: &mut Transmitter<T>) {
    let first = transmitter.round(Ac::Be);
    let second = transmitter.round(Ac::Vo);
    drop(first);
    drop(second);
}
