// SPDX-License-Identifier: GPL-2.0-only

//! Which received frames pass to the host (section 5.8).
//!
//! Written when they change and after a join, and not once a beacon (W-36).

use super::{
    super::logic::wsm::mib::{
        rx_filter,
        BeaconFilter,
        BeaconFilterTable,
        DisableBssidFilter,
        GroupAddresses,
        RxFilter, //
    },
    control::Control,
    Wifi, //
};
use kernel::net::mac80211::{
    Filter,
    Multicast, //
};

/// The filters the firmware has, by mac80211's flags.
const SUPPORTED: [(Filter, u32); 3] = [
    (Filter::OTHER_BSS, rx_filter::OTHER_BSS),
    (Filter::FCSFAIL, rx_filter::BAD_FCS),
    (Filter::PROBE_REQ, rx_filter::PROBE_REQUESTS),
];

impl Wifi {
    /// mac80211 wants other frames. Clears what the firmware cannot do from `total`.
    pub(crate) fn configure_filter(&self, total: &mut Filter, multicast: Multicast<'_>) {
        let mut filter = 0;
        let mut supported = Filter::ALLMULTI | Filter::BCN_PRBRESP_PROMISC;
        for (flag, bit) in SUPPORTED {
            supported |= flag;
            if total.contains(flag) {
                filter |= bit;
            }
        }
        let groups = match multicast {
            Multicast::Addresses(addresses) if !total.contains(Filter::ALLMULTI) => {
                GroupAddresses::new(addresses.iter().copied())
            }
            _ => GroupAddresses::default(),
        };
        *total &= supported;

        let mut control = self.control.lock();
        let changed = (control.rx_filter, control.groups) != (filter, groups);
        control.rx_filter = filter;
        control.groups = groups;
        if changed && control.joined.is_some() {
            self.write_filters(&control);
        }
    }

    /// Sets all filters of a network that was just joined. Beacons pass until it is known well.
    pub(crate) fn apply_filters(&self, control: &Control) {
        self.suggest(BeaconFilterTable(BeaconFilterTable::STATION));
        self.suggest(BeaconFilter::Off);
        self.write_filters(control);
    }

    fn write_filters(&self, control: &Control) {
        self.suggest(RxFilter(control.rx_filter));
        let others = control.rx_filter & rx_filter::OTHER_BSS != 0;
        self.suggest(DisableBssidFilter(others.into()));
        self.suggest(control.groups);
    }
}
