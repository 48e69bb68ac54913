// SPDX-License-Identifier: GPL-2.0-only

//! Bands, channels and network names as the messages carry them.
//!
//! Of the channels the vendor's driver lists (section 7.2) some are left out: 34, 38, 42 and 46,
//! which lie between those of the standard, and 184 to 216, for which it computes 5920 to 6080 MHz
//! where the standard (IEEE 802.11, annex E) has 4920 to 5080 MHz. What the firmware tunes to there
//! is not known.

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

    /// The rates a join declares as basic, bit n is rate id n (section 3.3.7).
    pub const fn basic_rates(self) -> u32 {
        match self {
            Self::Two => 0x07,
            Self::Five => 0x40,
        }
    }

    /// The band of a channel that the driver offers; `None` for all others.
    pub fn of_channel(channel: u16) -> Option<Self> {
        [Self::Two, Self::Five]
            .into_iter()
            .find(|band| band.channels().contains(&channel))
    }

    /// The channels the driver offers.
    pub const fn channels(self) -> &'static [u16] {
        match self {
            Self::Two => &CHANNELS_2GHZ,
            Self::Five => &CHANNELS_5GHZ,
        }
    }

    /// The centre frequency of one of the band's channels in MHz.
    pub const fn frequency(self, channel: u16) -> u16 {
        match (self, channel) {
            (Self::Two, 14) => 2484,
            (Self::Two, _) => channel.saturating_mul(5).saturating_add(2407),
            (Self::Five, _) => channel.saturating_mul(5).saturating_add(5000),
        }
    }
}

/// Channels at 2.4 GHz.
pub const CHANNELS_2GHZ: [u16; 14] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];

/// Channels at 5 GHz.
pub const CHANNELS_5GHZ: [u16; 24] = [
    36, 40, 44, 48, 52, 56, 60, 64, 100, 104, 108, 112, 116, 120, 124, 128, 132, 136, 140, 149,
    153, 157, 161, 165,
];

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
