// SPDX-License-Identifier: GPL-2.0-only
//! Scanning (3.3.5, 5.13).

use std::collections::VecDeque;
use std::time::Duration;

use crate::air::Channel;
use crate::breach::Rule;
use crate::bytes::{Builder, Reader};
use crate::fault::Fault;
use crate::firmware::bss::Bss;
use crate::firmware::template::{self, Template};
use crate::firmware::transmit::Own;
use crate::firmware::{Env, Firmware, confirm, rate, status};
use crate::knobs::TimeUnit;
use crate::wsm::batch::Outgoing;
use crate::wsm::id::{self, Id};
use crate::wsm::slots::Received;

/// Most channels of a request, of the host's own limit.
const MAX_CHANNELS: u8 = 48;
/// Most names of a request.
const MAX_SSIDS: u8 = 2;
/// Flag of a background scan that must not be put off.
const FORCE_BACKGROUND: u8 = 1;
/// How long the null function frame that announces an absence may take.
const LEAVE_TIME: Duration = Duration::from_millis(20);

/// A channel of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Dwell {
    channel: Channel,
    min: Duration,
    max: Duration,
}

/// A request, read.
#[derive(Clone, Debug)]
struct Request {
    kind: u8,
    flags: u8,
    max_rate: u8,
    probes: u8,
    probe_delay: Duration,
    channels: VecDeque<Dwell>,
    ssids: Vec<Vec<u8>>,
    in_5ghz: bool,
}

impl Request {
    fn parse(body: &[u8], unit: TimeUnit) -> Result<Self, String> {
        let short = || "the body is cut off".to_owned();
        let mut reader = Reader::new(body);
        let band = reader.u8().ok_or_else(short)?;
        let kind = reader.u8().ok_or_else(short)?;
        let flags = reader.u8().ok_or_else(short)?;
        let max_rate = reader.u8().ok_or_else(short)?;
        reader.u32().ok_or_else(short)?;
        let probes = reader.u8().ok_or_else(short)?;
        let channel_count = reader.u8().ok_or_else(short)?;
        let ssid_count = reader.u8().ok_or_else(short)?;
        let probe_delay = reader.u8().ok_or_else(short)?;
        if band > 1 {
            return Err(format!("band {band}"));
        }
        if kind > 3 {
            return Err(format!("scan type {kind}"));
        }
        if !(1..=MAX_CHANNELS).contains(&channel_count) || ssid_count > MAX_SSIDS {
            return Err(format!("{channel_count} channels, {ssid_count} names"));
        }
        if rate::of_id(max_rate, rate::Shape::default()).is_none() {
            return Err(format!("rate id {max_rate}"));
        }
        let mut channels = VecDeque::new();
        for _ in 0..channel_count {
            let number = reader.u16().ok_or_else(short)?;
            reader.u16().ok_or_else(short)?;
            let min = reader.u32().ok_or_else(short)?;
            let max = reader.u32().ok_or_else(short)?;
            reader.u32().ok_or_else(short)?;
            let channel = Channel::from_number(number)
                .filter(|channel| channel.is_2ghz() == (band == 0))
                .ok_or_else(|| format!("channel {number} in band {band}"))?;
            if max < min {
                return Err(format!("channel {number} with times {min} to {max}"));
            }
            channels.push_back(Dwell {
                channel,
                min: unit.time(min),
                max: unit.time(max),
            });
        }
        let mut ssids = Vec::new();
        for _ in 0..ssid_count {
            let length = usize::try_from(reader.u32().ok_or_else(short)?).unwrap_or(usize::MAX);
            let ssid = reader.take(32).ok_or_else(short)?;
            let ssid = ssid
                .get(..length)
                .ok_or_else(|| format!("a name of {length} bytes"))?;
            ssids.push(ssid.to_vec());
        }
        Ok(Self {
            kind,
            flags,
            max_rate,
            probes,
            probe_delay: Duration::from_micros(u64::from(probe_delay)),
            channels,
            ssids,
            in_5ghz: band == 1,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The access point is told that the station sleeps.
    Leaving { until: Duration },
    /// On a channel.
    Dwelling {
        since: Duration,
        dwell: Dwell,
        /// Whether a beacon or probe response came.
        heard: bool,
        probes_left: u8,
        next_probe: Duration,
    },
}

/// A scan that runs.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    id: Id,
    request: Request,
    template: Option<Template>,
    total: u8,
    phase: Phase,
}

impl Scan {
    /// When it goes on.
    pub(crate) fn deadline(&self) -> Duration {
        match self.phase {
            Phase::Leaving { until } => until,
            Phase::Dwelling {
                since,
                dwell,
                heard,
                probes_left,
                next_probe,
            } => {
                let end = self.end(since, dwell, heard);
                if probes_left > 0 {
                    end.min(next_probe)
                } else {
                    end
                }
            }
        }
    }

    /// A channel where nothing answers is left early. Without probe requests beacons must be waited for.
    fn end(&self, since: Duration, dwell: Dwell, heard: bool) -> Duration {
        let time = if heard || self.request.probes == 0 {
            dwell.max
        } else {
            dwell.min
        };
        since.saturating_add(time)
    }

    /// Whether frames that arrive belong to the scan.
    pub(crate) const fn is_dwelling(&self) -> bool {
        matches!(self.phase, Phase::Dwelling { .. })
    }

    /// A beacon or probe response has come.
    pub(crate) const fn heard_one(&mut self) {
        if let Phase::Dwelling { heard, .. } = &mut self.phase {
            *heard = true;
        }
    }
}

impl Firmware {
    /// 0x0007.
    pub(crate) fn start_scan(&mut self, message: &Received, env: &mut Env<'_>) {
        let code = match self.prepare_scan(message, env) {
            Ok(scan) => {
                self.scan = Some(scan);
                status::SUCCESS
            }
            Err(code) => code,
        };
        self.confirm_command(confirm::generic(message.id, code), env);
    }

    fn prepare_scan(&mut self, message: &Received, env: &mut Env<'_>) -> Result<Scan, u32> {
        let knobs = &env.config.knobs;
        let request = Request::parse(&message.body, knobs.scan_time_unit).map_err(|text| {
            env.journal.breach(Rule::ScanFields, text);
            status::INVALID
        })?;
        let template = self.templates.get(0, template::PROBE_REQUEST).cloned();
        if template.is_none() {
            let text = "a scan without a probe request template";
            env.journal.breach(Rule::ScanTemplate, text);
        }
        if self.scan.is_some() || self.joining.is_some() {
            env.journal
                .breach(Rule::ScanState, "a scan while a scan or join runs");
            return Err(status::WRONG_STATE);
        }
        if self.bss.is_some() {
            if request.kind == 0 || request.kind == 2 {
                env.journal
                    .breach(Rule::ScanState, "a foreground scan while joined");
                return Err(status::WRONG_STATE);
            }
            if request.flags & FORCE_BACKGROUND == 0 || request.channels.len() > 1 {
                let text = format!(
                    "a scan of {} channels with flags {} while joined",
                    request.channels.len(),
                    request.flags
                );
                env.journal.breach(Rule::ScanState, text);
            }
        }
        if let Some(fault) = env.journal.fault(Fault::ScanReject) {
            return Err(fault.value("status"));
        }
        if request.in_5ghz && request.channels.len() > 1 && !knobs.scan_5ghz_sweep {
            return Err(status::INVALID);
        }
        let total = u8::try_from(request.channels.len()).unwrap_or(u8::MAX);
        let now = env.journal.now;
        let mut until = now;
        let associated = self.bss.as_ref().is_some_and(Bss::is_associated);
        if associated && !self.power.sleeps() {
            until = now.saturating_add(LEAVE_TIME);
            self.tell_power_state(true);
        }
        Ok(Scan {
            id: message.id,
            request,
            template,
            total,
            phase: Phase::Leaving { until },
        })
    }

    /// 0x0008: the confirm, and the end of a scan that runs.
    pub(crate) fn stop_scan(&mut self, message: &Received, env: &mut Env<'_>) {
        self.confirm_command(confirm::generic(message.id, status::SUCCESS), env);
        if self.scan.is_some() {
            self.end_scan(env);
        }
    }

    /// The access point knows that the station is away, or did not hear it.
    pub(crate) fn may_leave(&mut self, now: Duration) {
        if let Some(scan) = &mut self.scan
            && let Phase::Leaving { until } = &mut scan.phase
        {
            *until = now;
        }
    }

    /// Goes on with the scan.
    pub(crate) fn tick_scan(&mut self, env: &mut Env<'_>) {
        let now = env.journal.now;
        let Some(scan) = self.scan.as_mut().filter(|scan| scan.deadline() <= now) else {
            return;
        };
        if let Phase::Dwelling {
            since,
            dwell,
            heard,
            probes_left,
            ..
        } = scan.phase
            && now < scan.end(since, dwell, heard)
        {
            let gap =
                dwell.min.max(Duration::from_millis(2)) / u32::from(scan.request.probes.max(1));
            scan.phase = Phase::Dwelling {
                since,
                dwell,
                heard,
                probes_left: probes_left.saturating_sub(1),
                next_probe: now.saturating_add(gap),
            };
            self.send_probes();
            return;
        }
        match scan.request.channels.pop_front() {
            Some(dwell) => {
                let probes_left = if scan.template.is_some() {
                    scan.request.probes
                } else {
                    0
                };
                scan.phase = Phase::Dwelling {
                    since: now,
                    dwell,
                    heard: false,
                    probes_left,
                    next_probe: now.saturating_add(scan.request.probe_delay),
                };
                self.radio.tune(Some(dwell.channel));
            }
            None => self.end_scan(env),
        }
    }

    /// A probe request for each name.
    fn send_probes(&mut self) {
        let Some(scan) = &self.scan else { return };
        let Some(template) = &scan.template else {
            return;
        };
        let rate = rate::of_id(scan.request.max_rate, rate::Shape::default());
        let wildcard = [Vec::new()];
        let ssids = if scan.request.ssids.is_empty() {
            &wildcard[..]
        } else {
            &scan.request.ssids
        };
        let frames: Vec<_> = ssids.iter().map(|ssid| template.with_ssid(ssid)).collect();
        let mut attempts = self.own_attempts();
        let in_2ghz = self.radio.channel().is_some_and(Channel::is_2ghz);
        if let (Some(attempt), Some(rate)) = (attempts.first_mut(), rate)
            && (in_2ghz || !rate.is_dsss())
        {
            attempt.rate = rate;
        }
        for frame in frames {
            self.queues.push_own(frame, attempts.clone(), Own::Plain);
        }
    }

    fn end_scan(&mut self, env: &mut Env<'_>) {
        let Some(scan) = self.scan.take() else { return };
        self.radio.tune(self.home);
        let now = env.journal.now;
        if let Some(bss) = &mut self.bss {
            // Beacons that were missed while away do not count.
            bss.heard_at(now);
        }
        let associated = self.bss.as_ref().is_some_and(Bss::is_associated);
        if associated && !self.power.sleeps() {
            self.tell_power_state(false);
        }
        let left = u8::try_from(scan.request.channels.len()).unwrap_or(u8::MAX);
        let body = Builder::new()
            .u32(status::SUCCESS)
            .u8(u8::from(self.power.sleeps()))
            .u8(scan.total.saturating_sub(left));
        let kind = id::SCAN_COMPLETE | u16::from(scan.id.interface()) << 6;
        self.indicate(Outgoing::indication(kind, body.build()));
    }
}
