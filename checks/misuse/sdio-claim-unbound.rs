// SPDX-License-Identifier: GPL-2.0-only
//! A function is claimed by who does not know it is bound.
// error: no method named `claim`

use kernel::mmc::sdio::Func;

/// Claims the host of any function.
pub fn claim(func: &Func) {
    let _ = func.claim();
}
