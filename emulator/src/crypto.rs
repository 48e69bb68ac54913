// SPDX-License-Identifier: GPL-2.0-only
//! Protection of 802.11 frames: WEP, TKIP, CCMP, and BIP for frames to groups.
//!
//! Keys protect plain MPDUs and open protected ones; a frame is bytes without its frame check
//! sequence. They keep no counters: the sender chooses the packet number, and the receiver asks
//! [`replay`] about the one it got. Clauses are those of 802.11-2020.

pub mod bip;
pub mod ccmp;
mod mpdu;
pub mod replay;
pub mod tkip;
pub mod wep;

use thiserror::Error;

pub use mpdu::Mpdu;

/// Why a frame cannot be protected or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CryptoError {
    /// It is no data or management frame, or shorter than its headers and trailers.
    #[error("too short, or no data or management frame")]
    Malformed,
    /// It is not protected, or not in this way.
    #[error("not protected in this way")]
    NotProtected,
    /// A message integrity code is wrong, or an integrity check value.
    #[error("the integrity check failed")]
    Integrity,
    /// The integrity check value is right and the code of Michael is wrong, which needs
    /// countermeasures (12.5.2.4.1).
    #[error("the Michael check failed")]
    Michael,
}

/// A frame whose protection was removed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// Packet number: PN, TSC, or the IV of WEP.
    pub packet_number: u64,
    /// Key identifier, 0 to 3.
    pub key_id: u8,
    /// Bytes of the MAC header.
    header: usize,
    /// Bytes between header and body.
    security_header: usize,
    /// Body and trailer in plain text.
    text: Vec<u8>,
    /// Bytes of the trailer.
    trailer: usize,
}

impl Opened {
    /// The frame's body.
    pub fn body(&self) -> &[u8] {
        let (body, _) = self.text.split_at(self.text.len() - self.trailer);
        body
    }

    /// The plain frame without anything of the protection, from the protected one. The bit in
    /// frame control that says that the frame is protected stays.
    pub fn stripped(&self, frame: &[u8]) -> Vec<u8> {
        let mut plain = frame.get(..self.header).unwrap_or_default().to_vec();
        plain.extend_from_slice(self.body());
        plain
    }

    /// The frame with its body in plain text and with the headers and trailers of the protection,
    /// from the protected one.
    pub fn in_place(&self, frame: &[u8]) -> Vec<u8> {
        let header = self.header.saturating_add(self.security_header);
        let mut plain = frame.get(..header).unwrap_or_default().to_vec();
        plain.extend_from_slice(&self.text);
        plain
    }
}
