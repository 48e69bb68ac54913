// SPDX-License-Identifier: GPL-2.0-only
//! A batch, for which bottom halves are off here, goes to another task.
// error: cannot be sent between threads safely

use kernel::net::mac80211::{
    rx::Receiver,
    Operations, //
};

fn other_task<T: Send>(_: T) {}

/// Gives a batch away.
pub fn receive<T: Operations>(receiver: &mut Receiver<T>) {
    other_task(receiver.batch());
}
