// SPDX-License-Identifier: GPL-2.0-only
//! Keys of the firmware on the air, and block-ack sessions.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use bes2600_emulator::air::Address;
use bes2600_emulator::knobs::ReceiveIv;
use bes2600_emulator::{Config, knobs};
use common::ms;
use common::scene::{
    BSSID, STATION, Scene, confirmed, data, group_key, id, management, mib, pairwise_key,
    protected_data, word,
};

fn secure(change: impl FnOnce(&mut knobs::Knobs)) -> Scene {
    let mut config = Config::default();
    change(&mut config.knobs);
    let mut scene = Scene::new(config);
    scene.secure();
    scene.received();
    scene
}

#[test]
fn protected_data_go_both_ways_and_are_reported_by_the_knob() {
    for (iv, kind, extra) in [(ReceiveIv::Removed, 7, 0), (ReceiveIv::Present, 3, 16)] {
        let mut scene = secure(|knobs| knobs.receive_iv = iv);
        assert_eq!(
            scene.send(13, 0, &protected_data(0, 5, b"secret")).status,
            0
        );
        let heard = scene.ap.take_received();
        let sealed = &heard[0].bytes;
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert!(scene.ap.open(sealed).unwrap().ends_with(b"secret"));
        let now = scene.host.now;
        scene.ap.send_data(STATION, BSSID, b"answer", now);
        scene
            .ap
            .send_data(Address::BROADCAST, BSSID, b"to all", now);
        scene.run(ms(20));
        let frames = scene.received_data();
        let (unicast, group) = (&frames[0], &frames[1]);
        assert_eq!(unicast.0 & 7, kind);
        assert_eq!(unicast.1.len(), 26 + 6 + extra);
        // The group key, and its id.
        assert_eq!(
            group.0 & (7 | 1 << 19 | 0xF << 20),
            kind | 1 << 19 | 1 << 20
        );
        assert_eq!(group.1.len(), 24 + 6 + extra);
        scene.host.assert_clean();
    }
}

#[test]
fn frames_without_a_key_or_with_the_wrong_one_have_their_status() {
    let mut scene = secure(|_| ());
    let now = scene.host.now;
    for (change, status) in [(0x000D, 9), (0x000C, 4)] {
        let mut body = vec![0, 0, 0, 0];
        if change == 0x000C {
            body = pairwise_key(0);
            body[12] ^= 1;
        }
        assert_eq!(scene.command(change, &body), 0);
        scene.ap.send_data(STATION, BSSID, b"answer", now);
        scene.run(ms(20));
        let frames = scene.received();
        let frame = frames.iter().find(|frame| frame[32] & 0x0C == 8).unwrap();
        assert_eq!(word(frame, 4), status);
        assert_eq!(word(frame, 12) & 7, 0);
    }
    scene.host.assert_clean();
}

#[test]
fn group_management_frames_are_checked_by_their_code() {
    let mut scene = secure(|_| ());
    let now = scene.host.now;
    let mut deauthentication = management(12, &[3, 0]);
    deauthentication[4..10].fill(0xFF);
    scene.ap.send(deauthentication.clone(), now);
    scene.run(ms(20));
    let frames = scene.received();
    let good = frames.iter().find(|frame| frame[32] == 0xC0).unwrap();
    assert_eq!(good.len(), 32 + 26 + 18, "with its element");
    // With another key it is dropped.
    let mut body = group_key(2, 8);
    body[4] ^= 1;
    assert_eq!(scene.command(0x000C, &body), 0);
    scene.ap.send(deauthentication, now);
    scene.run(ms(20));
    assert!(scene.received().iter().all(|frame| frame[32] != 0xC0));
    scene.host.assert_clean();
}

#[test]
fn a_session_is_opened_by_itself_and_aggregates() {
    let mut scene = secure(|_| ());
    // Traffic identifiers 0, 4, 5 and 7, both ways.
    scene.command(0x0006, &mib(0x100E, &[0xB1, 0, 0xB1, 0]));
    scene.send(13, 0, &protected_data(0, 1, b"first"));
    scene.run(ms(20));
    scene.log.clear();
    for sequence in 2..12 {
        scene.transmit(13, 0, &protected_data(0, sequence, &[7; 600]));
    }
    scene.run(ms(50));
    let confirms = scene.log.iter().filter(|message| id(message) == 0x041E);
    assert!(confirms.count() <= 3, "frames of an A-MPDU end together");
    let records: Vec<_> = scene
        .log
        .iter()
        .flat_map(|message| confirmed(message))
        .collect();
    assert_eq!(records.len(), 10);
    // Sent in an A-MPDU, acknowledged by block ack.
    let aggregated = records.iter().filter(|record| record.flags == 1 | 3 << 2);
    assert!(aggregated.count() >= 8, "{records:?}");
    let order: Vec<_> = records.iter().map(|record| record.packet).collect();
    assert!(order.is_sorted());
    let heard = scene.ap.take_received();
    let numbers: Vec<_> = heard
        .iter()
        .filter(|heard| heard.bytes[0] == 0x88)
        .map(|heard| u16::from_le_bytes([heard.bytes[22], heard.bytes[23]]) >> 4)
        .collect();
    assert_eq!(numbers, (1..12).collect::<Vec<_>>());
    let request = heard.iter().find(|heard| heard.bytes[0] == 0xD0).unwrap();
    assert_ne!(
        request.bytes[1] & 0x40,
        0,
        "protected, as management frames are"
    );
    // The host withdraws: the session ends, and frames go alone.
    scene.command(0x0006, &mib(0x100E, &[0, 0, 0, 0]));
    scene.run(ms(10));
    let alone = scene.send(13, 0, &protected_data(0, 12, b"alone"));
    assert_eq!(alone.flags, 0);
    scene.host.assert_clean();
}

#[test]
fn sessions_of_the_access_point_are_answered_by_the_policy() {
    let mut scene = Scene::new(Config::default());
    scene.associate();
    scene.command(0x0006, &mib(0x100E, &[0, 0, 0xB1, 0]));
    for (tid, status) in [(0, 0), (1, 37)] {
        scene.received();
        let now = scene.host.now;
        scene.ap.ask_for_block_ack(tid, 100, now);
        scene.run(ms(10));
        let heard = scene.ap.take_received();
        let answer = heard.iter().find(|heard| heard.bytes[0] == 0xD0).unwrap();
        assert_eq!(answer.bytes[24..27], [3, 1, 1]);
        assert_eq!(answer.bytes[27..29], [status, 0]);
        let frames = scene.received();
        assert!(
            frames.iter().any(|frame| frame[32] == 0xD0),
            "the host sees the request"
        );
    }
    // Before the host allows it, nothing is asked for.
    scene.send(13, 0, &data(0, 1, b"x"));
    scene.run(ms(10));
    assert!(
        scene
            .ap
            .take_received()
            .iter()
            .all(|heard| heard.bytes[0] != 0xD0)
    );
    scene.host.assert_clean();
}
