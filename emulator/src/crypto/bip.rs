// SPDX-License-Identifier: GPL-2.0-only
//! BIP-CMAC-128 (12.5.4): integrity of management frames to groups.

use std::fmt;

use aes::Aes128;
use cmac::{Cmac, KeyInit, Mac};

use super::mpdu::flag;
use super::{CryptoError, Mpdu};

/// Bytes of the management MIC element.
pub const ELEMENT: usize = 18;

/// The element's identifier and length (9.4.2.54).
const ELEMENT_START: [u8; 2] = [76, 16];
/// Bytes of the code, the element's end.
const MIC: usize = 8;

/// An integrity group temporal key.
#[derive(Clone)]
pub struct Key(Cmac<Aes128>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bip::Key")
    }
}

/// A frame that was found good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// IGTK packet number.
    pub packet_number: u64,
    /// Key identifier, 4 or 5.
    pub key_id: u16,
    /// Bytes of the frame without the element.
    pub length: usize,
}

impl Key {
    /// The key with these bytes.
    pub fn new(key: &[u8; 16]) -> Self {
        Self(Cmac::new(key.into()))
    }

    /// Adds the element to a management frame, with the lower 48 bits of `packet_number`.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Malformed`].
    pub fn protect(
        &self,
        packet_number: u64,
        key_id: u16,
        frame: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let mpdu = management(frame)?;
        let [p0, p1, p2, p3, p4, p5, ..] = packet_number.to_le_bytes();
        let mut bytes = frame.to_vec();
        bytes.extend(ELEMENT_START);
        bytes.extend(key_id.to_le_bytes());
        bytes.extend([p0, p1, p2, p3, p4, p5]);
        let covered = bytes.get(mpdu.header.len()..).unwrap_or_default();
        let mic = self.code(&mpdu, covered);
        bytes.extend(mic);
        Ok(bytes)
    }

    /// Verifies a management frame whose last element is the one with the code.
    ///
    /// # Errors
    ///
    /// [`CryptoError::NotProtected`] if there is no such element, or another
    /// [`CryptoError`] but [`Michael`](CryptoError::Michael).
    pub fn verify(&self, frame: &[u8]) -> Result<Verified, CryptoError> {
        let mpdu = management(frame)?;
        let (body, element) = mpdu
            .body
            .split_last_chunk::<ELEMENT>()
            .ok_or(CryptoError::NotProtected)?;
        let [id, length, k0, k1, p0, p1, p2, p3, p4, p5, mic @ ..] = *element;
        if [id, length] != ELEMENT_START {
            return Err(CryptoError::NotProtected);
        }
        let (covered, _) = mpdu.body.split_at(mpdu.body.len() - MIC);
        if self.code(&mpdu, covered) != mic {
            return Err(CryptoError::Integrity);
        }
        Ok(Verified {
            packet_number: u64::from_le_bytes([p0, p1, p2, p3, p4, p5, 0, 0]),
            key_id: u16::from_le_bytes([k0, k1]),
            length: mpdu.header.len().saturating_add(body.len()),
        })
    }

    /// The code over the header without what may change on the way, and over the body, in which
    /// the code itself counts as zeros (12.5.4.3, 12.5.4.5).
    fn code(&self, mpdu: &Mpdu<'_>, covered: &[u8]) -> [u8; MIC] {
        let [control, flags] = mpdu.frame_control();
        let kept = !(flag::RETRY | flag::POWER_MANAGEMENT | flag::MORE_DATA);
        let code = self
            .0
            .clone()
            .chain_update([control, flags & kept])
            .chain_update(mpdu.addresses().concat())
            .chain_update(covered)
            .chain_update([0; MIC])
            .finalize()
            .into_bytes();
        let mut short = [0; MIC];
        for (to, from) in short.iter_mut().zip(code) {
            *to = from;
        }
        short
    }
}

fn management(frame: &[u8]) -> Result<Mpdu<'_>, CryptoError> {
    let mpdu = Mpdu::parse(frame)?;
    if mpdu.is_management() {
        Ok(mpdu)
    } else {
        Err(CryptoError::Malformed)
    }
}
