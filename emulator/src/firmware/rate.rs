// SPDX-License-Identifier: GPL-2.0-only
//! Rate ids (3.6) and the rates of the air.

use crate::air::Rate;

/// Id of the first MCS.
const FIRST_MCS: u8 = 14;
/// Highest id.
pub(crate) const LAST: u8 = 21;

/// Bit rates of the ids in 100 kb/s; 4 and 5 are not used.
const LEGACY: [(u8, u16); 12] = [
    (0, 10),
    (1, 20),
    (2, 55),
    (3, 110),
    (6, 60),
    (7, 90),
    (8, 120),
    (9, 180),
    (10, 240),
    (11, 360),
    (12, 480),
    (13, 540),
];

/// What the link adds to a rate id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// An MCS is sent 40 MHz wide.
    pub(crate) wide: bool,
    /// An MCS has the short guard interval.
    pub(crate) short_guard_interval: bool,
    /// Rates of HR/DSSS have the short preamble.
    pub(crate) short_preamble: bool,
}

/// The rate of an id, `None` for ids that have none.
pub(crate) fn of_id(id: u8, shape: Shape) -> Option<Rate> {
    if let Some(mcs) = id.checked_sub(FIRST_MCS) {
        return (id <= LAST).then_some(Rate::Ht {
            mcs,
            wide: shape.wide,
            short_guard_interval: shape.short_guard_interval,
        });
    }
    LEGACY
        .iter()
        .find(|(known, _)| *known == id)
        .map(|&(_, bitrate)| Rate::Legacy {
            bitrate,
            short_preamble: shape.short_preamble && bitrate < 120 && id > 0 && id < 4,
        })
}

/// The id of a rate. A rate that has none gets that of 1 Mb/s.
pub(crate) fn id_of(rate: Rate) -> u8 {
    match rate {
        Rate::Ht { mcs, .. } => FIRST_MCS.saturating_add(mcs.min(7)),
        Rate::Legacy { bitrate, .. } => LEGACY
            .iter()
            .find(|(_, known)| *known == bitrate)
            .map_or(0, |&(id, _)| id),
    }
}

/// Whether a frame at the rate says that it is of high throughput.
pub(crate) const fn is_ht(rate: Rate) -> bool {
    matches!(rate, Rate::Ht { .. })
}

#[cfg(test)]
mod tests {
    use super::{LAST, Shape, id_of, of_id};
    use crate::air::Rate;

    #[test]
    fn ids_and_rates_agree() {
        for id in (0..=LAST).filter(|id| !matches!(id, 4 | 5)) {
            let rate = of_id(id, Shape::default()).unwrap();
            assert_eq!(id_of(rate), id);
        }
        assert_eq!(of_id(4, Shape::default()), None);
        assert_eq!(of_id(22, Shape::default()), None);
        assert_eq!(of_id(14, Shape::default()), Some(Rate::ht(0)));
        assert_eq!(of_id(13, Shape::default()), Some(Rate::legacy(540)));
    }

    #[test]
    fn the_lowest_rate_has_no_short_preamble() {
        let shape = Shape {
            short_preamble: true,
            ..Shape::default()
        };
        assert_eq!(of_id(0, shape), Some(Rate::DSSS_1));
        assert_ne!(of_id(3, shape), Some(Rate::legacy(110)));
        assert_eq!(of_id(6, shape), Some(Rate::OFDM_6));
    }
}
