// SPDX-License-Identifier: GPL-2.0-only

//! Reception: frames and confirms go to mac80211 where they were read off the bus.
//!
//! All of a batch reaches the network stack at once, with bottom halves disabled once, and segments
//! of a flow that follow each other do so as one. A frame is copied once, out of the transfer buffer
//! into a socket buffer of its own. Transmit status comes from the same context (W-62).

use super::{
    super::{
        chip::Chip,
        counters::Counters,
        failure::Fault,
        logic::{
            batch::Batch,
            flight::Landing,
            rate_policy::REPORT_LEN,
            wsm::{
                receive::{
                    Accepted,
                    Decryption,
                    Indication,
                    Refusal,
                    RECEIVE, //
                },
                transmit::{
                    BadConfirm,
                    Record,
                    Records,
                    CONFIRM,
                    MULTI_CONFIRM, //
                }, //
            }, //
        },
        session::{
            Session,
            Taken, //
        },
    },
    hardware::of_mac80211,
    traffic::{
        Frames,
        Traffic, //
    },
    Wifi, //
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    net::mac80211::{
        rx::{
            self,
            RxFlags,
            RxRate,
            RxStatus,
            TxStatus, //
        },
        tx, //
    },
    prelude::*,
    sync::Arc, //
};

/// What the messages of a batch were.
#[derive(Default)]
pub(in super::super) struct Summary {
    pub(in super::super) messages: usize,
    /// Whether the chip has room for more: a confirm came.
    pub(in super::super) confirmed: bool,
}

impl Chip {
    /// Delivers the messages of a batch, in their order.
    pub(in super::super) fn deliver(
        &self,
        batch: &[u8],
        session: &mut Session,
        traffic: &mut Option<Traffic>,
        dev: &Device<Bound>,
    ) -> Result<Summary, Fault> {
        let mut summary = Summary::default();
        let mut messages = Batch::new(batch);
        loop {
            let Some(traffic) = traffic.as_mut() else {
                for message in messages.by_ref() {
                    session.take(message.map_err(Fault::Batch)?, &self.counters, dev)?;
                    summary.messages = summary.messages.saturating_add(1);
                }
                return Ok(summary);
            };
            let run = Run {
                wifi: &traffic.wifi,
                session,
                frames: &mut traffic.frames,
                counters: &self.counters,
                dev,
            };
            let stop = run.until_other(&mut messages, &mut traffic.receiver, &mut summary);
            self.counters.rx_merged.set(traffic.receiver.merged());
            let stop = stop?;
            match stop {
                Some((id, body)) => traffic.wifi.indication(id, body),
                None => {
                    if summary.confirmed {
                        traffic.watchdog.confirmed();
                    }
                    return Ok(summary);
                }
            }
        }
    }
}

/// Messages in a row that concern frames.
struct Run<'a> {
    wifi: &'a Arc<Wifi>,
    session: &'a mut Session,
    frames: &'a mut Frames,
    counters: &'a Counters,
    dev: &'a Device<Bound>,
}

impl Run<'_> {
    /// Delivers messages until there are no more, or one that does not concern frames; that one may
    /// need a context that sleeps.
    fn until_other<'m>(
        mut self,
        messages: &mut Batch<'m>,
        receiver: &mut rx::Receiver<Wifi>,
        summary: &mut Summary,
    ) -> Result<Option<(u16, &'m [u8])>, Fault> {
        let mut list = receiver.batch();
        for message in messages {
            let message = message.map_err(Fault::Batch)?;
            summary.messages = summary.messages.saturating_add(1);
            let before = self.session.credits.used();
            match self.session.take(message, self.counters, self.dev)? {
                Taken::Done => {}
                Taken::Policies(answer) => self.policies(answer.is_ok()),
                Taken::Message { id: RECEIVE, body } => self.receive(body, &mut list),
                Taken::Message { id: CONFIRM, body } => {
                    self.confirm(Records::single(body), &mut list);
                }
                Taken::Message {
                    id: MULTI_CONFIRM,
                    body,
                } => self.confirm(Records::multi(body), &mut list),
                Taken::Message { id, body } => return Ok(Some((id, body))),
            }
            summary.confirmed |= self.session.credits.used() < before;
        }
        Ok(None)
    }

    /// The chip has the policies. It does not matter much when it refuses them: it then uses what it
    /// had, and offering them again and again would stop all traffic.
    fn policies(&mut self, taken: bool) {
        if !taken && self.counters.refused_policies.bump_and_log() {
            dev_warn!(self.dev, "the chip refused rate retry policies\n");
        }
        self.frames.policies.uploaded();
    }

    fn receive(&mut self, body: &[u8], list: &mut rx::Batch<'_, Wifi>) {
        let counters = self.counters;
        let accepted = Indication::decode(body)
            .ok_or(Refusal::TooShort)
            .and_then(|indication| indication.accept());
        let accepted = match accepted {
            Ok(accepted) => accepted,
            Err(refusal) => {
                self.refuse(refusal);
                return;
            }
        };
        // The one copy: what follows hands the buffer on.
        let delivered = rx::buffer(accepted.frame)
            .inspect(|_| {
                counters.rx_copies.bump();
            })
            .and_then(|skb| list.receive(skb, &status(&accepted)));
        match delivered {
            Ok(()) => counters.rx_frames.bump(),
            Err(_) => counters.rx_dropped.bump(),
        };
    }

    fn refuse(&mut self, refusal: Refusal) {
        let counters = self.counters;
        let counter = match refusal {
            Refusal::TooShort | Refusal::Encryption | Refusal::NoSignal => &counters.rx_malformed,
            Refusal::Rate => &counters.rx_bad_rate,
            Refusal::Channel => &counters.rx_bad_channel,
            Refusal::Decrypt => &counters.rx_decrypt_failures,
            Refusal::NoKey => &counters.rx_no_key,
            Refusal::Mic => &counters.rx_mic_failures,
            Refusal::Status => &counters.rx_bad_status,
        };
        if refusal == Refusal::Decrypt {
            self.wifi.decrypt_failure();
        }
        if counter.bump_and_log() && !matches!(refusal, Refusal::NoKey) {
            dev_dbg!(self.dev, "received frame dropped: {:?}\n", refusal);
        }
    }

    fn confirm(
        &mut self,
        records: Result<Records<'_>, BadConfirm>,
        list: &mut rx::Batch<'_, Wifi>,
    ) {
        let Ok(records) = records else {
            if self.counters.malformed_messages.bump_and_log() {
                dev_warn!(
                    self.dev,
                    "transmit confirm with an impossible count ignored\n"
                );
            }
            return;
        };
        for record in records {
            self.land(&record, list);
        }
    }

    /// Reports a frame, once its id was found among those in flight (W-18).
    fn land(&mut self, record: &Record, list: &mut rx::Batch<'_, Wifi>) {
        let frame = match self.frames.flight.land(record.packet) {
            Landing::Frame(frame) => frame,
            Landing::Abandoned => {
                self.session.land(self.counters);
                return;
            }
            Landing::Unknown => {
                if self.counters.unexpected_confirms.bump_and_log() {
                    dev_warn!(
                        self.dev,
                        "confirm of unknown frame {:#010x} ignored\n",
                        record.packet.bits()
                    );
                }
                return;
            }
        };
        self.session.land(self.counters);
        self.counters.tx_confirms.bump();
        let Some(settled) = self.frames.settle(frame, record, self.counters) else {
            return;
        };
        if !record.delivered() {
            self.counters.tx_failures.bump();
        }
        let mut made = [tx::Rate::default(); REPORT_LEN];
        let mut count: usize = 0;
        for (place, rate) in made.iter_mut().zip(settled.rates.into_iter().flatten()) {
            *place = rate;
            count = count.saturating_add(1);
        }
        list.tx_status(
            settled.frame,
            &TxStatus {
                acked: record.delivered() && !settled.no_ack,
                no_ack: record.delivered() && settled.no_ack,
                rates: made.get(..count).unwrap_or_default(),
                ..TxStatus::default()
            },
        );
    }
}

/// mac80211's words for how a frame arrived.
fn status(accepted: &Accepted<'_>) -> RxStatus {
    let flags = match accepted.decryption {
        Decryption::None => RxFlags::NONE,
        Decryption::InPlace => RxFlags::DECRYPTED,
        Decryption::Stripped => RxFlags::DECRYPTED
            .union(RxFlags::IV_STRIPPED)
            .union(RxFlags::ICV_STRIPPED)
            .union(RxFlags::MIC_STRIPPED)
            .union(RxFlags::MMIC_STRIPPED),
        Decryption::MichaelFailed => RxFlags::DECRYPTED
            .union(RxFlags::IV_STRIPPED)
            .union(RxFlags::MMIC_STRIPPED)
            .union(RxFlags::MMIC_ERROR),
    };
    let rate = match accepted.rate.mcs() {
        Some(mcs) => RxRate::Ht {
            mcs,
            short_gi: false,
            wide: false,
            greenfield: false,
        },
        None => RxRate::Legacy {
            index: accepted.rate.index(accepted.band).unwrap_or_default(),
            short_preamble: false,
        },
    };
    RxStatus {
        band: of_mac80211(accepted.band),
        frequency: accepted.frequency,
        signal: accepted.signal,
        rate,
        flags,
        mactime: None,
        antenna: 0,
    }
}
