// SPDX-License-Identifier: GPL-2.0-only
//! Messages of the generic netlink family `MAC80211_HWSIM`
//! (`drivers/net/wireless/virtual/mac80211_hwsim.h`).

use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, Nla, NlaBuffer, NlasIterator, Parseable,
    ParseableParametrized,
};
use netlink_packet_generic::{GenlFamily, GenlHeader};

use crate::air::Address;

/// Name of the family.
pub(super) const FAMILY: &str = "MAC80211_HWSIM";
/// Multicast group that tells of radios that come and go.
pub(super) const CONFIG_GROUP: &str = "config";
/// Rates in a frame's table, `IEEE80211_TX_MAX_RATES`.
pub(super) const MAX_RATES: usize = 4;

/// `enum hwsim_commands`.
pub(super) mod command {
    pub(in super::super) const REGISTER: u8 = 1;
    pub(in super::super) const FRAME: u8 = 2;
    pub(in super::super) const TX_INFO_FRAME: u8 = 3;
    pub(in super::super) const NEW_RADIO: u8 = 4;
    pub(in super::super) const DEL_RADIO: u8 = 5;
    pub(in super::super) const GET_RADIO: u8 = 6;
    pub(in super::super) const ADD_MAC_ADDR: u8 = 7;
    pub(in super::super) const DEL_MAC_ADDR: u8 = 8;
}

/// `enum hwsim_tx_control_flags`.
pub(super) mod flag {
    /// The frame expects no acknowledgement.
    pub(in super::super) const NO_ACK: u32 = 1 << 1;
    /// It was acknowledged.
    pub(in super::super) const ACK: u32 = 1 << 2;
}

/// `enum hwsim_attrs`.
mod kind {
    pub(super) const ADDR_RECEIVER: u16 = 1;
    pub(super) const ADDR_TRANSMITTER: u16 = 2;
    pub(super) const FRAME: u16 = 3;
    pub(super) const FLAGS: u16 = 4;
    pub(super) const RX_RATE: u16 = 5;
    pub(super) const SIGNAL: u16 = 6;
    pub(super) const TX_INFO: u16 = 7;
    pub(super) const COOKIE: u16 = 8;
    pub(super) const RADIO_ID: u16 = 10;
    pub(super) const RADIO_NAME: u16 = 17;
    pub(super) const FREQ: u16 = 19;
    pub(super) const TX_INFO_FLAGS: u16 = 21;
}

/// A row of a frame's rate table, `struct hwsim_tx_rate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TxRate {
    /// Index of the rate, of the MCS if the flags say so; below 0: the table ends here.
    pub(super) index: i8,
    /// Tries.
    pub(super) count: u8,
}

impl TxRate {
    /// The row that ends a table.
    pub(super) const END: Self = Self {
        index: -1,
        count: 0,
    };
}

/// An attribute that the medium uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    Receiver(Address),
    Transmitter(Address),
    Frame(Vec<u8>),
    Flags(u32),
    RxRate(u32),
    /// In dBm.
    Signal(i32),
    TxInfo(Vec<TxRate>),
    /// `enum hwsim_tx_rate_flags` of each row.
    TxInfoFlags(Vec<u16>),
    Cookie(u64),
    RadioId(u32),
    RadioName(String),
    /// In MHz.
    Frequency(u32),
    Other(DefaultNla),
}

impl Nla for Attribute {
    fn value_len(&self) -> usize {
        match self {
            Self::Receiver(_) | Self::Transmitter(_) => 6,
            Self::Frame(bytes) => bytes.len(),
            Self::Flags(_) | Self::RxRate(_) | Self::Signal(_) => 4,
            Self::RadioId(_) | Self::Frequency(_) => 4,
            Self::TxInfo(rates) => rates.len().saturating_mul(2),
            Self::TxInfoFlags(flags) => flags.len().saturating_mul(3),
            Self::Cookie(_) => 8,
            Self::RadioName(name) => name.len(),
            Self::Other(other) => other.value_len(),
        }
    }

    fn kind(&self) -> u16 {
        match self {
            Self::Receiver(_) => kind::ADDR_RECEIVER,
            Self::Transmitter(_) => kind::ADDR_TRANSMITTER,
            Self::Frame(_) => kind::FRAME,
            Self::Flags(_) => kind::FLAGS,
            Self::RxRate(_) => kind::RX_RATE,
            Self::Signal(_) => kind::SIGNAL,
            Self::TxInfo(_) => kind::TX_INFO,
            Self::TxInfoFlags(_) => kind::TX_INFO_FLAGS,
            Self::Cookie(_) => kind::COOKIE,
            Self::RadioId(_) => kind::RADIO_ID,
            Self::RadioName(_) => kind::RADIO_NAME,
            Self::Frequency(_) => kind::FREQ,
            Self::Other(other) => other.kind(),
        }
    }

    fn emit_value(&self, buffer: &mut [u8]) {
        match self {
            Self::Receiver(address) | Self::Transmitter(address) => {
                buffer.copy_from_slice(&address.0);
            }
            Self::Frame(bytes) => buffer.copy_from_slice(bytes),
            Self::Flags(value)
            | Self::RxRate(value)
            | Self::RadioId(value)
            | Self::Frequency(value) => buffer.copy_from_slice(&value.to_ne_bytes()),
            Self::Signal(value) => buffer.copy_from_slice(&value.to_ne_bytes()),
            Self::TxInfo(rates) => {
                for (row, rate) in buffer.chunks_exact_mut(2).zip(rates) {
                    let [index] = rate.index.to_ne_bytes();
                    row.copy_from_slice(&[index, rate.count]);
                }
            }
            // The index of the row is repeated, but nobody reads it.
            Self::TxInfoFlags(flags) => {
                for (row, flags) in buffer.chunks_exact_mut(3).zip(flags) {
                    let [low, high] = flags.to_ne_bytes();
                    row.copy_from_slice(&[0, low, high]);
                }
            }
            Self::Cookie(value) => buffer.copy_from_slice(&value.to_ne_bytes()),
            Self::RadioName(name) => buffer.copy_from_slice(name.as_bytes()),
            Self::Other(other) => other.emit_value(buffer),
        }
    }
}

impl<T: AsRef<[u8]> + ?Sized> Parseable<NlaBuffer<&T>> for Attribute {
    fn parse(buffer: &NlaBuffer<&T>) -> Result<Self, DecodeError> {
        let value = buffer.value();
        let number = || {
            value
                .first_chunk()
                .map(|bytes| u32::from_ne_bytes(*bytes))
                .ok_or(DecodeError::from("an attribute is too short"))
        };
        let address =
            || Address::from_frame(value, 0).ok_or(DecodeError::from("an address is too short"));
        Ok(match buffer.kind() {
            kind::ADDR_RECEIVER => Self::Receiver(address()?),
            kind::ADDR_TRANSMITTER => Self::Transmitter(address()?),
            kind::FRAME => Self::Frame(value.to_vec()),
            kind::FLAGS => Self::Flags(number()?),
            kind::RX_RATE => Self::RxRate(number()?),
            kind::SIGNAL => Self::Signal(number()?.cast_signed()),
            kind::TX_INFO => Self::TxInfo(
                value
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&[index, count]| TxRate {
                        index: index.cast_signed(),
                        count,
                    })
                    .collect(),
            ),
            kind::TX_INFO_FLAGS => Self::TxInfoFlags(
                value
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&[_, low, high]| u16::from_ne_bytes([low, high]))
                    .collect(),
            ),
            kind::COOKIE => Self::Cookie(
                value
                    .first_chunk()
                    .map(|bytes| u64::from_ne_bytes(*bytes))
                    .ok_or(DecodeError::from("a cookie is too short"))?,
            ),
            kind::RADIO_ID => Self::RadioId(number()?),
            kind::RADIO_NAME => Self::RadioName(
                String::from_utf8_lossy(value)
                    .trim_end_matches('\0')
                    .to_owned(),
            ),
            kind::FREQ => Self::Frequency(number()?),
            _ => Self::Other(DefaultNla::parse(buffer)?),
        })
    }
}

/// A message of the family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hwsim {
    pub(super) command: u8,
    pub(super) attributes: Vec<Attribute>,
}

impl GenlFamily for Hwsim {
    fn family_name() -> &'static str {
        FAMILY
    }

    fn command(&self) -> u8 {
        self.command
    }

    fn version(&self) -> u8 {
        1
    }
}

impl Emitable for Hwsim {
    fn buffer_len(&self) -> usize {
        self.attributes.as_slice().buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        self.attributes.as_slice().emit(buffer);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for Hwsim {
    fn parse_with_param(buffer: &[u8], header: GenlHeader) -> Result<Self, DecodeError> {
        let attributes = NlasIterator::new(buffer)
            .map(|attribute| Attribute::parse(&attribute?))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            command: header.cmd,
            attributes,
        })
    }
}

/// A frame that a radio of the kernel transmits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Transmitted {
    /// Address by which the kernel knows the radio.
    pub(super) radio: Address,
    pub(super) frame: Vec<u8>,
    pub(super) flags: u32,
    /// Centre of the primary channel in MHz.
    pub(super) frequency: u16,
    pub(super) rates: Vec<TxRate>,
    pub(super) rate_flags: Vec<u16>,
    pub(super) cookie: u64,
}

/// What the kernel says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A radio transmits.
    Frame(Transmitted),
    /// A radio has one more address.
    AddAddress { radio: Address, address: Address },
    /// A radio has an address less.
    DelAddress { radio: Address, address: Address },
    /// There is a radio, perhaps a new one.
    Radio { id: u32, name: String },
    /// A radio is gone.
    RadioGone { id: u32 },
    /// Nothing that the medium cares about, or something without what it needs.
    Other,
}

impl From<Hwsim> for Incoming {
    fn from(message: Hwsim) -> Self {
        let command = message.command;
        Fields::from(message)
            .incoming(command)
            .unwrap_or(Self::Other)
    }
}

/// The attributes of a message by name.
#[derive(Default)]
struct Fields {
    receiver: Option<Address>,
    transmitter: Option<Address>,
    frame: Option<Vec<u8>>,
    flags: Option<u32>,
    frequency: Option<u32>,
    rates: Vec<TxRate>,
    rate_flags: Vec<u16>,
    cookie: Option<u64>,
    id: Option<u32>,
    name: String,
}

impl From<Hwsim> for Fields {
    fn from(message: Hwsim) -> Self {
        let mut fields = Self::default();
        for attribute in message.attributes {
            match attribute {
                Attribute::Receiver(address) => fields.receiver = Some(address),
                Attribute::Transmitter(address) => fields.transmitter = Some(address),
                Attribute::Frame(bytes) => fields.frame = Some(bytes),
                Attribute::Flags(flags) => fields.flags = Some(flags),
                Attribute::Frequency(frequency) => fields.frequency = Some(frequency),
                Attribute::TxInfo(rates) => fields.rates = rates,
                Attribute::TxInfoFlags(flags) => fields.rate_flags = flags,
                Attribute::Cookie(cookie) => fields.cookie = Some(cookie),
                Attribute::RadioId(id) => fields.id = Some(id),
                Attribute::RadioName(name) => fields.name = name,
                Attribute::RxRate(_) | Attribute::Signal(_) | Attribute::Other(_) => {}
            }
        }
        fields
    }
}

impl Fields {
    fn incoming(self, command: u8) -> Option<Incoming> {
        Some(match command {
            command::FRAME => Incoming::Frame(Transmitted {
                radio: self.transmitter?,
                frame: self.frame?,
                flags: self.flags?,
                frequency: u16::try_from(self.frequency?).ok()?,
                rates: self.rates,
                rate_flags: self.rate_flags,
                cookie: self.cookie?,
            }),
            command::ADD_MAC_ADDR => Incoming::AddAddress {
                radio: self.transmitter?,
                address: self.receiver?,
            },
            command::DEL_MAC_ADDR => Incoming::DelAddress {
                radio: self.transmitter?,
                address: self.receiver?,
            },
            // A dump answers with the command that asked for it.
            command::NEW_RADIO | command::GET_RADIO => Incoming::Radio {
                id: self.id?,
                name: self.name,
            },
            command::DEL_RADIO => Incoming::RadioGone { id: self.id? },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use netlink_packet_core::{NetlinkHeader, NetlinkMessage, NetlinkPayload};
    use netlink_packet_generic::GenlMessage;
    use proptest::prelude::*;

    use super::*;

    const RADIO: Address = Address([0x42, 0, 0, 0, 1, 0]);

    fn parse(bytes: &[u8]) -> Result<NetlinkMessage<GenlMessage<Hwsim>>, DecodeError> {
        NetlinkMessage::deserialize(bytes)
    }

    fn emit(message: Hwsim) -> Vec<u8> {
        let mut message = GenlMessage::from_payload(message);
        message.set_resolved_family_id(30);
        let mut message = NetlinkMessage::new(NetlinkHeader::default(), message.into());
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        bytes
    }

    #[test]
    fn attributes_have_the_kernel_s_form() {
        let bytes = emit(Hwsim {
            command: command::FRAME,
            attributes: vec![
                Attribute::Transmitter(RADIO),
                Attribute::Frame(vec![0x80, 0]),
                Attribute::Signal(-50),
                Attribute::TxInfo(vec![TxRate { index: 4, count: 1 }, TxRate::END]),
                Attribute::TxInfoFlags(vec![0x0102]),
                Attribute::Cookie(9),
            ],
        });
        let rest = bytes.split_at(16).1;
        #[rustfmt::skip]
        let expected = [
            2, 1, 0, 0,
            10, 0, 2, 0, 0x42, 0, 0, 0, 1, 0, 0, 0,
            6, 0, 3, 0, 0x80, 0, 0, 0,
            8, 0, 6, 0, 0xCE, 0xFF, 0xFF, 0xFF,
            8, 0, 7, 0, 4, 1, 0xFF, 0,
            7, 0, 21, 0, 0, 2, 1, 0,
            12, 0, 8, 0, 9, 0, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(rest, expected);
    }

    #[test]
    fn a_frame_comes_with_its_fields() {
        let bytes = emit(Hwsim {
            command: command::FRAME,
            attributes: vec![
                Attribute::Transmitter(RADIO),
                Attribute::Frame(vec![1, 2, 3]),
                Attribute::Flags(flag::NO_ACK),
                Attribute::Frequency(2412),
                Attribute::TxInfo(vec![TxRate { index: 0, count: 2 }]),
                Attribute::TxInfoFlags(vec![8]),
                Attribute::Cookie(77),
            ],
        });
        let NetlinkPayload::InnerMessage(message) = parse(&bytes).unwrap().payload else {
            panic!("a message");
        };
        assert_eq!(
            Incoming::from(message.payload),
            Incoming::Frame(Transmitted {
                radio: RADIO,
                frame: vec![1, 2, 3],
                flags: flag::NO_ACK,
                frequency: 2412,
                rates: vec![TxRate { index: 0, count: 2 }],
                rate_flags: vec![8],
                cookie: 77,
            })
        );
    }

    #[test]
    fn what_lacks_a_field_is_nothing() {
        for command in 0..=20 {
            let message = Hwsim {
                command,
                attributes: vec![Attribute::Flags(0)],
            };
            assert_eq!(Incoming::from(message), Incoming::Other);
        }
    }

    proptest! {
        #[test]
        fn any_attributes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let header = GenlHeader { cmd: command::FRAME, version: 1 };
            if let Ok(message) = Hwsim::parse_with_param(&bytes, header) {
                let _ = Incoming::from(message);
            }
        }
    }
}
