// SPDX-License-Identifier: GPL-2.0-only
//! Batches of messages for the host (protocol 1.5).

use std::collections::VecDeque;
use std::time::Duration;

use crate::bytes::{align4, low16};
use crate::event::{Direction, Event, Hex, Journal};
use crate::fault::Fault;
use crate::registers::BLOCK;
use crate::wsm::id::{EVENT, HEADER_LEN, Id};

/// Most messages in a batch.
const MAX_MESSAGES: usize = 16;
/// Most blocks in a batch.
const MAX_BLOCKS: usize = 51;

/// A message on its way to the host. Its sequence number comes when it enters a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) id: Id,
    pub(crate) body: Vec<u8>,
    /// Messages of the host that it confirms.
    pub(crate) releases: u32,
    /// Whether one of them is a command.
    pub(crate) ends_command: bool,
    /// Not before.
    pub(crate) due: Duration,
    /// Whether it was said before, and is to be said again in another way.
    pub(crate) copy: bool,
}

impl Outgoing {
    /// A message that confirms nothing.
    pub(crate) const fn indication(id: u16, body: Vec<u8>) -> Self {
        Self {
            id: Id(id),
            body,
            releases: 0,
            ends_command: false,
            due: Duration::ZERO,
            copy: false,
        }
    }
}

/// Messages that the host reads together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    /// The messages, padded to whole blocks.
    pub(crate) bytes: Vec<u8>,
    /// What register 0x001 announces.
    pub(crate) blocks: u8,
    pub(crate) releases: u32,
    pub(crate) ends_command: bool,
    pub(crate) has_startup: bool,
}

/// Numbers the messages and packs those that are due into a batch.
pub(crate) fn build(
    queue: &mut VecDeque<Outgoing>,
    sequence: &mut [u8; 2],
    journal: &mut Journal,
) -> Option<Batch> {
    let mut batch = Batch::default();
    let mut count = 0_usize;
    let mut limit = MAX_MESSAGES;
    while count < limit {
        if queue.front().is_none_or(|next| next.due > journal.now)
            && let Some((id, body)) = journal.mutator.copy()
        {
            queue.push_front(Outgoing {
                copy: true,
                ..Outgoing::indication(id, body)
            });
        }
        let fits = queue.front().is_some_and(|next| {
            let size = align4(next.body.len().saturating_add(HEADER_LEN));
            let sum = batch.bytes.len().saturating_add(size);
            next.due <= journal.now && (count == 0 || sum <= MAX_BLOCKS * BLOCK)
        });
        if !fits {
            break;
        }
        let Some(next) = queue.pop_front() else { break };
        if count == 0
            && let Some(fault) = journal.fault(Fault::BatchMessages)
        {
            limit = usize::try_from(fault.value("count"))
                .unwrap_or(0)
                .clamp(1, 1000);
            // Harmless events make up the number.
            while queue.len() < limit.saturating_sub(1) {
                queue.push_back(Outgoing::indication(EVENT, vec![0; 8]));
            }
        }
        append(&mut batch, &next, sequence, journal);
        count = count.saturating_add(1);
    }
    if count == 0 {
        return None;
    }
    if let Some(fault) = journal.fault(Fault::BatchLength)
        && let Some(field) = batch.bytes.get_mut(..2)
    {
        field.copy_from_slice(&low16(fault.value("len") as usize).to_le_bytes());
    }
    let blocks = batch.bytes.len().div_ceil(BLOCK);
    batch.bytes.resize(blocks.saturating_mul(BLOCK), 0);
    batch.blocks = u8::try_from(blocks.min(127)).unwrap_or(127);
    if let Some(fault) = journal.fault(Fault::RxCount) {
        let blocks = fault.value("blocks").clamp(1, 127);
        batch.blocks = u8::try_from(blocks).unwrap_or(127);
        batch
            .bytes
            .resize(usize::from(batch.blocks).saturating_mul(BLOCK), 0);
    }
    Some(batch)
}

fn append(batch: &mut Batch, next: &Outgoing, sequence: &mut [u8; 2], journal: &mut Journal) {
    let gap = journal.fault(Fault::SequenceGap).is_some();
    let mut number = 0;
    if let Some(counter) = sequence.get_mut(next.id.class_index()) {
        if gap {
            *counter = counter.wrapping_add(1) & 7;
        }
        number = *counter;
        *counter = counter.wrapping_add(1) & 7;
    }
    let id = next.id.with_sequence(number);
    let len = low16(next.body.len().saturating_add(HEADER_LEN));
    let mut message = Vec::with_capacity(usize::from(len));
    message.extend_from_slice(&len.to_le_bytes());
    message.extend_from_slice(&id.0.to_le_bytes());
    message.extend_from_slice(&next.body);
    if next.copy {
        journal.mutator.change(&mut message);
    } else {
        journal.mutator.remember(next.id, &next.body);
        journal.mutator.message(&mut message);
    }
    batch.bytes.extend_from_slice(&message);
    journal.record(|| Event::Message {
        direction: Direction::ToHost,
        bytes: Hex(message),
    });
    batch.bytes.resize(align4(batch.bytes.len()), 0);
    batch.releases = batch.releases.saturating_add(next.releases);
    batch.ends_command |= next.ends_command;
    batch.has_startup |= next.id.kind() == crate::wsm::id::STARTUP;
}
