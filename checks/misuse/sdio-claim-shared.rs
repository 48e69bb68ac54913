// SPDX-License-Identifier: GPL-2.0-only
//! The claim of a host is shared with another task.
// error: cannot be shared between threads safely

use kernel::mmc::sdio::Claimed;

fn shared<T: Sync>(_: &T) {}

/// Shares a claim.
pub fn share(claimed: &Claimed<'_>) {
    shared(claimed);
}
