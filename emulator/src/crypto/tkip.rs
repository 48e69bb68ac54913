// SPDX-License-Identifier: GPL-2.0-only
//! TKIP (12.5.2): a WEP key for each frame, and the code Michael over the MSDU.

use std::fmt;

use super::{CryptoError, Mpdu, Opened, wep};

/// Bytes of the IV and the extended IV.
pub const HEADER: usize = 8;
/// Bytes of Michael's code.
pub const MIC: usize = 8;
/// Bytes of the integrity check value.
pub const ICV: usize = wep::ICV;

/// Bit of the key identifier's byte that says that the extended IV follows.
const EXTENDED_IV: u8 = 0x20;

/// A temporal key with the keys of Michael.
#[derive(Clone)]
pub struct Key {
    temporal: [u8; 16],
    send: [u8; 8],
    receive: [u8; 8],
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tkip::Key")
    }
}

impl Key {
    /// A temporal key, and the keys for Michael of what is sent and of what is received. With a
    /// group's key a station only receives.
    pub const fn new(temporal: [u8; 16], send: [u8; 8], receive: [u8; 8]) -> Self {
        Self {
            temporal,
            send,
            receive,
        }
    }

    /// Protects a plain data frame with the lower 48 bits of the TKIP sequence counter `tsc`.
    /// Fragments get no code: it belongs to the MSDU, and whoever made fragments has added it.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Malformed`].
    pub fn protect(&self, tsc: u64, key_id: u8, frame: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mpdu = Mpdu::parse(frame)?;
        let [t0, t1, t2, t3, t4, t5, ..] = tsc.to_le_bytes();
        let mut bytes = mpdu.protected_header();
        let seed_1 = (t1 | 0x20) & 0x7F;
        bytes.extend([t1, seed_1, t0, EXTENDED_IV | key_id << 6, t2, t3, t4, t5]);
        let mut body = mpdu.body.to_vec();
        if !mpdu.is_fragment() {
            body.extend(code(self.send, &mpdu, mpdu.body));
        }
        bytes.extend(wep::encrypt(&self.seed(&mpdu, tsc), &body));
        Ok(bytes)
    }

    /// Opens a protected data frame. The code is not in a fragment, and is not looked for there.
    ///
    /// # Errors
    ///
    /// [`CryptoError`].
    pub fn open(&self, frame: &[u8]) -> Result<Opened, CryptoError> {
        let mpdu = Mpdu::parse(frame)?;
        if !mpdu.is_protected() {
            return Err(CryptoError::NotProtected);
        }
        let (header, rest) = mpdu
            .body
            .split_first_chunk::<HEADER>()
            .ok_or(CryptoError::Malformed)?;
        let [t1, _, t0, id, t2, t3, t4, t5] = *header;
        if id & EXTENDED_IV == 0 {
            return Err(CryptoError::NotProtected);
        }
        let tsc = u64::from_le_bytes([t0, t1, t2, t3, t4, t5, 0, 0]);
        let text = wep::decrypt(&self.seed(&mpdu, tsc), rest)?;
        let trailer = if mpdu.is_fragment() { ICV } else { ICV + MIC };
        let (body, trailer) = text
            .len()
            .checked_sub(trailer)
            .and_then(|length| text.split_at_checked(length))
            .ok_or(CryptoError::Malformed)?;
        if let Some((received, _)) = trailer.split_first_chunk::<MIC>()
            && *received != code(self.receive, &mpdu, body)
        {
            return Err(CryptoError::Michael);
        }
        let trailer = trailer.len();
        Ok(Opened {
            packet_number: tsc,
            key_id: id >> 6,
            header: mpdu.header.len(),
            security_header: HEADER,
            text,
            trailer,
        })
    }

    fn seed(&self, mpdu: &Mpdu<'_>, tsc: u64) -> [u8; 16] {
        let [_, transmitter, _] = mpdu.addresses();
        let [t0, t1, t2, t3, t4, t5, ..] = tsc.to_le_bytes();
        let high = u32::from_le_bytes([t2, t3, t4, t5]);
        let mixed = phase_1(&self.temporal, transmitter, high);
        phase_2(&self.temporal, mixed, u16::from_le_bytes([t0, t1]))
    }
}

/// Michael's code of a frame: over its ends and its priority, and the body (12.5.2.3).
fn code(key: [u8; 8], mpdu: &Mpdu<'_>, body: &[u8]) -> [u8; MIC] {
    let (destination, source) = mpdu.ends();
    let mut text = Vec::with_capacity(body.len().saturating_add(24));
    text.extend(destination);
    text.extend(source);
    text.extend([mpdu.tid().unwrap_or(0), 0, 0, 0]);
    text.extend_from_slice(body);
    michael(key, text)
}

/// Michael (12.5.2.3.3).
fn michael(key: [u8; 8], mut text: Vec<u8>) -> [u8; MIC] {
    let [a, b, c, d, e, f, g, h] = key;
    let mut left = u32::from_le_bytes([a, b, c, d]);
    let mut right = u32::from_le_bytes([e, f, g, h]);
    // 0x5A, and four to seven zeros up to a multiple of four.
    text.push(0x5A);
    text.resize(text.len().saturating_add(4).next_multiple_of(4), 0);
    for word in text.as_chunks().0 {
        left ^= u32::from_le_bytes(*word);
        right ^= left.rotate_left(17);
        left = left.wrapping_add(right);
        // The bytes of each half change places.
        right ^= left.rotate_left(16).swap_bytes();
        left = left.wrapping_add(right);
        right ^= left.rotate_left(3);
        left = left.wrapping_add(right);
        right ^= left.rotate_right(2);
        left = left.wrapping_add(right);
    }
    let mut code = [0; MIC];
    let (low, high) = code.split_at_mut(4);
    low.copy_from_slice(&left.to_le_bytes());
    high.copy_from_slice(&right.to_le_bytes());
    code
}

/// The temporal key as 16-bit words.
fn words(key: &[u8; 16]) -> [u16; 8] {
    let mut words = [0; 8];
    for (word, bytes) in words.iter_mut().zip(key.as_chunks().0) {
        *word = u16::from_le_bytes(*bytes);
    }
    words
}

/// First phase of key mixing: from the transmitter's address and the upper 32 bits of the counter
/// (12.5.2.5.2).
fn phase_1(key: &[u8; 16], transmitter: [u8; 6], counter: u32) -> [u16; 5] {
    let [t0, t1, t2, t3, t4, t5] = transmitter;
    let [c0, c1, c2, c3] = counter.to_le_bytes();
    let mut mixed = [
        u16::from_le_bytes([c0, c1]),
        u16::from_le_bytes([c2, c3]),
        u16::from_le_bytes([t0, t1]),
        u16::from_le_bytes([t2, t3]),
        u16::from_le_bytes([t4, t5]),
    ];
    let [k0, k1, k2, k3, k4, k5, k6, k7] = words(key);
    for round in 0..8_u16 {
        let [a, b, c, d] = if round % 2 == 0 {
            [k0, k2, k4, k6]
        } else {
            [k1, k3, k5, k7]
        };
        let mut last = mixed[4];
        for (word, key) in mixed.iter_mut().zip([a, b, c, d, a]) {
            *word = word.wrapping_add(substitute(last ^ key));
            last = *word;
        }
        mixed[4] = last.wrapping_add(round);
    }
    mixed
}

/// Second phase: with the lower 16 bits of the counter, the seed of the frame (12.5.2.5.3).
fn phase_2(key: &[u8; 16], mixed: [u16; 5], counter: u16) -> [u8; 16] {
    let [m0, m1, m2, m3, m4] = mixed;
    let mut words_ = [m0, m1, m2, m3, m4, m4.wrapping_add(counter)];
    let key = words(key);
    let mut last = words_[5];
    for (word, key) in words_.iter_mut().zip(key) {
        *word = word.wrapping_add(substitute(last ^ key));
        last = *word;
    }
    let [.., k6, k7] = key;
    for (word, key) in words_.iter_mut().zip([k6, k7, 0, 0, 0, 0]) {
        *word = word.wrapping_add((last ^ key).rotate_right(1));
        last = *word;
    }
    let [k0, ..] = key;
    let [low, high] = counter.to_le_bytes();
    let [third, _] = ((last ^ k0) >> 1).to_le_bytes();
    let mut seed = [0; 16];
    let bytes = [high, (high | 0x20) & 0x7F, low, third]
        .into_iter()
        .chain(words_.into_iter().flat_map(u16::to_le_bytes));
    for (to, from) in seed.iter_mut().zip(bytes) {
        *to = from;
    }
    seed
}

/// The substitution of a word (12.5.2.5.4).
fn substitute(word: u16) -> u16 {
    let [low, high] = word.to_le_bytes();
    let entry = |byte: u8| SUBSTITUTION.get(usize::from(byte)).copied().unwrap_or(0);
    entry(low) ^ entry(high).swap_bytes()
}

/// The table of the substitution: of each byte's AES substitute, twice it above thrice it.
const SUBSTITUTION: [u16; 256] = substitution();

/// Multiplies by x in the field of AES.
const fn double(byte: u8) -> u8 {
    byte << 1 ^ if byte & 0x80 == 0 { 0 } else { 0x1B }
}

#[expect(clippy::indexing_slicing, reason = "the compiler runs it")]
const fn substitution() -> [u16; 256] {
    let mut table = [0; 256];
    // A generator's powers and those of its inverse meet every element with its inverse.
    let (mut power, mut inverse) = (1_u8, 1_u8);
    loop {
        power ^= double(power);
        // Division by 3.
        inverse ^= inverse << 1;
        inverse ^= inverse << 2;
        inverse ^= inverse << 4;
        if inverse & 0x80 != 0 {
            inverse ^= 0x09;
        }
        table[power as usize] = entry(affine(inverse));
        if power == 1 {
            break;
        }
    }
    table[0] = entry(affine(0));
    table
}

/// The affine map of the AES substitution.
const fn affine(byte: u8) -> u8 {
    byte ^ byte.rotate_left(1)
        ^ byte.rotate_left(2)
        ^ byte.rotate_left(3)
        ^ byte.rotate_left(4)
        ^ 0x63
}

const fn entry(substitute: u8) -> u16 {
    let double = double(substitute);
    u16::from_le_bytes([double ^ substitute, double])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_substitution_is_that_of_the_standard() {
        let ends = (SUBSTITUTION[0], SUBSTITUTION[1], SUBSTITUTION[255]);
        assert_eq!(ends, (0xC6A5, 0xF884, 0x2C3A));
    }

    /// The chain of annex J.6.2: each code is the key of the next text.
    #[test]
    fn michael_agrees_with_the_standard() {
        let codes = [
            "82925c1ca1d130b8",
            "434721ca40639b3f",
            "e8f9becae97e5d29",
            "90038fc6cf13c1db",
            "d55e100510128986",
            "0a942b124ecaa546",
        ];
        let mut key = [0; 8];
        for (text, code) in ["", "M", "Mi", "Mic", "Mich", "Michael"]
            .into_iter()
            .zip(codes)
        {
            key = michael(key, text.into());
            assert_eq!(format!("{:016x}", u64::from_be_bytes(key)), code, "{text}");
        }
    }

    /// Annex J.6.1: key, transmitter, upper and lower counter; first phase, seed.
    #[test]
    fn key_mixing_agrees_with_the_standard() {
        let count: [u8; 16] = std::array::from_fn(|i| i as u8);
        let other = 0x6389_3B25_0840_B8AE_0BD0_FA7E_61D2_783E_u128.to_be_bytes();
        let one = [0x10, 0x22, 0x33, 0x44, 0x55, 0x66];
        let two = [0x64, 0xF2, 0xEA, 0xED, 0xDC, 0x25];
        for (key, transmitter, high, low, first, seed) in [
            (
                count,
                one,
                0,
                0,
                [0x3DD2, 0x016E, 0x76F4, 0x8697, 0xB2E8],
                0x0020_0033_EA8D_2F60_CA6D_1374_234A_660B_u128,
            ),
            (
                count,
                one,
                0,
                1,
                [0x3DD2, 0x016E, 0x76F4, 0x8697, 0xB2E8],
                0x0020_0190_FFDC_3143_89A9_D9D0_74FD_20AA,
            ),
            (
                other,
                two,
                0x20DC_FD43,
                0xFFFF,
                [0x7C67, 0x49D7, 0x9724, 0xB5E9, 0xB4F1],
                0xFF7F_FF93_810F_C6E5_8F5D_D326_2515_44CE,
            ),
        ] {
            let mixed = phase_1(&key, transmitter, high);
            assert_eq!(mixed, first);
            assert_eq!(u128::from_be_bytes(phase_2(&key, mixed, low)), seed);
        }
    }
}
