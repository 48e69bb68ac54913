// SPDX-License-Identifier: GPL-2.0-only

//! How a scan is cut into requests (section 5.13, F-6, field report B5).
//!
//! The firmware refuses foreground scans while it is joined, and requests for several channels of
//! the 5 GHz band; long absences from the channel of a link kill its block acknowledgement. So a
//! request has one channel whenever one of these applies, and as many as possible otherwise.

use super::channel::Band;
use super::wsm::scan::{
    ScanKind,
    MAX_CHANNELS,
    MAX_SSIDS, //
};

/// Time on a channel, in time units, while probing.
const ACTIVE: Dwell = Dwell { min: 100, max: 100 };
/// The same with a link that waits: enough for the answer to a probe request.
const ACTIVE_JOINED: Dwell = Dwell { min: 10, max: 25 };
/// Time on a channel where only listening is allowed: a beacon is due every 100.
const PASSIVE: Dwell = Dwell { min: 110, max: 110 };
/// Probe requests of a channel.
const PROBES: u8 = 2;

/// Time a request may take beyond its channels, in milliseconds.
const GRACE: u32 = 5000;
/// Time a change of channel may take, in milliseconds.
const PER_CHANNEL: u32 = 10;

/// Time on a channel, in time units.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Dwell {
    /// At least.
    pub min: u32,
    /// At most.
    pub max: u32,
}

/// A channel to scan.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Channel {
    /// Its band.
    pub band: Band,
    /// Its number.
    pub number: u16,
    /// Whether transmission is not allowed before somebody else was heard, by regulation or because
    /// of radars.
    pub listen_only: bool,
    /// Most power allowed, in dBm.
    pub max_power: i32,
}

/// One request of a scan.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Step {
    /// Index of its first channel.
    pub first_channel: usize,
    /// Number of its channels.
    pub channels: usize,
    /// Index of its first network name.
    pub first_ssid: usize,
    /// Number of its network names.
    pub ssids: usize,
    /// Their band.
    pub band: Band,
    /// Foreground or background.
    pub kind: ScanKind,
    /// Probe requests of a channel; 0 to listen.
    pub probes: u8,
    /// Time on each channel.
    pub dwell: Dwell,
    /// Most power allowed on all of its channels, in dBm.
    pub max_power: i32,
}

impl Step {
    /// Milliseconds after which the scan counts as stuck.
    pub fn limit(&self) -> u32 {
        let channels = u32::try_from(self.channels).unwrap_or(u32::MAX);
        self.dwell
            .max
            .saturating_add(PER_CHANNEL)
            .saturating_mul(channels)
            .saturating_add(GRACE)
    }
}

/// The way through a scan.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Plan {
    /// Network names to ask for; none to only listen.
    ssids: usize,
    next_channel: usize,
    next_ssid: usize,
    /// Channels before this one are asked for one by one.
    alone_before: usize,
}

impl Plan {
    /// A scan for `ssids` network names, the wildcard among them. Without any, channels are only
    /// listened to.
    pub const fn new(ssids: usize) -> Self {
        Self {
            ssids,
            next_channel: 0,
            next_ssid: 0,
            alone_before: 0,
        }
    }

    /// Notes that the firmware refused a request. If it was for several channels, each of them gets
    /// one of its own; otherwise the scan goes on with the next.
    pub fn refused(&mut self, step: &Step) {
        if step.channels > 1 {
            self.alone_before = step.first_channel.saturating_add(step.channels);
            self.next_channel = step.first_channel;
            self.next_ssid = step.first_ssid;
        }
    }

    /// The next request; `None` at the end. `joined` tells whether there is a link now; it may
    /// come and go during the scan.
    pub fn next(&mut self, channels: &[Channel], joined: bool) -> Option<Step> {
        let rest = channels.get(self.next_channel..)?;
        let first = rest.first()?;
        let listen = first.listen_only || self.ssids == 0;
        let alone = joined || first.band == Band::Five || self.next_channel < self.alone_before;
        let count = if alone {
            1
        } else {
            rest.iter()
                .take(MAX_CHANNELS)
                .take_while(|channel| {
                    channel.band == first.band && channel.listen_only == first.listen_only
                })
                .count()
        };
        let ssids = if listen {
            0
        } else {
            self.ssids.saturating_sub(self.next_ssid).min(MAX_SSIDS)
        };
        let step = Step {
            first_channel: self.next_channel,
            channels: count,
            first_ssid: if listen { 0 } else { self.next_ssid },
            ssids,
            band: first.band,
            kind: if joined {
                ScanKind::Background
            } else {
                ScanKind::Foreground
            },
            probes: if listen { 0 } else { PROBES },
            dwell: match (listen, joined) {
                (true, _) => PASSIVE,
                (false, true) => ACTIVE_JOINED,
                (false, false) => ACTIVE,
            },
            max_power: rest
                .iter()
                .take(count)
                .map(|channel| channel.max_power)
                .min()
                .unwrap_or(first.max_power),
        };
        self.next_ssid = self.next_ssid.saturating_add(ssids);
        if listen || self.next_ssid >= self.ssids {
            self.next_ssid = 0;
            self.next_channel = self.next_channel.saturating_add(count);
        }
        Some(step)
    }
}
