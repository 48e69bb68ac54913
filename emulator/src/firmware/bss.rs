// SPDX-License-Identifier: GPL-2.0-only
//! The BSS that the station has joined: its beacons and what is concluded from them.

use std::time::Duration;

use crate::air::Address;
use crate::bytes::Reader;
use crate::firmware::frame::{Elements, Frame, element};

/// Missed beacons after which a BSS is lost, unless the host says otherwise (3.3.11).
const DEFAULT_BEACON_LOST_COUNT: u8 = 50;

/// The BSS.
#[derive(Clone, Debug)]
pub(crate) struct Bss {
    pub(crate) interface: u8,
    pub(crate) bssid: Address,
    pub(crate) ssid: Vec<u8>,
    pub(crate) beacon_interval: Duration,
    pub(crate) parameters: Parameters,
    last_beacon: Duration,
    lost: bool,
    /// Beacons that have come.
    beacons: u32,
    /// The elements of the last beacon that the filter looks at.
    watched: Vec<(Watch, Option<Vec<u8>>)>,
    signal: Signal,
    /// TSF of the access point less the chip's time, in microseconds.
    tsf_offset: u64,
}

/// What 0x0011 sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parameters {
    pub(crate) beacon_lost_count: u8,
    /// Association id; 0 before the association.
    pub(crate) aid: u16,
    pub(crate) rates: u32,
    /// Rates of high throughput that the access point has.
    pub(crate) ht_rates: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            beacon_lost_count: DEFAULT_BEACON_LOST_COUNT,
            aid: 0,
            rates: 0,
            ht_rates: 0,
        }
    }
}

impl Parameters {
    /// Reads the body of 0x0011.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, String> {
        let mut reader = Reader::new(body);
        let flags = reader.u8().unwrap_or(0);
        let beacon_lost_count = reader.u8().unwrap_or(0);
        let aid = reader.u16().unwrap_or(0);
        let (rates, ht_rates) = (reader.u32().unwrap_or(0), reader.u32().unwrap_or(0));
        if flags > 1 || aid > 2007 || ht_rates & !(0xFF << 14) != 0 {
            return Err(format!(
                "flags {flags}, association id {aid}, HT rates 0x{ht_rates:X}"
            ));
        }
        Ok(Self {
            beacon_lost_count,
            aid,
            rates,
            ht_rates,
        })
    }
}

/// A row of the beacon filter table (MIB 0x1004).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watch {
    id: u8,
    flags: u8,
    /// Organisation and type, for vendor elements.
    vendor: [u8; 4],
}

impl Watch {
    /// The rows of the MIB's value.
    pub(crate) fn table(value: &[u8]) -> Vec<Self> {
        let mut reader = Reader::new(value);
        let count = reader.u32().unwrap_or(0);
        let rows = reader.rest().chunks_exact(8);
        rows.take(usize::try_from(count).unwrap_or(0))
            .filter_map(|row| {
                let [id, flags, a, b, c, kind, ..] = *row else {
                    return None;
                };
                Some(Self {
                    id,
                    flags,
                    vendor: [a, b, c, kind],
                })
            })
            .collect()
    }

    fn find(self, elements: Elements<'_>) -> Option<&[u8]> {
        let mut elements = elements;
        elements.find_map(|(id, content)| {
            let matches = id == self.id
                && (id != element::VENDOR || content.starts_with(self.vendor.get(..3)?));
            matches.then_some(content)
        })
    }

    /// Whether the change from `old` to `new` is one that the host asks for.
    fn wants(self, old: Option<&[u8]>, new: Option<&[u8]>) -> bool {
        match (old, new) {
            (Some(old), Some(new)) => self.flags & 1 != 0 && old != new,
            (Some(_), None) => self.flags & 2 != 0,
            (None, Some(_)) => self.flags & 4 != 0,
            (None, None) => false,
        }
    }
}

/// Average of the beacons' strength, and on which side of the thresholds it is (MIB 0x1009).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Signal {
    /// In 1/16 dBm.
    average: Option<i32>,
    /// 1 above the upper threshold, -1 below the lower one.
    side: i8,
}

/// What follows from a beacon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The BSS had been lost.
    pub(crate) regained: bool,
    /// The beacon filter lets it through.
    pub(crate) passes: bool,
    /// The signal has crossed a threshold; the value that the event carries.
    pub(crate) crossed: Option<u8>,
    /// Frames for the station wait at the access point.
    pub(crate) traffic: bool,
    /// Group frames follow.
    pub(crate) group_traffic: bool,
}

/// What the host's MIBs say about beacons.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BeaconRules<'a> {
    /// MIB 0x1004.
    pub(crate) table: &'a [u8],
    /// MIB 0x1005.
    pub(crate) enable: &'a [u8],
    /// MIB 0x1009.
    pub(crate) thresholds: &'a [u8],
}

impl Bss {
    pub(crate) fn new(
        interface: u8,
        bssid: Address,
        ssid: Vec<u8>,
        beacon_interval: Duration,
        now: Duration,
    ) -> Self {
        Self {
            interface,
            bssid,
            ssid,
            beacon_interval,
            parameters: Parameters::default(),
            last_beacon: now,
            lost: false,
            beacons: 0,
            watched: Vec::new(),
            signal: Signal::default(),
            tsf_offset: 0,
        }
    }

    pub(crate) const fn is_associated(&self) -> bool {
        self.parameters.aid != 0
    }

    /// Counts missed beacons from now on.
    pub(crate) fn heard_at(&mut self, now: Duration) {
        self.last_beacon = self.last_beacon.max(now);
    }

    /// TSF of the BSS in microseconds.
    pub(crate) fn tsf(&self, now: Duration) -> u64 {
        micros(now).wrapping_add(self.tsf_offset)
    }

    /// When the BSS is lost unless a beacon comes.
    pub(crate) fn lost_at(&self) -> Option<Duration> {
        let count = u32::from(self.parameters.beacon_lost_count);
        if self.lost || count == 0 {
            return None;
        }
        // Half an interval of grace for the beacon that comes a little late.
        let time = self.beacon_interval.saturating_mul(count);
        let grace = self.beacon_interval / 2;
        Some(self.last_beacon.saturating_add(time).saturating_add(grace))
    }

    /// Whether the BSS has just been lost.
    pub(crate) fn check_lost(&mut self, now: Duration) -> bool {
        let newly = self.lost_at().is_some_and(|at| at <= now);
        self.lost |= newly;
        newly
    }

    /// A beacon of the BSS has come.
    pub(crate) fn beacon(
        &mut self,
        frame: Frame<'_>,
        signal: i8,
        at: Duration,
        rules: BeaconRules<'_>,
    ) -> Heard {
        self.last_beacon = self.last_beacon.max(at);
        self.beacons = self.beacons.wrapping_add(1);
        if let Some(timestamp) = frame.body().first_chunk() {
            self.tsf_offset = u64::from_le_bytes(*timestamp).wrapping_sub(micros(at));
        }
        let tim = frame.elements().find(element::TIM).unwrap_or(&[]);
        Heard {
            regained: std::mem::take(&mut self.lost),
            passes: self.filter(frame, rules),
            crossed: self.signal.update(signal, rules.thresholds),
            traffic: self.is_in(tim),
            group_traffic: tim.get(2).is_some_and(|control| control & 1 != 0),
        }
    }

    /// Whether the bit of the station is set in a TIM (802.11, 9.4.2.5).
    pub(crate) fn is_in(&self, tim: &[u8]) -> bool {
        let aid = self.parameters.aid;
        if aid == 0 {
            return false;
        }
        let first = usize::from(tim.get(2).copied().unwrap_or(0) & 0xFE);
        usize::from(aid / 8)
            .checked_sub(first)
            .and_then(|index| tim.get(3..)?.get(index))
            .is_some_and(|byte| byte >> (aid % 8) & 1 != 0)
    }

    /// Whether the host wants this beacon.
    fn filter(&mut self, frame: Frame<'_>, rules: BeaconRules<'_>) -> bool {
        let mut reader = Reader::new(rules.enable);
        let (flags, every) = (reader.u32().unwrap_or(0), reader.u32().unwrap_or(1));
        let rows = Watch::table(rules.table);
        let known: Vec<_> = self.watched.iter().map(|(watch, _)| *watch).collect();
        let is_new = known != rows;
        let mut wanted = false;
        let old = std::mem::take(&mut self.watched);
        for (index, watch) in rows.into_iter().enumerate() {
            let new = watch.find(frame.elements());
            if !is_new && let Some((_, old)) = old.get(index) {
                wanted |= watch.wants(old.as_deref(), new);
            }
            self.watched.push((watch, new.map(<[u8]>::to_vec)));
        }
        let counted = every != 0 && self.beacons.is_multiple_of(every);
        // Without a value the filter is off, and every beacon goes to the host.
        flags & 1 == 0 && (every == 1 || rules.enable.is_empty()) || counted || wanted
    }
}

impl Signal {
    fn update(&mut self, signal: i8, thresholds: &[u8]) -> Option<u8> {
        let &[mode, lower, upper, weight] = thresholds else {
            return None;
        };
        let sample = i32::from(signal) * 16;
        let weight = i32::from(weight.max(1));
        let average = match self.average {
            None => sample,
            Some(average) => average + (sample - average) / weight,
        };
        self.average = Some(average);
        if mode & 1 == 0 {
            return None;
        }
        let dbm = average.div_euclid(16);
        let rssi = mode & 2 != 0;
        let (value, lower, upper) = if rssi {
            let signed = |byte: u8| i32::from(i8::from_le_bytes([byte]));
            (dbm, signed(lower), signed(upper))
        } else {
            (i32::from(rcpi(dbm)), i32::from(lower), i32::from(upper))
        };
        let side = if mode & 4 == 0 && value > upper {
            1
        } else if mode & 8 == 0 && value < lower {
            -1
        } else {
            0
        };
        let crossed = side != self.side && side != 0;
        self.side = side;
        let [byte, ..] = value.to_le_bytes();
        crossed.then_some(byte)
    }
}

/// Received channel power indicator of a strength (3.5.2). It is never 0, which would mean that nothing came.
pub(crate) fn rcpi(dbm: i32) -> u8 {
    let value = dbm.saturating_add(110).saturating_mul(2).clamp(1, 255);
    u8::try_from(value).unwrap_or(1)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{BeaconRules, Bss, Parameters, Signal, rcpi};
    use crate::air::Address;
    use crate::firmware::frame::Frame;

    fn bss() -> Bss {
        let mut bss = Bss::new(
            0,
            Address([2; 6]),
            b"net".to_vec(),
            Duration::from_micros(102_400),
            Duration::ZERO,
        );
        bss.parameters.aid = 3;
        bss
    }

    fn beacon(elements: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x80, 0];
        bytes.resize(24, 0);
        bytes.extend_from_slice(&1_000_000_u64.to_le_bytes());
        bytes.extend_from_slice(&[100, 0, 0x11, 0]);
        bytes.extend_from_slice(elements);
        bytes
    }

    const ALL: BeaconRules<'_> = BeaconRules {
        table: &[],
        enable: &[],
        thresholds: &[],
    };

    #[test]
    fn reads_the_traffic_map() {
        let mut bss = bss();
        // DTIM count 0, period 1, group bit, AIDs 0 to 7: bit 3.
        let bytes = beacon(&[5, 4, 0, 1, 1, 0x08]);
        let heard = bss.beacon(Frame::new(&bytes).unwrap(), -40, Duration::ZERO, ALL);
        assert!(heard.traffic && heard.group_traffic && heard.passes);
        assert_eq!(bss.tsf(Duration::from_micros(5)), 1_000_005);
        bss.parameters.aid = 2007;
        assert!(!bss.is_in(&[0, 1, 1, 8]));
        assert!(!bss.is_in(&[0]));
    }

    #[test]
    fn loses_and_regains() {
        let mut bss = bss();
        bss.parameters.beacon_lost_count = 4;
        let lost_at = bss.lost_at().unwrap();
        assert_eq!(lost_at, Duration::from_micros(4 * 102_400 + 51_200));
        assert!(!bss.check_lost(lost_at - Duration::from_micros(1)));
        assert!(bss.check_lost(lost_at));
        assert!(!bss.check_lost(lost_at * 2), "once");
        let bytes = beacon(&[]);
        let heard = bss.beacon(Frame::new(&bytes).unwrap(), -40, lost_at, ALL);
        assert!(heard.regained);
        assert!(bss.lost_at().is_some());
    }

    #[test]
    fn the_filter_passes_what_was_asked_for() {
        let mut bss = bss();
        // ERP information, when it changes; filter on, no beacon by count.
        let table = [1, 0, 0, 0, 42, 1, 0, 0, 0, 0, 0, 0];
        let rules = BeaconRules {
            table: &table,
            enable: &[1, 0, 0, 0, 0, 0, 0, 0],
            thresholds: &[],
        };
        let mut passes = |elements: &[u8], rules| {
            let bytes = beacon(elements);
            let frame = Frame::new(&bytes).unwrap();
            bss.beacon(frame, -40, Duration::ZERO, rules).passes
        };
        assert!(!passes(&[42, 1, 0], rules));
        assert!(!passes(&[42, 1, 0], rules));
        assert!(passes(&[42, 1, 2], rules));
        assert!(!passes(&[], rules), "its disappearance was not asked for");
        let third = BeaconRules {
            enable: &[1, 0, 0, 0, 3, 0, 0, 0],
            ..rules
        };
        let count = (0..9).filter(|_| passes(&[], third)).count();
        assert_eq!(count, 3);
    }

    #[test]
    fn thresholds_are_crossed_once() {
        let mut signal = Signal::default();
        // RSSI, lower -70, upper -60, no averaging.
        let thresholds = [3, (-70_i8).to_le_bytes()[0], (-60_i8).to_le_bytes()[0], 1];
        assert_eq!(signal.update(-65, &thresholds), None);
        let low = signal.update(-75, &thresholds);
        assert_eq!(low, Some((-75_i8).to_le_bytes()[0]));
        assert_eq!(signal.update(-76, &thresholds), None);
        assert_eq!(signal.update(-65, &thresholds), None);
        assert!(signal.update(-50, &thresholds).is_some());
        assert_eq!(signal.update(-50, &[0x0D, 0, 0, 16]), None, "no thresholds");
    }

    #[test]
    fn rcpi_has_half_decibels_and_is_never_zero() {
        assert_eq!(rcpi(-40), 140);
        assert_eq!(rcpi(-110), 1);
        assert_eq!(rcpi(100), 255);
    }

    #[test]
    fn impossible_parameters_are_refused() {
        let body = [0, 50, 1, 0, 0xFF, 0, 0, 0, 0, 0xC0, 0x3F, 0];
        let parameters = Parameters::parse(&body).unwrap();
        assert_eq!((parameters.aid, parameters.beacon_lost_count), (1, 50));
        assert!(Parameters::parse(&[0, 50, 0xD8, 7, 0, 0, 0, 0, 0, 0, 0, 0]).is_err());
    }
}
