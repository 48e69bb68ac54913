// SPDX-License-Identifier: GPL-2.0-only
//! A received frame is delivered, and used afterwards.
// error: borrow of moved value

use kernel::{
    net::{
        mac80211::{
            rx::{
                Receiver,
                RxStatus, //
            },
            Operations, //
        },
        skbuff::SkBuff,
    },
    prelude::*,
};

/// Looks at what is not the driver's any more.
pub fn receive<T: Operations>(
    receiver: &mut Receiver<T>,
    frame: SkBuff,
    status: &RxStatus,
) -> Result<usize> {
    receiver.batch().receive(frame, status)?;
    Ok(frame.len())
}
