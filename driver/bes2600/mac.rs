// SPDX-License-Identifier: GPL-2.0-only

//! The MAC address of the chip.

use super::logic::crc32::Crc32;
use kernel::{
    device::{
        Bound,
        Device, //
    },
    fmt,
    time::Delta, //
};

/// A MAC address in transmission order.
#[derive(Clone, Copy)]
pub(crate) struct MacAddress(pub(crate) [u8; 6]);

impl MacAddress {
    /// The address of the device tree's `local-mac-address`, or a locally administered one made up
    /// from the device's name and `elapsed`, a time that differs from start to start.
    pub(crate) fn of(dev: &Device<Bound>, elapsed: Delta) -> Self {
        dev.fwnode()
            .and_then(|node| {
                node.property_read::<[u8; 6]>(c"local-mac-address")
                    .optional()
            })
            .filter(is_usable)
            .map_or_else(|| Self::made_up(dev, elapsed), Self)
    }

    fn made_up(dev: &Device<Bound>, elapsed: Delta) -> Self {
        let [a, b, c, d] = Crc32::new()
            .update(dev.name().to_bytes())
            .update(&elapsed.as_nanos().to_le_bytes())
            .finish()
            .to_le_bytes();
        Self([0x02, 0x00, a, b, c, d])
    }
}

/// Neither all zero, as an unprogrammed device tree has it, nor a group address.
fn is_usable(address: &[u8; 6]) -> bool {
    let [first, ..] = address;
    first & 1 == 0 && address.iter().any(|byte| *byte != 0)
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}
