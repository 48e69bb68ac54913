// SPDX-License-Identifier: GPL-2.0-only
//! Protection of frames: the standard's test vectors (802.11, annex J), and what must hold for
//! every frame.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use bes2600_emulator::crypto::{CryptoError, Mpdu, bip, ccmp, tkip, wep};
use proptest::prelude::*;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn array<const N: usize>(hex: &str) -> [u8; N] {
    bytes(hex).try_into().unwrap()
}

/// Annex J.6.4.
#[test]
fn ccmp_agrees_with_the_standard() {
    let key = ccmp::Key::new(&array("c97c1f67ce371185514a8a19f2bdd52f"));
    let plain = bytes(
        "0848c32c0fd2e128a57c5030f1844408abaea5b8fcba8033
         f8ba1a55d02f85ae967bb62fb6cda8eb7e78a050",
    );
    let protected = bytes(
        "0848c32c0fd2e128a57c5030f1844408abaea5b8fcba8033
         0ce70020769703b5
         f3d0a2fe9a3dbf2342a643e43246e80c3c04d019
         7845ce0b16f97623",
    );
    let number = 0xB503_9776_E70C;
    assert_eq!(key.protect(number, 0, &plain).unwrap(), protected);
    let opened = key.open(&protected).unwrap();
    assert_eq!((opened.packet_number, opened.key_id), (number, 0));
    assert_eq!(opened.stripped(&protected), plain);
    let in_place = opened.in_place(&protected);
    assert_eq!(in_place.len(), protected.len());
    assert_eq!(in_place[..32], protected[..32]);
    assert_eq!(in_place[32..52], plain[24..]);
    assert_eq!(in_place[52..], protected[52..]);
}

/// The frame of annex J.9.2, a deauthentication.
#[test]
fn ccmp_protects_management_frames() {
    let key = ccmp::Key::new(&array("66ed21042f9f26d7115706e40414cf2e"));
    let plain = bytes("c00000000200000001000200000000000200000000006000 0200");
    let protected = key.protect(1, 0, &plain).unwrap();
    assert_eq!(
        protected,
        bytes(
            "c04000000200000001000200000000000200000000006000
             0100002000000000 1d07 cafd0409bb8bafef"
        )
    );
}

/// Annex J.6.3. The body is a ping.
#[test]
fn tkip_agrees_with_the_standard() {
    let temporal = array("12345678901234567890123456789012");
    let (send, receive) = (array("3456789012345678"), array("9012345678901234"));
    let key = tkip::Key::new(temporal, send, receive);
    let other_end = tkip::Key::new(temporal, receive, send);
    let plain = bytes(
        "08422c00020304050608020304050607020304050607d002
         aaaa030000000800 450000540000400040 01a555c0a80a02c0a80a01
         08003ab000000000cd4c050000000000 08090a0b0c0d0e0f
         101112131415161718191a1b1c1d1e1f
         202122232425262728292a2b2c2d2e2f3031323334353637",
    );
    let protected = key.protect(1, 0, &plain).unwrap();
    assert_eq!(
        protected,
        bytes(
            "08422c00020304050608020304050607020304050607d002
             0020012000000000
             c00e14fce7cfabc77547e666e57c0dac704a1e358a88c11c8e2e282e3801027a
             4656055ee93e9c254702e9735805ddb5769ba73f1ebb56e844ef912285d3dd6e
             541e823873558adba079068abd7f7f50959675acc4b4de9aa99c05f289a7c52f
             ee5bfc14f6f8e5f8"
        )
    );
    let opened = other_end.open(&protected).unwrap();
    assert_eq!((opened.packet_number, opened.key_id), (1, 0));
    assert_eq!(opened.stripped(&protected), plain);
    assert_eq!(key.open(&protected), Err(CryptoError::Michael));
}

/// Annex J.2.2: a body and its integrity check value.
#[test]
fn wep_agrees_with_the_standard() {
    let key = wep::Key::new(&bytes("3031323334")).unwrap();
    let header = "08410000 020000000001 020000000002 020000000003 0000";
    let plain = bytes(&format!(
        "{header} aaaa0300000008004500004e661a00008011be640a0001220affffff00890089003a0000
         80a601100001000000000000204543454a4548454346434550464545494546464343414341434143
         41434141410000200001"
    ));
    let protected = key.protect(0xFB_029E, 2, &plain).unwrap();
    let expected = bytes(&format!(
        "{header} fb029e80
         f69c5806bd6ce84626bcbefb9474650aad1f7909b0f64d5f58a503a258b7ed22eb0ea64930d3a056
         a55742fcce141d485f8aa836dea18df42c5380805ad0c61a5d6f58f41040b24b7d1a693856ed0d43
         98e7aee3bf0e2a2ca8f7"
    ));
    assert_eq!(protected, expected);
    let opened = key.open(&protected).unwrap();
    assert_eq!((opened.packet_number, opened.key_id), (0xFB_029E, 2));
    assert_eq!(opened.body(), &plain[24..]);
}

/// The frame and key of annex J.9.1; the code was calculated with OpenSSL.
#[test]
fn bip_agrees_with_another_implementation() {
    let key = bip::Key::new(&array("4ea9543e09cf2b1eca66ffc58bdecbcf"));
    let plain = bytes("c0000000ffffffffffff0200000000000200000000000900 0200");
    let protected = key.protect(4, 4, &plain).unwrap();
    let element = bytes("4c10 0400 040000000000 48dfbfa7b8278872");
    assert_eq!(protected, [plain.clone(), element].concat());
    let verified = key.verify(&protected).unwrap();
    assert_eq!((verified.packet_number, verified.key_id), (4, 4));
    assert_eq!(protected[..verified.length], plain);
    assert_eq!(key.verify(&plain), Err(CryptoError::NotProtected));
}

#[test]
fn only_40_and_104_bits_make_a_wep_key() {
    for length in 0..40 {
        let good = matches!(length, 5 | 13);
        assert_eq!(wep::Key::new(&vec![0; length]).is_some(), good);
    }
}

#[test]
fn keys_do_not_show_themselves() {
    let (ccmp, bip) = (ccmp::Key::new(&[0xAB; 16]), bip::Key::new(&[0xAB; 16]));
    let tkip = tkip::Key::new([0xAB; 16], [0xAB; 8], [0xAB; 8]);
    let wep = wep::Key::new(&[0xAB; 5]).unwrap();
    let text = format!("{ccmp:?} {bip:?} {tkip:?} {wep:?}").to_lowercase();
    assert!(!text.contains("ab") && !text.contains("171"), "{text}");
}

/// Plain data frames of every header, and management frames.
fn plain() -> impl Strategy<Value = Vec<u8>> {
    let control = prop::sample::select(vec![0x08_u8, 0x88, 0xC0, 0xD0]);
    // Protected and more fragments apart.
    let flags = any::<u8>().prop_map(|flags| flags & !0x44);
    let rest = prop::collection::vec(any::<u8>(), 34..300);
    (control, flags, rest).prop_map(|(control, flags, rest)| {
        let mut frame = [vec![control, flags], rest].concat();
        // The first of its fragments.
        frame[22] &= 0xF0;
        frame
    })
}

/// The plain frame as it comes out again.
fn marked(plain: &[u8]) -> Vec<u8> {
    let mut frame = plain.to_vec();
    frame[1] |= 0x40;
    frame
}

/// Whether a bit of a CCMP or BIP header may change on the way.
fn is_masked(frame: &[u8], byte: usize, bit: u8) -> bool {
    let mpdu = Mpdu::parse(frame).unwrap();
    let data = !mpdu.is_management();
    match byte {
        0 => data && matches!(bit, 4..=6),
        1 => matches!(bit, 3..=5) || bit == 7 && mpdu.tid().is_some(),
        // Duration, and the sequence number.
        2 | 3 | 23 => true,
        22 => bit >= 4,
        _ => match mpdu.tid() {
            // All of QoS control but the priority, and HT control.
            Some(_) => {
                let four = frame[1] & 3 == 3;
                let qos = if four { 30 } else { 24 };
                byte == qos && bit >= 4 || byte > qos && byte < mpdu.header.len()
            }
            None => (24..mpdu.header.len()).contains(&byte) && mpdu.is_management(),
        },
    }
}

proptest! {
    #[test]
    fn ccmp_opens_what_it_protects(
        key: [u8; 16],
        number in 0_u64..1 << 48,
        id in 0_u8..4,
        plain in plain(),
    ) {
        let key = ccmp::Key::new(&key);
        let protected = key.protect(number, id, &plain).unwrap();
        prop_assert_eq!(protected.len(), plain.len() + ccmp::HEADER + ccmp::MIC);
        let opened = key.open(&protected).unwrap();
        prop_assert_eq!((opened.packet_number, opened.key_id), (number, id));
        prop_assert_eq!(opened.stripped(&protected), marked(&plain));
    }

    #[test]
    fn ccmp_finds_a_flipped_bit(
        key: [u8; 16],
        plain in plain(),
        byte: prop::sample::Index,
        bit in 0_u8..8,
    ) {
        let key = ccmp::Key::new(&key);
        let protected = key.protect(7, 0, &plain).unwrap();
        let byte = byte.index(protected.len());
        let header = Mpdu::parse(&protected).unwrap().header.len();
        let mut flipped = protected.clone();
        flipped[byte] ^= 1 << bit;
        // The reserved byte, and the key identifier that chooses the key.
        let free = byte == header + 2 || byte == header + 3 && bit != 5;
        if free || is_masked(&protected, byte, bit) {
            // A masked bit may still decide where the header ends.
            let _ = key.open(&flipped);
        } else {
            prop_assert!(key.open(&flipped).is_err());
        }
    }

    #[test]
    fn tkip_opens_what_it_protects(
        key: [u8; 16],
        michael: [[u8; 8]; 2],
        number in 0_u64..1 << 48,
        plain in plain(),
    ) {
        let [send, receive] = michael;
        let protected = tkip::Key::new(key, send, receive).protect(number, 1, &plain).unwrap();
        let grown = tkip::HEADER + tkip::MIC + tkip::ICV;
        prop_assert_eq!(protected.len(), plain.len() + grown);
        let opened = tkip::Key::new(key, receive, send).open(&protected).unwrap();
        prop_assert_eq!((opened.packet_number, opened.key_id), (number, 1));
        prop_assert_eq!(opened.stripped(&protected), marked(&plain));
    }

    #[test]
    fn tkip_finds_a_flipped_bit_of_the_body(
        key: [u8; 16],
        plain in plain(),
        byte: prop::sample::Index,
        bit in 0_u8..8,
    ) {
        let key = tkip::Key::new(key, [1; 8], [1; 8]);
        let mut protected = key.protect(9, 0, &plain).unwrap();
        let start = Mpdu::parse(&protected).unwrap().header.len() + tkip::HEADER;
        let byte = start + byte.index(protected.len() - start);
        protected[byte] ^= 1 << bit;
        prop_assert_eq!(key.open(&protected), Err(CryptoError::Integrity));
    }

    #[test]
    fn wep_opens_what_it_protects(
        key in prop_oneof![
            prop::collection::vec(any::<u8>(), 5),
            prop::collection::vec(any::<u8>(), 13),
        ],
        iv in 0_u32..1 << 24,
        id in 0_u8..4,
        plain in plain(),
    ) {
        let key = wep::Key::new(&key).unwrap();
        let protected = key.protect(iv, id, &plain).unwrap();
        let opened = key.open(&protected).unwrap();
        prop_assert_eq!((opened.packet_number, opened.key_id), (u64::from(iv), id));
        prop_assert_eq!(opened.stripped(&protected), marked(&plain));
    }

    #[test]
    fn bip_finds_a_flipped_bit(
        key: [u8; 16],
        plain in plain(),
        byte: prop::sample::Index,
        bit in 0_u8..8,
    ) {
        let key = bip::Key::new(&key);
        let Ok(protected) = key.protect(3, 5, &plain) else {
            prop_assert!(!Mpdu::parse(&plain).unwrap().is_management());
            return Ok(());
        };
        prop_assert_eq!(key.verify(&protected).unwrap().length, plain.len());
        let byte = byte.index(protected.len());
        let mut flipped = protected.clone();
        flipped[byte] ^= 1 << bit;
        let masked = match byte {
            0 => matches!(bit, 4..=7),
            1 => matches!(bit, 3..=5),
            2 | 3 | 22 | 23 => true,
            _ => (24..Mpdu::parse(&protected).unwrap().header.len()).contains(&byte),
        };
        if masked && byte != 0 {
            let _ = key.verify(&flipped);
        } else {
            prop_assert!(key.verify(&flipped).is_err());
        }
    }

    #[test]
    fn any_bytes_are_survived(frame in prop::collection::vec(any::<u8>(), 0..120)) {
        let ccmp = ccmp::Key::new(&[1; 16]);
        let tkip = tkip::Key::new([1; 16], [2; 8], [3; 8]);
        let wep = wep::Key::new(&[1; 5]).unwrap();
        let bip = bip::Key::new(&[1; 16]);
        let _ = (ccmp.open(&frame), tkip.open(&frame), wep.open(&frame), bip.verify(&frame));
        let _ = (ccmp.protect(u64::MAX, 255, &frame), tkip.protect(u64::MAX, 255, &frame));
        let _ = (wep.protect(u32::MAX, 255, &frame), bip.protect(u64::MAX, 4, &frame));
    }
}
