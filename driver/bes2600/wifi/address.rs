// SPDX-License-Identifier: GPL-2.0-only

//! The address of the station, which user space may choose.

use super::{
    super::logic::wsm::{
        header::Interface,
        request::Configuration, //
    },
    control::Control,
    Wifi, //
};

impl Wifi {
    /// Tells the firmware the address of an interface, if it knows another: it acknowledges frames
    /// for this one only. The configuration is where it is told (section 4.3), on both MAC instances.
    pub(super) fn use_address(&self, control: &mut Control, address: [u8; 6]) {
        if control.station == address {
            return;
        }
        let configuration = Configuration {
            station_id: address,
            sdd: self.sdd.bytes(),
        };
        let told = [Interface::First, Interface::Second]
            .into_iter()
            .all(|interface| self.command_on(interface, &configuration).is_ok());
        // A chip that is away is told when it is back.
        if told {
            control.station = address;
        }
    }
}
