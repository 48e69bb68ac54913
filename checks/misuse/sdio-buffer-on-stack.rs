// SPDX-License-Identifier: GPL-2.0-only
//! A transfer goes to memory that DMA may not reach.
// error: mismatched types

use kernel::{
    mmc::sdio::{
        Claimed,
        Extended, //
    },
    prelude::*, //
};

/// Reads to the stack.
pub fn read(claimed: &Claimed<'_>) -> Result {
    let mut buffer = [0u8; 512];
    claimed.read(Extended::blocks(0, 1)?, &mut buffer)
}
