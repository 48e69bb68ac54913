// SPDX-License-Identifier: GPL-2.0-only
//! The handler of an interrupt keeps what cannot go to another task.
// error: cannot be (sent|shared) between threads safely

use core::cell::Cell;
use kernel::mmc::sdio::{
    Claimed,
    IrqHandler, //
};

/// Counts without a lock.
pub struct Handler(Cell<u32>);

impl IrqHandler for Handler {
    fn handle(&self, _: &Claimed<'_>) {
        self.0.set(self.0.get() + 1);
    }
}
