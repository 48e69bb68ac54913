// SPDX-License-Identifier: GPL-2.0-only
//! Joining a BSS (3.3.7, 5.8) and leaving it (3.3.6).

use std::time::Duration;

use crate::air::{Address, Channel};
use crate::breach::Rule;
use crate::bytes::{Builder, Reader};
use crate::fault::Fault;
use crate::firmware::block_ack::Sessions;
use crate::firmware::bss::Bss;
use crate::firmware::counters::Counters;
use crate::firmware::keys::Keys;
use crate::firmware::policy::Policies;
use crate::firmware::template;
use crate::firmware::transmit::Own;
use crate::firmware::{Env, Firmware, TU, confirm, status};
use crate::wsm::id::Id;
use crate::wsm::slots::Received;

/// Time between probe requests of a join.
const PROBE_INTERVAL: Duration = Duration::from_millis(20);

/// A request, read.
#[derive(Clone, Debug)]
struct Request {
    channel: Channel,
    bssid: Address,
    probe: bool,
    ssid: Vec<u8>,
    beacon_interval: Duration,
}

impl Request {
    fn parse(body: &[u8]) -> Result<Self, String> {
        let short = || "the body is cut off".to_owned();
        let mut reader = Reader::new(body);
        let mode = reader.u8().ok_or_else(short)?;
        let band = reader.u8().ok_or_else(short)?;
        let number = reader.u16().ok_or_else(short)?;
        let bssid = reader
            .take(6)
            .and_then(|bytes| Address::from_frame(bytes, 0));
        let bssid = bssid.ok_or_else(short)?;
        reader.u16().ok_or_else(short)?;
        let preamble = reader.u8().ok_or_else(short)?;
        let probe = reader.u8().ok_or_else(short)?;
        let dtim_period = reader.u8().ok_or_else(short)?;
        reader.u8().ok_or_else(short)?;
        let length = usize::try_from(reader.u32().ok_or_else(short)?).unwrap_or(usize::MAX);
        let ssid = reader.take(32).ok_or_else(short)?;
        let interval = reader.u32().ok_or_else(short)?;
        let rates = reader.u32().ok_or_else(short)?;
        let channel = Channel::from_number(number)
            .filter(|channel| channel.is_2ghz() == (band == 0) && band < 2)
            .ok_or_else(|| format!("channel {number} in band {band}"))?;
        let ssid = ssid
            .get(..length)
            .ok_or_else(|| format!("a name of {length} bytes"))?;
        let bad = [
            (mode > 1, "the mode is 0 or 1"),
            (bssid.is_group(), "the BSSID is that of one station"),
            (preamble > 2, "the preamble type is 0 to 2"),
            (dtim_period == 0, "the DTIM period is at least 1"),
            (
                !(1..=0xFFFF).contains(&interval),
                "the beacon interval is 1 to 65535",
            ),
            (rates == 0, "there is a basic rate"),
        ];
        if let Some((_, text)) = bad.iter().find(|(bad, _)| *bad) {
            return Err((*text).to_owned());
        }
        Ok(Self {
            channel,
            bssid,
            probe: probe != 0,
            ssid: ssid.to_vec(),
            beacon_interval: TU.saturating_mul(interval),
        })
    }
}

/// A join that waits for a sign of its BSS.
#[derive(Clone, Debug)]
pub(crate) struct Joining {
    id: Id,
    request: Request,
    until: Duration,
    next_probe: Duration,
}

impl Joining {
    pub(crate) fn deadline(&self) -> Duration {
        if self.request.probe {
            self.until.min(self.next_probe)
        } else {
            self.until
        }
    }

    pub(crate) const fn bssid(&self) -> Address {
        self.request.bssid
    }
}

impl Firmware {
    /// 0x000B. The confirm waits for a beacon or probe response.
    pub(crate) fn join(&mut self, message: &Received, env: &mut Env<'_>) {
        match self.prepare_join(message, env) {
            Ok(joining) => {
                self.home = Some(joining.request.channel_on(self.home));
                self.radio.tune(self.home);
                self.joining = Some(joining);
            }
            Err(code) => self.confirm_command(confirm::generic(message.id, code), env),
        }
    }

    fn prepare_join(&mut self, message: &Received, env: &mut Env<'_>) -> Result<Joining, u32> {
        let journal = &mut env.journal;
        let request = Request::parse(&message.body).map_err(|text| {
            journal.breach(Rule::JoinFields, text);
            status::INVALID
        })?;
        if self.templates.get(0, template::PROBE_REQUEST).is_none() {
            let text = "a join without a probe request template";
            journal.breach(Rule::JoinTemplate, text);
        }
        if self.bss.is_some() || self.joining.is_some() || self.scan.is_some() {
            let text = "a join before the BSS was left, or while a scan runs";
            journal.breach(Rule::JoinState, text);
            return Err(status::WRONG_STATE);
        }
        if self.home.map(|home| home.primary) != Some(request.channel.primary)
            || self.switching.is_some()
        {
            let text = "the radio is not on the channel of the BSS";
            journal.breach(Rule::JoinChannel, text);
        }
        if let Some(fault) = journal.fault(Fault::JoinReject) {
            return Err(fault.value("status"));
        }
        let timeout = Duration::from_millis(u64::from(env.config.knobs.join_timeout_ms));
        Ok(Joining {
            id: message.id,
            request,
            until: journal.now.saturating_add(timeout),
            next_probe: journal.now,
        })
    }

    /// Probes for the BSS, and gives up in the end.
    pub(crate) fn tick_join(&mut self, env: &mut Env<'_>) {
        let now = env.journal.now;
        let Some(joining) = &mut self.joining else {
            return;
        };
        if joining.until <= now {
            let id = joining.id;
            self.joining = None;
            self.home = None;
            self.radio.tune(None);
            self.confirm_command(confirm::generic(id, status::FAILURE), env);
            return;
        }
        if joining.request.probe && joining.next_probe <= now {
            joining.next_probe = now.saturating_add(PROBE_INTERVAL);
            let ssid = joining.request.ssid.clone();
            if let Some(template) = self.templates.get(0, template::PROBE_REQUEST) {
                let frame = template.with_ssid(&ssid);
                let attempts = self.own_attempts();
                self.queues.push_own(frame, attempts, Own::Plain);
            }
        }
    }

    /// A beacon or probe response of the BSS has come: the station is synchronised.
    pub(crate) fn joined(&mut self, env: &mut Env<'_>) {
        let Some(joining) = self.joining.take() else {
            return;
        };
        let request = joining.request;
        self.bss = Some(Bss::new(
            joining.id.interface(),
            request.bssid,
            request.ssid,
            request.beacon_interval,
            env.journal.now,
        ));
        // Power levels in 0.1 dBm.
        let body = Builder::new().u32(status::SUCCESS).u32(0).u32(200);
        self.confirm_command(confirm::of(joining.id, body.build()), env);
    }

    /// 0x000A: leaves the BSS, forgets keys and rate policies (9.4, F-5) and gives up what waits.
    pub(crate) fn reset(&mut self, message: &Received, env: &mut Env<'_>) {
        let keep = Reader::new(&message.body).u32().unwrap_or(0);
        if keep > 1 {
            env.journal
                .breach(Rule::ResetFields, format!("statistics {keep}"));
        }
        let interface = message.id.interface();
        let concerns = |owner: u8| owner == interface;
        if self.bss.as_ref().is_some_and(|bss| concerns(bss.interface)) {
            self.bss = None;
        }
        if let Some(joining) = self.joining.take() {
            // The command that waits for it was given up.
            self.confirm_command(confirm::generic(joining.id, status::FAILURE), env);
        }
        if self.bss.is_none() {
            self.home = None;
            self.switching = None;
            if self.scan.is_none() {
                self.radio.tune(None);
            }
            self.power.reset();
            self.block_ack = Sessions::default();
            self.flush_waiting(status::LINK_LOST, env.journal.now);
        }
        self.policies = Policies::default();
        self.keys = Keys::default();
        if keep == 0 {
            self.counters = Counters::default();
        }
        self.confirm_command(confirm::generic(message.id, status::SUCCESS), env);
    }
}

impl Request {
    /// The channel, as wide as the host has made it before.
    fn channel_on(&self, home: Option<Channel>) -> Channel {
        home.filter(|home| home.primary == self.channel.primary)
            .unwrap_or(self.channel)
    }
}
