// SPDX-License-Identifier: GPL-2.0-only
//! Two contexts deliver frames of one radio at once.
// error: cannot borrow `\*receiver` as mutable more than once

use kernel::{
    net::mac80211::{
        rx::Receiver,
        Operations, //
    },
    prelude::*,
};

/// Opens a second batch in the first.
pub fn receive<T: Operations>(receiver: &mut Receiver<T>) {
    let first = receiver.batch();
    let second = receiver.batch();
    drop(first);
    drop(second);
}
