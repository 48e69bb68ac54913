// SPDX-License-Identifier: GPL-2.0-only
//! Toggles, sequence numbers, credits and queues of the running phase.

use std::collections::VecDeque;
use std::time::Duration;

use crate::breach::Rule;
use crate::event::{Direction, Event, Hex, Journal};
use crate::fault::Fault;
use crate::registers::BLOCK;
use crate::wsm::batch::{self, Batch, Outgoing};
use crate::wsm::id::TRANSMIT;
use crate::wsm::slots::{self, Received};

/// Most messages that wait for the host.
const MAX_QUEUE: usize = 4096;

/// Counts for the summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) messages_in: u64,
    pub(crate) transfers_in: u64,
    pub(crate) batches_out: u64,
}

/// The pipe between host and firmware.
#[derive(Clone, Debug, Default)]
pub(crate) struct Link {
    tx_toggle: bool,
    rx_toggle: bool,
    batch_toggle: bool,
    /// What register 0x001 showed of the batch that was read last.
    shown: u8,
    host_sequence: [u8; 2],
    chip_sequence: [u8; 2],
    queue: VecDeque<Outgoing>,
    batch: Option<Batch>,
    last: Vec<u8>,
    lost_write: bool,
    lost_read: bool,
    credits: u32,
    outstanding: u32,
    command_open: bool,
    startup_read: bool,
    pub(crate) counts: Counts,
}

impl Link {
    /// Forgets toggles, sequence numbers and queues: Wi-Fi starts or stops.
    pub(crate) fn reset(&mut self) {
        *self = Self {
            counts: self.counts,
            ..Self::default()
        };
    }

    /// Drops what is queued and outstanding, and keeps toggles and sequence numbers.
    pub(crate) fn drop_queues(&mut self) {
        *self = Self {
            counts: self.counts,
            tx_toggle: self.tx_toggle,
            rx_toggle: self.rx_toggle,
            batch_toggle: self.batch_toggle,
            host_sequence: self.host_sequence,
            chip_sequence: self.chip_sequence,
            ..Self::default()
        };
    }

    /// Grants the host so many unconfirmed messages.
    pub(crate) const fn grant(&mut self, credits: u32) {
        self.credits = credits;
    }

    /// Queues a message for the host. A host that never reads loses messages in the end.
    pub(crate) fn send(&mut self, message: Outgoing) {
        if self.queue.len() < MAX_QUEUE {
            self.queue.push_back(message);
        }
    }

    /// How many messages wait for a batch.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Publishes the next batch if there is none; answers whether there is a new one.
    pub(crate) fn publish(&mut self, journal: &mut Journal) -> bool {
        if self.batch.is_some() {
            return false;
        }
        self.batch = batch::build(&mut self.queue, &mut self.chip_sequence, journal);
        self.batch.is_some()
    }

    /// When the next message may be published.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        if self.batch.is_some() {
            return None;
        }
        self.queue.front().map(|next| next.due)
    }

    /// Whether a batch waits.
    pub(crate) const fn pending(&self) -> bool {
        self.batch.is_some()
    }

    /// Register 0x001.
    pub(crate) fn count_register(&self, journal: &mut Journal) -> u8 {
        let Some(batch) = &self.batch else {
            let stale = self.shown != 0 && journal.fault(Fault::RxStaleCount).is_some();
            return if stale { self.shown } else { 0 };
        };
        let stale = journal.fault(Fault::RxStaleToggle).is_some();
        batch.blocks & 0x7F | u8::from(self.batch_toggle ^ stale) << 7
    }

    /// The host reads `wanted` bytes with this toggle.
    pub(crate) fn read(&mut self, toggle: bool, wanted: usize, journal: &mut Journal) -> Vec<u8> {
        if toggle != self.rx_toggle {
            if !self.lost_read {
                journal.breach(
                    Rule::RxToggle,
                    format!(
                        "toggle {} again, the read before had succeeded",
                        u8::from(toggle)
                    ),
                );
            }
            self.lost_read = false;
            let mut bytes = self.last.clone();
            bytes.resize(wanted, 0);
            return bytes;
        }
        let Some(batch) = self.batch.take() else {
            journal.breach(Rule::RxNothing, format!("a read of {wanted} bytes"));
            return vec![0; wanted];
        };
        let announced = usize::from(batch.blocks).saturating_mul(BLOCK);
        if announced != wanted {
            journal.breach(
                Rule::RxLength,
                format!("a read of {wanted} bytes, {announced} were announced"),
            );
        }
        self.shown = batch.blocks & 0x7F | u8::from(self.batch_toggle) << 7;
        self.rx_toggle = !self.rx_toggle;
        self.batch_toggle = !self.batch_toggle;
        self.lost_read = false;
        self.outstanding = self.outstanding.saturating_sub(batch.releases);
        self.command_open &= !batch.ends_command;
        self.startup_read |= batch.has_startup;
        self.counts.batches_out = self.counts.batches_out.saturating_add(1);
        self.last.clone_from(&batch.bytes);
        let mut bytes = batch.bytes;
        bytes.resize(wanted, 0);
        bytes
    }

    /// The end of the last transfer did not reach the host: it will repeat it.
    pub(crate) const fn lose(&mut self, write: bool) {
        if write {
            self.lost_write = true;
        } else {
            self.lost_read = true;
        }
    }

    /// The host writes slots; answers the messages that are new.
    pub(crate) fn write(
        &mut self,
        toggle: bool,
        length: u16,
        bytes: &[u8],
        check_padding: bool,
        journal: &mut Journal,
    ) -> Vec<Received> {
        if toggle != self.tx_toggle {
            if !self.lost_write {
                journal.breach(
                    Rule::TxToggle,
                    format!(
                        "toggle {} again, the write before had succeeded",
                        u8::from(toggle)
                    ),
                );
            }
            self.lost_write = false;
            return Vec::new();
        }
        self.tx_toggle = !self.tx_toggle;
        self.lost_write = false;
        self.counts.transfers_in = self.counts.transfers_in.saturating_add(1);
        let messages = slots::split(length, bytes, check_padding, journal);
        for message in &messages {
            self.accept(message, journal);
        }
        messages
    }

    /// Checks what binds a message whatever it asks for.
    fn accept(&mut self, message: &Received, journal: &mut Journal) {
        journal.record(|| Event::Message {
            direction: Direction::ToChip,
            bytes: Hex(message.to_bytes()),
        });
        self.counts.messages_in = self.counts.messages_in.saturating_add(1);
        if !self.startup_read {
            journal.breach(
                Rule::BeforeStartup,
                format!(
                    "{} before the startup indication was read",
                    message.id.name()
                ),
            );
        }
        let number = message.id.sequence();
        if let Some(counter) = self.host_sequence.get_mut(message.id.class_index()) {
            if *counter != number {
                journal.breach(
                    Rule::Sequence,
                    format!(
                        "{} has number {number}, expected {counter}",
                        message.id.name()
                    ),
                );
            }
            *counter = number.wrapping_add(1) & 7;
        }
        self.outstanding = self.outstanding.saturating_add(1);
        let is_data = message.id.kind() == TRANSMIT;
        let reserve = u32::from(is_data);
        if self.outstanding > self.credits {
            journal.breach(
                Rule::Credit,
                format!(
                    "{} messages unconfirmed, {} buffers",
                    self.outstanding, self.credits
                ),
            );
        } else if self.outstanding.saturating_add(reserve) > self.credits {
            journal.breach(
                Rule::CreditReserve,
                format!("a data frame takes the last of {} buffers", self.credits),
            );
        }
        if !is_data {
            // After a fault the host may have given up waiting.
            if self.command_open && !journal.misled() {
                journal.breach(
                    Rule::CommandOverlap,
                    format!(
                        "{} before the command before it was confirmed",
                        message.id.name()
                    ),
                );
            }
            self.command_open = true;
        }
    }
}
