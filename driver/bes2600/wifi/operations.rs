// SPDX-License-Identifier: GPL-2.0-only

//! What mac80211 calls. Everything here only says whose matter it is.

use super::{
    gate::Pause,
    Wifi, //
};
use kernel::{
    net::mac80211::{
        tx,
        Ampdu,
        AmpduReply,
        Conf,
        ConfChanged,
        Filter,
        Hw,
        Locked,
        Multicast,
        Operations,
        Sta,
        Vif, //
    },
    prelude::*,
    sync::ArcBorrow, //
};

#[vtable]
impl Operations for Wifi {
    type Vif = ();
    type Sta = ();

    fn new_vif(_this: ArcBorrow<'_, Self>) -> impl PinInit<(), Error> {
        Ok(())
    }

    fn new_sta(_this: ArcBorrow<'_, Self>) -> impl PinInit<(), Error> {
        Ok(())
    }

    fn tx(this: ArcBorrow<'_, Self>, _hw: &Hw<Self>, frame: tx::Frame<'_, Self>) {
        Self::transmit(this, frame);
    }

    fn wake_tx_queue(this: ArcBorrow<'_, Self>, _hw: &Hw<Self>, queue: &tx::QueueInfo<'_, Self>) {
        Self::wake_transmit(this, queue.ac());
    }

    fn start(this: ArcBorrow<'_, Self>, _hw: &Hw<Self>) -> Result {
        Self::resume_transmit(this, Pause::Down);
        Ok(())
    }

    fn stop(this: ArcBorrow<'_, Self>, _hw: &Hw<Self>, _suspend: bool) {
        this.pause_transmit(Pause::Down);
        this.purge();
    }

    fn add_interface(
        _this: ArcBorrow<'_, Self>,
        _hw: &Hw<Self>,
        _vif: &Vif<Self, Locked>,
    ) -> Result {
        Ok(())
    }

    fn remove_interface(this: ArcBorrow<'_, Self>, _hw: &Hw<Self>, _vif: &Vif<Self, Locked>) {
        this.purge();
    }

    fn config(
        this: ArcBorrow<'_, Self>,
        _hw: &Hw<Self>,
        conf: &Conf,
        changed: ConfChanged,
    ) -> Result {
        if changed.contains(ConfChanged::RETRY_LIMITS) {
            this.set_retry_limits(conf.short_retry, conf.long_retry);
        }
        Ok(())
    }

    fn configure_filter(
        _this: ArcBorrow<'_, Self>,
        _hw: &Hw<Self>,
        _changed: Filter,
        total: &mut Filter,
        _multicast: Multicast<'_>,
    ) {
        *total = Filter::NONE;
    }

    fn ampdu_action(
        this: ArcBorrow<'_, Self>,
        _hw: &Hw<Self>,
        _vif: &Vif<Self, Locked>,
        _sta: &Sta<Self, Locked>,
        _tid: u8,
        action: Ampdu,
    ) -> Result<AmpduReply> {
        this.block_ack(action)
    }

    fn flush(
        this: ArcBorrow<'_, Self>,
        _hw: &Hw<Self>,
        _vif: Option<&Vif<Self, Locked>>,
        _queues: u32,
        drop: bool,
    ) {
        this.flush(drop);
    }

    fn tx_frames_pending(this: ArcBorrow<'_, Self>, _hw: &Hw<Self>) -> bool {
        this.has_frames()
    }
}
