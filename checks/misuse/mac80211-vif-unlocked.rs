// SPDX-License-Identifier: GPL-2.0-only
//! What the wiphy mutex protects is read without it.
// error: no method named `cfg`

use kernel::net::mac80211::{
    Operations,
    Vif, //
};

/// Reads whether an interface is associated.
pub fn associated<T: Operations>(vif: &Vif<T>) -> bool {
    vif.cfg().assoc()
}
