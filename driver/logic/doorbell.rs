// SPDX-License-Identifier: GPL-2.0-only

//! The CMD52 registers: doorbell and slave status (sections 1.2 to 1.2.2).

/// Low byte of the pending length, or the genuine-zero flag while running.
pub const REG_LENGTH_LOW: u32 = 0x000;
/// High byte of the pending length, or the receive control register while running. Reading it
/// clears the chip's interrupt.
pub const REG_CONTROL: u32 = 0x001;
/// Receive buffers free in the downloader.
pub const REG_DOWNLOAD_BUFFERS: u32 = 0x108;
/// Largest download frame, low byte.
pub const REG_MAX_FRAME_LOW: u32 = 0x109;
/// Largest download frame, high byte.
pub const REG_MAX_FRAME_HIGH: u32 = 0x10A;
/// Slave status.
pub const REG_STATUS: u32 = 0x10C;
/// Doorbell, low byte: writing it rings.
pub const REG_DOORBELL_LOW: u32 = 0x120;
/// Doorbell, high byte: written first.
pub const REG_DOORBELL_HIGH: u32 = 0x121;

/// Bit 0 of register 0x000 while running: a count of zero is genuine.
pub const GENUINE_ZERO: u8 = 0x01;

/// Contents of the slave status register 0x10C.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Status(pub u8);

impl Status {
    /// The main firmware's command processor is up.
    pub const MCU_READY: u8 = 0x01;
    /// Calibration data can be read.
    pub const DPD_READY: u8 = 0x02;
    /// The Wi-Fi subsystem is active.
    pub const WIFI_READY: u8 = 0x04;
    /// The Bluetooth subsystem is active.
    pub const BT_READY: u8 = 0x08;
    /// The MCU is awake.
    pub const MCU_AWAKE: u8 = 0x10;
    /// Bluetooth is awake.
    pub const BT_AWAKE: u8 = 0x20;

    /// Whether all bits of `mask` are set.
    pub const fn has(self, mask: u8) -> bool {
        self.0 & mask == mask
    }
}

/// A request to a subsystem of the chip.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Doorbell {
    /// Let the MCU sleep.
    McuDeactivate,
    /// Wake the MCU.
    McuActivate,
    /// Stop the Wi-Fi subsystem.
    WifiDeactivate,
    /// Start the Wi-Fi subsystem.
    WifiActivate,
    /// Ask the firmware to dump its state.
    WifiDebug,
    /// Stop Bluetooth.
    BtDeactivate,
    /// Start Bluetooth.
    BtActivate,
    /// Wake Bluetooth.
    BtWake,
    /// Let Bluetooth sleep.
    BtSleep,
}

/// The status bit that answers a doorbell, and the value it must reach.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Acknowledge {
    /// Mask in register 0x10C.
    pub mask: u8,
    /// Whether the bit becomes set.
    pub set: bool,
}

impl Acknowledge {
    /// Whether `status` shows the answer.
    pub const fn seen(self, status: Status) -> bool {
        status.has(self.mask) == self.set
    }
}

impl Doorbell {
    /// The 16-bit doorbell word, ring bit included.
    pub const fn word(self) -> u16 {
        const RING: u16 = 0x0001;
        RING | match self {
            Self::McuDeactivate => 0x0004,
            Self::McuActivate => 0x0008,
            Self::WifiDeactivate => 0x0010,
            Self::WifiActivate => 0x0020,
            Self::WifiDebug => 0x0040,
            Self::BtDeactivate => 0x0080,
            Self::BtActivate => 0x0100,
            Self::BtWake => 0x0400,
            Self::BtSleep => 0x0800,
        }
    }

    /// The bytes for 0x121 and 0x120, in the order of the writes.
    pub const fn bytes(self) -> (u8, u8) {
        let [low, high] = self.word().to_le_bytes();
        (high, low)
    }

    /// What answers this doorbell in the status register, if anything does.
    pub const fn acknowledge(self) -> Option<Acknowledge> {
        let (mask, set) = match self {
            Self::McuDeactivate => (Status::MCU_AWAKE, false),
            Self::McuActivate => (Status::MCU_AWAKE, true),
            Self::WifiDeactivate => (Status::WIFI_READY, false),
            Self::WifiActivate => (Status::WIFI_READY, true),
            Self::WifiDebug => return None,
            Self::BtDeactivate => (Status::BT_READY, false),
            Self::BtActivate => (Status::BT_READY, true),
            Self::BtWake => (Status::BT_AWAKE, true),
            Self::BtSleep => (Status::BT_AWAKE, false),
        };
        Some(Acknowledge { mask, set })
    }

    /// The name in the protocol specification.
    pub const fn name(self) -> &'static str {
        match self {
            Self::McuDeactivate => "MCU_DEACTIVE",
            Self::McuActivate => "MCU_ACTIVE",
            Self::WifiDeactivate => "WIFI_DEACTIVE",
            Self::WifiActivate => "WIFI_ACTIVE",
            Self::WifiDebug => "WIFI_DEBUG",
            Self::BtDeactivate => "BT_DEACTIVE",
            Self::BtActivate => "BT_ACTIVE",
            Self::BtWake => "BT_WAKEUP",
            Self::BtSleep => "BT_SLEEP",
        }
    }
}
