// SPDX-License-Identifier: GPL-2.0-only
//! Message ids (protocol 3.1) and their names.

/// Bytes of a message header.
pub const HEADER_LEN: usize = 4;
/// Confirms are their request with this.
pub const CONFIRM: u16 = 0x0400;
/// Indications have this.
pub const INDICATION: u16 = 0x0800;
/// Messages of the MCU class have both.
pub const MCU_CLASS: u16 = 0x0C00;
/// Label of a confirm of the MCU class.
pub const LABEL_CONFIRM: u32 = 0x0F;

/// Startup indication.
pub const STARTUP: u16 = 0x0801;
/// Exception indication.
pub const EXCEPTION: u16 = 0x0800;
/// Receive indication.
pub const RECEIVE: u16 = 0x0804;
/// Event indication.
pub const EVENT: u16 = 0x0805;
/// Scan complete indication.
pub const SCAN_COMPLETE: u16 = 0x0806;
/// Power-save mode changed indication.
pub const PM_CHANGED: u16 = 0x0809;
/// Channel switched indication.
pub const CHANNEL_SWITCHED: u16 = 0x080A;

/// Transmit request.
pub const TRANSMIT: u16 = 0x0004;
/// Transmit confirm.
pub const TRANSMIT_CONFIRM: u16 = 0x0404;
/// Multi-transmit confirm.
pub const MULTI_TX_CONFIRM: u16 = 0x041E;
/// Read MIB request.
pub const READ_MIB: u16 = 0x0005;
/// Write MIB request.
pub const WRITE_MIB: u16 = 0x0006;
/// Start scan request.
pub const SCAN: u16 = 0x0007;
/// Stop scan request.
pub const STOP_SCAN: u16 = 0x0008;
/// Configuration request.
pub const CONFIGURATION: u16 = 0x0009;
/// Reset request.
pub const RESET: u16 = 0x000A;
/// Join request.
pub const JOIN: u16 = 0x000B;
/// Add key request.
pub const ADD_KEY: u16 = 0x000C;
/// Remove key request.
pub const REMOVE_KEY: u16 = 0x000D;
/// Set power save request.
pub const SET_PM: u16 = 0x0010;
/// Set BSS parameters request.
pub const SET_BSS_PARAMS: u16 = 0x0011;
/// Set transmit queue parameters request.
pub const TX_QUEUE_PARAMS: u16 = 0x0012;
/// Set EDCA parameters request.
pub const EDCA_PARAMS: u16 = 0x0013;
/// Switch channel request.
pub const SWITCH_CHANNEL: u16 = 0x0016;
/// Start request.
pub const START: u16 = 0x0017;
/// Driver RF command.
pub const RF_COMMAND: u16 = 0x0C27;

/// The id field of a header, in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(pub u16);

impl Id {
    /// Sequence number, bits 15:13.
    pub const fn sequence(self) -> u8 {
        let [_, high] = self.0.to_le_bytes();
        high >> 5
    }

    /// Interface id, bits 9:6.
    pub const fn interface(self) -> u8 {
        let [low, high] = self.0.to_le_bytes();
        (high & 3) << 2 | low >> 6
    }

    /// Class and command number, without sequence and interface.
    pub const fn kind(self) -> u16 {
        self.0 & 0x0C3F
    }

    /// Whether the class is that of the MCU.
    pub const fn is_mcu(self) -> bool {
        self.0 & MCU_CLASS == MCU_CLASS
    }

    /// Index of the sequence counter: 0, or 1 for the MCU class.
    pub const fn class_index(self) -> usize {
        if self.is_mcu() { 1 } else { 0 }
    }

    /// The id with another sequence number (modulo 8).
    #[must_use]
    pub const fn with_sequence(self, sequence: u8) -> Self {
        Self(self.0 & 0x1FFF | u16::from_le_bytes([0, (sequence & 7) << 5]))
    }

    /// Name of the message, or `unknown`.
    pub const fn name(self) -> &'static str {
        match self.kind() {
            0x0004 => "transmit",
            0x0005 => "read-mib",
            0x0006 => "write-mib",
            0x0007 => "scan",
            0x0008 => "stop-scan",
            0x0009 => "configuration",
            0x000A => "reset",
            0x000B => "join",
            0x000C => "add-key",
            0x000D => "remove-key",
            0x0010 => "set-pm",
            0x0011 => "set-bss-params",
            0x0012 => "tx-queue-params",
            0x0013 => "edca-params",
            0x0016 => "switch-channel",
            0x0017 => "start",
            0x0018 => "beacon-transmit",
            0x0019 => "start-find",
            0x001A => "stop-find",
            0x001B => "update-ie",
            0x001C => "map-link",
            0x0022 => "give-buffer",
            0x0023 => "request-buffer",
            0x0024 => "sleep-control",
            0x0029 => "epta",
            0x0404 => "transmit-confirm",
            0x041E => "multi-transmit-confirm",
            0x0800 => "exception",
            0x0801 => "startup",
            0x0804 => "receive",
            0x0805 => "event-indication",
            0x0806 => "scan-complete",
            0x0809 => "pm-changed",
            0x080A => "channel-switched",
            0x080B => "find-complete",
            0x080C => "suspend-resume-tx",
            0x0C25 => "vendor-rf",
            0x0C27 => "driver-rf",
            0x0C30 => "bt-time-slot",
            0x0C31 => "bt-wake",
            kind if kind & MCU_CLASS == CONFIRM => {
                let request = Self(kind & !CONFIRM);
                match request.name().as_bytes() {
                    b"unknown" => "unknown",
                    _ => "confirm",
                }
            }
            _ => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Id;

    #[test]
    fn splits_the_worked_example() {
        // Appendix B.2, steps 5 to 7.
        assert_eq!(Id(0x2406).sequence(), 1);
        assert_eq!(Id(0x2046).interface(), 1);
        assert_eq!(Id(0x2046).kind(), 0x0006);
        assert_eq!(Id(0x0446).with_sequence(2), Id(0x4446));
        assert_eq!(Id(0x4446).name(), "confirm");
    }

    #[test]
    fn knows_the_mcu_class() {
        assert!(Id(0x0C27).is_mcu());
        assert_eq!(Id(0x2C27).class_index(), 1);
        assert_eq!(Id(0x0427).class_index(), 0);
    }
}
