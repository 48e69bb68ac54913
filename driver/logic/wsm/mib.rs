// SPDX-License-Identifier: GPL-2.0-only

//! The management information base: values the firmware is told and asked for (section 3.8).

use super::super::bytes::{
    Overflow,
    Reader,
    Writer, //
};
use super::confirm::{
    Confirm,
    Generic, //
};
use super::request::Request;

/// A value that can be written.
pub trait Mib {
    /// Its id.
    const ID: u16;
    /// The name for the log.
    const NAME: &'static str;

    /// Writes the value.
    fn encode(&self, writer: &mut Writer<'_>) -> Result<(), Overflow>;
}

/// Write MIB (0x0006) with a value of type `M` (section 3.3.3).
#[derive(Clone, Copy, Debug)]
pub struct Write<M>(pub M);

impl<M: Mib> Request for Write<M> {
    const ID: u16 = 0x0006;
    const NAME: &'static str = M::NAME;
    type Confirm = Generic;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.u16(M::ID)?;
        writer.counted(|writer| self.0.encode(writer))
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $id:literal $text:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Eq, PartialEq)]
            pub struct $name(pub u32);

            impl Mib for $name {
                const ID: u16 = $id;
                const NAME: &'static str = concat!("write MIB ", $text);

                fn encode(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
                    writer.u32(self.0)
                }
            }
        )*
    };
}

words! {
    /// Slot time in microseconds: 9 or 20.
    SlotTime = 0x0003 "slot time";
    /// Which WEP default key encrypts.
    WepDefaultKey = 0x0005 "WEP default key";
    /// Transmit power in 0.1 dBm.
    TxPower = 0x0006 "transmit power";
    /// Longest frame sent without RTS, in bytes; 0 for any.
    RtsThreshold = 0x0007 "RTS threshold";
    /// Whether frames are protected from stations that know no OFDM: 0 or 1.
    NonErpProtection = 0x1000 "non-ERP protection";
    /// What passes to the host, bits of [`rx_filter`].
    RxFilter = 0x1003 "RX filter";
    /// How deep the device sleeps: 0 active, 1 doze, 2 quiescent, and [`POWER_MODE_NO_MORE`].
    OperationalPowerMode = 0x1006 "operational power mode";
    /// How management frames are protected, bits of [`pmf`].
    ProtectedManagement = 0x1020 "protected management policy";
    /// Protection of HT frames: bit 1 when a station of the network knows no greenfield.
    HtProtection = 0x1021 "HT protection";
    /// Seconds without traffic after which the firmware sends something; 0 for never.
    KeepAlivePeriod = 0x1025 "keep-alive period";
    /// Whether frames of other networks pass: 0 or 1.
    DisableBssidFilter = 0x1026 "BSSID filter";
}

/// Bit of [`OperationalPowerMode`]: no use of the more-data flag.
pub const POWER_MODE_NO_MORE: u32 = 1 << 4;

/// Bits of [`RxFilter`].
pub mod rx_filter {
    /// Everything passes.
    pub const PROMISCUOUS: u32 = 1 << 0;
    /// Frames of other networks pass.
    pub const OTHER_BSS: u32 = 1 << 1;
    /// Damaged frames pass.
    pub const BAD_FCS: u32 = 1 << 2;
    /// Probe requests pass, the host answers them.
    pub const PROBE_REQUESTS: u32 = 1 << 3;
}

/// Bits of [`ProtectedManagement`].
pub mod pmf {
    /// Management frames are protected.
    pub const ENABLED: u32 = 1 << 0;
    /// Unprotected ones are allowed.
    pub const UNPROTECTED_ALLOWED: u32 = 1 << 1;
    /// The vendor's driver sets this before a join.
    pub const ENCRYPT_AUTH: u32 = 1 << 2;
}

/// The most entries of [`GroupAddresses`].
pub const MAX_GROUP_ADDRESSES: usize = 8;

/// Multicast addresses the host listens to (0x0004).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct GroupAddresses {
    /// Whether only these pass; otherwise all do.
    pub enable: bool,
    count: usize,
    addresses: [[u8; 6]; MAX_GROUP_ADDRESSES],
}

impl GroupAddresses {
    /// A filter for `addresses`; one that lets everything pass when they are too many.
    pub fn new(addresses: impl IntoIterator<Item = [u8; 6]>) -> Self {
        let mut table = Self {
            enable: true,
            ..Self::default()
        };
        for address in addresses {
            let Some(place) = table.addresses.get_mut(table.count) else {
                return Self::default();
            };
            *place = address;
            table.count = table.count.saturating_add(1);
        }
        table
    }
}

impl Mib for GroupAddresses {
    const ID: u16 = 0x0004;
    const NAME: &'static str = "write MIB group addresses";

    fn encode(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.u32(self.enable.into())?;
        writer.u32(u32::try_from(self.count).map_err(|_| Overflow)?)?;
        writer.bytes(self.addresses.as_flattened())
    }
}

/// One element a beacon filter watches: it lets a beacon pass when the element changes, goes or
/// appears.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BeaconElement {
    /// Element id (IEEE 802.11, 9.4.2.1).
    pub id: u8,
    /// Of a vendor's element: its organisation and type.
    pub vendor: [u8; 6],
}

impl BeaconElement {
    const fn standard(id: u8) -> Self {
        Self { id, vendor: [0; 6] }
    }
}

/// Elements for which a filtered beacon passes all the same (0x1004).
#[derive(Clone, Copy, Debug)]
pub struct BeaconFilterTable<'a>(pub &'a [BeaconElement]);

impl BeaconFilterTable<'_> {
    /// The most elements.
    pub const MAX: usize = 10;
    /// What a station watches: what mac80211 acts on (channel switch announcement, ERP, extended
    /// channel switch announcement, HT operation), and the Wi-Fi Direct element, which is the only
    /// one the vendor's driver names.
    pub const STATION: &'static [BeaconElement] = &[
        BeaconElement {
            id: 0xDD,
            vendor: [0x50, 0x6F, 0x9A, 0, 0, 0],
        },
        BeaconElement::standard(37),
        BeaconElement::standard(42),
        BeaconElement::standard(60),
        BeaconElement::standard(61),
    ];
}

impl Mib for BeaconFilterTable<'_> {
    const ID: u16 = 0x1004;
    const NAME: &'static str = "write MIB beacon filter table";

    fn encode(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        const CHANGED_GONE_APPEARED: u8 = 0x07;
        if self.0.len() > Self::MAX {
            return Err(Overflow);
        }
        writer.u32(u32::try_from(self.0.len()).map_err(|_| Overflow)?)?;
        for element in self.0 {
            writer.bytes(&[element.id, CHANGED_GONE_APPEARED])?;
            writer.bytes(&element.vendor)?;
        }
        Ok(())
    }
}

/// Whether beacons of the own network pass (0x1005).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BeaconFilter {
    /// All of them.
    Off,
    /// Only those with a change, and every so many-th; 0 for no other.
    On {
        /// Which beacon passes without a change.
        every: u32,
    },
}

impl Mib for BeaconFilter {
    const ID: u16 = 0x1005;
    const NAME: &'static str = "write MIB beacon filter";

    fn encode(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        /// Filter, and let the firmware follow ERP and HT changes itself.
        const ENABLE_AUTO_ERP_AUTO_HT: u32 = 0x07;
        let (flags, count) = match self {
            Self::Off => (0, 1),
            Self::On { every } => (ENABLE_AUTO_ERP_AUTO_HT, *every),
        };
        writer.u32(flags)?;
        writer.u32(count)
    }
}

/// Which beacons a dozing station wakes for (0x1007).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BeaconWakeUp {
    /// Every so many-th beacon.
    pub beacons: u8,
    /// Or every so many time units of the beacon interval; 0 to go by `beacons`.
    pub listen_interval: u16,
}

impl BeaconWakeUp {
    /// Waking for every delivery of multicast frames, unless these are more than a second apart.
    pub fn for_dtim(dtim_period: u8, beacon_interval: u16) -> Self {
        const LONGEST: u32 = 1000;
        let apart = u32::from(dtim_period).saturating_mul(beacon_interval.into());
        Self {
            beacons: if apart > LONGEST {
                1
            } else {
                dtim_period.max(1)
            },
            listen_interval: 0,
        }
    }
}

impl Mib for BeaconWakeUp {
    const ID: u16 = 0x1007;
    const NAME: &'static str = "write MIB beacon wake-up period";

    fn encode(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.bytes(&[self.beacons, 0])?;
        writer.u16(self.listen_interval)
    }
}

/// When a change of the received power is an event (0x1009).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PowerThreshold {
    mode: u8,
    lower: u8,
    upper: u8,
    averaging: u8,
}

impl PowerThreshold {
    /// Never.
    pub const OFF: Self = Self {
        mode: 0x0D,
        lower: 0,
        upper: 0,
        averaging: 16,
    };

    /// When it falls below `lower` or rises above `upper`, in dBm.
    pub fn new(lower: i32, upper: i32) -> Self {
        const ENABLE: u8 = 1 << 0;
        const AVERAGING: u8 = 8;
        Self {
            mode: ENABLE,
            lower: rcpi(lower),
            upper: rcpi(upper),
            averaging: AVERAGING,
        }
    }

    /// The lower limit in dBm.
    pub fn lower_dbm(&self) -> i32 {
        dbm(self.lower)
    }
}

/// The received channel power indicator of `dbm` (IEEE 802.11, 9.4.2.37).
pub fn rcpi(dbm: i32) -> u8 {
    let value = dbm.saturating_add(110).saturating_mul(2).clamp(0, 220);
    u8::try_from(value).unwrap_or(0)
}

/// The power in dBm of a received channel power indicator.
pub fn dbm(rcpi: u8) -> i32 {
    i32::from(rcpi / 2).saturating_sub(110)
}

impl Mib for PowerThreshold {
    const ID: u16 = 0x1009;
    const NAME: &'static str = "write MIB RCPI threshold";

    fn encode(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.bytes(&[self.mode, self.lower, self.upper, self.averaging])
    }
}

/// For which traffic identifiers the firmware agrees block acknowledgement (0x100E), bit n is TID n.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BlockAckPolicy {
    /// Of frames the host sends.
    pub transmit: u8,
    /// Of frames it receives.
    pub receive: u8,
}

impl BlockAckPolicy {
    /// The traffic identifiers that get block acknowledgement: one of each access category.
    pub const TIDS: u8 = 0xB1;
    /// Before the keys are there: nothing the host sends (F-9).
    pub const RECEIVE_ONLY: Self = Self {
        transmit: 0,
        receive: Self::TIDS,
    };
    /// On a working link.
    pub const BOTH: Self = Self {
        transmit: Self::TIDS,
        receive: Self::TIDS,
    };
}

impl Mib for BlockAckPolicy {
    const ID: u16 = 0x100E;
    const NAME: &'static str = "write MIB block ack policy";

    fn encode(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.bytes(&[self.transmit, 0, self.receive, 0])
    }
}

/// How frames to the access point are formed (0x1010).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AssociationMode {
    /// Whether the short preamble is used.
    pub short_preamble: bool,
    /// Whether HT greenfield frames are used.
    pub greenfield: bool,
    /// Least time between the beginnings of subframes the access point needs, as its HT
    /// capabilities code it (IEEE 802.11, 9.4.2.55.3).
    pub mpdu_spacing: u8,
    /// Rates every station of the network understands, bit n is rate id n.
    pub basic_rates: u32,
}

impl Mib for AssociationMode {
    const ID: u16 = 0x1010;
    const NAME: &'static str = "write MIB association mode";

    fn encode(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        const ALL_FIELDS: u8 = 0x1F;
        writer.bytes(&[
            ALL_FIELDS,
            self.short_preamble.into(),
            self.greenfield.into(),
            self.mpdu_spacing,
        ])?;
        writer.u32(self.basic_rates)
    }
}

/// Which access categories deliver unscheduled (0x1013).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Uapsd {
    /// Voice.
    pub voice: bool,
    /// Video.
    pub video: bool,
    /// Best effort.
    pub best_effort: bool,
    /// Background.
    pub background: bool,
}

impl Uapsd {
    /// Whether any does.
    pub const fn any(&self) -> bool {
        self.voice || self.video || self.best_effort || self.background
    }
}

impl Mib for Uapsd {
    const ID: u16 = 0x1013;
    const NAME: &'static str = "write MIB U-APSD";

    fn encode(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        let flag = |set: bool, bit: u16| if set { bit } else { 0 };
        writer.u16(
            flag(self.background, 1 << 0)
                | flag(self.best_effort, 1 << 1)
                | flag(self.video, 1 << 2)
                | flag(self.voice, 1 << 3),
        )?;
        writer.bytes(&[0; 6])
    }
}

/// Read MIB (0x0005) of the counters table (0x100C). It changes nothing, so that it also serves to
/// ask whether the firmware is alive.
#[derive(Clone, Copy, Debug)]
pub struct ReadCounters;

impl Request for ReadCounters {
    const ID: u16 = 0x0005;
    const NAME: &'static str = "read MIB counters";
    type Confirm = Counters;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.u16(Counters::MIB)?;
        writer.u16(0)
    }
}

/// The firmware's counters since the last reset (section 3.8.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Counters(pub [u32; Self::NAMES.len()]);

impl Counters {
    const MIB: u16 = 0x100C;

    /// What they count, in order.
    pub const NAMES: [&'static str; 22] = [
        "plcp_errors",
        "fcs_errors",
        "tx_packets",
        "rx_packets",
        "rx_packet_errors",
        "rx_decrypt_failures",
        "rx_mic_failures",
        "rx_no_key_failures",
        "tx_multicast",
        "tx_success",
        "tx_failures",
        "tx_retried",
        "tx_multi_retried",
        "rx_duplicates",
        "rts_success",
        "rts_failures",
        "ack_failures",
        "rx_multicast",
        "rx_success",
        "rx_cmac_icv_errors",
        "rx_cmac_replays",
        "rx_mgmt_ccmp_replays",
    ];

    /// Each counter with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u32)> + '_ {
        Self::NAMES.into_iter().zip(self.0)
    }
}

impl Confirm for Counters {
    fn decode_fields(reader: &mut Reader<'_>) -> Option<Self> {
        if reader.u16()? != Self::MIB {
            return None;
        }
        let size = reader.u16()?;
        let mut value = Reader::new(reader.bytes(size.into())?);
        let mut counters = [0; Self::NAMES.len()];
        for counter in &mut counters {
            *counter = value.u32()?;
        }
        Some(Self(counters))
    }
}
