// SPDX-License-Identifier: GPL-2.0-only

//! Keys (0x000C, 0x000D); sections 3.3.8 and 3.3.9.

use super::super::bytes::{
    Overflow,
    Writer, //
};
use super::confirm::Generic;
use super::request::Request;
use core::fmt;

/// Bytes of the part of an add key request whose layout depends on the type.
const UNION_LEN: usize = 40;
/// The longest WEP key in bytes.
const WEP_MAX: usize = 16;
/// Bytes of every other key.
const KEY_LEN: usize = 16;
/// Bytes of a TKIP MIC key.
const MIC_LEN: usize = 8;

/// An encryption key as the firmware takes it. Receive counters are the last number used by the
/// sender before the key was handed over; the firmware drops what does not exceed it (W-33).
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Key {
    /// WEP, for every sender.
    WepDefault {
        /// Key id, 0 to 3.
        id: u8,
        /// The key.
        key: WepKey,
    },
    /// WEP, for one peer.
    WepPairwise {
        /// The peer's address.
        peer: [u8; 6],
        /// The key.
        key: WepKey,
    },
    /// TKIP, for multicast frames.
    TkipGroup {
        /// Key id.
        id: u8,
        /// Temporal key.
        key: [u8; KEY_LEN],
        /// MIC key of received frames.
        receive_mic: [u8; MIC_LEN],
        /// Receive counter.
        counter: u64,
    },
    /// TKIP, for one peer.
    TkipPairwise {
        /// The peer's address.
        peer: [u8; 6],
        /// Temporal key.
        key: [u8; KEY_LEN],
        /// MIC key of received frames.
        receive_mic: [u8; MIC_LEN],
        /// MIC key of transmitted frames.
        transmit_mic: [u8; MIC_LEN],
    },
    /// CCMP, for multicast frames.
    AesGroup {
        /// Key id.
        id: u8,
        /// Temporal key.
        key: [u8; KEY_LEN],
        /// Receive counter.
        counter: u64,
    },
    /// CCMP, for one peer.
    AesPairwise {
        /// The peer's address.
        peer: [u8; 6],
        /// Temporal key.
        key: [u8; KEY_LEN],
    },
    /// WAPI, for multicast frames.
    WapiGroup {
        /// Key id.
        id: u8,
        /// Encryption key.
        key: [u8; KEY_LEN],
        /// Integrity key.
        mic: [u8; KEY_LEN],
    },
    /// WAPI, for one peer.
    WapiPairwise {
        /// The peer's address.
        peer: [u8; 6],
        /// Key id.
        id: u8,
        /// Encryption key.
        key: [u8; KEY_LEN],
        /// Integrity key.
        mic: [u8; KEY_LEN],
    },
    /// BIP, for multicast management frames.
    Igtk {
        /// Key id, 4 or 5.
        id: u8,
        /// Integrity key.
        key: [u8; KEY_LEN],
        /// Receive counter.
        counter: u64,
    },
}

impl fmt::Debug for Key {
    /// Names the type; keys have no place in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A WEP key.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct WepKey {
    bytes: [u8; WEP_MAX],
    len: u8,
}

impl WepKey {
    /// The key in `bytes`, of 40 or 104 bits.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let len = match bytes.len() {
            5 => 5,
            13 => 13,
            _ => return None,
        };
        let mut key = Self {
            bytes: [0; WEP_MAX],
            len,
        };
        key.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(key)
    }
}

/// What encrypts or authenticates frames; GCMP, CCMP-256 and BIP-GMAC are not the firmware's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cipher {
    /// WEP with a key of 40 bits.
    Wep40,
    /// WEP with a key of 104 bits.
    Wep104,
    /// TKIP.
    Tkip,
    /// CCMP-128.
    Ccmp,
    /// BIP-CMAC-128.
    BipCmac,
}

/// Whose frames a key protects.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// Those of one peer.
    Pairwise([u8; 6]),
    /// Those to a group.
    Group,
}

impl Key {
    /// Puts a key together from what mac80211 hands over.
    ///
    /// `material` is the key, of TKIP followed by the MIC key of transmitted and then of received
    /// frames; `counter` the last packet number that counts as received. `None` when the material
    /// does not have the cipher's length.
    pub fn new(
        cipher: Cipher,
        scope: Scope,
        id: u8,
        material: &[u8],
        counter: u64,
    ) -> Option<Self> {
        let exact = || <[u8; KEY_LEN]>::try_from(material).ok();
        Some(match (cipher, scope) {
            (Cipher::Wep40 | Cipher::Wep104, Scope::Group) => Self::WepDefault {
                id,
                key: WepKey::new(material)?,
            },
            (Cipher::Wep40 | Cipher::Wep104, Scope::Pairwise(peer)) => Self::WepPairwise {
                peer,
                key: WepKey::new(material)?,
            },
            (Cipher::Tkip, scope) => {
                let (key, mics) = material.split_first_chunk::<KEY_LEN>()?;
                let (transmit_mic, rest) = mics.split_first_chunk::<MIC_LEN>()?;
                let receive_mic = <[u8; MIC_LEN]>::try_from(rest).ok()?;
                match scope {
                    Scope::Pairwise(peer) => Self::TkipPairwise {
                        peer,
                        key: *key,
                        receive_mic,
                        transmit_mic: *transmit_mic,
                    },
                    Scope::Group => Self::TkipGroup {
                        id,
                        key: *key,
                        receive_mic,
                        counter,
                    },
                }
            }
            (Cipher::Ccmp, Scope::Pairwise(peer)) => Self::AesPairwise {
                peer,
                key: exact()?,
            },
            (Cipher::Ccmp, Scope::Group) => Self::AesGroup {
                id,
                key: exact()?,
                counter,
            },
            (Cipher::BipCmac, _) => Self::Igtk {
                id,
                key: exact()?,
                counter,
            },
        })
    }

    /// The name of the type.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::WepDefault { .. } => "WEP default key",
            Self::WepPairwise { .. } => "WEP pairwise key",
            Self::TkipGroup { .. } => "TKIP group key",
            Self::TkipPairwise { .. } => "TKIP pairwise key",
            Self::AesGroup { .. } => "CCMP group key",
            Self::AesPairwise { .. } => "CCMP pairwise key",
            Self::WapiGroup { .. } => "WAPI group key",
            Self::WapiPairwise { .. } => "WAPI pairwise key",
            Self::Igtk { .. } => "IGTK",
        }
    }

    const fn number(&self) -> u8 {
        match self {
            Self::WepDefault { .. } => 0,
            Self::WepPairwise { .. } => 1,
            Self::TkipGroup { .. } => 2,
            Self::TkipPairwise { .. } => 3,
            Self::AesGroup { .. } => 4,
            Self::AesPairwise { .. } => 5,
            Self::WapiGroup { .. } => 6,
            Self::WapiPairwise { .. } => 7,
            Self::Igtk { .. } => 8,
        }
    }

    fn encode(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        match self {
            Self::WepDefault { id, key } => {
                writer.bytes(&[*id, key.len, 0, 0])?;
                writer.bytes(&key.bytes)
            }
            Self::WepPairwise { peer, key } => {
                writer.bytes(peer)?;
                writer.bytes(&[0, key.len])?;
                writer.bytes(&key.bytes)
            }
            Self::TkipGroup {
                id,
                key,
                receive_mic,
                counter,
            } => {
                writer.bytes(key)?;
                writer.bytes(receive_mic)?;
                writer.bytes(&[*id, 0, 0, 0])?;
                writer.bytes(&counter.to_le_bytes())
            }
            Self::TkipPairwise {
                peer,
                key,
                receive_mic,
                transmit_mic,
            } => {
                writer.bytes(peer)?;
                writer.u16(0)?;
                writer.bytes(key)?;
                writer.bytes(receive_mic)?;
                writer.bytes(transmit_mic)
            }
            Self::AesGroup { id, key, counter } | Self::Igtk { id, key, counter } => {
                writer.bytes(key)?;
                writer.bytes(&[*id, 0, 0, 0])?;
                writer.bytes(&counter.to_le_bytes())
            }
            Self::AesPairwise { peer, key } => {
                writer.bytes(peer)?;
                writer.u16(0)?;
                writer.bytes(key)
            }
            Self::WapiGroup { id, key, mic } => {
                writer.bytes(key)?;
                writer.bytes(mic)?;
                writer.bytes(&[*id, 0, 0, 0])
            }
            Self::WapiPairwise { peer, id, key, mic } => {
                writer.bytes(peer)?;
                writer.bytes(&[*id, 0])?;
                writer.bytes(key)?;
                writer.bytes(mic)
            }
        }
    }
}

/// Add key (0x000C).
#[derive(Clone, Copy, Debug)]
pub struct AddKey<'a> {
    /// Place in the firmware's table.
    pub entry: u8,
    /// The key.
    pub key: &'a Key,
}

impl Request for AddKey<'_> {
    const ID: u16 = 0x000C;
    const NAME: &'static str = "add key";
    type Confirm = Generic;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.bytes(&[self.key.number(), self.entry, 0, 0])?;
        let mut layout = [0; UNION_LEN];
        self.key.encode(&mut Writer::new(&mut layout))?;
        writer.bytes(&layout)
    }
}

/// Remove key (0x000D).
#[derive(Clone, Copy, Debug)]
pub struct RemoveKey {
    /// Place in the firmware's table.
    pub entry: u8,
}

impl Request for RemoveKey {
    const ID: u16 = 0x000D;
    const NAME: &'static str = "remove key";
    type Confirm = Generic;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.bytes(&[self.entry, 0, 0, 0])
    }
}
