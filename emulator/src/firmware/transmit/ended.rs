// SPDX-License-Identifier: GPL-2.0-only
//! How transmissions end, and what the host is told of them (3.4.4, 3.4.5).

use std::time::Duration;

use super::{MAX_RECORDS, Purpose, Record, Waiting};
use crate::air::Outcome;
use crate::bytes::{Builder, len32};
use crate::fault::Fault;
use crate::firmware::{Env, Firmware, confirm, rate, status};
use crate::wsm::batch::Outgoing;
use crate::wsm::id::{self, Id};
use crate::wsm::mib;

impl Firmware {
    /// A transmission has ended.
    pub(crate) fn ended(&mut self, outcome: &Outcome, env: &mut Env<'_>) {
        let position = self
            .queues
            .flying
            .iter()
            .position(|flying| flying.cookie == outcome.cookie);
        let Some(flying) = position.and_then(|position| self.queues.flying.remove(position)) else {
            return;
        };
        match flying.purpose {
            Purpose::Own(own) => self.own_ended(own, outcome, env),
            Purpose::Host { frame, aggregated } => {
                self.counters
                    .sent(outcome.acked, outcome.tries, frame.is_group);
                self.record(&frame, aggregated, outcome);
            }
        }
    }

    fn record(&mut self, waiting: &Waiting, aggregated: bool, outcome: &Outcome) {
        let good = outcome.acked || waiting.is_group && outcome.tries > 0;
        let add = |counter: &mut u64, more: bool| {
            *counter = counter.saturating_add(u64::from(more));
        };
        add(&mut self.summary.transmitted, true);
        add(&mut self.summary.acknowledged, good);
        add(&mut self.summary.aggregated, aggregated);
        let repeated = u64::from(outcome.tries.saturating_sub(1));
        self.summary.repeated = self.summary.repeated.saturating_add(repeated);
        let code = match (good, outcome.tries) {
            (true, _) => status::SUCCESS,
            (false, 0) => status::FAILURE,
            (false, _) => status::RETRY_EXCEEDED,
        };
        let failures = if good {
            outcome.tries.saturating_sub(1)
        } else {
            outcome.tries
        };
        let policy = match (waiting.is_group, aggregated) {
            (true, _) => 1 << 2,
            (false, true) => 3 << 2,
            (false, false) => 0,
        };
        self.queues.records.push(Record {
            packet: waiting.packet,
            interface: waiting.interface,
            status: code,
            rate: rate::id_of(outcome.rate),
            failures,
            flags: u16::from(aggregated) | policy,
            media_delay: outcome.airtime,
            queue_delay: outcome
                .at
                .saturating_sub(outcome.airtime)
                .saturating_sub(waiting.queued),
        });
    }

    /// Sends what has ended to the host: one by one, or together once the host has asked for that.
    ///
    /// The frames of an A-MPDU end together, with the block acknowledgement.
    pub(crate) fn flush_records(&mut self, env: &mut Env<'_>) {
        if self.queues.records.is_empty() {
            return;
        }
        let knobs = &env.config.knobs;
        let multi = knobs.multi_confirm && self.mibs.flag(0, mib::MULTI_TX_CONFIRM);
        let now = env.journal.now;
        let since = *self.queues.records_since.get_or_insert(now);
        let gather = Duration::from_micros(u64::from(knobs.multi_confirm_us));
        let full = self.queues.records.len() >= MAX_RECORDS;
        let early = now < since.saturating_add(gather) && !full;
        let in_aggregate = self.queues.flying.front().is_some_and(|next| !next.leads);
        if multi && (early || in_aggregate) {
            return;
        }
        self.queues.records_since = None;
        let records = std::mem::take(&mut self.queues.records);
        let most = if multi { MAX_RECORDS } else { 1 };
        for chunk in records.chunks(most) {
            let mut body = Builder::new();
            if multi {
                body = body.u32(len32(chunk.len()));
            }
            for record in chunk {
                self.queues.outstanding.remove(&record.packet);
                let spoilt = env.journal.fault(Fault::TransmitPacketId);
                let packet = record.packet ^ spoilt.map_or(0, |fault| fault.value("xor"));
                body = body
                    .u32(packet)
                    .u32(record.status)
                    .u8(record.rate)
                    .u8(record.failures)
                    .u16(record.flags)
                    .u32(micros(record.media_delay))
                    .u32(micros(record.queue_delay));
            }
            let interface = chunk.first().map_or(0, |record| record.interface);
            let request = Id(id::TRANSMIT | u16::from(interface) << 6);
            let mut message = if multi {
                Outgoing::indication(id::MULTI_TX_CONFIRM, body.build())
            } else {
                confirm::of(request, body.build())
            };
            if multi
                && let Some(fault) = env.journal.fault(Fault::MultiConfirmCount)
                && let Some(field) = message.body.get_mut(..4)
            {
                field.copy_from_slice(&fault.value("count").to_le_bytes());
            }
            message.releases = len32(chunk.len());
            self.confirm(message, env);
        }
    }
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}
