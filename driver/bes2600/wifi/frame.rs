// SPDX-License-Identifier: GPL-2.0-only

//! A frame on its way from mac80211 to the chip and back.

use super::{
    super::{
        counters::Counters,
        logic::{
            channel::Band,
            rate_policy::{
                Attempts,
                Plan,
                REPORT_LEN, //
            },
            wsm::{
                rate::RateId,
                transmit::{
                    is_block_ack,
                    Queue, //
                },
            },
        },
    },
    hardware::{
        band_of,
        FRAME_MAX, //
    },
    Wifi, //
};
use kernel::net::{
    ieee80211::{
        Ac,
        Cipher, //
    },
    mac80211::{
        tx::{
            self,
            RateFlags,
            RateTable,
            TxFlags, //
        },
        KeyFlags, //
    },
};

/// Most bytes the chip appends: Michael's MIC and the ICV of TKIP.
pub(super) const TAIL_MAX: usize = 12;
const MICHAEL_LEN: usize = 8;

/// A frame that is to be sent, or was.
pub(crate) struct Queued {
    pub(super) frame: tx::Pending<Wifi>,
    pub(super) queue: Queue,
    pub(super) band: Band,
    rates: RateTable,
    /// Whether nobody is to acknowledge it.
    pub(super) no_ack: bool,
    /// Bytes the chip appends.
    pub(super) tail: usize,
    pub(super) requeues: u8,
    /// The attempts, and the place of their policy, once it has one.
    pub(super) plan: Option<(Plan, u8)>,
}

impl Queued {
    /// Takes a frame from mac80211. Those the firmware makes itself, and those no message can hold,
    /// end here: the abstraction tells mac80211.
    pub(super) fn new(frame: tx::Frame<'_, Wifi>, counters: &Counters) -> Option<Self> {
        let info = frame.info();
        let key = frame.key();
        let iv_len = key.map_or(0, |key| usize::from(key.iv_len));
        let tail = key.map_or(0, |key| {
            let michael = key.cipher == Cipher::TKIP
                && !key
                    .flags
                    .intersects(KeyFlags::GENERATE_MMIC.union(KeyFlags::PUT_MIC_SPACE));
            usize::from(key.icv_len).saturating_add(if michael { MICHAEL_LEN } else { 0 })
        });
        if is_block_ack(frame.data(), iv_len) {
            counters.tx_block_ack.bump();
            return None;
        }
        if frame.data().len().saturating_add(tail) > FRAME_MAX || tail > TAIL_MAX {
            counters.tx_refused.bump();
            return None;
        }
        Some(Self {
            queue: queue(info.ac),
            band: band_of(info.band).unwrap_or(Band::Two),
            rates: frame.rates(),
            no_ack: info.flags.contains(TxFlags::NO_ACK),
            tail,
            requeues: 0,
            plan: None,
            frame: frame.into_pending(),
        })
    }

    /// What rate control wants.
    pub(super) fn wanted(&self) -> impl Iterator<Item = Attempts> + '_ {
        self.rates.iter().filter_map(|rate| {
            Some(Attempts {
                rate: rate_id(rate, self.band)?,
                count: rate.count,
            })
        })
    }

    /// mac80211's words for the attempts that were made, with the flags it had asked for.
    pub(super) fn report(&self, made: Attempts) -> Option<tx::Rate> {
        let asked = self
            .rates
            .iter()
            .find(|rate| rate_id(rate, self.band) == Some(made.rate));
        let (index, flags) = match (asked, made.rate.mcs()) {
            (Some(rate), _) => (rate.index, rate.flags),
            (None, Some(mcs)) => (mcs, RateFlags::MCS),
            (None, None) => (made.rate.index(self.band)?, RateFlags::NONE),
        };
        Some(tx::Rate {
            index,
            count: made.count,
            flags,
        })
    }
}

fn rate_id(rate: &tx::Rate, band: Band) -> Option<RateId> {
    if rate.flags.contains(RateFlags::MCS) {
        RateId::from_mcs(rate.index)
    } else {
        RateId::from_index(band, rate.index)
    }
}

const fn queue(ac: Ac) -> Queue {
    match ac {
        Ac::Vo => Queue::Voice,
        Ac::Vi => Queue::Video,
        Ac::Be => Queue::BestEffort,
        Ac::Bk => Queue::Background,
    }
}

/// A frame the chip has done with.
pub(super) struct Settled {
    pub(super) frame: tx::Pending<Wifi>,
    /// The attempts that were made.
    pub(super) rates: [Option<tx::Rate>; REPORT_LEN],
    /// Whether nobody was to acknowledge it.
    pub(super) no_ack: bool,
}
