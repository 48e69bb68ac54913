// SPDX-License-Identifier: GPL-2.0-only
//! A batch of frames is delivered in the context that owns the receiver.

use kernel::{
    net::{
        mac80211::{
            rx::{
                buffer,
                Receiver,
                RxStatus, //
            },
            Operations, //
        }, //
    },
    prelude::*,
};

/// Delivers frames.
pub fn receive<T: Operations>(
    receiver: &mut Receiver<T>,
    frames: &[&[u8]],
    status: &RxStatus,
) -> Result {
    let mut batch = receiver.batch();
    for frame in frames {
        batch.receive(buffer(frame)?, status)?;
    }
    Ok(())
}
