// SPDX-License-Identifier: GPL-2.0-only

//! Channel access parameters and U-APSD (sections 3.3.12, 3.3.13 and 4.4).

use super::{
    super::logic::wsm::{
        edca::{
            Contention,
            SetTxQueueParams, //
        },
        mib::PowerThreshold,
        transmit::Queue, //
    },
    Wifi, //
};
use kernel::{
    net::{
        ieee80211::Ac,
        mac80211::{
            Locked,
            QueueParams,
            Vif,
            VifFlags, //
        }, //
    },
    prelude::*, //
};

const fn category_of(ac: Ac) -> Queue {
    match ac {
        Ac::Vo => Queue::Voice,
        Ac::Vi => Queue::Video,
        Ac::Be => Queue::BestEffort,
        Ac::Bk => Queue::Background,
    }
}

impl Wifi {
    /// Sets how an access category contends for the channel, and whether the access point delivers
    /// its frames unscheduled.
    pub(crate) fn conf_tx(&self, ac: Ac, params: &QueueParams) -> Result {
        let category = category_of(ac);
        let mut control = self.control.lock();
        *control.edca.category_mut(category) = Contention {
            aifs: params.aifs,
            cw_min: params.cw_min,
            cw_max: params.cw_max,
            txop: params.txop,
        };
        let uapsd = &mut control.uapsd;
        let flag = match category {
            Queue::Voice => &mut uapsd.voice,
            Queue::Video => &mut uapsd.video,
            Queue::BestEffort => &mut uapsd.best_effort,
            Queue::Background => &mut uapsd.background,
        };
        let changed = *flag != params.uapsd;
        *flag = params.uapsd;
        self.command(&SetTxQueueParams { category })?;
        self.command(&control.edca)?;
        if changed {
            self.write(control.uapsd)?;
            control.power_save.uapsd = control.uapsd.any();
            self.apply_power_save(&mut control);
        }
        Ok(())
    }

    /// Says what the firmware does for a new interface, and gives it the parameters it starts with.
    /// mac80211 takes no refusal of an interface that it had before the chip died; it sets the
    /// parameters again before a connection needs them.
    pub(crate) fn set_up(&self, vif: &Vif<Self, Locked>) {
        vif.set_driver_flags(
            VifFlags::BEACON_FILTER | VifFlags::SUPPORTS_CQM_RSSI | VifFlags::SUPPORTS_UAPSD,
        );
        let mut control = self.control.lock();
        self.use_address(&mut control, vif.address());
        self.tell(&control.edca);
        self.suggest(control.uapsd);
        self.suggest(PowerThreshold::OFF);
    }
}
