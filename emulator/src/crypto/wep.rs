// SPDX-License-Identifier: GPL-2.0-only
//! WEP with keys of 40 and 104 bits (12.3.2).

use std::fmt;

use rc4::{KeyInit, Rc4, StreamCipher};

use super::{CryptoError, Mpdu, Opened};

/// Bytes of the IV with the key identifier.
pub const HEADER: usize = 4;
/// Bytes of the integrity check value.
pub const ICV: usize = 4;

/// A WEP key.
#[derive(Clone)]
pub struct Key(Vec<u8>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wep::Key of {} bytes", self.0.len())
    }
}

impl Key {
    /// The key with these bytes, 5 or 13. `None` for any other number.
    pub fn new(key: &[u8]) -> Option<Self> {
        matches!(key.len(), 5 | 13).then(|| Self(key.to_vec()))
    }

    /// Protects a plain frame with the lower 24 bits of `iv`.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Malformed`].
    pub fn protect(&self, iv: u32, key_id: u8, frame: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mpdu = Mpdu::parse(frame)?;
        let [_, iv @ ..] = iv.to_be_bytes();
        let mut bytes = mpdu.protected_header();
        bytes.extend(iv);
        bytes.push(key_id << 6);
        bytes.extend(encrypt(&self.seed(iv), mpdu.body));
        Ok(bytes)
    }

    /// Opens a protected frame.
    ///
    /// # Errors
    ///
    /// [`CryptoError`], but not [`Michael`](CryptoError::Michael).
    pub fn open(&self, frame: &[u8]) -> Result<Opened, CryptoError> {
        let mpdu = Mpdu::parse(frame)?;
        if !mpdu.is_protected() {
            return Err(CryptoError::NotProtected);
        }
        let (header, rest) = mpdu
            .body
            .split_first_chunk::<HEADER>()
            .ok_or(CryptoError::Malformed)?;
        let [a, b, c, id] = *header;
        Ok(Opened {
            packet_number: u64::from(u32::from_be_bytes([0, a, b, c])),
            key_id: id >> 6,
            header: mpdu.header.len(),
            security_header: HEADER,
            text: decrypt(&self.seed([a, b, c]), rest)?,
            trailer: ICV,
        })
    }

    fn seed(&self, iv: [u8; 3]) -> Vec<u8> {
        [iv.as_slice(), &self.0].concat()
    }
}

/// Encrypts a body and its integrity check value with a seed of 1 to 256 bytes.
pub(super) fn encrypt(seed: &[u8], body: &[u8]) -> Vec<u8> {
    let mut text = body.to_vec();
    text.extend(crc32fast::hash(body).to_le_bytes());
    apply(seed, &mut text);
    text
}

/// Body and integrity check value in plain text.
pub(super) fn decrypt(seed: &[u8], text: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let mut text = text.to_vec();
    apply(seed, &mut text);
    let (body, icv) = text
        .split_last_chunk::<ICV>()
        .ok_or(CryptoError::Malformed)?;
    if crc32fast::hash(body).to_le_bytes() != *icv {
        return Err(CryptoError::Integrity);
    }
    Ok(text)
}

fn apply(seed: &[u8], text: &mut [u8]) {
    // Every seed here has a length that RC4 takes.
    if let Ok(mut cipher) = Rc4::new_from_slice(seed) {
        cipher.apply_keystream(text);
    }
}
