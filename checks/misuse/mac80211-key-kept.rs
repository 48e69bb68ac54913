// SPDX-License-Identifier: GPL-2.0-only
//! A key outlives the operation that installs it.
// error: lifetime may not live long enough

use kernel::net::mac80211::Key;

/// Keeps a key.
pub fn keep(key: &mut Key<'_>) -> &'static mut Key<'static> {
    key
}
