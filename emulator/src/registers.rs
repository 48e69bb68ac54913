// SPDX-License-Identifier: GPL-2.0-only
//! Registers of function 1 (protocol 1.2) and the meaning of the CMD53 address (1.3).

/// Low byte of the bytes pending; bit 0 says "nothing pending" in the running phase.
pub const LENGTH_LOW: u32 = 0x000;
/// High byte of the bytes pending; toggle and block count in the running phase.
pub const LENGTH_HIGH: u32 = 0x001;
/// Next length of builds without the optimised length; reads 0.
pub const LEGACY_LENGTH: std::ops::RangeInclusive<u32> = 0x104..=0x107;
/// Free receive buffers of the downloader.
pub const BUFFER_COUNT: u32 = 0x108;
/// Largest download frame, low byte.
pub const MAX_FRAME_LOW: u32 = 0x109;
/// Largest download frame, high byte.
pub const MAX_FRAME_HIGH: u32 = 0x10A;
/// Slave status, bits of [`status`].
pub const STATUS: u32 = 0x10C;
/// Doorbell, low byte; writing it rings.
pub const HOST_INT_LOW: u32 = 0x120;
/// Doorbell, high byte; latched.
pub const HOST_INT_HIGH: u32 = 0x121;
/// How the chip wakes the application processor.
pub const AP_WAKEUP: u32 = 0x124;

/// Bytes in a block of function 1.
pub const BLOCK: usize = 512;

/// Bits of the slave status (1.2.1).
pub mod status {
    /// The firmware's command processor is up.
    pub const MCU_READY: u8 = 1 << 0;
    /// The calibration block can be read.
    pub const DPD_READY: u8 = 1 << 1;
    /// Wi-Fi is active.
    pub const WIFI_READY: u8 = 1 << 2;
    /// Bluetooth is active.
    pub const BT_READY: u8 = 1 << 3;
    /// The MCU is awake.
    pub const MCU_WAKEUP_READY: u8 = 1 << 4;
    /// Bluetooth is awake.
    pub const BT_WAKE_READY: u8 = 1 << 5;
}

/// Bits of the doorbell (1.2.2).
pub mod doorbell {
    /// Set in every doorbell.
    pub const RING: u16 = 1 << 0;
    /// Register 0x124 has been written.
    pub const AP_WAKEUP_CFG: u16 = 1 << 1;
    /// Let the MCU sleep.
    pub const MCU_DEACTIVE: u16 = 1 << 2;
    /// Wake the MCU.
    pub const MCU_ACTIVE: u16 = 1 << 3;
    /// Stop Wi-Fi.
    pub const WIFI_DEACTIVE: u16 = 1 << 4;
    /// Start Wi-Fi.
    pub const WIFI_ACTIVE: u16 = 1 << 5;
    /// Dump the firmware's state.
    pub const WIFI_DEBUG: u16 = 1 << 6;
    /// Stop Bluetooth.
    pub const BT_DEACTIVE: u16 = 1 << 7;
    /// Start Bluetooth.
    pub const BT_ACTIVE: u16 = 1 << 8;
    /// Power down.
    pub const SYSTEM_CLOSE: u16 = 1 << 9;
    /// Wake Bluetooth.
    pub const BT_WAKEUP: u16 = 1 << 10;
    /// Let Bluetooth sleep.
    pub const BT_SLEEP: u16 = 1 << 11;
    /// Every bit that has a meaning.
    pub const ALL: u16 = (1 << 12) - 1;
}

/// The 17-bit address of a CMD53, which is no address here (1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PipeAddress {
    /// Data toggle, address bit 16.
    pub toggle: bool,
    /// Length in bytes, address bits 15:0; the slot code is in bits 1:0 of a message write.
    pub length: u16,
}

impl PipeAddress {
    /// Splits the 17 address bits.
    pub const fn decode(address: u32) -> Self {
        let [low, high, ..] = address.to_le_bytes();
        Self {
            toggle: address & (1 << 16) != 0,
            length: u16::from_le_bytes([low, high]),
        }
    }
}
