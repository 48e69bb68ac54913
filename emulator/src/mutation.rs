// SPDX-License-Identifier: GPL-2.0-only
//! A chip that says things slightly wrong: messages to the host are changed at random, each seed in
//! the same way every time.
//!
//! There are two kinds of change. The first leaves the framing alone: the host reads a message of
//! a known length, of whatever content. The second is in what holds messages together, which a host
//! can only take for the end of this firmware.
//!
//! Beside that, the chip can say again what it said before, as often as is wanted and changed each
//! time: that makes many messages of few events.

mod air;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::bytes::low16;
use crate::wsm::id::{EXCEPTION, HEADER_LEN, Id, MULTI_TX_CONFIRM, TRANSMIT_CONFIRM};

/// What the chip mutates, section `[mutation]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Seed of the random numbers.
    pub seed: u64,
    /// Share of indications, received frames among them, whose content is changed, 0 to 1.
    pub content: f64,
    /// Share of confirms whose content is changed, 0 to 1.
    pub confirms: f64,
    /// Share of messages in which framing is changed, 0 to 1.
    pub framing: f64,
    /// Messages that are left alone at first.
    pub after: u64,
    /// Changed copies of earlier messages that follow each message: of indications, and of the
    /// confirms of frames.
    pub copies: u32,
    /// Share of frames off the air that are changed before the firmware looks at them, 0 to 1.
    pub air: f64,
}

/// Numbers that are the end of something.
const ENDS: [u32; 12] = [
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x100,
    0x7FFF,
    0xFFFF,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
];

/// Ids that the host knows, and one that nobody does.
const IDS: [u16; 18] = [
    0x0404, 0x0405, 0x0406, 0x0407, 0x0409, 0x040A, 0x040B, 0x0410, 0x0416, 0x041E, 0x0804, 0x0805,
    0x0806, 0x0809, 0x080A, 0x080B, 0x080C, 0x083F,
];

/// Bits of an id that say what class a message is of, and their value in a confirm.
const CLASS: u16 = 0x0C00;
const CONFIRM: u16 = 0x0400;

/// Longest body of a message.
const MAX_BODY: usize = 1628;

/// Messages of each id that are kept for copies.
const KEPT: usize = 8;

/// The mutator of a chip.
#[derive(Clone, Debug)]
pub(crate) struct Mutator {
    settings: Settings,
    random: fastrand::Rng,
    seen: u64,
    counts: BTreeMap<&'static str, u64>,
    /// What was said, by id without its sequence number.
    said: BTreeMap<u16, VecDeque<Vec<u8>>>,
    /// Copies that are still to come.
    owed: u64,
}

impl Mutator {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            random: fastrand::Rng::with_seed(settings.seed),
            seen: 0,
            counts: BTreeMap::new(),
            said: BTreeMap::new(),
            owed: 0,
        }
    }

    /// Keeps a message for copies, which are due from now on.
    ///
    /// Neither an exception, which ends the firmware, nor the confirm of a command: there is one for
    /// each command, and the host would count buffers that the chip does not have.
    pub(crate) fn remember(&mut self, id: Id, body: &[u8]) {
        let kind = id.kind();
        let kept = match kind & CLASS {
            CONFIRM => matches!(kind, TRANSMIT_CONFIRM | MULTI_TX_CONFIRM),
            _ => kind != EXCEPTION && !id.is_mcu(),
        };
        if self.settings.copies == 0 || self.seen < self.settings.after {
            return;
        }
        self.owed = self.owed.saturating_add(self.settings.copies.into());
        if kept {
            let said = self.said.entry(id.with_sequence(0).0).or_default();
            if said.len() >= KEPT {
                said.pop_front();
            }
            said.push_back(body.to_vec());
        }
    }

    /// A message to be said again, changed: id and body.
    pub(crate) fn copy(&mut self) -> Option<(u16, Vec<u8>)> {
        if self.said.is_empty() {
            return None;
        }
        self.owed = self.owed.checked_sub(1)?;
        // Each id as often as another, or there would be received frames and nothing else.
        let at = self.random.usize(0..self.said.len());
        let (id, bodies) = self.said.iter().nth(at)?;
        let body = bodies.get(self.random.usize(0..bodies.len().max(1)))?;
        Some((*id, body.clone()))
    }

    /// Changes the content of a message in any case.
    pub(crate) fn change(&mut self, message: &mut Vec<u8>) {
        self.content(message);
    }

    /// Changes made so far, by name.
    pub(crate) const fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    fn due(&mut self, share: f64) -> bool {
        share > 0.0 && self.random.f64() < share
    }

    fn note(&mut self, name: &'static str) {
        *self.counts.entry(name).or_insert(0) += 1;
    }

    /// Changes a message on its way into a batch, header and all, or leaves it alone.
    pub(crate) fn message(&mut self, message: &mut Vec<u8>) {
        self.seen = self.seen.saturating_add(1);
        if self.seen <= self.settings.after {
            return;
        }
        let kind = message.get(2..4).map_or(0, |id| {
            id.iter()
                .rev()
                .fold(0, |sum, byte| sum << 8 | u16::from(*byte))
        });
        let share = match Id(kind).kind() & CLASS {
            CONFIRM => self.settings.confirms,
            _ => self.settings.content,
        };
        if self.due(share) {
            self.content(message);
        }
        if self.due(self.settings.framing) {
            self.framing(message);
        }
    }

    fn content(&mut self, message: &mut Vec<u8>) {
        let body = HEADER_LEN..message.len();
        let at = (!body.is_empty()).then(|| self.random.usize(body));
        let name = match (self.random.u8(0..6), at) {
            (0, Some(at)) => {
                let bit = 1 << self.random.u8(0..8);
                change(message, at, |byte| byte ^ bit);
                "content: bit"
            }
            (1, Some(at)) => {
                let value = self.random.u8(..);
                change(message, at, |_| value);
                "content: byte"
            }
            (2, Some(at)) => {
                let value = self.random.choice(ENDS).unwrap_or(0).to_le_bytes();
                // Fields are aligned to their size as a rule.
                let width = self.random.choice([1, 2, 4]).unwrap_or(1);
                let start = at - at % width;
                for (offset, value) in value.into_iter().take(width).enumerate() {
                    change(message, start + offset, |_| value);
                }
                "content: end of a range"
            }
            (3, Some(at)) => {
                message.truncate(at);
                "content: shorter"
            }
            (4, _) => {
                let room = MAX_BODY.saturating_sub(message.len()).min(64);
                for _ in 0..self.random.usize(0..=room) {
                    message.push(self.random.u8(..));
                }
                "content: longer"
            }
            _ => {
                let rest = message.len().saturating_sub(HEADER_LEN).min(48);
                for at in 0..rest {
                    let value = self.random.u8(..);
                    change(message, HEADER_LEN + at, |_| value);
                }
                "content: noise"
            }
        };
        let len = low16(message.len()).to_le_bytes();
        for (at, value) in len.into_iter().enumerate() {
            change(message, at, |_| value);
        }
        self.note(name);
    }

    fn framing(&mut self, message: &mut [u8]) {
        let name = match self.random.u8(0..4) {
            0 => {
                let len = self.random.choice(ENDS).unwrap_or(0).to_le_bytes();
                for (at, value) in len.into_iter().take(2).enumerate() {
                    change(message, at, |_| value);
                }
                "framing: length"
            }
            1 => {
                let by = self.random.u8(1..8) << 5;
                change(message, 3, |byte| byte.wrapping_add(by));
                "framing: sequence number"
            }
            2 => {
                let known = Id(self.random.choice(IDS).unwrap_or(0));
                let [low, high] = known.0.to_le_bytes();
                change(message, 2, |byte| byte & 0xC0 | low);
                change(message, 3, |byte| byte & 0xE3 | high);
                "framing: another id"
            }
            _ => {
                let bit = 1 << self.random.u8(0..8);
                let at = self.random.usize(0..HEADER_LEN);
                change(message, at, |byte| byte ^ bit);
                "framing: bit"
            }
        };
        self.note(name);
    }
}

fn change(message: &mut [u8], at: usize, how: impl FnOnce(u8) -> u8) {
    if let Some(byte) = message.get_mut(at) {
        *byte = how(*byte);
    }
}

#[cfg(test)]
mod tests {
    use super::{Mutator, Settings};
    use crate::wsm::id::Id;

    fn run(settings: Settings, count: usize) -> (Vec<Vec<u8>>, Mutator) {
        let mut mutator = Mutator::new(settings);
        let messages = (0..count)
            .map(|_| {
                let mut message = vec![12, 0, 4, 8, 1, 2, 3, 4, 5, 6, 7, 8];
                mutator.message(&mut message);
                message
            })
            .collect();
        (messages, mutator)
    }

    #[test]
    fn a_seed_is_always_the_same() {
        let settings = Settings {
            seed: 7,
            content: 0.5,
            confirms: 0.0,
            framing: 0.1,
            after: 3,
            copies: 0,
            air: 0.0,
        };
        let (first, _) = run(settings, 200);
        assert_eq!(first, run(settings, 200).0);
        assert_ne!(
            first,
            run(
                Settings {
                    seed: 8,
                    ..settings
                },
                200
            )
            .0
        );
        let untouched = vec![12, 0, 4, 8, 1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(
            first[..3],
            [untouched.clone(), untouched.clone(), untouched]
        );
    }

    #[test]
    fn content_leaves_the_framing_alone() {
        let settings = Settings {
            content: 1.0,
            ..Settings::default()
        };
        let (messages, mutator) = run(settings, 1000);
        for message in messages {
            assert_eq!(
                usize::from(u16::from_le_bytes([message[0], message[1]])),
                message.len()
            );
            assert_eq!(message[2..4], [4, 8]);
        }
        assert_eq!(mutator.counts().values().sum::<u64>(), 1000);
        assert!(
            mutator
                .counts()
                .keys()
                .all(|name| name.starts_with("content"))
        );
    }

    #[test]
    fn without_settings_nothing_changes() {
        let (messages, mutator) = run(Settings::default(), 50);
        assert!(messages.iter().all(|message| message.len() == 12));
        assert!(mutator.counts().is_empty());
    }

    #[test]
    fn copies_are_of_what_may_be_said_twice() {
        let mut mutator = Mutator::new(Settings {
            copies: 2,
            ..Settings::default()
        });
        assert_eq!(mutator.copy(), None);
        for id in [0x0804, 0x0406, 0x0404, 0x0800] {
            mutator.remember(Id(id), &[1, 2, 3]);
        }
        let mut said = std::collections::BTreeMap::new();
        while let Some((id, body)) = mutator.copy() {
            assert_eq!(body, [1, 2, 3]);
            *said.entry(id).or_insert(0) += 1;
        }
        assert_eq!(said.values().sum::<u32>(), 8);
        assert!(said.keys().all(|id| [0x0804, 0x0404].contains(id)));

        let mut message = vec![8, 0, 4, 8, 1, 2, 3, 4];
        mutator.change(&mut message);
        assert_eq!(mutator.counts().values().sum::<u64>(), 1);
        assert_eq!(message[2..4], [4, 8]);
    }
}
