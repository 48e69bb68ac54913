// SPDX-License-Identifier: GPL-2.0-only
//! What the bodies of messages say, for people.

use crate::air::Address;
use crate::bytes::Reader;
use crate::firmware::describe_frame;
use crate::wsm::id;

/// Bytes between the fields of a receive indication and its frame.
const RECEIVE_RESERVED: usize = 16;
/// Most records of a confirm that are shown.
const SHOWN: usize = 4;

/// The fields of a message that matter, if the message is one of those that have any and is long enough.
pub(super) fn describe(kind: u16, body: &[u8]) -> Option<String> {
    let mut reader = Reader::new(body);
    match kind {
        id::TRANSMIT => transmit(reader),
        id::RECEIVE => receive(reader),
        id::TRANSMIT_CONFIRM => record(&mut reader),
        id::MULTI_TX_CONFIRM => records(reader),
        id::READ_MIB | id::WRITE_MIB => Some(format!("mib 0x{:04x}", reader.u16()?)),
        id::SCAN => scan(reader),
        id::JOIN => join(reader),
        id::ADD_KEY => Some(format!("type {} entry {}", reader.u8()?, reader.u8()?)),
        id::REMOVE_KEY => Some(format!("entry {}", reader.u8()?)),
        id::SET_PM => Some(format!("mode 0x{:02x}", reader.u8()?)),
        id::SET_BSS_PARAMS => {
            reader.u8()?;
            let lost = reader.u8()?;
            Some(format!("beacons lost {lost} aid {}", reader.u16()?))
        }
        id::SWITCH_CHANNEL => {
            let mode = reader.u8()?;
            reader.u8()?;
            Some(format!("channel {} mode 0x{mode:02x}", reader.u16()?))
        }
        id::SCAN_COMPLETE => {
            let status = reader.u32()?;
            reader.u8()?;
            Some(format!("status {status} channels {}", reader.u8()?))
        }
        id::PM_CHANGED => Some(format!("status {} psm {}", reader.u32()?, reader.u8()?)),
        id::EVENT => {
            let event = match reader.u32()? {
                0 => "error",
                1 => "bss-lost",
                2 => "bss-regained",
                3 => "radar",
                4 => "signal",
                7 => "power-save-error",
                9 => "inactivity",
                10 => "wake-up",
                _ => "unknown",
            };
            Some(format!("{event} data {}", reader.u32()?))
        }
        kind if kind & id::MCU_CLASS == id::CONFIRM => Some(format!("status {}", reader.u32()?)),
        _ => None,
    }
}

fn transmit(mut reader: Reader<'_>) -> Option<String> {
    let packet = reader.u32()?;
    let rate = reader.u8()?;
    let queue = reader.u8()?;
    reader.u8()?;
    let flags = reader.u8()?;
    reader.take(12)?;
    if flags & 0x80 != 0 {
        reader.take(2)?;
    }
    let frame = describe_frame(reader.rest());
    let policy = flags >> 4 & 7;
    Some(format!(
        "packet 0x{packet:08x} rate {rate} queue {queue} policy {policy} {frame}"
    ))
}

fn receive(mut reader: Reader<'_>) -> Option<String> {
    let status = reader.u32()?;
    let channel = reader.u16()?;
    let rate = reader.u8()?;
    let rcpi = reader.u8()?;
    let flags = reader.u32()?;
    reader.take(RECEIVE_RESERVED)?;
    let frame = describe_frame(reader.rest());
    Some(format!(
        "status {status} channel {channel} rate {rate} rcpi {rcpi} flags 0x{flags:x} {frame}"
    ))
}

fn record(reader: &mut Reader<'_>) -> Option<String> {
    let packet = reader.u32()?;
    let status = reader.u32()?;
    let rate = reader.u8()?;
    let failures = reader.u8()?;
    let flags = reader.u16()?;
    let (media, queue) = (reader.u32()?, reader.u32()?);
    Some(format!(
        "packet 0x{packet:08x} status {status} rate {rate} failures {failures} flags 0x{flags:x} \
         media {media} us queue {queue} us"
    ))
}

fn records(mut reader: Reader<'_>) -> Option<String> {
    let count = reader.u32()?;
    let mut text = format!("{count}");
    for _ in 0..SHOWN {
        let Some(record) = record(&mut reader) else {
            break;
        };
        text.push_str("; ");
        text.push_str(&record);
    }
    Some(text)
}

fn scan(mut reader: Reader<'_>) -> Option<String> {
    let band = reader.u8()?;
    let kind = reader.u8()?;
    let flags = reader.u8()?;
    reader.take(5)?;
    let probes = reader.u8()?;
    let channels = reader.u8()?;
    let names = reader.u8()?;
    reader.u8()?;
    let first = reader.u16()?;
    Some(format!(
        "band {band} type {kind} flags {flags} probes {probes} channels {channels} from {first} \
         names {names}"
    ))
}

fn join(mut reader: Reader<'_>) -> Option<String> {
    reader.u16()?;
    let channel = reader.u16()?;
    let bssid = Address::from_frame(reader.take(6)?, 0)?;
    reader.take(6)?;
    let length = usize::try_from(reader.u32()?).ok()?;
    let ssid = reader.take(32)?.get(..length)?;
    let ssid = ssid.escape_ascii();
    Some(format!("channel {channel} bssid {bssid} ssid '{ssid}'"))
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn says_what_the_worked_examples_mean() {
        let scan = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0x64, 1, 0, 0, 0];
        assert_eq!(
            describe(0x0007, &scan).as_deref(),
            Some("band 0 type 0 flags 0 probes 2 channels 1 from 1 names 0")
        );
        assert_eq!(
            describe(0x0016, &[0x90, 0, 6, 0]).as_deref(),
            Some("channel 6 mode 0x90")
        );
        assert_eq!(
            describe(0x0805, &[1, 0, 0, 0, 0, 0, 0, 0]).as_deref(),
            Some("bss-lost data 0")
        );
        assert_eq!(describe(0x0406, &[2, 0, 0, 0]).as_deref(), Some("status 2"));
    }

    #[test]
    fn a_message_that_is_cut_off_has_no_meaning() {
        for kind in [
            0x0004, 0x0404, 0x041E, 0x0804, 0x0006, 0x0007, 0x000B, 0x0805, 0x0806,
        ] {
            assert_eq!(describe(kind, &[0]), None, "{kind:04X}");
        }
        assert_eq!(describe(0x0801, &[0; 148]), None);
    }

    #[test]
    fn frames_are_named() {
        let mut body = vec![0; 20];
        body.extend_from_slice(&[0xB0, 0, 0, 0]);
        body.extend_from_slice(&[0xFF; 6]);
        body.extend_from_slice(&[2, 0, 0, 0, 0, 1]);
        body.extend_from_slice(&[2; 6]);
        body.extend_from_slice(&[0x10, 0]);
        let text = describe(0x0004, &body).unwrap();
        assert!(
            text.ends_with("authentication ff:ff:ff:ff:ff:ff <- 02:00:00:00:00:01 seq 1, 24 bytes"),
            "{text}"
        );
    }
}
