// SPDX-License-Identifier: GPL-2.0-only
//! Confirms and the faults that befall them.

use crate::bytes::{Builder, Reader};
use crate::event::Journal;
use crate::fault::Fault;
use crate::firmware::status;
use crate::wsm::batch::Outgoing;
use crate::wsm::id::{self, Id};
use crate::wsm::slots::Received;

/// A confirm of that request.
pub(crate) fn of(request: Id, body: Vec<u8>) -> Outgoing {
    // Class, command number and interface id; the sequence number comes later.
    Outgoing::indication((request.0 & 0x03FF) | id::CONFIRM, body)
}

/// A confirm that says no more than a status.
pub(crate) fn generic(request: Id, status: u32) -> Outgoing {
    of(request, status.to_le_bytes().to_vec())
}

/// Confirm of the MCU class (10.2, 12).
pub(crate) fn rf(message: &Received) -> Outgoing {
    let command = Reader::new(&message.body).u32().unwrap_or(0);
    let body = Builder::new()
        .u32(0)
        .u32(id::LABEL_CONFIRM)
        .u32(command)
        .u32(status::SUCCESS);
    Outgoing::indication(message.id.kind(), body.build())
}

/// The last message of a firmware that has crashed.
pub(crate) fn exception(reason: u32) -> Outgoing {
    let body = Builder::new()
        .u32(reason)
        .resize(4 + 18 * 4)
        .bytes(b"emulated.c")
        .resize(124)
        .build();
    Outgoing::indication(id::EXCEPTION, body)
}

/// Lets the planned faults at a confirm; answers what goes to the host in its place.
pub(crate) fn spoil(mut message: Outgoing, journal: &mut Journal) -> Vec<Outgoing> {
    if journal.fault(Fault::ConfirmMissing).is_some() {
        return Vec::new();
    }
    if let Some(fault) = journal.fault(Fault::ConfirmStatus) {
        let status = fault.value("status").to_le_bytes();
        if let Some(field) = message.body.get_mut(..4) {
            field.copy_from_slice(&status);
        }
    }
    if let Some(fault) = journal.fault(Fault::ConfirmUnknown) {
        let wanted = u16::try_from(fault.value("id")).unwrap_or(0x043F);
        message.id = Id(wanted & 0x0FFF);
    }
    if journal.fault(Fault::ConfirmOther).is_some() {
        let other = if message.id.kind() == id::RESET | id::CONFIRM {
            id::READ_MIB
        } else {
            id::RESET
        };
        message.id = Id(other | id::CONFIRM);
    }
    if journal.fault(Fault::ConfirmDuplicate).is_some() {
        let mut copy = message.clone();
        copy.releases = 0;
        return vec![copy, message];
    }
    vec![message]
}
