// SPDX-License-Identifier: GPL-2.0-only
//! A frame is taken from a queue, kept until its status is known, and one is received.

use kernel::{
    net::{
        ieee80211::Ac,
        mac80211::{
            rx::{
                self,
                Receiver,
                RxStatus,
                TxStatus, //
            },
            tx::{
                Pending,
                Transmitter, //
            },
            Operations, //
        },
    },
    prelude::*,
};

/// Takes a frame.
pub fn take<T: Operations>(transmitter: &mut Transmitter<T>) -> Option<Pending<T>> {
    let round = transmitter.round(Ac::Be);
    let queue = round.next()?;
    let frame = queue.dequeue()?;

    Some(frame.into_pending())
}

/// Reports it, and another frame.
pub fn report<T: Operations>(
    receiver: &mut Receiver<T>,
    frame: Pending<T>,
    bytes: &[u8],
    status: &RxStatus,
) -> Result {
    let mut batch = receiver.batch();
    batch.tx_status(frame, &TxStatus::default());
    batch.receive(rx::buffer(bytes)?, status)
}
