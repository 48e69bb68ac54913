// SPDX-License-Identifier: GPL-2.0-only
//! A write of the running phase: slots with a message each (protocol 1.6).

use crate::breach::Rule;
use crate::bytes::{Reader, align4};
use crate::event::Journal;
use crate::wsm::id::{HEADER_LEN, Id};

/// Bytes of the slots of code 0 to 3.
const SLOT_BYTES: [usize; 4] = [512, 1024, 1536, 1632];
/// Most slots in a transfer.
const MAX_SLOTS: usize = 16;
/// Bytes of the timestamp behind each message.
const TIMESTAMP: usize = 4;

/// A message as it was in its slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) id: Id,
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// Header and body as they were on the bus.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let len = self.body.len().saturating_add(HEADER_LEN);
        let [low, high] = crate::bytes::low16(len).to_le_bytes();
        let [id_low, id_high] = self.id.0.to_le_bytes();
        let mut bytes = vec![low, high, id_low, id_high];
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Takes a transfer apart whose length field is `length`.
pub(crate) fn split(
    length: u16,
    bytes: &[u8],
    check_padding: bool,
    journal: &mut Journal,
) -> Vec<Received> {
    let code = usize::from(length & 3);
    let total = usize::from(length & !3);
    let slot = SLOT_BYTES.get(code).copied().unwrap_or(512);
    let count = total / slot;
    if count == 0 || count > MAX_SLOTS || !total.is_multiple_of(slot) {
        journal.breach(
            Rule::SlotTotal,
            format!("{total} bytes of slots of {slot} (code {code})"),
        );
    }
    let messages: Vec<_> = bytes
        .get(..total)
        .unwrap_or(bytes)
        .chunks_exact(slot)
        .take(MAX_SLOTS)
        .filter_map(|slot| message(slot, code, check_padding, journal))
        .collect();
    if check_padding && bytes.iter().skip(total).any(|byte| *byte != 0) {
        journal.breach(Rule::SlotPadding, "bytes behind the last slot are not zero");
    }
    if messages.len() > 1
        && let Some(alone) = messages.iter().find(|message| message.id.is_mcu())
    {
        journal.breach(
            Rule::McuAlone,
            format!(
                "{} shares its transfer with {} others",
                alone.id.name(),
                messages.len() - 1
            ),
        );
    }
    messages
}

/// Takes the message out of a slot.
fn message(
    slot: &[u8],
    code: usize,
    check_padding: bool,
    journal: &mut Journal,
) -> Option<Received> {
    let mut reader = Reader::new(slot);
    let len = usize::from(reader.u16()?);
    let id = Id(reader.u16()?);
    let body = len.checked_sub(HEADER_LEN).and_then(|len| reader.take(len));
    let (Some(body), Some(_)) = (body, reader.take(TIMESTAMP)) else {
        journal.breach(
            Rule::MessageLength,
            format!("a message of {len} bytes in a slot of {}", slot.len()),
        );
        return None;
    };
    let fill = reader.rest();
    if check_padding && fill.iter().any(|byte| *byte != 0) {
        journal.breach(
            Rule::SlotPadding,
            format!("bytes behind {} ({len} bytes) are not zero", id.name()),
        );
    }
    let bus = align4(len.saturating_add(TIMESTAMP));
    let wanted = bus.div_ceil(512).saturating_sub(1).min(3);
    if wanted != code {
        journal.breach(
            Rule::SlotCode,
            format!("a message of {len} bytes in a slot of code {code}, code {wanted} is its own"),
        );
    }
    Some(Received {
        id,
        body: body.to_vec(),
    })
}
