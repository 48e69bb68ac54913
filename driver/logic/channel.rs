// SPDX-License-Identifier: GPL-2.0-only

//! Bands, channels and network names as the messages carry them.

/// A frequency band.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Band {
    /// 2.4 GHz.
    Two,
    /// 5 GHz.
    Five,
}

impl Band {
    /// The value of a band field.
    pub const fn number(self) -> u8 {
        match self {
            Self::Two => 0,
            Self::Five => 1,
        }
    }

    /// The id of the slowest rate every station of the band understands (section 3.6).
    pub const fn slowest_rate(self) -> u8 {
        match self {
            Self::Two => 0,
            Self::Five => 6,
        }
    }

    /// The rates a join declares as basic, bit n is rate id n (section 3.3.7).
    pub const fn basic_rates(self) -> u32 {
        match self {
            Self::Two => 0x07,
            Self::Five => 0x40,
        }
    }
}

/// How wide a channel is, and where its second half lies.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Width {
    /// 20 MHz without HT.
    #[default]
    NoHt,
    /// 20 MHz.
    Ht20,
    /// 40 MHz, the secondary channel below.
    Ht40Minus,
    /// 40 MHz, the secondary channel above.
    Ht40Plus,
}

impl Width {
    /// The value of the channel type field (section 3.3.14).
    pub const fn number(self) -> u8 {
        match self {
            Self::NoHt => 0,
            Self::Ht20 => 1,
            Self::Ht40Minus => 2,
            Self::Ht40Plus => 3,
        }
    }
}

/// The longest network name in bytes (IEEE 802.11, 9.4.2.2).
pub const SSID_MAX: usize = 32;

/// A network name; empty for any network.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Ssid {
    bytes: [u8; SSID_MAX],
    len: u8,
}

impl Ssid {
    /// Any network.
    pub const WILDCARD: Self = Self {
        bytes: [0; SSID_MAX],
        len: 0,
    };

    /// The name in `bytes`; `None` when there are more than [`SSID_MAX`].
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut ssid = Self::WILDCARD;
        ssid.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        ssid.len = u8::try_from(bytes.len()).ok()?;
        Some(ssid)
    }

    /// The bytes of the name.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len.into()).unwrap_or_default()
    }

    /// Whether this stands for any network.
    pub const fn is_wildcard(&self) -> bool {
        self.len == 0
    }
}
