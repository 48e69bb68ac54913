// SPDX-License-Identifier: GPL-2.0-only

//! Scanning: the request of mac80211 becomes requests to the firmware, one after the other.
//!
//! One work item owns a scan from its first request to its end and completes it exactly once. A
//! request that is refused costs its channels only; the vendor's driver fails the whole scan, and
//! with it every network of the other band.

use super::{
    super::{
        failure::CommandError,
        logic::{
            channel::{
                Band,
                Ssid, //
            },
            scan_plan::{
                Channel,
                Plan,
                Step, //
            },
            wsm::{
                mib::{
                    TxPower,
                    Write, //
                },
                scan::{
                    ScanChannel,
                    StartScan,
                    StopScan, //
                },
                template::{
                    Template,
                    TemplateKind,
                    PROBE_REQUEST_FOR,
                    PROBE_REQUEST_TO, //
                }, //
            }, //
        }, //
    },
    gate::Pause,
    hardware::band_of,
    Wifi,
    SCAN, //
};
use kernel::{
    net::{
        cfg80211::{
            self,
            ChannelFlags, //
        },
        mac80211::{
            Locked,
            Scan,
            ScanRequest,
            Vif, //
        }, //
    },
    prelude::*,
    sync::{
        atomic::Relaxed,
        Arc, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
    workqueue::WorkItem,
};

/// Time the link has for itself between two requests of a scan.
const BETWEEN_REQUESTS: Delta = Delta::from_millis(50);
/// Time frames on their way may take before the radio leaves the channel without them.
const DRAIN_LIMIT: Delta = Delta::from_millis(200);
/// Time a scan may take to end after it was stopped.
const STOP_LIMIT: Delta = Delta::from_secs(1);

/// A scan that was asked for.
pub(crate) struct Job {
    channels: KVec<Channel>,
    ssids: KVec<Ssid>,
    /// Elements of the probe requests, by band, and those of both.
    elements: [KVec<u8>; 2],
    common_elements: KVec<u8>,
    no_cck: bool,
    source: [u8; 6],
    scan: Scan<Wifi>,
}

/// How a request of a scan ended.
enum Outcome {
    /// The firmware visited the channels.
    Done,
    /// It refused to.
    Refused,
    /// There is no point in going on.
    Aborted,
}

fn copy(bytes: &[u8]) -> Result<KVec<u8>> {
    let mut copy = KVec::with_capacity(bytes.len(), GFP_KERNEL)?;
    copy.extend_from_slice(bytes, GFP_KERNEL)?;
    Ok(copy)
}

impl Job {
    fn new(vif: &Vif<Wifi, Locked>, request: &ScanRequest<'_>, scan: Scan<Wifi>) -> Result<Self> {
        let mut channels = KVec::new();
        for channel in request.channels() {
            let Some(band) = band_of(channel.band()) else {
                continue;
            };
            let flags = channel.flags();
            channels.push(
                Channel {
                    band,
                    number: channel.hw_value(),
                    listen_only: flags.intersects(ChannelFlags::NO_IR | ChannelFlags::RADAR),
                    max_power: channel.max_power(),
                },
                GFP_KERNEL,
            )?;
        }
        let mut ssids = KVec::new();
        for ssid in request.ssids() {
            ssids.push(Ssid::new(ssid).ok_or(EINVAL)?, GFP_KERNEL)?;
        }
        Ok(Self {
            channels,
            ssids,
            elements: [
                copy(request.ies(cfg80211::Band::Ghz2))?,
                copy(request.ies(cfg80211::Band::Ghz5))?,
            ],
            common_elements: copy(request.common_ies())?,
            no_cck: request.no_cck(),
            source: vif.address(),
            scan,
        })
    }

    /// Tells mac80211 that the scan is over.
    fn end(self: KBox<Self>, aborted: bool) {
        KBox::into_inner(self).scan.complete(aborted);
    }

    fn band_elements(&self, band: Band) -> &[u8] {
        let [two, five] = &self.elements;
        match band {
            Band::Two => two,
            Band::Five => five,
        }
    }

    /// The names of a request; none for any network.
    fn names(&self, step: &Step) -> &[Ssid] {
        let last = step.first_ssid.saturating_add(step.ssids);
        match self.ssids.get(step.first_ssid..last) {
            Some([only]) if only.is_wildcard() => &[],
            Some(names) => names,
            None => &[],
        }
    }
}

impl Wifi {
    /// Begins a scan. It goes on in a work item and completes `scan` there.
    pub(crate) fn hw_scan(
        self: &Arc<Self>,
        vif: &Vif<Self, Locked>,
        request: &ScanRequest<'_>,
        scan: Scan<Self>,
    ) -> Result {
        let job = KBox::new(Job::new(vif, request, scan)?, GFP_KERNEL)?;
        let mut slot = self.scan_job.lock();
        if slot.is_some() || !self.is_up() {
            return Err(EBUSY);
        }
        self.scan_aborted.store(false, Relaxed);
        *slot = Some(job);
        drop(slot);
        let _ = self.queue.enqueue::<Arc<Self>, SCAN>(self.clone());
        Ok(())
    }

    /// Ends the scan, if there is one, and returns when it has completed. Bounded: the work item
    /// gives up waiting at once, and each command it may be at has a limit.
    pub(crate) fn cancel_scan(&self) {
        self.scan_aborted.store(true, Relaxed);
        self.chip.notify();
        let _ended = self.scan_running.lock();
        let job = self.scan_job.lock().take();
        if let Some(job) = job {
            job.end(true);
        }
    }

    fn run_scan(self: &Arc<Self>, job: &Job) -> Outcome {
        let mut plan = Plan::new(job.ssids.len());
        let mut template = None;
        loop {
            let radio = self.radio.lock();
            if self.scan_aborted.load(Relaxed) {
                return Outcome::Aborted;
            }
            let joined = self.settle_join();
            let Some(step) = plan.next(&job.channels, joined) else {
                break;
            };
            let held = self.hold(Pause::Scan, DRAIN_LIMIT);
            let outcome = self.run_step(job, &step, &mut template, joined);
            drop(held);
            drop(radio);
            match outcome {
                Outcome::Done => {}
                Outcome::Refused => plan.refused(&step),
                Outcome::Aborted => return outcome,
            }
            if joined {
                fsleep(BETWEEN_REQUESTS);
            }
        }
        Outcome::Done
    }

    /// One request, from its preparation to its end. The caller holds the radio.
    fn run_step(
        &self,
        job: &Job,
        step: &Step,
        template: &mut Option<Band>,
        joined: bool,
    ) -> Outcome {
        if *template != Some(step.band) {
            let frame = Template {
                kind: TemplateKind::ProbeRequest,
                frame: &[
                    &PROBE_REQUEST_TO,
                    &job.source,
                    &PROBE_REQUEST_FOR,
                    job.band_elements(step.band),
                    &job.common_elements,
                ],
            };
            match self.command(&Write(frame)) {
                Ok(_) => *template = Some(step.band),
                Err(CommandError::Confirm(_) | CommandError::TooLong) => {}
                Err(_) => return Outcome::Aborted,
            }
        }
        if step.probes > 0 {
            self.set_power(
                u32::try_from(step.max_power)
                    .unwrap_or(0)
                    .saturating_mul(10),
            );
        }
        let mut channels = KVec::new();
        let wanted = job.channels.iter().skip(step.first_channel);
        for channel in wanted.take(step.channels) {
            let channel = ScanChannel {
                number: channel.number,
                min_time: step.dwell.min,
                max_time: step.dwell.max,
            };
            if channels.push(channel, GFP_KERNEL).is_err() {
                return Outcome::Aborted;
            }
        }
        // The end of an earlier scan that came late is not the end of this one.
        self.inbox.lock().take_scan_complete();
        let request = StartScan {
            band: step.band,
            kind: step.kind,
            no_cck: job.no_cck,
            probes: step.probes,
            channels: &channels,
            ssids: job.names(step),
        };
        match self.command(&request) {
            Ok(_) => {}
            Err(CommandError::Confirm(_)) => {
                self.chip.counters.refused_scans.bump();
                return Outcome::Refused;
            }
            Err(_) => return Outcome::Aborted,
        }
        let limit = Delta::from_millis(step.limit().into());
        let ended = self.wait_for(limit, |_| {
            if let Some(complete) = self.inbox.lock().take_scan_complete() {
                return Some(Some(complete));
            }
            self.scan_aborted.load(Relaxed).then_some(None)
        });
        match ended {
            Some(Some(_)) => Outcome::Done,
            Some(None) => {
                self.stop_scan();
                Outcome::Aborted
            }
            None => {
                self.chip.counters.stuck_scans.bump();
                // With a link the vendor's firmware is better left alone then (B5).
                if !joined {
                    self.stop_scan();
                }
                Outcome::Aborted
            }
        }
    }

    fn stop_scan(&self) {
        if self.command(&StopScan).is_ok() {
            self.wait_for(STOP_LIMIT, |_| self.inbox.lock().take_scan_complete());
        }
    }

    /// Tells the firmware how much power to use, in 0.1 dBm, when that is news.
    pub(crate) fn set_power(&self, limit: u32) {
        let mut control = self.control.lock();
        let power = limit.min(control.tx_power);
        if control.told_power != Some(power) && self.write(TxPower(power)).is_ok() {
            control.told_power = Some(power);
        }
    }
}

impl WorkItem<SCAN> for Wifi {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        let _running = this.scan_running.lock();
        let Some(job) = this.scan_job.lock().take() else {
            return;
        };
        let outcome = this.run_scan(&job);
        this.set_power(u32::MAX);
        let aborted = matches!(outcome, Outcome::Aborted);
        job.end(aborted);
    }
}
