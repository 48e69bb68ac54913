// SPDX-License-Identifier: GPL-2.0-only

//! Rate ids (section 3.6).

use super::super::channel::Band;

/// A rate the chip can use. Ids 4 and 5, which nothing uses, and ids above 21 do not exist as
/// values of this type.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct RateId(u8);

/// Number of ids, the two without a rate included.
pub const IDS: usize = 22;

const FIRST_OFDM: u8 = 6;
const FIRST_MCS: u8 = 14;
const LAST: u8 = 21;

/// The legacy bit-rates in units of 100 kb/s with their ids, as mac80211's table of the 2.4 GHz
/// band has them; that of the 5 GHz band begins at [`CCK_RATES`].
pub const LEGACY: [(u16, RateId); 12] = [
    (10, RateId(0)),
    (20, RateId(1)),
    (55, RateId(2)),
    (110, RateId(3)),
    (60, RateId(6)),
    (90, RateId(7)),
    (120, RateId(8)),
    (180, RateId(9)),
    (240, RateId(10)),
    (360, RateId(11)),
    (480, RateId(12)),
    (540, RateId(13)),
];

/// How many of [`LEGACY`] are CCK rates, which the 5 GHz band lacks.
pub const CCK_RATES: usize = 4;

impl RateId {
    /// The id in a field of the protocol; `None` when no rate has it (W-48, W-51).
    pub const fn new(id: u8) -> Option<Self> {
        match id {
            0..=3 | FIRST_OFDM..=LAST => Some(Self(id)),
            _ => None,
        }
    }

    /// The id of an HT rate with one spatial stream; `None` above MCS 7.
    pub const fn from_mcs(mcs: u8) -> Option<Self> {
        match mcs {
            0..=7 => Self::new(FIRST_MCS.saturating_add(mcs)),
            _ => None,
        }
    }

    /// The id of the legacy rate at `index` of the band's table.
    pub fn from_index(band: Band, index: u8) -> Option<Self> {
        legacy(band).get(usize::from(index)).map(|(_, id)| *id)
    }

    /// The slowest rate of a band, on which everybody can listen.
    pub const fn slowest(band: Band) -> Self {
        match band {
            Band::Two => Self(0),
            Band::Five => Self(FIRST_OFDM),
        }
    }

    /// The value of the protocol's fields.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The MCS of an HT rate.
    pub const fn mcs(self) -> Option<u8> {
        self.0.checked_sub(FIRST_MCS)
    }

    /// The place of a legacy rate in the band's table; `None` for HT rates, and for CCK at 5 GHz.
    pub fn index(self, band: Band) -> Option<u8> {
        legacy(band)
            .iter()
            .position(|(_, id)| *id == self)
            .and_then(|index| u8::try_from(index).ok())
    }
}

/// The legacy rates of a band, in the order of mac80211's table.
pub fn legacy(band: Band) -> &'static [(u16, RateId)] {
    match band {
        Band::Two => &LEGACY,
        Band::Five => LEGACY.get(CCK_RATES..).unwrap_or_default(),
    }
}
