// SPDX-License-Identifier: GPL-2.0-only
//! CCMP with a key of 128 bits (12.5.3).

use std::fmt;

use aes::Aes128;
use ccm::aead::inout::InOutBuf;
use ccm::consts::{U8, U13};
use ccm::{AeadInOut, Ccm, KeyInit, Nonce, Tag};

use super::mpdu::flag;
use super::{CryptoError, Mpdu, Opened};

/// Bytes of the CCMP header.
pub const HEADER: usize = 8;
/// Bytes of the message integrity code.
pub const MIC: usize = 8;

/// Bit of the key identifier's byte that says that there are four more bytes of packet number.
const EXTENDED_IV: u8 = 0x20;

/// A temporal key.
#[derive(Clone)]
pub struct Key(Ccm<Aes128, U8, U13>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ccmp::Key")
    }
}

impl Key {
    /// The key with these bytes.
    pub fn new(key: &[u8; 16]) -> Self {
        Self(Ccm::new(key.into()))
    }

    /// Protects a plain frame with the lower 48 bits of `packet_number`, which must never come
    /// twice with one key.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Malformed`].
    pub fn protect(
        &self,
        packet_number: u64,
        key_id: u8,
        frame: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let mpdu = Mpdu::parse(frame)?;
        let mut bytes = mpdu.protected_header();
        bytes.extend_from_slice(&header(packet_number, key_id));
        let mut text = mpdu.body.to_vec();
        let nonce = nonce(&mpdu, packet_number);
        let mic = self
            .0
            .encrypt_inout_detached(&nonce, &additional(&mpdu), text.as_mut_slice().into())
            .map_err(|_| CryptoError::Malformed)?;
        bytes.extend_from_slice(&text);
        bytes.extend_from_slice(&mic);
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
        let (security_header, rest) = mpdu
            .body
            .split_first_chunk::<HEADER>()
            .ok_or(CryptoError::Malformed)?;
        let (text, mic) = rest
            .split_last_chunk::<MIC>()
            .ok_or(CryptoError::Malformed)?;
        let [p0, p1, _, id, p2, p3, p4, p5] = *security_header;
        if id & EXTENDED_IV == 0 {
            return Err(CryptoError::NotProtected);
        }
        let packet_number = u64::from_le_bytes([p0, p1, p2, p3, p4, p5, 0, 0]);
        let mut text = text.to_vec();
        self.0
            .decrypt_inout_detached(
                &nonce(&mpdu, packet_number),
                &additional(&mpdu),
                InOutBuf::from(text.as_mut_slice()),
                &Tag::from(*mic),
            )
            .map_err(|_| CryptoError::Integrity)?;
        text.extend_from_slice(mic);
        Ok(Opened {
            packet_number,
            key_id: id >> 6,
            header: mpdu.header.len(),
            security_header: HEADER,
            text,
            trailer: MIC,
        })
    }
}

/// The CCMP header (figure 12-16).
fn header(packet_number: u64, key_id: u8) -> [u8; HEADER] {
    let [p0, p1, p2, p3, p4, p5, ..] = packet_number.to_le_bytes();
    [p0, p1, 0, EXTENDED_IV | key_id << 6, p2, p3, p4, p5]
}

/// The nonce (12.5.3.3.4).
fn nonce(mpdu: &Mpdu<'_>, packet_number: u64) -> Nonce<U13> {
    let management = if mpdu.is_management() { 0x10 } else { 0 };
    let priority = mpdu.tid().unwrap_or(0);
    let [_, [a, b, c, d, e, f], _] = mpdu.addresses();
    let [p0, p1, p2, p3, p4, p5, ..] = packet_number.to_le_bytes();
    [
        management | priority,
        a,
        b,
        c,
        d,
        e,
        f,
        p5,
        p4,
        p3,
        p2,
        p1,
        p0,
    ]
    .into()
}

/// What the code covers beside the body: the header without what may change on the way
/// (12.5.3.3.3).
fn additional(mpdu: &Mpdu<'_>) -> Vec<u8> {
    let [mut control, mut flags] = mpdu.frame_control();
    flags &= !(flag::RETRY | flag::POWER_MANAGEMENT | flag::MORE_DATA);
    flags |= flag::PROTECTED;
    if !mpdu.is_management() {
        control &= !0x70;
    }
    if mpdu.qos().is_some() {
        flags &= !flag::HTC;
    }
    let mut bytes = vec![control, flags];
    bytes.extend(mpdu.addresses().concat());
    bytes.extend([mpdu.fragment(), 0]);
    bytes.extend(mpdu.address_4().into_iter().flatten());
    if let Some(priority) = mpdu.tid() {
        bytes.extend([priority, 0]);
    }
    bytes
}
