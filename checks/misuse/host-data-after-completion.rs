// SPDX-License-Identifier: GPL-2.0-only
//! The data of a request are used after its completion.
// error: cannot move out of `request` because it is borrowed

use kernel::{
    mmc::host::{
        Ops,
        Request, //
    },
    prelude::*, //
};

/// Copies to who no longer waits.
pub fn complete<T: Ops>(request: Request<T>, bytes: &[u8]) {
    if let Some(data) = request.data() {
        request.complete(Ok([0; 4]), Ok(bytes.len()));
        data.copy_to_host(0, bytes);
    }
}
