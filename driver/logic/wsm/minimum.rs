// SPDX-License-Identifier: GPL-2.0-only

//! The smallest valid length of every message the device may send, checked before anything looks
//! at its body (W-21).
//!
//! Confirms that carry more than a status on success count with their status only: a refusal may
//! end there, and their decoders check the rest.

/// First id, last id, smallest whole message in bytes, header included.
const MINIMUM: [(u16, u16, u16); 20] = [
    // Transmit and multi-transmit confirms: one record of 20 bytes.
    (0x0404, 0x0404, 24),
    (0x041E, 0x041E, 28),
    // Confirms that begin with a status.
    (0x0405, 0x040D, 8),
    (0x0410, 0x0413, 8),
    (0x0416, 0x041C, 8),
    (0x0422, 0x0423, 8),
    (0x0429, 0x0429, 8),
    // Wi-Fi sleep control: any body.
    (0x0424, 0x0424, 4),
    // Exception: at least its reason, a truncated one still tells that the firmware died.
    (0x0800, 0x0800, 8),
    // Startup.
    (0x0801, 0x0801, 152),
    // Receive: descriptor and the shortest 802.11 header.
    (0x0804, 0x0804, 42),
    // Event, scan complete, power mode changed, channel switched.
    (0x0805, 0x0805, 12),
    (0x0806, 0x0806, 10),
    (0x0809, 0x0809, 9),
    (0x080A, 0x080A, 8),
    // Find complete: body ignored.
    (0x080B, 0x080B, 4),
    // Suspend/resume of transmission.
    (0x080C, 0x080C, 8),
    // MCU messages carry the MCU header.
    (0x0C25, 0x0C25, 16),
    (0x0C27, 0x0C27, 16),
    (0x0C30, 0x0C31, 16),
];

/// Smallest whole message with `id` (class and command number); `None` when the device does not
/// send such a message.
pub fn minimum_len(id: u16) -> Option<u16> {
    MINIMUM
        .iter()
        .find(|(first, last, _)| (*first..=*last).contains(&id))
        .map(|(_, _, len)| *len)
}
