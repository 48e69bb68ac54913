// SPDX-License-Identifier: GPL-2.0-only

//! Keys and their places.

use super::*;

fn key(cipher: Cipher, scope: Scope, material: &[u8]) -> Vec<u8> {
    let key = Key::new(cipher, scope, 2, material, 0x0605_0403_0201).unwrap();
    let body = body(&AddKey {
        entry: 7,
        key: &key,
    });
    assert_eq!(body.len(), 44);
    assert_eq!(body[1..4], [7, 0, 0]);
    body
}

#[test]
fn ccmp_keys() {
    let pairwise = key(Cipher::Ccmp, Scope::Pairwise(PEER), &[0x11; 16]);
    assert_eq!(pairwise[0], 5);
    assert_eq!(pairwise[4..12], [2, 0, 0, 0x5E, 0x10, 1, 0, 0]);
    assert_eq!(pairwise[12..28], [0x11; 16]);
    assert_eq!(pairwise[28..], [0; 16]);
    let group = key(Cipher::Ccmp, Scope::Group, &[0x22; 16]);
    assert_eq!(group[0], 4);
    assert_eq!(group[4..20], [0x22; 16]);
    assert_eq!(group[20..24], [2, 0, 0, 0]);
    assert_eq!(bytes(&RemoveKey { entry: 7 }), [8, 0, 0x0D, 0, 7, 0, 0, 0]);
}

/// W-33: the receive counter of a group key is the one the access point named, least significant
/// byte first.
#[test]
fn w33_receive_counters_are_seeded() {
    let counter = [1, 2, 3, 4, 5, 6, 0, 0];
    let group = key(Cipher::Ccmp, Scope::Group, &[0x22; 16]);
    assert_eq!(group[24..32], counter);
    let igtk = key(Cipher::BipCmac, Scope::Group, &[0x33; 16]);
    assert_eq!((igtk[0], &igtk[24..32]), (8, &counter[..]));
    let tkip = key(Cipher::Tkip, Scope::Group, &[0x44; 32]);
    assert_eq!((tkip[0], &tkip[32..40]), (2, &counter[..]));
}

/// Section 3.3.8: mac80211 puts the transmit MIC key before the receive MIC key, the firmware the
/// other way round.
#[test]
fn tkip_mic_order() {
    let mut material = [0x11; 32];
    material[16..24].fill(0x22);
    material[24..].fill(0x33);
    let pairwise = key(Cipher::Tkip, Scope::Pairwise(PEER), &material);
    assert_eq!(pairwise[0], 3);
    assert_eq!(pairwise[4..12], [2, 0, 0, 0x5E, 0x10, 1, 0, 0]);
    assert_eq!(pairwise[12..28], [0x11; 16]);
    assert_eq!(pairwise[28..36], [0x33; 8]);
    assert_eq!(pairwise[36..44], [0x22; 8]);
    let group = key(Cipher::Tkip, Scope::Group, &material);
    assert_eq!(group[4..20], [0x11; 16]);
    assert_eq!(group[20..28], [0x33; 8]);
    assert_eq!(group[28..32], [2, 0, 0, 0]);
}

#[test]
fn other_keys() {
    let default = key(Cipher::Wep104, Scope::Group, &[0x11; 13]);
    assert_eq!(default[..8], [0, 7, 0, 0, 2, 13, 0, 0]);
    assert_eq!(default[8..21], [0x11; 13]);
    let pairwise = key(Cipher::Wep40, Scope::Pairwise(PEER), &[0x11; 5]);
    assert_eq!(pairwise[0], 1);
    assert_eq!(pairwise[4..12], [2, 0, 0, 0x5E, 0x10, 1, 0, 5]);
    assert_eq!(pairwise[12..18], [0x11, 0x11, 0x11, 0x11, 0x11, 0]);

    let wapi = Key::WapiGroup {
        id: 1,
        key: [0x11; 16],
        mic: [0x22; 16],
    };
    let group = body(&AddKey {
        entry: 0,
        key: &wapi,
    });
    assert_eq!((group[0], group[36]), (6, 1));
    let wapi = Key::WapiPairwise {
        peer: PEER,
        id: 1,
        key: [0x11; 16],
        mic: [0x22; 16],
    };
    let pairwise = body(&AddKey {
        entry: 0,
        key: &wapi,
    });
    assert_eq!((pairwise[0], pairwise[10]), (7, 1));
    assert_eq!(pairwise[28..], [0x22; 16]);
}

#[test]
fn impossible_keys() {
    for (cipher, len) in [
        (Cipher::Wep40, 16),
        (Cipher::Tkip, 16),
        (Cipher::Tkip, 33),
        (Cipher::Ccmp, 15),
        (Cipher::Ccmp, 32),
        (Cipher::BipCmac, 0),
    ] {
        assert!(Key::new(cipher, Scope::Group, 0, &vec![0; len], 0).is_none());
    }
    let secret = Key::new(Cipher::Ccmp, Scope::Group, 1, &[0x5A; 16], 0).unwrap();
    assert_eq!(format!("{secret:?}"), "CCMP group key");
}

/// W-34: the places of the key table are bounded, and a place beyond them cannot be freed.
#[test]
fn w34_key_places() {
    let mut table = KeyTable::default();
    let places: Vec<_> = std::iter::from_fn(|| table.take()).collect();
    assert_eq!(places, (0..11).collect::<Vec<_>>());
    assert!(!table.release(11));
    assert!(!table.release(255));
    assert!(table.release(3));
    assert!(!table.release(3));
    assert_eq!(table.take(), Some(3));
    assert_eq!(table.take(), None);
}
