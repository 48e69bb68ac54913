// SPDX-License-Identifier: GPL-2.0-only

//! What mac80211 is told about the chip (section 7.2).
//!
//! Where this says less than the vendor's driver does, there is a reason: reception of A-MSDUs
//! longer than the 3839 bytes that every HT station takes is not claimed, as no message of that
//! size is known; IBSS, mesh, access point and P2P are not offered.

use super::{
    super::{
        logic::{
            channel::{
                self,
                Band, //
            },
            rate_policy::REPORT_LEN,
            slots::MAX_MESSAGE_LEN,
            wsm::{
                indication::Startup,
                rate::legacy,
                transmit::HEAD_LEN, //
            },
        },
        mac::MacAddress,
    },
    Wifi, //
};
use kernel::{
    net::{
        cfg80211::{
            self,
            BandDesc,
            Bitrate,
            ChannelDesc,
            ExtFeature,
            InterfaceTypes, //
        },
        ieee80211::{
            Cipher,
            HtCapabilities,
            HtInfo, //
        },
        mac80211::{
            Description,
            Hw,
            HwFlag,
            Parts, //
        },
    },
    prelude::*, //
};

/// Longest frame that fits a message, with the space for what the chip appends.
pub(super) const FRAME_MAX: usize = MAX_MESSAGE_LEN - HEAD_LEN;

/// Attempts that a policy can have at one rate.
const MAX_RATE_TRIES: u8 = 15;
/// Most network names of a scan; more than a request takes become several requests.
const SCAN_SSIDS_MAX: u8 = 8;
/// Most bytes of elements in a probe request.
const SCAN_ELEMENTS_MAX: u16 = 512;
/// Most power the vendor's driver asks for, in dBm.
const MAX_POWER: u8 = 20;

const FLAGS: [HwFlag; 9] = [
    HwFlag::SignalDbm,
    HwFlag::SupportsPs,
    HwFlag::SupportsDynamicPs,
    HwFlag::ReportsTxAckStatus,
    HwFlag::TxAmpduSetupInHw,
    HwFlag::AmpduAggregation,
    HwFlag::ConnectionMonitor,
    HwFlag::MfpCapable,
    HwFlag::SingleScanOnAllBands,
];

const CIPHERS: [Cipher; 5] = [
    Cipher::WEP40,
    Cipher::WEP104,
    Cipher::TKIP,
    Cipher::CCMP,
    Cipher::AES_CMAC,
];

/// HT with one stream. The firmware aggregates up to 32 KiB and chooses the guard interval.
const HT: HtCapabilities = HtCapabilities {
    info: HtInfo::SUP_WIDTH_20_40
        .union(HtInfo::GREEN_FIELD)
        .union(HtInfo::SGI_20)
        .union(HtInfo::SGI_40)
        .union(HtInfo::SM_PS_DISABLED),
    ampdu_factor: 2,
    ampdu_density: 0,
    rx_mcs: [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    rx_highest: 0,
    tx_params: 1,
};

/// Makes the hardware of a chip.
pub(super) fn describe(address: MacAddress, startup: &Startup) -> Result<Parts<Wifi>> {
    let (low, high) = (channels(Band::Two)?, channels(Band::Five)?);
    let (low_rates, high_rates) = (rates(Band::Two)?, rates(Band::Five)?);
    Hw::new(&Description {
        addresses: &[address.0],
        band_2ghz: Some(BandDesc {
            channels: &low,
            rates: &low_rates,
            ht: Some(HT),
        }),
        band_5ghz: Some(BandDesc {
            channels: &high,
            rates: &high_rates,
            ht: Some(HT),
        }),
        flags: &FLAGS,
        queues: 4,
        max_rates: REPORT_LEN as u8,
        max_report_rates: REPORT_LEN as u8,
        max_rate_tries: MAX_RATE_TRIES,
        interface_types: InterfaceTypes::STATION,
        ciphers: &CIPHERS,
        // No list of signal thresholds: with a beacon filter mac80211 takes one and refuses a list.
        ext_features: &[ExtFeature::CanReplacePtk0],
        max_scan_ssids: SCAN_SSIDS_MAX,
        max_scan_ie_len: SCAN_ELEMENTS_MAX,
        firmware_version: startup.label(),
        hw_version: startup.hardware[0].into(),
        ..Description::default()
    })
}

fn channels(band: Band) -> Result<KVec<ChannelDesc>> {
    let mut channels = KVec::new();
    for number in band.channels() {
        channels.push(
            ChannelDesc::new(of_mac80211(band), band.frequency(*number), *number)
                .max_power(MAX_POWER),
            GFP_KERNEL,
        )?;
    }
    Ok(channels)
}

fn rates(band: Band) -> Result<KVec<Bitrate>> {
    let mut rates = KVec::new();
    for (rate, id) in legacy(band) {
        rates.push(Bitrate::new(*rate, id.number().into()), GFP_KERNEL)?;
    }
    Ok(rates)
}

/// mac80211's name of a band.
pub(super) const fn of_mac80211(band: channel::Band) -> cfg80211::Band {
    match band {
        Band::Two => cfg80211::Band::Ghz2,
        Band::Five => cfg80211::Band::Ghz5,
    }
}

/// The band of mac80211's name; `None` for a band the chip has not.
pub(super) const fn band_of(band: Option<cfg80211::Band>) -> Option<Band> {
    match band {
        Some(cfg80211::Band::Ghz2) => Some(Band::Two),
        Some(cfg80211::Band::Ghz5) => Some(Band::Five),
        None => None,
    }
}
