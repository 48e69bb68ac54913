// SPDX-License-Identifier: GPL-2.0-only
//! MAC addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A MAC address.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Address(pub [u8; 6]);

/// A text that is not an address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not an address like 02:00:00:00:01:00")]
pub struct AddressError(String);

impl Address {
    /// Every station.
    pub const BROADCAST: Self = Self([0xFF; 6]);

    /// Whether the address is that of a group of stations: its I/G bit is set (802.11, 9.2.4.3.2).
    pub const fn is_group(self) -> bool {
        self.0[0] & 1 != 0
    }

    /// The address at `offset` of a frame, if the frame goes that far.
    pub fn from_frame(frame: &[u8], offset: usize) -> Option<Self> {
        frame.get(offset..)?.first_chunk().map(|bytes| Self(*bytes))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || AddressError(text.to_owned());
        let mut address = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut address {
            let part = parts
                .next()
                .filter(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
                .ok_or_else(error)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| error())?;
        }
        match parts.next() {
            None => Ok(Self(address)),
            Some(_) => Err(error()),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_address_agree() {
        let address: Address = "02:00:5e:10:00:fF".parse().unwrap();
        assert_eq!(address.to_string(), "02:00:5e:10:00:ff");
        assert!(!address.is_group());
        assert!(Address::BROADCAST.is_group());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "02:00:00:00:00",
            "02:00:00:00:00:00:00",
            "2:0:0:0:0:0",
            "02-00-00-00-00-00",
            "+2:00:00:00:00:00",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
