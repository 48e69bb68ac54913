// SPDX-License-Identifier: GPL-2.0-only
//! The claim of a host outlives the function.
// error: cannot return value referencing function parameter|does not live long enough|lifetime may not live long enough

use kernel::{
    device::Bound,
    mmc::sdio::{
        Claimed,
        Func, //
    }, //
};

/// Keeps a claim for ever.
pub fn keep(func: &Func<Bound>) -> Claimed<'static> {
    func.claim()
}
