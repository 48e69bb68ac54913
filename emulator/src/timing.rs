// SPDX-License-Identifier: GPL-2.0-only
//! How long a command keeps the bus.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A setting of the timing model under its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// What clock, width and overhead say.
    #[default]
    None,
    /// High speed at half its clock, and a host that takes its time.
    Slow,
    /// High speed, as the tablet's controller runs the chip.
    Tablet,
    /// SDR104 as far as the tablet's controller goes.
    Fast,
}

impl Preset {
    /// Clock in Hz, data lines, and the fixed cost of a command in nanoseconds. Benchmarks use these three.
    const fn setting(self) -> Option<(u32, u8, u32)> {
        match self {
            Self::None => None,
            Self::Slow => Some((25_000_000, 4, 40_000)),
            Self::Tablet => Some((50_000_000, 4, 20_000)),
            Self::Fast => Some((150_000_000, 4, 10_000)),
        }
    }
}

/// The bus timing model, section `[bus]` of the configuration. Off unless `enabled`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BusTiming {
    /// Whether commands take time.
    pub enabled: bool,
    /// One of three settings, in place of the following: `slow`, `tablet` or `fast`.
    pub preset: Preset,
    /// Clock in Hz; 0: the one that the host sets.
    pub clock_hz: u32,
    /// Data lines; 0: as the host sets.
    pub width: u8,
    /// Fixed cost of each command in nanoseconds: host software, DMA set-up, interrupt.
    pub command_overhead_ns: u32,
}

impl Default for BusTiming {
    fn default() -> Self {
        Self {
            enabled: false,
            preset: Preset::None,
            clock_hz: 0,
            width: 0,
            command_overhead_ns: 20_000,
        }
    }
}

/// Clock cycles of a command and its response with the gap between them: 48 bits each, and 8.
const COMMAND_CYCLES: u64 = 48 + 48 + 8;
/// Cycles of a block beyond its bits: start and end bit, CRC16, and the CRC status of a write.
const BLOCK_EXTRA_CYCLES: u64 = 1 + 1 + 16 + 8;

impl BusTiming {
    /// Time of one command with `blocks` blocks of `block_size` bytes on a bus that the host runs
    /// with `host_clock` Hz and `host_width` lines.
    pub fn cost(&self, host_clock: u32, host_width: u8, block_size: u32, blocks: u32) -> Duration {
        if !self.enabled {
            return Duration::ZERO;
        }
        let own = (self.clock_hz, self.width, self.command_overhead_ns);
        let (clock, width, overhead) = self.preset.setting().unwrap_or(own);
        let clock = u64::from(if clock == 0 { host_clock } else { clock }).max(100_000);
        let width = u64::from(if width == 0 { host_width } else { width }).max(1);
        let block_cycles = u64::from(block_size)
            .saturating_mul(8)
            .div_ceil(width)
            .saturating_add(BLOCK_EXTRA_CYCLES);
        let cycles = COMMAND_CYCLES.saturating_add(block_cycles.saturating_mul(u64::from(blocks)));
        let nanoseconds = cycles.saturating_mul(1_000_000_000).div_ceil(clock);
        Duration::from_nanos(nanoseconds.saturating_add(u64::from(overhead)))
    }
}

#[cfg(test)]
mod tests {
    use super::{BusTiming, Preset};
    use std::time::Duration;

    #[test]
    fn is_off_by_default() {
        let cost = BusTiming::default().cost(50_000_000, 4, 512, 51);
        assert_eq!(cost, Duration::ZERO);
    }

    #[test]
    fn presets_are_settings() {
        let cost = |preset| {
            let timing = BusTiming {
                enabled: true,
                preset,
                ..BusTiming::default()
            };
            timing.cost(400_000, 1, 512, 51)
        };
        // 26,112 bytes on four lines: 53,654 cycles of 20 ns, and 20 us.
        assert_eq!(
            cost(Preset::Tablet),
            Duration::from_nanos(53_654 * 20 + 20_000)
        );
        assert!(cost(Preset::Slow) > cost(Preset::Tablet));
        assert!(cost(Preset::Fast) < cost(Preset::Tablet));
    }

    #[test]
    fn counts_clock_cycles_and_overhead() {
        let timing = BusTiming {
            enabled: true,
            command_overhead_ns: 1000,
            ..BusTiming::default()
        };
        // 104 cycles of 20 ns, and 1 us.
        let direct = timing.cost(50_000_000, 4, 0, 0);
        assert_eq!(direct, Duration::from_nanos(104 * 20 + 1000));
        // 1024 cycles for 512 bytes on four lines, 26 more for framing.
        let block = timing.cost(50_000_000, 4, 512, 2);
        assert_eq!(block, Duration::from_nanos((104 + 2 * 1050) * 20 + 1000));
    }
}
