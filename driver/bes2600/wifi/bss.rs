// SPDX-License-Identifier: GPL-2.0-only

//! What the firmware is told of its network while it is joined (section 5.8).

use super::{
    super::logic::{
        channel::{
            Band,
            Width, //
        },
        wsm::{
            bss::SetBssParams,
            mib::{
                AssociationMode,
                BeaconFilter,
                BeaconWakeUp,
                BlockAckPolicy,
                HtProtection,
                KeepAlivePeriod,
                PowerThreshold,
                SlotTime, //
            },
            rate::RateId,
            template::{
                Template,
                TemplateKind, //
            }, //
        }, //
    },
    control::Control,
    gate::Pause,
    hardware::{
        band_of,
        of_mac80211, //
    },
    Wifi, //
};
use kernel::{
    net::{
        cfg80211,
        mac80211::{
            BssChanged,
            Conf,
            ConfChanged,
            Locked,
            Sta,
            StaState,
            Vif, //
        }, //
    },
    sync::Arc,
    time::Delta, //
};

/// Seconds without traffic after which the firmware shows that the station is still there.
const KEEP_ALIVE: u32 = 15;
/// Of the beacons that tell nothing new, every so many-th passes. None does: an idle link leaves the
/// bus, and so the host, alone. The signal strength is that of the last frame, and events tell of it.
const BEACONS_PASSED: u32 = 0;

/// Time frames on their way may take before the width changes.
const DRAIN_LIMIT: Delta = Delta::from_millis(200);

/// Length of a slot in microseconds (IEEE 802.11, 18.5.4).
const fn slot_time(short: bool) -> u32 {
    if short {
        9
    } else {
        20
    }
}

/// The width in the firmware's terms; wider channels than it has count as their 20 MHz.
const fn width_of(width: cfg80211::Width) -> Width {
    match width {
        cfg80211::Width::NoHt => Width::NoHt,
        cfg80211::Width::Ht40Minus => Width::Ht40Minus,
        cfg80211::Width::Ht40Plus => Width::Ht40Plus,
        cfg80211::Width::Ht20 | cfg80211::Width::Other => Width::Ht20,
    }
}

/// The rate ids behind mac80211's bitmap of a band's rates.
fn rate_set(band: Band, bitmap: u32) -> u32 {
    (0..u32::BITS as u8)
        .filter(|index| bitmap.checked_shr((*index).into()).unwrap_or(0) & 1 != 0)
        .filter_map(|index| RateId::from_index(band, index))
        .fold(0, |set, rate| {
            set | 1u32.checked_shl(rate.number().into()).unwrap_or(0)
        })
}

/// What the access point can do.
#[derive(Clone, Copy)]
pub(crate) struct Peer {
    /// Legacy rates, bit n is rate id n.
    rates: u32,
    /// MCS 0 to 7 it receives.
    mcs: u8,
    /// The time it needs between subframes, as its HT capabilities code it.
    ampdu_density: u8,
    /// Whether it takes HT frames.
    ht: bool,
}

impl Peer {
    /// An access point nothing is known of.
    pub(crate) const UNKNOWN: Self = Self {
        rates: SetBssParams::ANY_RATE,
        mcs: 0,
        ampdu_density: 0,
        ht: false,
    };

    /// Reads the entry of the access point, whose rates are a bitmap of `band`.
    fn of(sta: &Sta<Wifi, Locked>, band: Band) -> Self {
        let bitmap = sta.supported_rates(of_mac80211(band));
        let mut peer = Self::UNKNOWN;
        if bitmap != 0 {
            peer.rates = rate_set(band, bitmap);
        }
        if let Some(ht) = sta.ht() {
            let [mcs, ..] = ht.rx_mcs;
            peer.mcs = mcs;
            peer.ampdu_density = ht.ampdu_density;
            peer.ht = true;
        }
        peer
    }
}

/// The band of the channel mac80211 uses.
fn band(vif: &Vif<Wifi, Locked>) -> Option<Band> {
    band_of(Some(vif.bss().channel()?.band))
}

impl Wifi {
    /// The station associated or disassociated, or its power save changed.
    pub(crate) fn vif_cfg_changed(self: &Arc<Self>, vif: &Vif<Self, Locked>, changed: BssChanged) {
        if changed.contains(BssChanged::ASSOC) {
            if vif.cfg().assoc() {
                self.associate(vif);
            } else {
                self.leave();
            }
        }
        if changed.contains(BssChanged::PS) {
            let mut control = self.control.lock();
            control.power_save.wanted = vif.cfg().ps();
            self.apply_power_save(&mut control);
        }
    }

    /// Parameters of the network changed.
    pub(crate) fn link_info_changed(
        self: &Arc<Self>,
        vif: &Vif<Self, Locked>,
        changed: BssChanged,
    ) {
        let bss = vif.bss();
        if changed.contains(BssChanged::TXPOWER) {
            self.limit_power(bss.tx_power());
        }
        if changed.contains(BssChanged::CQM) {
            let mut control = self.control.lock();
            control.threshold = match bss.cqm_rssi_threshold() {
                0 => PowerThreshold::OFF,
                threshold => PowerThreshold::new(
                    threshold,
                    threshold.saturating_add_unsigned(bss.cqm_rssi_hysteresis()),
                ),
            };
            if control.associated() {
                self.suggest(control.threshold);
            }
        }
        if !self.control.lock().associated() {
            return;
        }
        if changed.contains(BssChanged::ERP_SLOT) {
            self.suggest(SlotTime(slot_time(bss.use_short_slot())));
        }
        if changed.contains(BssChanged::BEACON_INFO) || changed.contains(BssChanged::BEACON_INT) {
            self.suggest(BeaconWakeUp::for_dtim(
                bss.dtim_period(),
                bss.beacon_interval(),
            ));
        }
        if changed.contains(BssChanged::ERP_PREAMBLE)
            || changed.contains(BssChanged::BASIC_RATES)
            || changed.contains(BssChanged::HT)
        {
            self.tell_mode(vif);
        }
        if changed.contains(BssChanged::BANDWIDTH) || changed.contains(BssChanged::HT) {
            self.follow_width(vif);
        }
    }

    /// Tells the firmware everything about the network the station was taken into. It has to join
    /// first when mac80211 hands everything over again; but not a connection from before the chip
    /// died, which is about to end.
    fn associate(self: &Arc<Self>, vif: &Vif<Self, Locked>) {
        if self.control.lock().stale {
            return;
        }
        let bss = vif.bss();
        if !self.ensure_joined(vif) {
            let _ = vif.connection_loss();
            return;
        }
        let peer = self.control.lock().peer;
        if peer.ht {
            self.follow_width(vif);
        }
        self.tell_mode(vif);
        self.suggest(KeepAlivePeriod(KEEP_ALIVE));
        self.tell(&SetBssParams {
            beacon_lost_count: SetBssParams::BEACON_LOST_COUNT,
            aid: vif.cfg().aid(),
            rates: peer.rates,
            mcs: peer.mcs,
        });
        self.suggest(BeaconWakeUp::for_dtim(
            bss.dtim_period(),
            bss.beacon_interval(),
        ));
        // As the vendor has it: without the QoS field, in the place of the frame with it.
        if let Ok(null) = vif.null_frame(false) {
            self.suggest(Template {
                kind: TemplateKind::QosNull,
                frame: &[null.data()],
            });
        }
        self.suggest(SlotTime(slot_time(bss.use_short_slot())));

        let mut control = self.control.lock();
        self.suggest(control.threshold);
        self.suggest(BeaconFilter::On {
            every: BEACONS_PASSED,
        });
        if let Some(joined) = &mut control.joined {
            joined.associated = true;
            joined.ht = peer.ht;
        }
        self.apply_block_ack(&mut control);
        control.power_save.wanted = vif.cfg().ps();
        self.apply_power_save(&mut control);
    }

    /// How frames to the access point are formed and protected.
    fn tell_mode(&self, vif: &Vif<Self, Locked>) {
        /// A station without greenfield is there (IEEE 802.11, 9.4.2.56).
        const NON_GREENFIELD_PRESENT: u16 = 1 << 2;
        const NON_GREENFIELD: u32 = 1 << 1;
        let Some(band) = band(vif) else {
            return;
        };
        let mpdu_spacing = self.control.lock().peer.ampdu_density;
        let bss = vif.bss();
        let non_greenfield = bss.ht_operation_mode() & NON_GREENFIELD_PRESENT != 0;
        self.suggest(HtProtection(if non_greenfield {
            NON_GREENFIELD
        } else {
            0
        }));
        self.suggest(AssociationMode {
            short_preamble: bss.use_short_preamble(),
            greenfield: false,
            mpdu_spacing,
            basic_rates: rate_set(band, bss.basic_rates()),
        });
    }

    /// Switches to the width the link has now.
    fn follow_width(self: &Arc<Self>, vif: &Vif<Self, Locked>) {
        let Some(channel) = vif.bss().channel() else {
            return;
        };
        let width = width_of(channel.width);
        let _radio = self.radio.lock();
        let mut control = self.control.lock();
        let Some(joined) = &mut control.joined else {
            return;
        };
        if joined.width == width && joined.channel == channel.hw_value {
            return;
        }
        let _held = self.hold(Pause::ChannelSwitch, DRAIN_LIMIT);
        if self.switch_channel(channel.hw_value, width).is_ok() {
            joined.width = width;
            joined.channel = channel.hw_value;
        }
    }

    /// Settings of the whole hardware changed. Each is looked at, whatever else changed with it
    /// (W-58).
    pub(crate) fn settings_changed(&self, conf: &Conf, changed: ConfChanged) {
        if changed.contains(ConfChanged::POWER) {
            self.limit_power(conf.power);
        }
        if changed.contains(ConfChanged::PS) {
            let mut control = self.control.lock();
            control.power_save.idle = u32::try_from(conf.dynamic_ps_timeout).unwrap_or(0);
            self.apply_power_save(&mut control);
        }
    }

    /// The host allows so much power, in dBm.
    fn limit_power(&self, power: i32) {
        let power = u32::try_from(power).unwrap_or(0);
        self.control.lock().tx_power = power.saturating_mul(10);
        self.set_power(u32::MAX);
    }

    /// The entry of the access point went up or down. It goes away with every end of a connection,
    /// one that failed to begin included: then the firmware leaves.
    pub(crate) fn sta_state(
        self: &Arc<Self>,
        vif: &Vif<Self, Locked>,
        sta: &Sta<Self, Locked>,
        old: StaState,
        new: StaState,
    ) {
        if new == StaState::NotExist {
            self.leave();
            return;
        }
        if old < new && new == StaState::Assoc {
            if let Some(band) = band(vif) {
                self.control.lock().peer = Peer::of(sta, band);
            }
        }
        if old.max(new) == StaState::Authorized {
            let mut control = self.control.lock();
            if let Some(joined) = &mut control.joined {
                joined.authorized = new == StaState::Authorized;
            }
            self.apply_block_ack(&mut control);
        }
    }

    /// Lets the firmware agree block acknowledgement once the keys are in place (F-9).
    fn apply_block_ack(&self, control: &mut Control) {
        let Some(joined) = &mut control.joined else {
            return;
        };
        let wanted = joined.associated && joined.authorized && joined.ht;
        if wanted == joined.block_ack {
            return;
        }
        let policy = if wanted {
            BlockAckPolicy::BOTH
        } else {
            BlockAckPolicy::RECEIVE_ONLY
        };
        if self.write(policy).is_ok() {
            joined.block_ack = wanted;
        }
    }
}
