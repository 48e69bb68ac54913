// SPDX-License-Identifier: GPL-2.0-only

//! What mac80211 calls. Everything here only says whose matter it is.

use super::{
    super::logic::wsm::mib::MAX_GROUP_ADDRESSES,
    gate::Pause,
    Wifi, //
};
use kernel::{
    net::{
        ieee80211::Ac,
        mac80211::{
            tx,
            Ampdu,
            AmpduReply,
            BssChanged,
            Conf,
            ConfChanged,
            Filter,
            Hw,
            Key,
            Locked,
            Multicast,
            Operations,
            PrepareTx,
            QueueParams,
            Reconfig,
            Reports,
            Scan,
            ScanRequest,
            Sta,
            StaState,
            Vif, //
        }, //
    },
    prelude::*,
    sync::{
        Arc,
        ArcBorrow, //
    },
};

#[vtable]
impl Operations for Wifi {
    type Vif = ();
    type Sta = ();

    const REPORTS: Reports = Reports::Merged;
    const MAX_MULTICAST: usize = MAX_GROUP_ADDRESSES;

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
        this.begin()?;
        Self::resume_transmit(this, Pause::Down);
        Ok(())
    }

    fn stop(this: ArcBorrow<'_, Self>, _hw: &Hw<Self>, _suspend: bool) {
        this.pause_transmit(Pause::Down);
        this.purge();
    }

    fn add_interface(this: ArcBorrow<'_, Self>, _hw: &Hw<Self>, vif: &Vif<Self, Locked>) -> Result {
        this.set_up(vif);
        Ok(())
    }

    fn remove_interface(this: ArcBorrow<'_, Self>, _hw: &Hw<Self>, _vif: &Vif<Self, Locked>) {
        Arc::from(this).leave();
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
        this.settings_changed(conf, changed);
        Ok(())
    }

    fn vif_cfg_changed(
        this: ArcBorrow<'_, Self>,
        _hw: &Hw<Self>,
        vif: &Vif<Self, Locked>,
        changed: BssChanged,
    ) {
        Arc::from(this).vif_cfg_changed(vif, changed);
    }

    fn link_info_changed(
        this: ArcBorrow<'_, Self>,
        _hw: &Hw<Self>,
        vif: &Vif<Self, Locked>,
        changed: BssChanged,
    ) {
        Arc::from(this).link_info_changed(vif, changed);
    }

    fn hw_scan(
        this: ArcBorrow<'_, Self>,
        _hw: &Hw<Self>,
        vif: &Vif<Self, Locked>,
        request: &ScanRequest<'_>,
        scan: Scan<Self>,
    ) -> Result {
        Arc::from(this).hw_scan(vif, request, scan)
    }

    fn cancel_hw_scan(this: ArcBorrow<'_, Self>, _hw: &Hw<Self>, _vif: &Vif<Self, Locked>) {
        this.cancel_scan();
    }

    fn add_key(
        this: ArcBorrow<'_, Self>,
        _hw: &Hw<Self>,
        vif: &Vif<Self, Locked>,
        sta: Option<&Sta<Self, Locked>>,
        key: &mut Key<'_>,
    ) -> Result {
        this.add_key(vif, sta, key)
    }

    fn remove_key(
        this: ArcBorrow<'_, Self>,
        _hw: &Hw<Self>,
        _vif: &Vif<Self, Locked>,
        _sta: Option<&Sta<Self, Locked>>,
        key: &Key<'_>,
    ) -> Result {
        this.remove_key(key)
    }

    fn sta_state(
        this: ArcBorrow<'_, Self>,
        _hw: &Hw<Self>,
        vif: &Vif<Self, Locked>,
        sta: &Sta<Self, Locked>,
        old: StaState,
        new: StaState,
    ) -> Result {
        Arc::from(this).sta_state(vif, sta, old, new);
        Ok(())
    }

    fn conf_tx(
        this: ArcBorrow<'_, Self>,
        _hw: &Hw<Self>,
        _vif: &Vif<Self, Locked>,
        ac: Ac,
        params: &QueueParams,
    ) -> Result {
        this.conf_tx(ac, params)
    }

    fn mgd_prepare_tx(
        this: ArcBorrow<'_, Self>,
        _hw: &Hw<Self>,
        vif: &Vif<Self, Locked>,
        info: &PrepareTx,
    ) {
        Arc::from(this).mgd_prepare_tx(vif, info);
    }

    fn configure_filter(
        this: ArcBorrow<'_, Self>,
        _hw: &Hw<Self>,
        _changed: Filter,
        total: &mut Filter,
        multicast: Multicast<'_>,
    ) {
        this.configure_filter(total, multicast);
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

    fn reconfig_complete(this: ArcBorrow<'_, Self>, _hw: &Hw<Self>, kind: Reconfig) {
        Arc::from(this).handed_over(kind);
    }

    fn tx_frames_pending(this: ArcBorrow<'_, Self>, _hw: &Hw<Self>) -> bool {
        this.has_frames()
    }
}
