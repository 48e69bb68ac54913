// SPDX-License-Identifier: GPL-2.0-only
//! Power save of a station (3.3.10; 802.11, 11.2.3).
//!
//! The access point is told by the power management bit of frames. In fast power save the station wakes for traffic and sleeps
//! again when there was none for a while; in legacy power save it stays asleep and fetches frame by frame.

use std::time::Duration;

use crate::air::Outcome;
use crate::breach::Rule;
use crate::bytes::{Builder, Reader};
use crate::fault::Fault;
use crate::firmware::bss::Bss;
use crate::firmware::event;
use crate::firmware::frame::{Frame, control, set_control};
use crate::firmware::transmit::{Own, null_frame};
use crate::firmware::{Env, Firmware, confirm, status, template};
use crate::knobs::PmIndication;
use crate::wsm::batch::Outgoing;
use crate::wsm::id;
use crate::wsm::mib;
use crate::wsm::slots::Received;

/// Always awake.
const ACTIVE: u8 = 0;
/// Sleeping, frames are fetched one by one.
const LEGACY: u8 = 1;
/// Sleeping, woken while there is traffic.
const FAST: u8 = 0x81;
/// Unit of the idle period.
const IDLE_UNIT: Duration = Duration::from_micros(500);
/// Idle period if the host leaves it to the firmware.
const DEFAULT_IDLE: Duration = Duration::from_millis(10);
/// Traffic identifiers by the bits of MIB 0x1013: background, best effort, video, voice.
const TRIGGER_TIDS: [u8; 4] = [1, 0, 5, 6];
/// Codes of event 7.
const NO_ANSWER_TO_POLL: u32 = 1;
const NO_ANSWER_TO_TRIGGER: u32 = 2;

/// What the host has asked for, and what the access point was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Power {
    mode: u8,
    interface: u8,
    idle: Duration,
    /// The access point knows that the station sleeps.
    sleeps: bool,
    /// The host waits for the indication of a change.
    reports: bool,
    /// When a station in fast power save goes back to sleep.
    sleep_at: Option<Duration>,
    /// When the last frame went to the access point.
    last_sent: Duration,
}

impl Power {
    /// Whether the access point keeps frames for the station.
    pub(crate) const fn sleeps(&self) -> bool {
        self.sleeps
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// A frame goes out or has come in: in fast power save that keeps the station awake.
    pub(crate) fn traffic(&mut self, now: Duration) {
        if self.mode == FAST {
            self.sleep_at = Some(now.saturating_add(self.idle));
        }
    }

    pub(crate) const fn sent_at(&mut self, now: Duration) {
        self.last_sent = now;
    }
}

impl Firmware {
    /// 0x0010.
    pub(crate) fn set_power(&mut self, message: &Received, env: &mut Env<'_>) {
        let mut reader = Reader::new(&message.body);
        let (mode, idle) = (reader.u8().unwrap_or(0), reader.u8().unwrap_or(0));
        if !matches!(mode, ACTIVE | LEGACY | FAST) {
            env.journal
                .breach(Rule::PowerFields, format!("mode 0x{mode:02X}"));
            self.confirm_command(confirm::generic(message.id, status::INVALID), env);
            return;
        }
        self.confirm_command(confirm::generic(message.id, status::SUCCESS), env);
        self.power.mode = mode;
        self.power.idle = match idle {
            0 => DEFAULT_IDLE,
            idle => IDLE_UNIT.saturating_mul(u32::from(idle)),
        };
        self.power.interface = message.id.interface();
        self.power.reports = true;
        self.power.sleep_at = None;
        let associated = self.bss.as_ref().is_some_and(Bss::is_associated);
        let sleeps = mode != ACTIVE;
        if !associated || sleeps == self.power.sleeps {
            self.report_power(env);
            return;
        }
        self.tell_power_state(sleeps);
    }

    /// Sends the null function frame that says whether the station sleeps.
    pub(crate) fn tell_power_state(&mut self, sleeps: bool) {
        let Some(bss) = &self.bss else { return };
        let mut frame = [template::NULL, template::QOS_NULL]
            .into_iter()
            .filter_map(|kind| self.templates.get(bss.interface, kind))
            .find(|template| {
                Frame::new(&template.bytes)
                    .is_some_and(|frame| frame.is_null() && frame.address1() == bss.bssid)
            })
            .map_or_else(
                || null_frame(bss.bssid, self.mac),
                |template| template.bytes.clone(),
            );
        set_control(&mut frame, control::POWER_MANAGEMENT, sleeps);
        let attempts = self.own_attempts();
        self.queues
            .push_own(frame, attempts, Own::PowerState { sleeps });
    }

    /// A frame of the host goes to the access point. A sleeping station says so in it, or wakes by it.
    pub(crate) fn power_of_frame(&mut self, bytes: &mut [u8], now: Duration) {
        self.power.sent_at(now);
        if self.power.sleeps {
            if self.power.mode == LEGACY {
                set_control(bytes, control::POWER_MANAGEMENT, true);
            } else {
                self.power.sleeps = false;
            }
        }
        self.power.traffic(now);
    }

    /// A frame for the station alone has come.
    pub(crate) fn power_of_received(&mut self, frame: Frame<'_>, now: Duration) {
        self.power.traffic(now);
        let end_of_period = frame
            .qos_control()
            .is_some_and(|control| control & 0x10 != 0);
        if self.power.sleeps && end_of_period && !frame.is_null() {
            self.summary.service_periods = self.summary.service_periods.saturating_add(1);
        }
        let more = frame.has(control::MORE_DATA);
        if self.power.sleeps && self.power.mode == LEGACY && more {
            let triggers = self.trigger_tid().is_some();
            if !triggers || end_of_period {
                self.fetch();
            }
        }
    }

    /// The access point has frames for the station.
    pub(crate) fn traffic_waits(&mut self) {
        if !self.power.sleeps {
            return;
        }
        match self.power.mode {
            FAST => self.tell_power_state(false),
            LEGACY => self.fetch(),
            _ => {}
        }
    }

    /// The traffic identifier that triggers a service period, if the host has set up U-APSD (MIB 0x1013).
    fn trigger_tid(&self) -> Option<u8> {
        let interface = self.bss.as_ref()?.interface;
        let flags = self.mibs.get(interface, mib::UAPSD).first().copied()?;
        let enabled = |index: &usize| flags >> index & 1 != 0;
        let highest = (0..TRIGGER_TIDS.len()).rev().find(enabled)?;
        TRIGGER_TIDS.get(highest).copied()
    }

    /// Asks for one frame, or for a service period.
    fn fetch(&mut self) {
        let Some(bss) = &self.bss else { return };
        let (frame, own) = match self.trigger_tid() {
            Some(tid) => {
                let bits = control::QOS_NULL | control::TO_DS | control::POWER_MANAGEMENT;
                let frame = Builder::new()
                    .u16(bits)
                    .u16(0)
                    .bytes(&bss.bssid.0)
                    .bytes(&self.mac.0)
                    .bytes(&bss.bssid.0)
                    .u16(0)
                    .u16(u16::from(tid))
                    .build();
                (frame, Own::Trigger)
            }
            None => {
                let frame = Builder::new()
                    .u16(control::PS_POLL)
                    .u16(0xC000 | bss.parameters.aid)
                    .bytes(&bss.bssid.0)
                    .bytes(&self.mac.0)
                    .build();
                (frame, Own::Poll)
            }
        };
        let counter = match own {
            Own::Trigger => &mut self.summary.triggers,
            _ => &mut self.summary.polls,
        };
        *counter = counter.saturating_add(1);
        let attempts = self.own_attempts();
        self.queues.push_own(frame, attempts, own);
    }

    /// A frame of the firmware's own has ended.
    pub(crate) fn own_ended(&mut self, own: Own, outcome: &Outcome, env: &mut Env<'_>) {
        let interface = self.power.interface;
        match own {
            Own::Plain => {}
            Own::Poll if !outcome.acked => {
                self.event(interface, event::PS_ERROR, NO_ANSWER_TO_POLL);
            }
            Own::Trigger if !outcome.acked => {
                self.event(interface, event::PS_ERROR, NO_ANSWER_TO_TRIGGER);
            }
            Own::Poll | Own::Trigger => {}
            Own::PowerState { .. } if self.scan.is_some() => self.may_leave(env.journal.now),
            Own::PowerState { sleeps } => {
                // An access point that does not hear the frame goes on sending: the station stays awake.
                self.power.sleeps = sleeps && outcome.acked && self.power.mode != ACTIVE;
                if !self.power.sleeps {
                    self.power.traffic(env.journal.now);
                }
                if self.power.reports {
                    self.report_power(env);
                }
            }
        }
    }

    /// Goes back to sleep after the idle period, and shows a sign of life after the keep-alive period.
    pub(crate) fn tick_power(&mut self, env: &Env<'_>) {
        let now = env.journal.now;
        if self.scan.is_some() {
            return;
        }
        if self.power.sleep_at.is_some_and(|at| at <= now) {
            self.power.sleep_at = None;
            if !self.power.sleeps && !self.power.reports && self.bss.is_some() {
                self.tell_power_state(true);
            }
        }
        if self.keep_alive_at().is_some_and(|at| at <= now) {
            self.power.sent_at(now);
            self.tell_power_state(self.power.sleeps);
        }
    }

    /// When there is something to do for power save.
    pub(crate) fn power_deadline(&self) -> Option<Duration> {
        if self.scan.is_some() {
            return None;
        }
        [self.power.sleep_at, self.keep_alive_at()]
            .into_iter()
            .flatten()
            .min()
    }

    /// When a station that has sent nothing sends a null function frame (MIB 0x1025).
    fn keep_alive_at(&self) -> Option<Duration> {
        let bss = self.bss.as_ref().filter(|bss| bss.is_associated())?;
        let value = self.mibs.get(bss.interface, mib::KEEP_ALIVE);
        let seconds = Reader::new(value).u16().filter(|seconds| *seconds > 0)?;
        let period = Duration::from_secs(u64::from(seconds));
        Some(self.power.last_sent.saturating_add(period))
    }

    /// 0x0809, as far as the knob lets it come.
    fn report_power(&mut self, env: &mut Env<'_>) {
        self.power.reports = false;
        let comes = match env.config.knobs.pm_indication {
            PmIndication::Always => true,
            PmIndication::NotLegacy => self.power.mode != LEGACY,
            PmIndication::Never => false,
        };
        if !comes || env.journal.fault(Fault::PmMissing).is_some() {
            return;
        }
        let body = Builder::new()
            .u32(status::SUCCESS)
            .u8(self.power.mode & 1)
            .build();
        let kind = id::PM_CHANGED | u16::from(self.power.interface) << 6;
        self.indicate(Outgoing::indication(kind, body));
    }
}
