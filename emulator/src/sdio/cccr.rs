// SPDX-License-Identifier: GPL-2.0-only
//! Common control registers and the registers of function 1 in function 0.

use std::time::Duration;

use super::cis;

/// CCCR 3.00, SDIO 3.00.
const REVISION: u8 = 0x43;
/// SD physical layer 3.00.
const SD_REVISION: u8 = 0x03;
/// Capability: direct commands during data, multi-block, four-bit interrupts between blocks.
const CAPABILITY: u8 = 0x01 | 0x02 | 0x10;
/// Class code of function 1: wireless LAN.
const CLASS_WLAN: u8 = 0x07;
/// Bit of function 1 in I/O enable, I/O ready, interrupt enable and interrupt pending.
const FUNCTION_1: u8 = 1 << 1;

/// The speeds beyond high speed that the card has at 1.8 V.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uhs {
    /// SDR50, 100 MHz.
    pub sdr50: bool,
    /// SDR104, 208 MHz.
    pub sdr104: bool,
}

/// What a write has caused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing beyond the register.
    None,
    /// The SDIO part of the card was reset.
    Reset,
}

/// The registers of function 0.
#[derive(Clone, Debug)]
pub struct Cccr {
    uhs: Uhs,
    enable_delay: Duration,
    enable: u8,
    ready_at: Option<Duration>,
    interrupt_enable: u8,
    bus_interface: u8,
    block_size: [u16; 2],
    power: u8,
    speed: u8,
    driver: u8,
    interrupt_extension: u8,
}

impl Cccr {
    /// Registers after power-on.
    pub const fn new(uhs: Uhs, enable_delay: Duration) -> Self {
        Self {
            uhs,
            enable_delay,
            enable: 0,
            ready_at: None,
            interrupt_enable: 0,
            bus_interface: 0,
            block_size: [0; 2],
            power: 0,
            speed: 0,
            driver: 0,
            interrupt_extension: 0,
        }
    }

    /// Whether function 1 is enabled and ready.
    pub fn function_ready(&self, now: Duration) -> bool {
        self.ready_at.is_some_and(|at| at <= now)
    }

    /// Whether the host listens to the interrupt of function 1.
    pub const fn interrupt_enabled(&self) -> bool {
        self.interrupt_enable & 0x03 == 0x03
    }

    /// Block size of function 1 in bytes, as the host has set it.
    pub const fn block_size(&self) -> u16 {
        let [_, function_1] = self.block_size;
        function_1
    }

    /// Data lines that the host has chosen.
    pub const fn width(&self) -> u8 {
        match self.bus_interface & 3 {
            2 => 4,
            3 => 8,
            _ => 1,
        }
    }

    /// Reads a register below 0x1000; what is not there reads 0.
    pub fn read(&self, address: u32, pending: bool, now: Duration) -> u8 {
        let [common_block, function_block] = self.block_size;
        match address {
            0x00 => REVISION,
            0x01 => SD_REVISION,
            0x02 => self.enable,
            0x03 if self.function_ready(now) => FUNCTION_1,
            0x04 => self.interrupt_enable,
            0x05 if pending => FUNCTION_1,
            0x07 => self.bus_interface,
            0x08 => CAPABILITY,
            0x09..=0x0B => byte(cis::COMMON, address - 0x09),
            0x0F if self.function_ready(now) => FUNCTION_1,
            0x10 | 0x11 => byte(u32::from(common_block), address - 0x10),
            0x12 => self.power,
            // The card supports high speed.
            0x13 => self.speed | 1,
            0x14 => u8::from(self.uhs.sdr50) | u8::from(self.uhs.sdr104) << 1,
            0x15 => self.driver,
            // Asynchronous interrupts in four-bit mode are supported.
            0x16 => self.interrupt_extension | 1,
            0x100 => CLASS_WLAN,
            0x109..=0x10B => byte(cis::FUNCTION_1, address - 0x109),
            0x110 | 0x111 => byte(u32::from(function_block), address - 0x110),
            _ => 0,
        }
    }

    /// Writes a register below 0x1000; writes to what is not there are ignored.
    pub fn write(&mut self, address: u32, value: u8, now: Duration) -> Effect {
        let [common_block, function_block] = &mut self.block_size;
        match address {
            0x02 => {
                let was = self.enable & FUNCTION_1 != 0;
                self.enable = value & FUNCTION_1;
                if self.enable == 0 {
                    self.ready_at = None;
                } else if !was {
                    self.ready_at = Some(now.saturating_add(self.enable_delay));
                }
            }
            0x04 => self.interrupt_enable = value & 0x03,
            0x06 if value & 0x08 != 0 => return Effect::Reset,
            0x07 => self.bus_interface = value,
            0x10 => set_low(common_block, value),
            0x11 => set_high(common_block, value),
            0x12 => self.power = value,
            0x13 => self.speed = value & 0x0E,
            0x15 => self.driver = value,
            0x16 => self.interrupt_extension = value & 0x02,
            0x110 => set_low(function_block, value),
            0x111 => set_high(function_block, value),
            _ => {}
        }
        Effect::None
    }
}

/// Byte `index` of a little-endian value.
fn byte(value: u32, index: u32) -> u8 {
    let [low, ..] = value
        .checked_shr(index.saturating_mul(8))
        .unwrap_or(0)
        .to_le_bytes();
    low
}

fn set_low(value: &mut u16, low: u8) {
    *value = (*value & 0xFF00) | u16::from(low);
}

fn set_high(value: &mut u16, high: u8) {
    *value = (*value & 0x00FF) | u16::from(high) << 8;
}
