// SPDX-License-Identifier: GPL-2.0-only
//! The MIBs (protocol 3.8) and their store.

use std::collections::BTreeMap;

use crate::bytes::Reader;

/// How long the value of a MIB may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    /// Exactly.
    Is(usize),
    /// A header, then records.
    Table {
        header: usize,
        record: usize,
        most: usize,
    },
}

/// Own address.
pub(crate) const STATION_ID: u16 = 0x0000;
/// Group addresses that are received.
pub(crate) const GROUP_ADDRESSES: u16 = 0x0004;
/// Key of WEP frames.
pub(crate) const WEP_DEFAULT_KEY: u16 = 0x0005;
/// Template frames.
pub(crate) const TEMPLATE: u16 = 0x1002;
/// Receive filter.
pub(crate) const RX_FILTER: u16 = 0x1003;
/// Elements whose change makes a beacon worth reporting.
pub(crate) const BEACON_FILTER_TABLE: u16 = 0x1004;
/// Whether beacons are filtered, and how many are reported all the same.
pub(crate) const BEACON_FILTER: u16 = 0x1005;
/// Thresholds of the signal.
pub(crate) const SIGNAL_THRESHOLDS: u16 = 0x1009;
/// Counters.
pub(crate) const COUNTERS: u16 = 0x100C;
/// Traffic identifiers with block-ack sessions.
pub(crate) const BLOCK_ACK_POLICY: u16 = 0x100E;
/// Access categories with automatic power save delivery.
pub(crate) const UAPSD: u16 = 0x1013;
/// Rate retry policies.
pub(crate) const RATE_POLICY: u16 = 0x1016;
/// Whether management frames are protected.
pub(crate) const PROTECTED_MANAGEMENT: u16 = 0x1020;
/// TSF of the BSS.
pub(crate) const TSF: u16 = 0x1023;
/// Asks for multi-transmit confirms.
pub(crate) const MULTI_TX_CONFIRM: u16 = 0x1024;
/// Seconds after which a silent station shows a sign of life.
pub(crate) const KEEP_ALIVE: u16 = 0x1025;
/// Lets frames of other BSSs through.
pub(crate) const NO_BSSID_FILTER: u16 = 0x1026;
/// Short guard interval for transmission.
pub(crate) const SHORT_GUARD_INTERVAL: u16 = 0x1043;

/// Size of the value of a MIB, `None` for one that is not written.
fn size(mib: u16) -> Option<Size> {
    let table = |header, record, most| Size::Table {
        header,
        record,
        most,
    };
    Some(match mib {
        0x0003
        | 0x0005..=0x0007
        | 0x1000
        | 0x1003
        | 0x1006
        | 0x1007
        | 0x1009
        | 0x100E
        | 0x100F
        | 0x1020
        | 0x1021
        | 0x1024..=0x1026
        | 0x1035
        | 0x1044 => Size::Is(4),
        0x0001 | 0x0002 | 0x1033 => Size::Is(4),
        0x0004 => Size::Is(56),
        0x1001 | 0x1005 | 0x1010 | 0x1013 => Size::Is(8),
        0x1002 => table(4, 1, 1600),
        0x1004 => table(4, 8, 10),
        0x1016 => table(4, 20, 8),
        0x1019 => Size::Is(16),
        0x101A | 0x101B => table(4, 4, 255),
        0x1030 | 0x1031 => table(4, 8, 255),
        0x1032 => table(4, 20, 255),
        0x1034 => Size::Is(20),
        0x1043 | 0x1045 => Size::Is(1),
        _ => return None,
    })
}

/// What the page says about a write of `len` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Unknown,
    BadSize,
}

pub(crate) fn check_write(mib: u16, len: usize) -> Verdict {
    match size(mib) {
        None => Verdict::Unknown,
        Some(Size::Is(exact)) if exact == len => Verdict::Good,
        Some(Size::Table {
            header,
            record,
            most,
        }) if len
            .checked_sub(header)
            .is_some_and(|rest| rest.is_multiple_of(record) && rest / record <= most) =>
        {
            Verdict::Good
        }
        Some(_) => Verdict::BadSize,
    }
}

/// Checks the fields of values whose sizes are right: counts that the size contradicts, flags that do not exist.
///
/// # Errors
///
/// What is wrong.
pub(crate) fn check_value(mib: u16, value: &[u8]) -> Result<(), String> {
    let mut reader = Reader::new(value);
    let mut word = || reader.u32().unwrap_or(0);
    let bad = match mib {
        GROUP_ADDRESSES => word() > 2 || word() > 8,
        BEACON_FILTER_TABLE => {
            usize::try_from(word()).ok() != value.len().checked_sub(4).map(|len| len / 8)
        }
        BEACON_FILTER => word() & !7 != 0,
        RX_FILTER => word() & !0x1F != 0,
        _ => false,
    };
    if bad {
        return Err(format!("MIB 0x{mib:04X}: {value:02X?}"));
    }
    Ok(())
}

/// Values by interface and id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    values: BTreeMap<(u8, u16), Vec<u8>>,
}

impl Store {
    pub(crate) fn write(&mut self, interface: u8, mib: u16, value: &[u8]) {
        self.values.insert((interface, mib), value.to_vec());
    }

    /// Value that was written, empty if none was.
    pub(crate) fn get(&self, interface: u8, mib: u16) -> &[u8] {
        self.values
            .get(&(interface, mib))
            .map_or(&[], Vec::as_slice)
    }

    /// Value that was written, if one was.
    pub(crate) fn written(&self, interface: u8, mib: u16) -> Option<Vec<u8>> {
        self.values.get(&(interface, mib)).cloned()
    }

    /// First byte of a value, 0 if it was never written.
    pub(crate) fn flag(&self, interface: u8, mib: u16) -> bool {
        self.values
            .get(&(interface, mib))
            .and_then(|value| value.first())
            .is_some_and(|byte| *byte != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, check_write};

    #[test]
    fn knows_sizes() {
        assert_eq!(check_write(0x1024, 4), Verdict::Good);
        assert_eq!(check_write(0x1024, 8), Verdict::BadSize);
        assert_eq!(check_write(0x1043, 1), Verdict::Good);
        assert_eq!(check_write(0x1004, 4 + 3 * 8), Verdict::Good);
        assert_eq!(check_write(0x1004, 4 + 3 * 8 + 1), Verdict::BadSize);
        assert_eq!(check_write(0x1004, 4 + 11 * 8), Verdict::BadSize);
        assert_eq!(check_write(0x7777, 4), Verdict::Unknown);
    }
}
