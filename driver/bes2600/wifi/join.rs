// SPDX-License-Identifier: GPL-2.0-only

//! Joining a network and leaving it (section 5.8).
//!
//! The firmware receives and sends frames of a network only when it has joined it, so it joins
//! before the first frame to the access point. It leaves by a reset, always: one that was left out
//! makes the next scan fail (B6), and a join that was refused leaves it half joined (B7).

use super::{
    super::{
        failure::CommandError,
        logic::{
            channel::{
                Band,
                Ssid,
                Width, //
            },
            wsm::{
                bss::SwitchChannel,
                join::{
                    Join,
                    Reset, //
                },
                mib::{
                    pmf,
                    BlockAckPolicy,
                    KeepAlivePeriod,
                    PowerThreshold,
                    ProtectedManagement, //
                },
                template::{
                    rate_elements,
                    Template,
                    TemplateKind,
                    PROBE_REQUEST_FOR,
                    PROBE_REQUEST_TO, //
                }, //
            }, //
        }, //
    },
    bss::Peer,
    control::{
        Control,
        Joined, //
    },
    gate::Pause,
    hardware::band_of,
    Wifi, //
};
use kernel::{
    net::mac80211::{
        Locked,
        PrepareTx,
        Vif, //
    },
    prelude::*,
    sync::Arc,
    time::Delta, //
};

/// Time a change of channel may take. Firmware that confirmed it and never says that it is done is
/// taken to be done.
const SWITCH_LIMIT: Delta = Delta::from_secs(1);
/// Time frames on their way may take before the radio leaves them behind.
const DRAIN_LIMIT: Delta = Delta::from_millis(200);

/// Frames before which the firmware must have joined (IEEE 802.11, 9.2.4.1.3): association request,
/// reassociation request and authentication.
const JOIN_BEFORE: [u16; 3] = [0x0000, 0x0020, 0x00B0];

/// A network to join.
struct Target {
    bssid: [u8; 6],
    band: Band,
    channel: u16,
    dtim_period: u8,
    beacon_interval: u16,
    ssid: Ssid,
}

impl Target {
    /// What mac80211 is about to connect to; `None` when it has no access point or channel.
    fn of(vif: &Vif<Wifi, Locked>) -> Option<Self> {
        let bss = vif.bss();
        let channel = bss.channel()?;
        Some(Self {
            bssid: bss.bssid()?,
            band: band_of(Some(channel.band))?,
            channel: channel.hw_value,
            dtim_period: bss.dtim_period(),
            beacon_interval: bss.beacon_interval(),
            ssid: vif
                .ap_ssid()
                .ok()
                .and_then(|ssid| Ssid::new(&ssid))
                .unwrap_or_default(),
        })
    }
}

impl Wifi {
    /// Joins before mac80211 sends a frame that needs it. When that fails the frame goes
    /// unanswered, and mac80211 tries again or gives up.
    pub(crate) fn mgd_prepare_tx(self: &Arc<Self>, vif: &Vif<Self, Locked>, info: &PrepareTx) {
        if JOIN_BEFORE.contains(&info.subtype) {
            self.ensure_joined(vif);
        }
    }

    /// Joins the network of `vif` unless that is done. Returns whether it is joined now.
    pub(crate) fn ensure_joined(self: &Arc<Self>, vif: &Vif<Self, Locked>) -> bool {
        let Some(target) = Target::of(vif) else {
            return false;
        };
        let _radio = self.radio.lock();
        let mut control = self.control.lock();
        if let Some(joined) = &control.joined {
            if joined.bssid == target.bssid && joined.channel == target.channel {
                return true;
            }
            self.leave_now(&mut control);
        }
        let held = self.hold(Pause::Reset, DRAIN_LIMIT);
        let outcome = self.join(&mut control, &target, vif.address());
        if outcome.is_err() {
            self.chip.counters.refused_joins.bump();
            self.reset(&mut control);
        }
        drop(held);
        outcome.is_ok()
    }

    fn join(
        &self,
        control: &mut Control,
        target: &Target,
        source: [u8; 6],
    ) -> Result<(), CommandError> {
        self.suggest(BlockAckPolicy::RECEIVE_ONLY);
        self.suggest(ProtectedManagement(
            pmf::UNPROTECTED_ALLOWED | pmf::ENCRYPT_AUTH,
        ));
        self.switch_channel(target.channel, Width::NoHt)?;
        // The firmware dies of a join without one.
        self.write(Template {
            kind: TemplateKind::ProbeRequest,
            frame: &[
                &PROBE_REQUEST_TO,
                &source,
                &PROBE_REQUEST_FOR,
                rate_elements(target.band),
            ],
        })?;
        self.inbox.lock().link_gone();
        self.command(&Join {
            band: target.band,
            channel: target.channel,
            bssid: target.bssid,
            dtim_period: target.dtim_period,
            ssid: target.ssid,
            beacon_interval: target.beacon_interval,
            basic_rates: target.band.basic_rates(),
        })?;
        control.joined = Some(Joined {
            bssid: target.bssid,
            channel: target.channel,
            width: Width::NoHt,
            associated: false,
            authorized: false,
            ht: false,
            block_ack: false,
            lost: false,
        });
        self.apply_filters(control);
        Ok(())
    }

    /// Tunes the radio and waits, within bounds, until it says that it has.
    pub(crate) fn switch_channel(&self, channel: u16, width: Width) -> Result<(), CommandError> {
        self.inbox.lock().take_channel_switched();
        self.command(&SwitchChannel { channel, width })?;
        let switched = self.wait_for(SWITCH_LIMIT, |_| self.inbox.lock().take_channel_switched());
        if switched.is_none() {
            self.chip.counters.silent_switches.bump();
        }
        Ok(())
    }

    /// Leaves the network, if there is one.
    pub(crate) fn leave(self: &Arc<Self>) {
        let _radio = self.radio.lock();
        let mut control = self.control.lock();
        self.leave_now(&mut control);
        if core::mem::take(&mut control.stale) {
            self.release_frames(&control);
        }
    }

    /// Leaves a network that was joined and never associated with: the firmware does not scan well
    /// in that state. Returns whether there is a link. The caller holds the radio.
    pub(crate) fn settle_join(self: &Arc<Self>) -> bool {
        let mut control = self.control.lock();
        let associated = control.joined.as_ref().map(|joined| joined.associated);
        if associated == Some(false) {
            self.leave_now(&mut control);
        }
        associated == Some(true)
    }

    /// Leaves the network, if there is one. The caller holds the radio.
    fn leave_now(self: &Arc<Self>, control: &mut Control) {
        if control.joined.is_none() {
            return;
        }
        let _held = self.hold(Pause::Reset, DRAIN_LIMIT);
        self.suggest(KeepAlivePeriod(0));
        self.reset(control);
        self.suggest(PowerThreshold::OFF);
        self.suggest(BlockAckPolicy::RECEIVE_ONLY);
    }

    /// Brings the firmware's station back to its beginning, and what is known of it.
    fn reset(&self, control: &mut Control) {
        control.joined = None;
        control.peer = Peer::UNKNOWN;
        self.tell(&Reset);
        self.forget_policies();
        control.power_save.reset();
        control.told_power = None;
        self.inbox.lock().link_gone();
    }
}
