// SPDX-License-Identifier: GPL-2.0-only

//! The firmware's counters.

use bes2600_logic::wsm::confirm::{
    Confirm,
    ConfirmError, //
};
use bes2600_logic::wsm::header::Interface;
use bes2600_logic::wsm::mib::{
    Counters,
    ReadCounters, //
};
use bes2600_logic::wsm::request::encode;
use proptest::collection::vec;
use proptest::prelude::*;

/// The body of a confirm for MIB `mib` that says it has `len` bytes.
fn body(mib: u16, len: u16, counters: u32) -> Vec<u8> {
    let mut body = vec![0; 4];
    body.extend(mib.to_le_bytes());
    body.extend(len.to_le_bytes());
    for counter in 0..counters {
        body.extend((counter * 0x0101).to_le_bytes());
    }
    body
}

#[test]
fn the_request_names_the_mib() {
    let mut out = [0xAA; 16];
    let len = encode(&ReadCounters, Interface::First, &mut out).unwrap();
    assert_eq!(out[..len], [8, 0, 5, 0, 0x0C, 0x10, 0, 0]);
}

#[test]
fn counters_have_the_names_of_the_specification() {
    let table = Counters::decode(&body(0x100C, 88, 22)).unwrap();
    let counters: Vec<_> = table.iter().collect();
    assert_eq!(counters.len(), Counters::NAMES.len());
    assert_eq!(counters[0], ("plcp_errors", 0));
    assert_eq!(counters[3], ("rx_packets", 0x0303));
    assert_eq!(counters[16], ("ack_failures", 0x1010));
    assert_eq!(counters[21], ("rx_mgmt_ccmp_replays", 0x1515));
    // A newer firmware may count more.
    assert!(Counters::decode(&body(0x100C, 92, 23)).is_ok());
}

#[test]
fn w_27_short_confirms_and_those_of_other_values_are_refused() {
    for bad in [
        body(0x100D, 88, 22),
        body(0x100C, 84, 22),
        body(0x100C, 88, 21),
        body(0x100C, 88, 0),
        vec![0; 4],
    ] {
        let len = bad.len();
        assert_eq!(Counters::decode(&bad), Err(ConfirmError::TooShort { len }));
    }
    let mut refused = body(0x100C, 88, 22);
    refused[0] = 2;
    assert_eq!(
        Counters::decode(&refused),
        Err(ConfirmError::Status { status: 2 })
    );
}

proptest! {
    #[test]
    fn any_body_is_taken_or_refused(body in vec(any::<u8>(), 0..200)) {
        let taken = Counters::decode(&body).is_ok();
        prop_assert!(!taken || body.len() >= 96);
    }
}
