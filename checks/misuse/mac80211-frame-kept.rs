// SPDX-License-Identifier: GPL-2.0-only
//! A frame whose station RCU protects is kept beyond its round.
// error: cannot return value referencing local variable|does not live long enough|cannot return value referencing

use kernel::net::{
    ieee80211::Ac,
    mac80211::{
        tx::{
            Frame,
            Transmitter, //
        },
        Operations, //
    }, //
};

/// Keeps the first frame.
pub fn first<T: Operations>(transmitter: &mut Transmitter<T>) -> Option<Frame<'_, T>> {
    let mut round = transmitter.round(Ac::Be);
    let mut queue = round.next()?;
    queue.dequeue()
}
