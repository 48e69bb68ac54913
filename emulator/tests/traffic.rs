// SPDX-License-Identifier: GPL-2.0-only
//! Source and sink inside the firmware.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use bes2600_emulator::{Config, Traffic};
use common::ms;
use common::scene::{Scene, confirmed, data, protected_data};

const SOURCE: u16 = 5001;
const SINK: u16 = 5002;

fn config(phy_kbps: u32) -> Config {
    Config {
        traffic: Traffic {
            source_port: SOURCE,
            sink_port: SINK,
            phy_kbps,
        },
        ..Config::default()
    }
}

/// LLC, IPv4 and UDP around a payload; checksums are not looked at.
fn datagram(port: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0xAA, 0xAA, 3, 0, 0, 0, 8, 0, 0x45];
    packet.resize(8 + 9, 0);
    packet.extend_from_slice(&[17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1, 0x12, 0x34]);
    packet.extend_from_slice(&port.to_be_bytes());
    packet.extend_from_slice(&u16::try_from(payload.len() + 8).unwrap().to_be_bytes());
    packet.extend_from_slice(&[0, 0]);
    packet.extend_from_slice(payload);
    packet
}

#[test]
fn the_source_fills_every_batch_and_loses_nothing() {
    let mut scene = Scene::new(config(0));
    scene.associate();
    let before = scene.host.chip.summary();
    let order = data(0, 1, &datagram(SOURCE, b"1600 1472"));
    assert_eq!(scene.send(13, 0, &order).status, 0);
    let mut frames = Vec::new();
    while frames.len() < 1600 {
        scene.run(ms(1));
        frames.extend(scene.received_data());
    }
    let numbers: Vec<_> = frames
        .iter()
        .map(|(_, frame)| u64::from_be_bytes(*frame[26 + 8 + 28..].first_chunk().unwrap()))
        .collect();
    assert_eq!(numbers, (0..1600).collect::<Vec<_>>());
    let after = scene.host.chip.summary();
    let batches = after.wsm.batches - before.wsm.batches;
    assert!((100..=104).contains(&batches), "{batches} batches of 16");
    assert_eq!(after.traffic.source_frames, 1600);
    assert_eq!(after.radio.dropped, 0);
    assert!(scene.ap.take_received().is_empty(), "nothing is on the air");
    scene.host.assert_clean();
}

#[test]
fn the_source_speaks_on_a_protected_network_too() {
    let mut scene = Scene::new(config(0));
    scene.secure();
    let order = protected_data(0, 1, &datagram(SOURCE, b"3 100"));
    assert_eq!(scene.send(13, 0, &order).status, 0);
    scene.run(ms(5));
    let frames = scene.received_data();
    assert_eq!(frames.len(), 3);
    assert!(frames.iter().all(|(flags, _)| flags & 7 == 7));
}

#[test]
fn the_sink_confirms_at_the_pace_of_its_phy() {
    for (kbps, expected_us) in [(6_500, 1_660), (65_000, 166)] {
        let mut scene = Scene::new(config(kbps));
        scene.associate();
        scene.log.clear();
        let frame = data(0, 1, &datagram(SINK, &[7; 1287]));
        assert_eq!(frame.len(), 1349);
        let start = scene.host.now;
        for _ in 0..20 {
            scene.transmit(13, 0, &frame);
        }
        let mut records = Vec::new();
        while records.len() < 20 {
            scene.run(ms(1));
            records = scene.log.iter().flat_map(|m| confirmed(m)).collect();
        }
        let took = (scene.host.now - start).as_micros();
        let least = 20 * expected_us;
        assert!((least..least + 2_500).contains(&took), "{took} us");
        for record in records {
            assert_eq!(record.status, 0);
            assert_eq!(u128::from(record.media_delay), expected_us);
        }
        let summary = scene.host.chip.summary();
        assert_eq!(summary.traffic.sink_bytes, 20 * 1287);
        assert!(scene.ap.take_received().is_empty());
        scene.host.assert_clean();
    }
}

#[test]
fn other_datagrams_stay_on_the_air() {
    let mut scene = Scene::new(config(0));
    scene.associate();
    let frame = data(0, 1, &datagram(53, b"question"));
    assert_eq!(scene.send(13, 0, &frame).status, 0);
    assert_eq!(scene.ap.take_received().len(), 1);
}
