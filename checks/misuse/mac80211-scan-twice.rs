// SPDX-License-Identifier: GPL-2.0-only
//! A scan is completed twice.
// error: use of moved value

use kernel::net::mac80211::{
    Operations,
    Scan, //
};

/// Completes a scan, and again.
pub fn complete<T: Operations>(scan: Scan<T>) {
    scan.complete(false);
    scan.complete(true);
}
