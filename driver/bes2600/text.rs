// SPDX-License-Identifier: GPL-2.0-only

//! Printing values of the kernel-free code.

use kernel::fmt;

/// Makes a value that implements [`core::fmt::Display`] printable by the kernel's macros, which
/// know their own trait only.
pub(crate) struct Text<'a, T>(pub(crate) &'a T);

impl<T: core::fmt::Display> fmt::Display for Text<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
