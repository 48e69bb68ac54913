// SPDX-License-Identifier: GPL-2.0-only
//! What the wiphy mutex protects goes to a task that does not hold it.
// error: cannot be (sent|shared) between threads safely

use kernel::net::mac80211::{
    Locked,
    Operations,
    Vif, //
};

fn other_task<T: Send>(_: T) {}

/// Gives a locked interface away.
pub fn give<T: Operations>(vif: &'static Vif<T, Locked>) {
    other_task(vif);
}
