// SPDX-License-Identifier: GPL-2.0-only

//! What the firmware counts (MIB 0x100C; sections 3.3.3, 3.4.2 and 3.8.2).

use super::super::bytes::{
    Overflow,
    Reader,
    Writer, //
};
use super::confirm::Confirm;
use super::request::Request;

/// The MIB of the counters.
const MIB: u16 = 0x100C;

/// The counters in the order of the MIB.
pub const NAMES: [&str; 22] = [
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

/// Read MIB (0x0005) of the counters. It changes nothing, so that it also serves to ask whether the
/// firmware is alive.
#[derive(Clone, Copy, Debug)]
pub struct ReadStatistics;

impl Request for ReadStatistics {
    const ID: u16 = 0x0005;
    const NAME: &'static str = "read MIB counters";
    type Confirm = Statistics;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.u16(MIB)?;
        writer.u16(0)
    }
}

/// What the firmware has counted since its last reset.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Statistics([u32; NAMES.len()]);

impl Statistics {
    /// Each counter with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u32)> + '_ {
        NAMES.into_iter().zip(self.0)
    }
}

impl Confirm for Statistics {
    /// Fails for another MIB, and for one that is too small.
    fn decode_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let mib = reader.u16()?;
        let len = usize::from(reader.u16()?);
        let mut counters = [0; NAMES.len()];
        if mib != MIB || len < size_of_val(&counters) {
            return None;
        }
        for counter in &mut counters {
            *counter = reader.u32()?;
        }
        Some(Self(counters))
    }
}
