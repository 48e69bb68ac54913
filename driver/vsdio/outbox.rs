// SPDX-License-Identifier: GPL-2.0-only

//! What the program has not read yet.

use crate::abi::{HostMessage, Ios, PowerMode};

use kernel::prelude::*;

/// A message to the program.
pub(crate) enum Note {
    SetupDone {
        host_index: u32,
    },
    /// The supply was switched off. Kept apart from what follows, so that a card sees that it
    /// lost its power however late it reads.
    PowerOff(Ios),
    Ios(Ios),
    /// An encoded `REQUEST`.
    Request {
        tag: u64,
        message: KVVec<u8>,
    },
    Cancel {
        tag: u64,
    },
    Reset,
    IrqAck,
}

impl Note {
    pub(crate) fn ios(ios: Ios) -> Self {
        if ios.power_mode == PowerMode::Off {
            Self::PowerOff(ios)
        } else {
            Self::Ios(ios)
        }
    }

    /// Bytes of the message.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Request { message, .. } => message.len(),
            _ => self.short().map_or(0, |message| message.encoded_len()),
        }
    }

    /// The message, unless it is a `REQUEST`.
    pub(crate) fn short(&self) -> Option<HostMessage<'static>> {
        Some(match self {
            Self::SetupDone { host_index } => HostMessage::SetupDone {
                host_index: *host_index,
            },
            Self::PowerOff(ios) | Self::Ios(ios) => HostMessage::Ios(*ios),
            Self::Request { .. } => return None,
            Self::Cancel { tag } => HostMessage::Cancel { tag: *tag },
            Self::Reset => HostMessage::Reset,
            Self::IrqAck => HostMessage::IrqAck,
        })
    }

    /// Whether `self` makes an unread `earlier` pointless.
    fn replaces(&self, earlier: &Self) -> bool {
        matches!(
            (self, earlier),
            (Self::PowerOff(_), Self::PowerOff(_) | Self::Ios(_))
                | (Self::Ios(_), Self::Ios(_))
                | (Self::Request { .. }, Self::Request { .. })
                | (Self::Cancel { .. }, Self::Cancel { .. })
                | (Self::Reset, Self::Reset)
                | (Self::IrqAck, Self::IrqAck)
                | (Self::SetupDone { .. }, Self::SetupDone { .. })
        )
    }
}

/// Messages in the order in which they were sent, at most one of each kind.
///
/// That no more is needed follows from the protocol of the MMC core: it issues one request at a
/// time, and settings do not change during a request. A program that reads nothing therefore costs
/// no memory.
pub(crate) struct Outbox {
    notes: [Option<Note>; Self::KINDS],
}

impl Outbox {
    const KINDS: usize = 7;

    pub(crate) const fn new() -> Self {
        Self {
            notes: [const { None }; Self::KINDS],
        }
    }

    pub(crate) fn front(&self) -> Option<&Note> {
        self.notes.iter().flatten().next()
    }

    pub(crate) fn pop_front(&mut self) -> Option<Note> {
        self.notes.iter_mut().find_map(Option::take)
    }

    /// Appends `note`, in place of an earlier one that it replaces.
    ///
    /// Returns a note that has a buffer, for the caller to drop where that may sleep.
    pub(crate) fn push(&mut self, note: Note) -> Option<Note> {
        let mut request = None;
        for slot in &mut self.notes {
            if slot.as_ref().is_some_and(|earlier| note.replaces(earlier)) {
                let replaced = slot.take();
                if matches!(replaced, Some(Note::Request { .. })) {
                    request = replaced;
                }
            }
        }
        self.pack(None);
        // One slot a kind: after replacing there is a free one, and it is behind the others.
        if let Some(free) = self.notes.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(note);
        }
        request
    }

    /// Puts `note` before all others, unless one of them replaces it.
    pub(crate) fn push_front(&mut self, note: Note) {
        if self
            .notes
            .iter()
            .flatten()
            .any(|later| later.replaces(&note))
        {
            return;
        }
        self.pack(Some(note));
    }

    /// Takes out an unread request.
    pub(crate) fn remove_request(&mut self, wanted: u64) -> Option<Note> {
        self.notes
            .iter_mut()
            .find(|slot| matches!(slot, Some(Note::Request { tag, .. }) if *tag == wanted))
            .and_then(Option::take)
    }

    /// Moves the notes together, in their order, behind `first`.
    fn pack(&mut self, first: Option<Note>) {
        let mut packed = [const { None }; Self::KINDS];
        let rest = self.notes.iter_mut().filter_map(Option::take);
        for (slot, note) in packed
            .iter_mut()
            .zip(Iterator::chain(first.into_iter(), rest))
        {
            *slot = Some(note);
        }
        self.notes = packed;
    }
}
