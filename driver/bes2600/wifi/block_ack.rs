// SPDX-License-Identifier: GPL-2.0-only

//! Block acknowledgement (section 5.7, field reports F-9 and B14).
//!
//! The firmware agrees it with the peer, for the TIDs it was allowed, and aggregates. What it
//! receives it hands on as it comes: mac80211 puts the frames in order, so it must know of each
//! agreement for receiving. It learns that from the peer's request, which the firmware passes on;
//! the response it makes must not reach the air, where the firmware's own is.

use super::Wifi;
use kernel::{
    net::mac80211::{
        Ampdu,
        AmpduReply, //
    },
    prelude::*, //
};

impl Wifi {
    /// Accepts that mac80211 reorders what an agreement covers. For transmit nothing begins here,
    /// and nothing does because of an EAPOL frame.
    pub(super) fn block_ack(&self, action: Ampdu) -> Result<AmpduReply> {
        match action {
            Ampdu::RxStart { .. } | Ampdu::RxStop => Ok(AmpduReply::Done),
            Ampdu::TxStart { .. } | Ampdu::TxStop { .. } | Ampdu::TxOperational { .. } => {
                Err(EOPNOTSUPP)
            }
        }
    }
}
