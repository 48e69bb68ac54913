// SPDX-License-Identifier: GPL-2.0-only
//! The claim of a host is used and ends with its scope.

use kernel::{
    device::Bound,
    mmc::sdio::{
        Buffer,
        Extended,
        Func, //
    },
    prelude::*,
};

/// Reads one block.
pub fn read(func: &Func<Bound>, buffer: &mut Buffer) -> Result {
    let claimed = func.claim();
    claimed.read(Extended::blocks(0, 1)?, buffer)
}
