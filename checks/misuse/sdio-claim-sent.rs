// SPDX-License-Identifier: GPL-2.0-only
//! The claim of a host goes to another task.
// error: cannot be sent between threads safely

use kernel::mmc::sdio::Claimed;

fn other_task<T: Send>(_: T) {}

/// Gives a claim away.
pub fn give(claimed: Claimed<'static>) {
    other_task(claimed);
}
