// SPDX-License-Identifier: GPL-2.0-only
//! How long a command keeps the bus.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The bus timing model, section `[bus]` of the configuration. Off unless `enabled`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BusTiming {
    /// Whether commands take time.
    pub enabled: bool,
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
        let clock = u64::from(if self.clock_hz == 0 {
            host_clock
        } else {
            self.clock_hz
        })
        .max(100_000);
        let width = u64::from(if self.width == 0 {
            host_width
        } else {
            self.width
        })
        .max(1);
        let block_cycles = u64::from(block_size)
            .saturating_mul(8)
            .div_ceil(width)
            .saturating_add(BLOCK_EXTRA_CYCLES);
        let cycles = COMMAND_CYCLES.saturating_add(block_cycles.saturating_mul(u64::from(blocks)));
        let nanoseconds = cycles.saturating_mul(1_000_000_000).div_ceil(clock);
        Duration::from_nanos(nanoseconds.saturating_add(u64::from(self.command_overhead_ns)))
    }
}

#[cfg(test)]
mod tests {
    use super::BusTiming;
    use std::time::Duration;

    #[test]
    fn is_off_by_default() {
        let cost = BusTiming::default().cost(50_000_000, 4, 512, 51);
        assert_eq!(cost, Duration::ZERO);
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
