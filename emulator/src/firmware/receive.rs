// SPDX-License-Identifier: GPL-2.0-only
//! Reception (3.5.2): which frames of the air go to the host, and how.

use crate::air::{Address, OnAir};
use crate::bytes::{Builder, Reader};
use crate::fault::Fault;
use crate::firmware::block_ack;
use crate::firmware::bss::{BeaconRules, rcpi};
use crate::firmware::channel::number_of;
use crate::firmware::counters::count;
use crate::firmware::event;
use crate::firmware::frame::{Frame, Kind, control, element, management};
use crate::firmware::keys::Verdict;
use crate::firmware::{Env, Firmware, rate, status};
use crate::knobs::ReceiveIv;
use crate::wsm::batch::Outgoing;
use crate::wsm::id;
use crate::wsm::mib;

/// Interface of frames that came during a scan (3.1).
const SCAN_INTERFACE: u8 = 2;

/// Flags of the indication.
pub(crate) mod flag {
    /// Decrypted, with IV, ICV and MIC removed (bits 2:0).
    pub(crate) const DECRYPTED_AND_REMOVED: u32 = 7;
    pub(crate) const BEACON: u32 = 1 << 7;
    pub(crate) const TIM: u32 = 1 << 8;
    pub(crate) const MULTICAST_BIT: u32 = 1 << 9;
    pub(crate) const SSID_MATCHES: u32 = 1 << 10;
    pub(crate) const BSSID_MATCHES: u32 = 1 << 11;
    pub(crate) const MORE_DATA: u32 = 1 << 12;
    pub(crate) const HT: u32 = 1 << 14;
    pub(crate) const ADDRESS1_MATCHES: u32 = 1 << 16;
    pub(crate) const GROUP: u32 = 1 << 17;
    pub(crate) const BROADCAST: u32 = 1 << 18;
    pub(crate) const GROUP_KEY: u32 = 1 << 19;
    pub(crate) const KEY_INDEX_SHIFT: u32 = 20;
}

/// RX filter bits (MIB 0x1003).
const PROMISCUOUS: u32 = 1 << 0;
const OTHER_BSSID: u32 = 1 << 1;

/// How a frame goes to the host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) interface: u8,
    pub(crate) status: u32,
    pub(crate) flags: u32,
}

impl Firmware {
    /// A frame has arrived.
    pub(crate) fn received(&mut self, heard: &OnAir, env: &mut Env<'_>) {
        count(&mut self.counters.rx_packets);
        self.summary.received = self.summary.received.saturating_add(1);
        let Some(frame) = Frame::new(&heard.bytes) else {
            count(&mut self.counters.rx_packet_errors);
            return;
        };
        if frame.address1().is_group() {
            count(&mut self.counters.rx_multicast);
        }
        if let Some(scan) = self.scan.as_mut().filter(|scan| scan.is_dwelling()) {
            if frame.announces() {
                scan.heard_one();
                let manner = Manner {
                    interface: SCAN_INTERFACE,
                    status: status::SUCCESS,
                    flags: 0,
                };
                self.deliver(heard, &heard.bytes, manner, env);
            }
            return;
        }
        if let Some(joining) = &self.joining {
            if frame.announces() && frame.address3() == joining.bssid() {
                self.joined(env);
            } else {
                return;
            }
        }
        let Some(bss) = &self.bss else {
            self.received_unjoined(heard, frame, env);
            return;
        };
        let (interface, bssid) = (bss.interface, bss.bssid);
        let ours = frame.bssid() == bssid;
        let mut flags = 0;
        let mut passes = self.passes(frame, ours);
        if ours && frame.is_management(management::BEACON) {
            let (beacon_passes, beacon_flags) = self.beacon(heard, frame, env);
            passes &= beacon_passes;
            flags |= beacon_flags;
        }
        if !passes {
            return;
        }
        if ours && frame.kind() == Kind::Data && frame.address1() == self.mac {
            self.power_of_received(frame, env.journal.now);
        }
        let mut manner = Manner {
            interface,
            status: status::SUCCESS,
            flags,
        };
        let knobs = &env.config.knobs;
        let verdict = if frame.has(control::PROTECTED)
            && env.journal.fault(Fault::DecryptFailure).is_some()
        {
            Verdict::Failed(status::DECRYPT_FAILURE)
        } else {
            self.keys.open(
                &heard.bytes,
                knobs.receive_iv,
                knobs.replay_check,
                &mut self.counters,
            )
        };
        let opened = match &verdict {
            Verdict::Opened { bytes, .. } => Frame::new(bytes),
            _ => Some(frame),
        };
        if ours
            && frame.address1() == self.mac
            && let Some(body) = opened.and_then(|frame| self.action_body(frame, knobs.receive_iv))
        {
            self.block_ack_action(&body, env);
        }
        match verdict {
            Verdict::Plain => self.deliver(heard, &heard.bytes, manner, env),
            Verdict::Opened { flags, bytes } => {
                manner.flags |= flags;
                self.deliver(heard, &bytes, manner, env);
            }
            Verdict::Failed(code) => {
                manner.status = code;
                self.deliver(heard, &heard.bytes, manner, env);
            }
            Verdict::Replayed => {}
        }
    }

    /// Body of an action frame about block-ack sessions that is in plain text.
    fn action_body(&self, frame: Frame<'_>, iv: ReceiveIv) -> Option<Vec<u8>> {
        let mut body = frame.body();
        if frame.has(control::PROTECTED) && iv == ReceiveIv::Present {
            // The CCMP header is still there.
            body = body.get(8..)?;
        }
        block_ack::concerns(frame, body).then(|| body.to_vec())
    }

    /// A frame that came while the station belongs to no BSS and does not scan.
    fn received_unjoined(&mut self, heard: &OnAir, frame: Frame<'_>, env: &mut Env<'_>) {
        if frame.kind() == Kind::Management
            && (frame.address1().0 == self.mac.0 || self.filter_bits(0) & PROMISCUOUS != 0)
        {
            let manner = Manner {
                interface: 0,
                status: status::SUCCESS,
                flags: 0,
            };
            self.deliver(heard, &heard.bytes, manner, env);
        }
    }

    /// Value of the RX filter.
    fn filter_bits(&self, interface: u8) -> u32 {
        let value = self.mibs.get(interface, mib::RX_FILTER);
        Reader::new(value).u32().unwrap_or(0)
    }

    /// Whether the filters let a frame through: receive filter, BSSID filter, group addresses.
    fn passes(&self, frame: Frame<'_>, ours: bool) -> bool {
        let interface = self.bss.as_ref().map_or(0, |bss| bss.interface);
        let bits = self.filter_bits(interface);
        if frame.kind() == Kind::Control {
            return bits & PROMISCUOUS != 0;
        }
        let destination = frame.address1();
        if !destination.is_group() && destination != self.mac {
            return bits & PROMISCUOUS != 0;
        }
        // What the station itself has sent, and the access point repeats, is not filtered here: hosts do that.
        let unfiltered = self.mibs.flag(interface, mib::NO_BSSID_FILTER) || bits & OTHER_BSSID != 0;
        let foreign = !ours && !unfiltered && bits & PROMISCUOUS == 0;
        if foreign && (destination.is_group() || frame.kind() == Kind::Data) {
            return false;
        }
        if destination.is_group() && destination != Address::BROADCAST {
            return self.wants_group(interface, destination);
        }
        true
    }

    /// Whether the group address table (MIB 0x0004) has the address, or is off.
    fn wants_group(&self, interface: u8, address: Address) -> bool {
        let mut reader = Reader::new(self.mibs.get(interface, mib::GROUP_ADDRESSES));
        let (enable, count) = (reader.u32().unwrap_or(0), reader.u32().unwrap_or(0));
        let table = reader.rest().chunks_exact(6);
        enable == 0
            || table
                .take(usize::try_from(count).unwrap_or(0))
                .any(|entry| entry == address.0)
    }

    /// A beacon of the own BSS: whether the host gets it, and with which flags.
    fn beacon(&mut self, heard: &OnAir, frame: Frame<'_>, env: &mut Env<'_>) -> (bool, u32) {
        let Some(bss) = &mut self.bss else {
            return (false, 0);
        };
        let interface = bss.interface;
        let rules = BeaconRules {
            table: self.mibs.get(interface, mib::BEACON_FILTER_TABLE),
            enable: self.mibs.get(interface, mib::BEACON_FILTER),
            thresholds: self.mibs.get(interface, mib::SIGNAL_THRESHOLDS),
        };
        let result = bss.beacon(frame, heard.signal, env.journal.now, rules);
        let matches = frame.elements().find(element::SSID) == Some(bss.ssid.as_slice());
        let mut flags = 0;
        for (set, bit) in [
            (matches, flag::SSID_MATCHES),
            (result.traffic, flag::TIM),
            (result.group_traffic, flag::MULTICAST_BIT),
        ] {
            flags |= if set { bit } else { 0 };
        }
        if result.traffic {
            self.traffic_waits();
        }
        if result.regained {
            self.event(interface, event::BSS_REGAINED, 0);
        }
        if let Some(value) = result.crossed {
            self.event(interface, event::SIGNAL, u32::from(value));
        }
        (result.passes, flags)
    }

    /// Queues a receive indication, unless the host reads so slowly that the chip has no room left.
    pub(crate) fn deliver(
        &mut self,
        heard: &OnAir,
        mpdu: &[u8],
        manner: Manner,
        env: &mut Env<'_>,
    ) {
        let waiting = env.waiting.saturating_add(self.out.len());
        if waiting >= usize::from(env.config.knobs.receive_buffers) {
            self.summary.dropped = self.summary.dropped.saturating_add(1);
            return;
        }
        count(&mut self.counters.rx_success);
        self.summary.indicated = self.summary.indicated.saturating_add(1);
        let spoilt = |fault: Option<crate::fault::Planned>, key| fault.map(|f| f.value(key));
        let rate = spoilt(env.journal.fault(Fault::ReceiveRate), "rate");
        let channel = spoilt(env.journal.fault(Fault::ReceiveChannel), "channel");
        let code = spoilt(env.journal.fault(Fault::ReceiveStatus), "status");
        let short = spoilt(env.journal.fault(Fault::ReceiveShort), "len");
        let [rate, ..] = rate
            .unwrap_or_else(|| u32::from(rate::id_of(heard.rate)))
            .to_le_bytes();
        let channel = channel.and_then(|channel| u16::try_from(channel).ok());
        let flags = manner.flags | self.address_flags(heard, mpdu);
        let mut body = Builder::new()
            .u32(code.unwrap_or(manner.status))
            .u16(channel.unwrap_or_else(|| number_of(heard.frequency)))
            .u8(rate)
            .u8(rcpi(i32::from(heard.signal)))
            .u32(flags)
            .bytes(&[env.config.knobs.receive_fill; 16])
            .bytes(mpdu)
            .build();
        if let Some(len) = short.and_then(|len| usize::try_from(len).ok()) {
            body.truncate(len.saturating_sub(id::HEADER_LEN));
        }
        let kind = id::RECEIVE | u16::from(manner.interface) << 6;
        self.indicate(Outgoing::indication(kind, body));
    }

    /// The flags that follow from a frame's header and rate.
    fn address_flags(&self, heard: &OnAir, mpdu: &[u8]) -> u32 {
        let Some(frame) = Frame::new(mpdu) else {
            return 0;
        };
        let destination = frame.address1();
        let ours = self
            .bss
            .as_ref()
            .is_some_and(|bss| bss.bssid == frame.bssid());
        [
            (frame.is_management(management::BEACON), flag::BEACON),
            (ours, flag::BSSID_MATCHES),
            (frame.has(control::MORE_DATA), flag::MORE_DATA),
            (rate::is_ht(heard.rate), flag::HT),
            (destination == self.mac, flag::ADDRESS1_MATCHES),
            (destination.is_group(), flag::GROUP),
            (destination == Address::BROADCAST, flag::BROADCAST),
        ]
        .into_iter()
        .filter(|(set, _)| *set)
        .fold(0, |flags, (_, bit)| flags | bit)
    }
}
