// SPDX-License-Identifier: GPL-2.0-only
//! What is on the air, as pcapng with radiotap headers (<https://www.radiotap.org>).
//!
//! Each try is a packet, whether anybody receives it or not. Its time is when the try ended, since
//! the start of the air. The TX flags say whether the acknowledgement that it asked for is missing,
//! the data retries how many tries came before.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::{DataLink, PcapError};

use super::rate::Rate;
use crate::bytes::{Builder, len32, low16};

/// Bits of the fields that are present.
mod present {
    pub(super) const RATE: u32 = 1 << 2;
    pub(super) const CHANNEL: u32 = 1 << 3;
    pub(super) const TX_FLAGS: u32 = 1 << 15;
    pub(super) const DATA_RETRIES: u32 = 1 << 17;
    pub(super) const MCS: u32 = 1 << 19;
}

/// TX flags: no acknowledgement came; none was asked for.
const FAILED: u16 = 0x0001;
const NO_ACK: u16 = 0x0008;
/// Channel flags: the bands.
const BAND_2GHZ: u16 = 0x0080;
const BAND_5GHZ: u16 = 0x0100;
/// MCS: bandwidth, index and guard interval are known.
const MCS_KNOWN: u8 = 0x07;

/// One try.
pub(crate) struct Try<'a> {
    pub(crate) bytes: &'a [u8],
    /// Centre of the primary channel in MHz.
    pub(crate) frequency: u16,
    pub(crate) rate: Rate,
    /// When it ended.
    pub(crate) at: Duration,
    /// Tries before it.
    pub(crate) before: u32,
    /// Whether it was acknowledged, if it asks for that.
    pub(crate) acked: Option<bool>,
}

/// A capture file being written. What cannot be written is left out.
pub(crate) struct Capture {
    writer: PcapNgWriter<BufWriter<File>>,
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture").finish_non_exhaustive()
    }
}

impl Capture {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = BufWriter::new(File::create(path)?);
        let mut writer = PcapNgWriter::new(file).map_err(to_io)?;
        let block = InterfaceDescriptionBlock {
            linktype: DataLink::IEEE802_11_RADIOTAP,
            snaplen: 0,
            options: vec![
                InterfaceDescriptionOption::IfName(Cow::Borrowed("air")),
                // Nanoseconds.
                InterfaceDescriptionOption::IfTsResol(9),
            ],
        };
        writer.write_pcapng_block(block).map_err(to_io)?;
        Ok(Self { writer })
    }

    pub(crate) fn write(&mut self, tried: &Try<'_>) -> io::Result<()> {
        let data = packet(tried);
        let block = EnhancedPacketBlock {
            interface_id: 0,
            timestamp: tried.at,
            original_len: len32(data.len()),
            data: Cow::Owned(data),
            options: Vec::new(),
        };
        self.writer.write_pcapng_block(block).map_err(to_io)?;
        Ok(())
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.writer.get_mut().flush();
    }
}

fn to_io(error: PcapError) -> io::Error {
    match error {
        PcapError::IoError(error) => error,
        other => io::Error::other(other),
    }
}

fn packet(tried: &Try<'_>) -> Vec<u8> {
    let band = if tried.frequency < 3000 {
        BAND_2GHZ
    } else {
        BAND_5GHZ
    };
    let flags = match tried.acked {
        None => NO_ACK,
        Some(true) => 0,
        Some(false) => FAILED,
    };
    let retries = u8::try_from(tried.before).unwrap_or(u8::MAX);
    let always = present::CHANNEL | present::TX_FLAGS | present::DATA_RETRIES;
    // Fields come in the order of their bits, 16-bit ones at even offsets.
    let (fields, present) = match tried.rate {
        Rate::Legacy { bitrate, .. } => (
            Builder::new()
                // In 500 kb/s.
                .u8(u8::try_from(bitrate / 5).unwrap_or(u8::MAX))
                .u8(0)
                .u16(tried.frequency)
                .u16(band)
                .u16(flags)
                .u8(retries),
            always | present::RATE,
        ),
        Rate::Ht {
            mcs,
            wide,
            short_guard_interval,
        } => (
            Builder::new()
                .u16(tried.frequency)
                .u16(band)
                .u16(flags)
                .u8(retries)
                .u8(MCS_KNOWN)
                .u8(u8::from(wide) | u8::from(short_guard_interval) << 2)
                .u8(mcs),
            always | present::MCS,
        ),
    };
    let fields = fields.build();
    Builder::new()
        .u16(0)
        .u16(low16(fields.len().saturating_add(8)))
        .u32(present)
        .bytes(&fields)
        .bytes(tried.bytes)
        .build()
}

#[cfg(test)]
mod tests {
    use pcap_file::pcapng::{Block, PcapNgReader};

    use super::*;

    fn tried(rate: Rate, acked: Option<bool>) -> Try<'static> {
        Try {
            bytes: &[0x80, 0],
            frequency: 2437,
            rate,
            at: Duration::from_nanos(1_000_000_007),
            before: 2,
            acked,
        }
    }

    #[test]
    fn headers_have_their_fields() {
        let legacy = packet(&tried(Rate::legacy(110), None));
        assert_eq!(
            legacy,
            [
                0, 0, 17, 0, 0x0C, 0x80, 0x02, 0, 22, 0, 0x85, 9, 0x80, 0, 8, 0, 2, 0x80, 0
            ]
        );
        let fast = Rate::Ht {
            mcs: 7,
            wide: true,
            short_guard_interval: true,
        };
        let ht = packet(&tried(fast, Some(false)));
        assert_eq!(
            ht,
            [
                0, 0, 18, 0, 0x08, 0x80, 0x0A, 0, 0x85, 9, 0x80, 0, 1, 0, 2, 7, 5, 7, 0x80, 0
            ]
        );
    }

    #[test]
    fn a_file_can_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("air.pcapng");
        let mut capture = Capture::create(&path).unwrap();
        capture.write(&tried(Rate::OFDM_6, Some(true))).unwrap();
        drop(capture);
        let mut reader = PcapNgReader::new(File::open(&path).unwrap()).unwrap();
        let mut packets = Vec::new();
        while let Some(block) = reader.next_block() {
            if let Block::EnhancedPacket(packet) = block.unwrap().into_owned() {
                packets.push(packet);
            }
        }
        let [packet] = &packets[..] else {
            panic!("one packet");
        };
        assert_eq!(packet.timestamp, Duration::from_nanos(1_000_000_007));
        assert_eq!(packet.data.last_chunk(), Some(&[0x80, 0]));
    }
}
