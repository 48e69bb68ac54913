// SPDX-License-Identifier: GPL-2.0-only
//! An interface outlives the closure that it was passed to.
// error: borrowed data escapes outside of closure|lifetime may not live long enough|does not live long enough

use kernel::net::mac80211::{
    Hw,
    Operations,
    Vif, //
};

/// Keeps an interface.
pub fn keep<T: Operations>(hw: &Hw<T>) -> Option<&Vif<T>> {
    let mut kept = None;
    hw.for_each_vif(|vif| kept = Some(vif));
    kept
}
