// SPDX-License-Identifier: GPL-2.0-only

//! The MAC address of the chip.

use super::{
    logic::crc32::Crc32,
    text::{
        Errno,
        Text, //
    }, //
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    fmt,
    net::ether,
    prelude::*,
    time::Delta, //
};

/// A MAC address in transmission order.
#[derive(Clone, Copy)]
pub(crate) struct MacAddress(pub(crate) [u8; ether::ALEN]);

impl MacAddress {
    /// The address that the firmware keeps for the chip: of the device tree, or of the NVMEM cell
    /// that it names. One that cannot be read is said and not used, as Wi-Fi does without; only a
    /// provider that is not there yet is an error, [`EPROBE_DEFER`].
    ///
    /// [`EPROBE_DEFER`]: kernel::error::code::EPROBE_DEFER
    pub(crate) fn kept_for(dev: &Device<Bound>) -> Result<Option<Self>> {
        match ether::mac_address(dev) {
            Ok(address) => Ok(address.map(Self)),
            Err(error) if error == EPROBE_DEFER => Err(error),
            Err(error) => {
                dev_warn!(
                    dev,
                    "the NVMEM cell mac-address of the device tree holds no address that can be \
                     read ({}); one is made up, mend the cell or set local-mac-address\n",
                    Text(&Errno(error))
                );
                Ok(None)
            }
        }
    }

    /// A locally administered address made up from the device's name and `elapsed`, a time that
    /// differs from start to start.
    pub(crate) fn made_up(dev: &Device<Bound>, elapsed: Delta) -> Self {
        let [a, b, c, d] = Crc32::new()
            .update(dev.name().to_bytes())
            .update(&elapsed.as_nanos().to_le_bytes())
            .finish()
            .to_le_bytes();
        Self([0x02, 0x00, a, b, c, d])
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}
