// SPDX-License-Identifier: GPL-2.0-only
//! Rates as `mac80211_hwsim` numbers them.

use super::message::{MAX_RATES, TxRate};
use crate::air::{Attempt, Rate};

/// The rates of the 2.4 GHz band, by index, in 100 kb/s; the 5 GHz band lacks the first four.
const BITRATES: [u16; 12] = [10, 20, 55, 110, 60, 90, 120, 180, 240, 360, 480, 540];
/// How many of them are DSSS.
const DSSS: usize = 4;

/// `enum hwsim_tx_rate_flags`.
mod flag {
    pub(super) const SHORT_PREAMBLE: u16 = 1 << 2;
    pub(super) const MCS: u16 = 1 << 3;
    pub(super) const MHZ_40: u16 = 1 << 5;
    pub(super) const SHORT_GUARD_INTERVAL: u16 = 1 << 7;
    pub(super) const VHT_MCS: u16 = 1 << 8;
    pub(super) const MHZ_80: u16 = 1 << 9;
    pub(super) const MHZ_160: u16 = 1 << 10;
}

fn bitrates(frequency: u16) -> &'static [u16] {
    if frequency < 3000 {
        &BITRATES
    } else {
        BITRATES.split_at(DSSS).1
    }
}

/// A row's rate. What this air does not know becomes something near: a VHT rate the HT rate of the
/// same modulation or the nearest, a legacy rate out of range the lowest of the band.
fn rate(index: u8, flags: u16, frequency: u16) -> Rate {
    let wide = flags & (flag::MHZ_40 | flag::MHZ_80 | flag::MHZ_160) != 0;
    let short_guard_interval = flags & flag::SHORT_GUARD_INTERVAL != 0;
    if flags & flag::MCS != 0 {
        return Rate::Ht {
            mcs: index,
            wide,
            short_guard_interval,
        };
    }
    if flags & flag::VHT_MCS != 0 {
        // The upper half has the number of streams less one.
        let streams = (index >> 4).min(3);
        return Rate::Ht {
            mcs: (index & 0xF).min(7) + 8 * streams,
            wide,
            short_guard_interval,
        };
    }
    let bitrates = bitrates(frequency);
    let lowest = bitrates.first().copied().unwrap_or_default();
    Rate::Legacy {
        bitrate: bitrates.get(usize::from(index)).copied().unwrap_or(lowest),
        short_preamble: flags & flag::SHORT_PREAMBLE != 0,
    }
}

/// The rate table of a frame.
pub(super) fn attempts(rates: &[TxRate], flags: &[u16], frequency: u16) -> Vec<Attempt> {
    let flags = flags.iter().copied().chain(std::iter::repeat(0));
    rates
        .iter()
        .zip(flags)
        .map_while(|(row, flags)| {
            let index = u8::try_from(row.index).ok()?;
            Some(Attempt {
                rate: rate(index, flags, frequency),
                count: row.count,
            })
        })
        .collect()
}

/// A frame's rate table with the tries that were made.
pub(super) fn used(rates: &[TxRate], tries: u8) -> Vec<TxRate> {
    let mut left = tries;
    let mut used: Vec<TxRate> = rates
        .iter()
        .take_while(|row| row.index >= 0)
        .map_while(|row| {
            let count = row.count.min(left);
            left = left.saturating_sub(count);
            (count > 0).then_some(TxRate {
                index: row.index,
                count,
            })
        })
        .collect();
    used.resize(MAX_RATES, TxRate::END);
    used
}

/// Index of the rate that a frame arrives with. The interface knows legacy rates only; an HT rate
/// becomes the fastest one that is no faster.
pub(super) fn index(rate: Rate, frequency: u16) -> u32 {
    let wanted = rate.bitrate();
    let best = bitrates(frequency)
        .iter()
        .zip(0_u32..)
        .filter(|(bitrate, _)| u32::from(**bitrate) <= wanted)
        .max_by_key(|(bitrate, _)| **bitrate);
    best.map_or(0, |(_, index)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_end_where_they_say() {
        let rates = [
            TxRate { index: 7, count: 2 },
            TxRate { index: 0, count: 3 },
            TxRate::END,
            TxRate { index: 1, count: 9 },
        ];
        let flags = [flag::MCS | flag::SHORT_GUARD_INTERVAL, 0, 0, 0];
        let attempts = attempts(&rates, &flags, 5180);
        assert_eq!(
            attempts,
            [
                Attempt {
                    rate: Rate::Ht {
                        mcs: 7,
                        wide: false,
                        short_guard_interval: true
                    },
                    count: 2
                },
                Attempt {
                    rate: Rate::OFDM_6,
                    count: 3
                },
            ]
        );
    }

    #[test]
    fn tries_are_given_back_row_by_row() {
        let rates = [
            TxRate { index: 7, count: 2 },
            TxRate { index: 0, count: 3 },
            TxRate::END,
            TxRate::END,
        ];
        let first = TxRate { index: 7, count: 2 };
        assert_eq!(
            used(&rates, 2),
            [first, TxRate::END, TxRate::END, TxRate::END]
        );
        let second = TxRate { index: 0, count: 1 };
        assert_eq!(used(&rates, 3), [first, second, TxRate::END, TxRate::END]);
        assert_eq!(used(&rates, 0), [TxRate::END; 4]);
        assert_eq!(used(&[], 5), [TxRate::END; 4]);
    }

    #[test]
    fn indices_depend_on_the_band() {
        assert_eq!(index(Rate::DSSS_1, 2412), 0);
        assert_eq!(index(Rate::legacy(110), 2412), 3);
        assert_eq!(index(Rate::legacy(540), 2412), 11);
        assert_eq!(index(Rate::legacy(60), 5180), 0);
        assert_eq!(index(Rate::ht(7), 5180), 7);
        assert_eq!(index(Rate::ht(0), 2412), 4);
        assert_eq!(index(Rate::DSSS_1, 5180), 0, "there is nothing lower");
    }

    #[test]
    fn unknown_rates_become_something_near() {
        assert_eq!(
            rate(0x19, flag::VHT_MCS | flag::MHZ_80, 5180).bitrate(),
            2700
        );
        assert_eq!(rate(200, 0, 2412), Rate::DSSS_1);
        assert_eq!(rate(200, 0, 5180), Rate::OFDM_6);
    }
}
