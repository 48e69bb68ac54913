// SPDX-License-Identifier: GPL-2.0-only

//! Rates of a frame's attempts, and the firmware's table of rate retry policies (section 5.3.2).
//!
//! The firmware goes down from the first rate of a frame and makes as many attempts at each rate as
//! the frame's policy has for it. It knows eight policies; the host uploads them before use.

use super::bytes::{
    Overflow,
    Writer, //
};
use super::channel::Band;
use super::wsm::rate::{
    RateId,
    IDS, //
};

/// Policies the firmware knows at a time.
pub const POLICIES: usize = 8;
/// MIB of the policies.
pub const MIB: u16 = 0x1016;
/// Most attempts at one rate: the field has four bits.
const MAX_COUNT: u8 = 15;
/// Rates of a plan: those of mac80211 and a fall-back.
const PLAN_LEN: usize = 5;
/// Rates of a transmit status of mac80211.
pub const REPORT_LEN: usize = 4;

/// Retry limits, as mac80211 configures them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// For frames shorter than the RTS threshold; also the most attempts of any frame.
    pub short: u8,
    /// For longer frames.
    pub long: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            short: 31,
            long: 31,
        }
    }
}

/// Attempts at a rate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Attempts {
    /// The rate.
    pub rate: RateId,
    /// How many, at least one.
    pub count: u8,
}

/// The attempts of a frame, fastest rate first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Plan {
    attempts: [Option<Attempts>; PLAN_LEN],
}

impl Plan {
    /// Makes a plan of what rate control wants. Rates that occur twice are added up. HT frames get a
    /// fall-back at the slowest rate of the band. Without any usable rate it is all there is.
    pub fn new(wanted: impl Iterator<Item = Attempts>, band: Band, limits: Limits) -> Self {
        let mut plan = Self {
            attempts: [None; PLAN_LEN],
        };
        let mut left = limits.short.max(1);
        for attempts in wanted {
            let count = attempts.count.max(1).min(left);
            if count == 0 {
                break;
            }
            if plan.add(attempts.rate, count) {
                left = left.saturating_sub(count);
            }
        }
        let slowest = RateId::slowest(band);
        match plan.first().and_then(RateId::mcs) {
            Some(0) => plan.add(slowest, 5),
            Some(1..=2) => plan.add(slowest, 3),
            Some(_) => plan.add(slowest, 1),
            None if plan.first().is_none() => plan.add(slowest, left),
            None => true,
        };
        plan
    }

    /// Adds attempts where the rate belongs. Returns false when there is no room.
    fn add(&mut self, rate: RateId, count: u8) -> bool {
        let same = |known: &&mut Attempts| known.rate == rate;
        if let Some(known) = self.attempts.iter_mut().flatten().find(same) {
            known.count = known.count.saturating_add(count).min(MAX_COUNT);
            return true;
        }
        let Some(free) = self.attempts.iter_mut().find(|place| place.is_none()) else {
            return false;
        };
        *free = Some(Attempts {
            rate,
            count: count.min(MAX_COUNT),
        });
        self.attempts.sort_unstable_by_key(|place| {
            core::cmp::Reverse(place.map_or(0, |known| known.rate.number().saturating_add(1)))
        });
        true
    }

    /// The rate of the first attempt; `None` only of a plan under construction.
    fn first(&self) -> Option<RateId> {
        self.iter().next().map(|attempts| attempts.rate)
    }

    /// The rate of the first attempt.
    pub fn first_rate(&self, band: Band) -> RateId {
        self.first().unwrap_or(RateId::slowest(band))
    }

    /// How far the first rate of `other` is from that of this plan; `None` if it cannot stand in for
    /// it. Rate control is free to choose among MCS, while a frame at a legacy rate has that rate for
    /// a reason.
    fn distance(&self, other: &Self, band: Band) -> Option<u8> {
        let (first, instead) = (self.first()?, other.first()?);
        let both_ht = first.mcs().is_some() && instead.mcs().is_some();
        let in_band = |rate: RateId| rate.mcs().is_some() || rate.index(band).is_some();
        let fits = (both_ht || first == instead) && other.iter().all(|tried| in_band(tried.rate));
        fits.then(|| first.number().abs_diff(instead.number()))
    }

    fn iter(&self) -> impl Iterator<Item = Attempts> + '_ {
        self.attempts.iter().flatten().copied()
    }

    /// The policy that makes these attempts.
    pub fn policy(&self) -> Policy {
        let mut policy = Policy([0; IDS.div_ceil(8)]);
        for attempts in self.iter() {
            policy.set(attempts);
        }
        policy
    }

    /// The attempts that were made, when there were `count` in all and the last was at `last`.
    ///
    /// What the chip reports is made plausible and no more: a rate that is not part of the plan is
    /// reported for all attempts, for nothing is known of the others.
    pub fn outcome(&self, last: Option<RateId>, count: u8) -> [Option<Attempts>; REPORT_LEN] {
        let mut report = [None; REPORT_LEN];
        if count == 0 {
            return report;
        }
        if let Some(rate) = last.filter(|last| !self.iter().any(|known| known.rate == *last)) {
            if let Some(first) = report.first_mut() {
                *first = Some(Attempts { rate, count });
            }
            return report;
        }
        let mut left = count;
        let mut places = report.iter_mut();
        let mut planned = self.iter().peekable();
        while let (Some(attempts), Some(place)) = (planned.next(), places.next()) {
            let ends = last == Some(attempts.rate)
                || planned.peek().is_none()
                || attempts.count >= left
                || places.len() == 0;
            // The last place stands for all rates that have none.
            let rate = last.filter(|_| places.len() == 0).unwrap_or(attempts.rate);
            let count = if ends { left } else { attempts.count };
            *place = Some(Attempts { rate, count });
            if ends {
                break;
            }
            left = left.saturating_sub(count);
        }
        report
    }
}

/// How many attempts to make at each rate, as the firmware wants it: four bits for each rate id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Policy([u32; IDS.div_ceil(8)]);

impl Policy {
    /// The plan whose attempts these are; `None` if no plan has so many rates.
    fn plan(&self) -> Option<Plan> {
        let mut plan = Plan {
            attempts: [None; PLAN_LEN],
        };
        for number in 0..u8::try_from(IDS).ok()? {
            let [word, nibble] = [number / 8, number % 8];
            let word = self.0.get(usize::from(word)).copied().unwrap_or(0);
            let count = word
                .checked_shr(u32::from(nibble).saturating_mul(4))
                .unwrap_or(0)
                .to_le_bytes()[0]
                & MAX_COUNT;
            if let (Some(rate), 1..) = (RateId::new(number), count) {
                if !plan.add(rate, count) {
                    return None;
                }
            }
        }
        plan.first().map(|_| plan)
    }

    fn set(&mut self, attempts: Attempts) {
        let [word, nibble] = [
            attempts.rate.number() / 8,
            attempts.rate.number() % 8, //
        ];
        if let Some(word) = self.0.get_mut(usize::from(word)) {
            *word |= u32::from(attempts.count & MAX_COUNT) << nibble.saturating_mul(4);
        }
    }
}

/// Where the firmware stands with an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Upload {
    /// It does not have it.
    Due,
    /// It was sent and not confirmed.
    Sent,
    /// It has it.
    Done,
}

/// An entry of the cache.
#[derive(Clone, Copy, Debug)]
struct Entry {
    policy: Policy,
    upload: Upload,
    /// Frames in flight that use it.
    users: u16,
    /// When it was last asked for.
    asked: u64,
}

/// The value of the MIB that uploads policies.
#[derive(Debug)]
pub struct Value {
    bytes: [u8; VALUE_LEN],
    len: usize,
}

const ENTRY_LEN: usize = 20;
const VALUE_LEN: usize = 4 + POLICIES * ENTRY_LEN;

impl Value {
    /// The bytes of the value.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// The policies the firmware has or is to get.
///
/// An entry is not changed while a frame in flight uses it, nor while it is being uploaded.
#[derive(Debug, Default)]
pub struct Cache {
    entries: [Option<Entry>; POLICIES],
    limits: Limits,
    clock: u64,
    /// Somebody asked for a policy that the firmware lacks.
    wanted: bool,
}

impl Cache {
    /// Finds a place for `policy` and counts a user of it. `None` when frames in flight use all
    /// places: a confirm has to come first.
    pub fn acquire(&mut self, policy: Policy) -> Option<u8> {
        self.clock = self.clock.saturating_add(1);
        let clock = self.clock;
        let known = self
            .entries
            .iter()
            .position(|entry| entry.is_some_and(|entry| entry.policy == policy));
        let index = known.or_else(|| self.replaceable())?;
        let entry = self.entries.get_mut(index)?.get_or_insert(Entry {
            policy,
            upload: Upload::Due,
            users: 0,
            asked: clock,
        });
        if entry.policy != policy {
            entry.policy = policy;
            entry.upload = Upload::Due;
        }
        entry.users = entry.users.saturating_add(1);
        entry.asked = clock;
        self.wanted |= entry.upload == Upload::Due;
        u8::try_from(index).ok()
    }

    /// An empty place, or the one of those without users that was not asked for the longest.
    fn replaceable(&self) -> Option<usize> {
        self.entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| {
                entry.is_none_or(|entry| entry.users == 0 && entry.upload != Upload::Sent)
            })
            .min_by_key(|(_, entry)| entry.map_or(0, |entry| entry.asked))
            .map(|(index, _)| index)
    }

    fn entry(&mut self, index: u8) -> Option<&mut Entry> {
        self.entries.get_mut(usize::from(index))?.as_mut()
    }

    /// The plan nearest to `wanted` among those whose policy the firmware has, with a user of it
    /// counted; for a frame that would otherwise wait for an upload. `None` when there is none that
    /// could stand in.
    pub fn substitute(&mut self, wanted: &Plan, band: Band) -> Option<(Plan, u8)> {
        let (index, plan) = self
            .entries
            .iter()
            .enumerate()
            .filter_map(|(index, entry)| {
                let entry = entry.filter(|entry| entry.upload == Upload::Done)?;
                let plan = entry.policy.plan()?;
                Some((wanted.distance(&plan, band)?, index, plan))
            })
            .min_by_key(|(distance, ..)| *distance)
            .map(|(_, index, plan)| (index, plan))?;
        let entry = self.entries.get_mut(index)?.as_mut()?;
        entry.users = entry.users.saturating_add(1);
        Some((plan, u8::try_from(index).ok()?))
    }

    /// Ends a use that [`Cache::acquire`] or [`Cache::substitute`] counted.
    pub fn release(&mut self, index: u8) {
        if let Some(entry) = self.entry(index) {
            entry.users = entry.users.saturating_sub(1);
        }
    }

    /// Whether the firmware has the policy at `index`, so that frames may use it.
    pub fn ready(&mut self, index: u8) -> bool {
        self.entry(index)
            .is_some_and(|entry| entry.upload == Upload::Done)
    }

    /// Retry limits for policies from now on; those of earlier ones are sent again.
    pub fn set_limits(&mut self, limits: Limits) {
        if self.limits != limits {
            self.limits = limits;
            self.forget_uploads();
        }
    }

    /// The retry limits.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether the firmware lacks a policy that somebody asked for since it was told the last ones.
    pub fn is_due(&self) -> bool {
        self.wanted
    }

    /// What the firmware lacks; `None` when it has all. The caller sends it, and says with
    /// [`Cache::uploaded`] or [`Cache::not_uploaded`] what became of it, before it asks again.
    pub fn upload(&mut self) -> Option<Value> {
        let mut bytes = [0; VALUE_LEN];
        let mut writer = Writer::new(&mut bytes);
        let due = |entry: &&Entry| entry.upload == Upload::Due;
        let count = self.entries.iter().flatten().filter(due).count();
        if count == 0 {
            return None;
        }
        self.encode(&mut writer, u32::try_from(count).ok()?).ok()?;
        let len = writer.used();
        self.wanted = false;
        for entry in self.entries.iter_mut().flatten() {
            if entry.upload == Upload::Due {
                entry.upload = Upload::Sent;
            }
        }
        Some(Value { bytes, len })
    }

    fn encode(&self, writer: &mut Writer<'_>, count: u32) -> Result<(), Overflow> {
        /// Bit 2: give up when the policy is exhausted. Bit 3: the first attempt counts.
        const FLAGS: u8 = 0x0C;
        writer.u32(count)?;
        for (index, entry) in (0u8..).zip(&self.entries) {
            let Some(entry) = entry.filter(|entry| entry.upload == Upload::Due) else {
                continue;
            };
            writer.bytes(&[index, self.limits.short, self.limits.long, FLAGS])?;
            // No recovery of a higher rate within a frame.
            writer.u32(0)?;
            for word in entry.policy.0 {
                writer.u32(word)?;
            }
        }
        Ok(())
    }

    /// The firmware confirmed what [`Cache::upload`] gave.
    pub fn uploaded(&mut self) {
        self.settle(Upload::Done);
    }

    /// What [`Cache::upload`] gave did not reach the firmware.
    pub fn not_uploaded(&mut self) {
        self.settle(Upload::Due);
        self.wanted = true;
    }

    fn settle(&mut self, upload: Upload) {
        for entry in self.entries.iter_mut().flatten() {
            if entry.upload == Upload::Sent {
                entry.upload = upload;
            }
        }
    }

    /// The firmware was reset and has lost its table (F-5, B15).
    pub fn forget_uploads(&mut self) {
        self.wanted = false;
        for entry in self.entries.iter_mut().flatten() {
            entry.upload = Upload::Due;
        }
    }
}
