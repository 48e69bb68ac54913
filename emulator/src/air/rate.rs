// SPDX-License-Identifier: GPL-2.0-only
//! Rates, and how long frames take at them.

use std::fmt;
use std::time::Duration;

/// A rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rate {
    /// DSSS, HR/DSSS or OFDM.
    Legacy {
        /// Bit rate in 100 kb/s: 10, 20, 55, 110, or 60, 90, 120, 180, 240, 360, 480, 540.
        bitrate: u16,
        /// The short preamble of HR/DSSS; means nothing at 1 Mb/s and for OFDM.
        short_preamble: bool,
    },
    /// High throughput, mixed format.
    Ht {
        /// Modulation and coding scheme: 0 to 7 with one spatial stream, up to 31 with four.
        mcs: u8,
        /// 40 MHz rather than 20 MHz.
        wide: bool,
        /// A guard interval of 400 ns rather than 800 ns.
        short_guard_interval: bool,
    },
}

/// A symbol of OFDM, with the long guard interval (802.11, table 17-5).
const SYMBOL: Duration = Duration::from_micros(4);
/// A symbol with the short guard interval.
const SHORT_SYMBOL: Duration = Duration::from_nanos(3600);
/// Service and tail bits around the frame (802.11, 17.3.5.3, 17.3.5.4).
const SERVICE_AND_TAIL: u32 = 16 + 6;
/// Idle time that ends each OFDM frame in the 2.4 GHz band (802.11, 18.3.2.4).
const SIGNAL_EXTENSION: Duration = Duration::from_micros(6);
/// Data bits of a 20 MHz symbol by MCS (802.11, table 19-27).
const HT20_BITS: [u32; 8] = [26, 52, 78, 104, 156, 208, 234, 260];
/// Data bits of a 40 MHz symbol by MCS (802.11, table 19-31).
const HT40_BITS: [u32; 8] = [54, 108, 162, 216, 324, 432, 486, 540];

impl Rate {
    /// The lowest rate of the 2.4 GHz band.
    pub const DSSS_1: Self = Self::legacy(10);
    /// The lowest OFDM rate, and the lowest one of the 5 GHz band.
    pub const OFDM_6: Self = Self::legacy(60);

    /// A legacy rate of so many 100 kb/s, with the long preamble.
    pub const fn legacy(bitrate: u16) -> Self {
        Self::Legacy {
            bitrate,
            short_preamble: false,
        }
    }

    /// An MCS at 20 MHz with the long guard interval.
    pub const fn ht(mcs: u8) -> Self {
        Self::Ht {
            mcs,
            wide: false,
            short_guard_interval: false,
        }
    }

    /// Whether the rate is one of DSSS or HR/DSSS, which only the 2.4 GHz band has.
    pub const fn is_dsss(self) -> bool {
        matches!(
            self,
            Self::Legacy {
                bitrate: 10 | 20 | 55 | 110,
                ..
            }
        )
    }

    /// Whether a frame at this rate is 40 MHz wide.
    pub const fn is_wide(self) -> bool {
        matches!(self, Self::Ht { wide: true, .. })
    }

    /// Data rate in 100 kb/s, rounded down. Rates that do not exist count as the lowest of their
    /// kind.
    pub fn bitrate(self) -> u32 {
        match self {
            Self::Legacy { bitrate, .. } => u32::from(bitrate.max(10)),
            Self::Ht {
                short_guard_interval,
                ..
            } => {
                let (divided, by) = if short_guard_interval {
                    (100, 36)
                } else {
                    (10, 4)
                };
                self.symbol_bits().saturating_mul(divided) / by
            }
        }
    }

    /// Data bits of a symbol.
    fn symbol_bits(self) -> u32 {
        match self {
            Self::Legacy { bitrate, .. } => u32::from(bitrate.max(60)).saturating_mul(2) / 5,
            Self::Ht { mcs, wide, .. } => {
                let table = if wide { HT40_BITS } else { HT20_BITS };
                let [lowest, ..] = table;
                match table.get(usize::from(mcs % 8)) {
                    Some(bits) if mcs < 32 => bits.saturating_mul(streams(mcs)),
                    _ => lowest,
                }
            }
        }
    }

    /// Time from the end of the preamble to the end of a frame of `length` bytes, its frame check
    /// sequence included.
    pub fn payload_time(self, length: usize) -> Duration {
        let bits = u32::try_from(length).unwrap_or(u32::MAX).saturating_mul(8);
        match self {
            Self::Legacy { bitrate, .. } if self.is_dsss() => {
                // Bits by 100 kb/s are tens of microseconds.
                Duration::from_nanos(
                    u64::from(bits)
                        .saturating_mul(10_000)
                        .div_ceil(u64::from(bitrate)),
                )
            }
            Self::Legacy { .. } | Self::Ht { .. } => {
                let symbols = bits
                    .saturating_add(SERVICE_AND_TAIL)
                    .div_ceil(self.symbol_bits());
                match self {
                    Self::Ht {
                        short_guard_interval: true,
                        ..
                    } => SHORT_SYMBOL.saturating_mul(symbols),
                    _ => SYMBOL.saturating_mul(symbols),
                }
            }
        }
    }

    /// Time of the preamble and of what else comes before and after the payload, in the band
    /// around `frequency` MHz.
    pub fn preamble_time(self, frequency: u16) -> Duration {
        let extension = if frequency < 3000 {
            SIGNAL_EXTENSION
        } else {
            Duration::ZERO
        };
        match self {
            // Synchronisation, start delimiter and header (802.11, 16.2.2).
            Self::Legacy {
                bitrate,
                short_preamble,
            } if self.is_dsss() => Duration::from_micros(if short_preamble && bitrate != 10 {
                96
            } else {
                192
            }),
            // Training and SIGNAL (802.11, 17.3.2.1).
            Self::Legacy { .. } => Duration::from_micros(20).saturating_add(extension),
            // The same, HT-SIG and training for each stream (802.11, 19.3.2).
            Self::Ht { mcs, .. } => Duration::from_micros(32)
                .saturating_add(SYMBOL.saturating_mul(streams(mcs)))
                .saturating_add(extension),
        }
    }

    /// Rate of the answer to a frame at this rate: the highest mandatory one that is not faster
    /// (802.11, 10.6.6.5).
    pub fn answer(self) -> Self {
        if self.is_dsss() {
            return Self::legacy(match self.bitrate() {
                0..20 => 10,
                20..55 => 20,
                55..110 => 55,
                _ => 110,
            });
        }
        // An MCS is judged by the legacy rate of its modulation and coding: MCS 1 is QPSK 1/2.
        let comparable = match self {
            Self::Ht { mcs, .. } => match mcs % 8 {
                0 => 60,
                1 | 2 => 120,
                _ => 240,
            },
            Self::Legacy { .. } => self.bitrate(),
        };
        Self::legacy(match comparable {
            0..120 => 60,
            120..240 => 120,
            _ => 240,
        })
    }

    /// Signal in dBm at which one frame in ten is lost. It is 10 dB below what the standard
    /// demands of a receiver (802.11, tables 17-18 and 19-23), as good receivers are.
    pub fn sensitivity(self) -> i16 {
        match self {
            Self::Legacy { .. } => match self.bitrate() {
                0..20 => -97,
                20..55 => -94,
                55..90 => -92,
                90..110 => -91,
                110..180 => -89,
                180..240 => -87,
                240..360 => -84,
                360..480 => -80,
                480..540 => -76,
                _ => -75,
            },
            Self::Ht { mcs, wide, .. } => {
                let narrow = match mcs % 8 {
                    0 => -92,
                    1 => -89,
                    2 => -87,
                    3 => -84,
                    4 => -80,
                    5 => -76,
                    6 => -75,
                    _ => -74,
                };
                if wide { narrow + 3 } else { narrow }
            }
        }
    }
}

/// Spatial streams of an MCS.
fn streams(mcs: u8) -> u32 {
    u32::from(mcs / 8).min(3) + 1
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Legacy { bitrate, .. } => write!(f, "{}.{} Mb/s", bitrate / 10, bitrate % 10),
            Self::Ht {
                mcs,
                wide,
                short_guard_interval,
            } => {
                write!(f, "MCS {mcs}, {} MHz", if wide { 40 } else { 20 })?;
                if short_guard_interval {
                    f.write_str(", short guard interval")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn micros(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    #[test]
    fn dsss_takes_its_bits_and_a_long_or_short_preamble() {
        assert_eq!(Rate::DSSS_1.payload_time(14), micros(112));
        assert_eq!(Rate::legacy(110).payload_time(1100), micros(800));
        assert_eq!(Rate::legacy(55).payload_time(11), micros(16));
        let short = Rate::Legacy {
            bitrate: 110,
            short_preamble: true,
        };
        assert_eq!(short.preamble_time(2412), micros(96));
        assert_eq!(Rate::legacy(110).preamble_time(2412), micros(192));
    }

    #[test]
    fn ofdm_takes_whole_symbols() {
        // An acknowledgement at 24 Mb/s: 134 bits in 96 a symbol.
        assert_eq!(Rate::legacy(240).payload_time(14), micros(8));
        // 1500 bytes at 54 Mb/s: 12022 bits in 216 a symbol.
        assert_eq!(Rate::legacy(540).payload_time(1500), micros(4 * 56));
        assert_eq!(Rate::legacy(540).preamble_time(5180), micros(20));
        assert_eq!(Rate::legacy(540).preamble_time(2412), micros(26));
    }

    #[test]
    fn ht_depends_on_width_and_guard_interval() {
        let fast = Rate::Ht {
            mcs: 7,
            wide: true,
            short_guard_interval: true,
        };
        assert_eq!(Rate::ht(7).bitrate(), 650);
        assert_eq!(fast.bitrate(), 1500);
        assert_eq!(Rate::ht(0).bitrate(), 65);
        assert_eq!(Rate::ht(15).bitrate(), 1300);
        assert_eq!(Rate::ht(15).preamble_time(5180), micros(40));
        // 12022 bits in 540 a symbol are 23 symbols.
        assert_eq!(fast.payload_time(1500), Duration::from_nanos(3600 * 23));
    }

    #[test]
    fn answers_are_mandatory_and_no_faster() {
        for (rate, answer) in [
            (Rate::DSSS_1, 10),
            (Rate::legacy(110), 110),
            (Rate::legacy(90), 60),
            (Rate::legacy(180), 120),
            (Rate::legacy(540), 240),
            (Rate::ht(0), 60),
            (Rate::ht(2), 120),
            (Rate::ht(7), 240),
        ] {
            assert_eq!(rate.answer(), Rate::legacy(answer), "{rate}");
        }
    }

    #[test]
    fn impossible_rates_are_slow_and_no_more() {
        for rate in [Rate::legacy(0), Rate::legacy(u16::MAX), Rate::ht(u8::MAX)] {
            let _ = rate.payload_time(usize::MAX);
            let _ = (rate.answer(), rate.sensitivity(), rate.to_string());
        }
        assert_eq!(Rate::ht(99).bitrate(), 65);
    }
}
