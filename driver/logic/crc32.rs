// SPDX-License-Identifier: GPL-2.0-only

//! CRC-32 of the download protocol: IEEE 802.3, reflected, initial and final value 0xFFFFFFFF
//! (section 2.2).

const POLYNOMIAL: u32 = 0xEDB8_8320;

/// A checksum in the making.
#[derive(Clone, Copy, Debug)]
pub struct Crc32(u32);

impl Crc32 {
    /// The checksum of nothing.
    pub const fn new() -> Self {
        Self(u32::MAX)
    }

    /// Adds `bytes`.
    #[must_use]
    pub fn update(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (POLYNOMIAL & 0u32.wrapping_sub(crc & 1))
            })
        }))
    }

    /// The checksum of everything added.
    pub const fn finish(self) -> u32 {
        !self.0
    }
}

impl Default for Crc32 {
    fn default() -> Self {
        Self::new()
    }
}

/// The checksum of `bytes`.
pub fn crc32(bytes: &[u8]) -> u32 {
    Crc32::new().update(bytes).finish()
}
