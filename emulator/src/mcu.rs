// SPDX-License-Identifier: GPL-2.0-only
//! Status register, doorbells and sleep (protocol 1.2, 1.7, 1.8, 10.1).

use std::time::Duration;

use crate::breach::Rule;
use crate::event::Journal;
use crate::fault::Fault;
use crate::knobs::Knobs;
use crate::registers::{doorbell, status};

/// A bit of the status register that changes some time after it was asked to.
#[derive(Clone, Copy, Debug, Default)]
struct Bit {
    level: bool,
    change: Option<(Duration, bool)>,
}

impl Bit {
    /// Asks for `level` at `at`. What is so already, or on its way, is left alone, because hosts
    /// repeat doorbells (1.7.1).
    fn request(&mut self, level: bool, at: Duration) {
        let target = self.change.map_or(self.level, |(_, target)| target);
        if target != level {
            self.change = Some((at, level));
        }
    }

    /// Makes the change that is due; answers the new level.
    fn tick(&mut self, now: Duration) -> Option<bool> {
        let (_, level) = self.change.take_if(|(at, _)| *at <= now)?;
        let changed = level != self.level;
        self.level = level;
        changed.then_some(level)
    }

    fn deadline(&self) -> Option<Duration> {
        self.change.map(|(at, _)| at)
    }
}

/// What has changed and concerns other parts of the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    WifiUp,
    WifiDown,
}

/// The command processor behind the doorbells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mcu {
    ready: Bit,
    wifi: Bit,
    bt: Bit,
    awake: Bit,
    bt_awake: Bit,
    latch: u8,
    told_to_sleep: bool,
}

fn after(now: Duration, milliseconds: u32) -> Duration {
    now.saturating_add(Duration::from_millis(u64::from(milliseconds)))
}

impl Mcu {
    /// The main image has started.
    pub(crate) fn start(&mut self, knobs: &Knobs, journal: &mut Journal) {
        *self = Self::default();
        if journal.fault(Fault::McuNeverReady).is_some() {
            return;
        }
        let at = after(journal.now, knobs.mcu_delay_ms);
        self.ready.request(true, at);
        if knobs.awake_at_start && journal.fault(Fault::McuNeverAwake).is_none() {
            self.awake.request(true, at);
        }
    }

    /// Bits of the status register that belong to the main firmware.
    pub(crate) fn status(&self) -> u8 {
        [
            (self.ready, status::MCU_READY),
            (self.wifi, status::WIFI_READY),
            (self.bt, status::BT_READY),
            (self.awake, status::MCU_WAKEUP_READY),
            (self.bt_awake, status::BT_WAKE_READY),
        ]
        .iter()
        .filter(|(bit, _)| bit.level)
        .fold(0, |value, (_, mask)| value | mask)
    }

    pub(crate) const fn wifi_active(&self) -> bool {
        self.wifi.level
    }

    /// Whether the MCU was told to sleep, and has not been woken.
    pub(crate) const fn asleep(&self) -> bool {
        self.told_to_sleep && !self.awake.level
    }

    /// Wakes without a doorbell, as the wake line does.
    pub(crate) fn wake(&mut self, now: Duration) {
        if self.asleep() {
            self.awake.request(true, now);
        }
    }

    /// Latches the high byte of a doorbell.
    pub(crate) const fn latch(&mut self, value: u8) {
        self.latch = value;
    }

    /// Rings: the low byte was written.
    pub(crate) fn ring(&mut self, low: u8, knobs: &Knobs, journal: &mut Journal) {
        let value = u16::from_le_bytes([low, self.latch]);
        let command = value & !doorbell::RING;
        if value & doorbell::RING == 0 {
            journal.breach(Rule::DoorbellRing, format!("doorbell 0x{value:04X}"));
            return;
        }
        if command.count_ones() != 1 || value & !doorbell::ALL != 0 {
            journal.breach(Rule::DoorbellCommand, format!("doorbell 0x{value:04X}"));
            return;
        }
        if !self.ready.level {
            journal.breach(
                Rule::DoorbellReady,
                format!("doorbell 0x{value:04X} while MCU_READY is 0"),
            );
            return;
        }
        let now = journal.now;
        match command {
            doorbell::MCU_ACTIVE => {
                if journal.fault(Fault::McuNeverAwake).is_none() {
                    self.awake
                        .request(true, after(now, knobs.mcu_wake_delay_ms));
                }
            }
            doorbell::MCU_DEACTIVE => {
                self.told_to_sleep = true;
                self.awake
                    .request(false, after(now, knobs.mcu_wake_delay_ms));
            }
            doorbell::WIFI_ACTIVE => {
                if journal.fault(Fault::WifiNeverReady).is_none() {
                    self.wifi.request(true, after(now, knobs.wifi_delay_ms));
                }
            }
            doorbell::WIFI_DEACTIVE => {
                self.wifi.request(false, after(now, knobs.wifi_delay_ms));
            }
            doorbell::BT_ACTIVE => self.bt.request(true, after(now, knobs.bt_delay_ms)),
            doorbell::BT_DEACTIVE => self.bt.request(false, after(now, knobs.bt_delay_ms)),
            doorbell::BT_WAKEUP => self.bt_awake.request(true, after(now, knobs.bt_delay_ms)),
            doorbell::BT_SLEEP => self.bt_awake.request(false, after(now, knobs.bt_delay_ms)),
            // The others have no confirm bit and no effect that the host could see.
            _ => {}
        }
    }

    /// Makes the changes that are due.
    pub(crate) fn tick(&mut self, journal: &mut Journal) -> Option<Change> {
        let now = journal.now;
        if self.awake.level && self.awake.change.is_none() {
            self.told_to_sleep = false;
        }
        for (bit, up, down) in [
            (&mut self.ready, "MCU ready", "MCU not ready"),
            (&mut self.awake, "MCU awake", "MCU asleep"),
            (&mut self.bt, "Bluetooth active", "Bluetooth inactive"),
            (&mut self.bt_awake, "Bluetooth awake", "Bluetooth asleep"),
        ] {
            if let Some(level) = bit.tick(now) {
                journal.state(if level { up } else { down });
            }
        }
        self.wifi.tick(now).map(|level| {
            journal.state(if level {
                "Wi-Fi active"
            } else {
                "Wi-Fi inactive"
            });
            if level {
                Change::WifiUp
            } else {
                Change::WifiDown
            }
        })
    }

    /// When the next change is due.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        [self.ready, self.wifi, self.bt, self.awake, self.bt_awake]
            .iter()
            .filter_map(Bit::deadline)
            .min()
    }
}
