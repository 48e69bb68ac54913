// SPDX-License-Identifier: GPL-2.0-only
//! A request of a host is completed twice.
// error: use of moved value

use kernel::{
    mmc::host::{
        Ops,
        Request, //
    },
    prelude::*, //
};

/// Completes a request, and again.
pub fn complete<T: Ops>(request: Request<T>) {
    request.complete(Err(ETIMEDOUT), Ok(0));
    request.complete(Err(ETIMEDOUT), Ok(0));
}
