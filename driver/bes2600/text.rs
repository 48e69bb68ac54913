// SPDX-License-Identifier: GPL-2.0-only

//! Printing values of the kernel-free code.

use kernel::{
    fmt,
    prelude::*, //
};

/// Makes a value that implements [`core::fmt::Display`] printable by the kernel's macros, which
/// know their own trait only.
pub(crate) struct Text<'a, T>(pub(crate) &'a T);

impl<T: core::fmt::Display> fmt::Display for Text<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Prints an error by its name where the driver has one, whatever the kernel's configuration.
pub(crate) struct Errno(pub(crate) Error);

impl core::fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(Error, &str); 14] = [
            (EACCES, "EACCES"),
            (EBUSY, "EBUSY"),
            (EFBIG, "EFBIG"),
            (EILSEQ, "EILSEQ"),
            (EINVAL, "EINVAL"),
            (EIO, "EIO"),
            (ENODEV, "ENODEV"),
            (ENOENT, "ENOENT"),
            (ENOMEDIUM, "ENOMEDIUM"),
            (ENOMEM, "ENOMEM"),
            (EOPNOTSUPP, "EOPNOTSUPP"),
            (EPROBE_DEFER, "EPROBE_DEFER"),
            (ERANGE, "ERANGE"),
            (ETIMEDOUT, "ETIMEDOUT"),
        ];
        match NAMES.iter().find(|(error, _)| *error == self.0) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "error {}", self.0.to_errno()),
        }
    }
}
