// SPDX-License-Identifier: GPL-2.0-only

//! The receive indication (section 3.5.2) and what to do with its frame (section 5.6).

use super::super::bytes::Reader;
use super::super::channel::Band;
use super::rate::RateId;

/// Class and command number.
pub const RECEIVE: u16 = 0x0804;

/// Bytes between the descriptor's fields and the frame. Their meaning is not known.
const RESERVED_LEN: usize = 16;
/// Shortest frame worth a look: frame control, duration, two addresses.
const MIN_FRAME_LEN: usize = 16;
/// Header of a data frame.
const DATA_HEADER_LEN: usize = 24;

/// A received frame, as the chip describes it.
#[derive(Clone, Copy, Debug)]
pub struct Indication<'a> {
    /// Status, section 3.7.
    pub status: u32,
    channel: u16,
    rate: u8,
    rcpi: u8,
    flags: u32,
    frame: &'a [u8],
}

/// Why a frame is not handed on. Each is a counter of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// Shorter than its header, its IV and its MIC.
    TooShort,
    /// A rate that does not exist, or not in the band (W-48).
    Rate,
    /// A channel the driver does not offer.
    Channel,
    /// Encrypted in a way that does not exist.
    Encryption,
    /// The chip could not decrypt it (status 4).
    Decrypt,
    /// The chip has no key for it (status 9): between the third message of a handshake and the
    /// key's installation that is no fault (F-8).
    NoKey,
    /// Wrong MIC where that is not TKIP's Michael, or a group frame's MMIE is wrong.
    Mic,
    /// Another status than success.
    Status,
    /// A beacon or probe response without a level: the firmware made it up.
    NoSignal,
}

/// How far the chip has decrypted a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decryption {
    /// Not encrypted, or not decrypted.
    None,
    /// Decrypted; IV, ICV and MIC are still there, for the receiver to check replays and Michael's
    /// MIC and to take off (W-33).
    InPlace,
    /// Decrypted; IV, ICV and MIC are gone, and replays are the firmware's matter.
    Stripped,
    /// Decrypted by TKIP, but Michael's MIC is wrong.
    MichaelFailed,
}

/// A frame worth handing on.
#[derive(Clone, Copy, Debug)]
pub struct Accepted<'a> {
    /// The frame, without FCS.
    pub frame: &'a [u8],
    /// Its band.
    pub band: Band,
    /// Centre frequency of its channel in MHz.
    pub frequency: u16,
    /// Its rate.
    pub rate: RateId,
    /// Its level in dBm; `None` when the chip has not measured it.
    pub signal: Option<i8>,
    /// How far it is decrypted.
    pub decryption: Decryption,
    /// Whether it came as part of an A-MPDU.
    pub aggregated: bool,
    /// Whether it is the first of its A-MPDU.
    pub first: bool,
}

impl<'a> Indication<'a> {
    /// Reads the body.
    pub fn decode(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let indication = Self {
            status: reader.u32()?,
            channel: reader.u16()?,
            rate: reader.u8()?,
            rcpi: reader.u8()?,
            flags: reader.u32()?,
            frame: &[],
        };
        reader.bytes(RESERVED_LEN)?;
        Some(Self {
            frame: reader.rest(),
            ..indication
        })
    }

    const fn flag(&self, bit: u32) -> bool {
        (self.flags >> bit) & 1 != 0
    }

    /// Decides about the frame. Nothing the chip or the sender says can make it panic, and nothing
    /// that could confuse mac80211 passes.
    pub fn accept(&self) -> Result<Accepted<'a>, Refusal> {
        const AMPDU: u32 = 3;
        const AMPDU_FIRST: u32 = 4;

        let decryption = self.decryption()?;
        let header = Shape::of(self.frame).ok_or(Refusal::TooShort)?;
        if self.frame.len() < header.least_len(self.encryption(), decryption) {
            return Err(Refusal::TooShort);
        }
        if self.rcpi == 0 && header.beacon_or_probe_response {
            return Err(Refusal::NoSignal);
        }
        let band = Band::of_channel(self.channel).ok_or(Refusal::Channel)?;
        let rate = RateId::new(self.rate)
            .filter(|rate| rate.mcs().is_some() || rate.index(band).is_some())
            .ok_or(Refusal::Rate)?;
        Ok(Accepted {
            frame: self.frame,
            band,
            frequency: band.frequency(self.channel),
            rate,
            signal: self.signal(),
            decryption,
            aggregated: self.flag(AMPDU),
            first: self.flag(AMPDU_FIRST),
        })
    }

    /// The level in dBm: half steps above -110 dBm.
    fn signal(&self) -> Option<i8> {
        if self.rcpi == 0 {
            return None;
        }
        i8::try_from(i16::from(self.rcpi / 2).saturating_sub(110)).ok()
    }

    const fn encryption(&self) -> u8 {
        self.flags.to_le_bytes()[0] & 7
    }

    fn decryption(&self) -> Result<Decryption, Refusal> {
        const TKIP: u8 = 2;
        const SUCCESS: u32 = 0;
        const DECRYPT_FAILURE: u32 = 4;
        const MIC_FAILURE: u32 = 5;
        const NO_KEY: u32 = 9;

        match self.status {
            SUCCESS => match self.encryption() {
                0 => Ok(Decryption::None),
                1..=3 => Ok(Decryption::InPlace),
                7 => Ok(Decryption::Stripped),
                // 4 is WAPI, for which the driver installs no keys.
                _ => Err(Refusal::Encryption),
            },
            DECRYPT_FAILURE => Err(Refusal::Decrypt),
            MIC_FAILURE if self.encryption() == TKIP => Ok(Decryption::MichaelFailed),
            MIC_FAILURE => Err(Refusal::Mic),
            NO_KEY => Err(Refusal::NoKey),
            _ => Err(Refusal::Status),
        }
    }
}

/// What the header of a frame says about its length.
struct Shape {
    header_len: usize,
    beacon_or_probe_response: bool,
}

impl Shape {
    /// Reads the frame control field (IEEE 802.11, 9.2.4.1); `None` when the header does not fit.
    fn of(frame: &[u8]) -> Option<Self> {
        const ADDRESS_LEN: usize = 6;
        const QOS_LEN: usize = 2;
        const HT_CONTROL_LEN: usize = 4;

        let [kind, control] = *frame.first_chunk::<2>()?;
        let (type_, subtype) = ((kind >> 2) & 3, kind >> 4);
        let to_and_from_ds = control & 3 == 3;
        let order = control & 0x80 != 0;
        let mut header_len = match type_ {
            1 => MIN_FRAME_LEN,
            _ => DATA_HEADER_LEN,
        };
        if type_ == 2 {
            let qos = subtype & 8 != 0;
            if to_and_from_ds {
                header_len = header_len.checked_add(ADDRESS_LEN)?;
            }
            if qos {
                header_len = header_len.checked_add(QOS_LEN)?;
            }
            if qos && order {
                header_len = header_len.checked_add(HT_CONTROL_LEN)?;
            }
        }
        Some(Self {
            header_len,
            beacon_or_probe_response: type_ == 0 && matches!(subtype, 5 | 8),
        })
    }

    /// The least length of a frame in this state of decryption.
    fn least_len(&self, encryption: u8, decryption: Decryption) -> usize {
        let overhead: usize = match (decryption, encryption) {
            // IV 4, ICV 4.
            (Decryption::InPlace, 1) => 8,
            // IV 8, Michael's MIC 8, ICV 4.
            (Decryption::InPlace, 2) => 20,
            // CCMP header 8, MIC 8.
            (Decryption::InPlace, _) => 16,
            (Decryption::None | Decryption::Stripped | Decryption::MichaelFailed, _) => 0,
        };
        self.header_len.saturating_add(overhead)
    }
}
