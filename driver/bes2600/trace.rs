// SPDX-License-Identifier: GPL-2.0-only

//! The trace events of the driver: those of the trace system `devmsg`. Bus commands are traced by the
//! MMC core.

use super::{
    bus::Bus,
    logic::wsm::header::Header,
    session::Session, //
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    devmsg::{
        self,
        Message, //
    }, //
};

/// A message came.
pub(crate) fn received(dev: &Device<Bound>, header: &Header, len: usize) {
    devmsg::received(dev, message(header.id(), header.sequence, len));
}

/// A message with this id and sequence number goes with the next transfer.
pub(crate) fn sent(dev: &Device<Bound>, id: u16, sequence: u8, len: usize) {
    devmsg::sent(dev, message(id, sequence, len));
}

/// What is traced of a message: its id is class and command number.
fn message(id: u16, sequence: u8, len: usize) -> Message {
    Message {
        id,
        seq: sequence.into(),
        len: word(len),
    }
}

/// A batch came, and left so many buffers in use.
pub(crate) fn batch_received(
    dev: &Device<Bound>,
    messages: usize,
    bytes: usize,
    session: &Session,
) {
    devmsg::batch_received(dev, word(messages), word(bytes));
    credits(dev, session);
}

/// A transfer went out, and left so many buffers in use.
pub(crate) fn batch_sent(bus: &Bus<'_>, messages: usize, bytes: usize, session: &Session) {
    let dev = bus.device();
    devmsg::batch_sent(dev, word(messages), word(bytes));
    credits(dev, session);
}

fn credits(dev: &Device<Bound>, session: &Session) {
    let credits = &session.credits;
    devmsg::credits(dev, credits.used().into(), credits.limit().into());
}

fn word(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
