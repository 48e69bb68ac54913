// SPDX-License-Identifier: GPL-2.0-only
//! A station on the air: scan, join, data, with a scripted host and a scripted access point.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use bes2600_emulator::access_point::Settings;
use bes2600_emulator::air::model::Model;
use bes2600_emulator::air::{Address, Channel};
use bes2600_emulator::breach::Rule;
use bes2600_emulator::{Config, knobs};
use common::ms;
use common::scene::{
    BSSID, STATION, Scene, data, id, interface, join_body, management, mib, policy, probe_template,
    scan_body, word,
};

fn scene() -> Scene {
    Scene::new(Config::default())
}

fn with_knobs(change: impl FnOnce(&mut knobs::Knobs)) -> Scene {
    let mut config = Config::default();
    change(&mut config.knobs);
    Scene::new(config)
}

#[test]
fn an_active_scan_finds_the_network() {
    let mut scene = scene();
    scene.command(0x0006, &probe_template());
    assert_eq!(
        scene.command(0x0007, &scan_body(0, 0, 2, &[1, 6, 11], &[])),
        0
    );
    scene.run(ms(2000));
    let end = scene.log.iter().position(|message| id(message) == 0x0806);
    let complete = scene.log.remove(end.unwrap());
    assert_eq!(complete[4..], [0, 0, 0, 0, 0, 3]);
    assert!(scene.log.iter().all(|message| id(message) == 0x0804));
    let frames = scene.received();
    let kinds: Vec<_> = frames.iter().map(|frame| frame[32]).collect();
    assert!(
        kinds.contains(&0x50) && kinds.contains(&0x80),
        "{kinds:02X?}"
    );
    for frame in &frames {
        assert_eq!(interface(frame), 2, "received in a scan");
        assert_eq!(word(frame, 4), 0);
        assert_eq!(frame[8..10], [6, 0], "channel");
        // 20 dBm less 70 dB are -50 dBm.
        assert_eq!(frame[11], 120);
    }
    scene.host.assert_clean();
}

#[test]
fn a_scan_takes_the_times_of_its_channels() {
    let mut scene = scene();
    scene.command(0x0006, &probe_template());
    for (probes, channels, expected) in [(2, [1, 11], 2 * 50), (0, [1, 11], 2 * 110)] {
        let start = scene.host.now;
        scene.command(0x0007, &scan_body(0, 0, probes, &channels, &[]));
        scene.wait(0x0806, ms(1000));
        let took = (scene.host.now - start).as_micros();
        let units = took / 1024;
        assert!((expected..expected + 3).contains(&units), "{units} TU");
    }
}

#[test]
fn hidden_networks_answer_to_their_name() {
    let channel = Channel::from_number(36).unwrap();
    let settings = Settings {
        hidden: true,
        ..Settings::new(BSSID, b"test", channel)
    };
    let mut scene = Scene::with(Config::default(), settings, Model::default());
    scene.command(0x0006, &probe_template());
    for (ssids, found) in [(vec![], false), (vec![&b"test"[..]], true)] {
        scene.command(0x0007, &scan_body(0, 0, 2, &[36], &ssids));
        scene.wait(0x0806, ms(1000));
        let all = scene.received();
        let answered = all.iter().any(|frame| frame[32] == 0x50);
        assert_eq!(answered, found);
    }
    scene.host.assert_clean();
}

#[test]
fn a_stopped_scan_is_reported() {
    let mut scene = scene();
    scene.command(0x0006, &probe_template());
    scene.command(0x0007, &scan_body(0, 0, 0, &[1, 6, 11], &[]));
    scene.run(ms(130));
    assert_eq!(scene.command(0x0008, &[]), 0);
    let complete = scene.wait(0x0806, ms(1));
    assert_eq!(complete[9], 2, "channels begun");
    scene.host.assert_clean();
}

#[test]
fn several_5ghz_channels_are_refused_unless_the_knob_says_otherwise() {
    let body = scan_body(0, 0, 0, &[36, 40], &[]);
    let mut strict = scene();
    strict.command(0x0006, &probe_template());
    assert_eq!(strict.command(0x0007, &body), 2);
    strict.host.assert_clean();
    let mut other = with_knobs(|knobs| knobs.scan_5ghz_sweep = true);
    other.command(0x0006, &probe_template());
    assert_eq!(other.command(0x0007, &body), 0);
    other.wait(0x0806, ms(1000));
}

#[test]
fn a_join_waits_for_its_bss() {
    let mut scene = scene();
    scene.ap.set_present(false);
    scene.command(0x0006, &probe_template());
    scene.command(0x0016, &[0x80, 0, 6, 0]);
    let start = scene.host.now;
    assert_eq!(scene.command(0x000B, &join_body()), 1);
    assert!(scene.host.now - start >= ms(500));
    // It failed, and the radio is off: the channel is to be chosen again.
    scene.ap.set_present(true);
    scene.command(0x0016, &[0x80, 0, 6, 0]);
    let start = scene.host.now;
    assert_eq!(scene.command(0x000B, &join_body()), 0);
    assert!(scene.host.now - start < ms(50), "it has asked");
    scene.host.assert_clean();
}

#[test]
fn an_open_network_is_joined_and_carries_data_both_ways() {
    let mut scene = scene();
    scene.associate();
    let out = scene.send(13, 0, &data(0, 7, b"out"));
    assert_eq!((out.status, out.rate, out.failures), (0, 13, 0));
    assert!(out.media_delay > 0);
    let heard = scene.ap.take_received();
    assert_eq!(heard.len(), 1);
    assert_eq!(
        heard[0].bytes,
        data(0, 7, b"out"),
        "nothing is changed on the way"
    );
    let now = scene.host.now;
    scene
        .ap
        .send_data(STATION, Address([2, 0, 0, 0, 0, 9]), b"in", now);
    scene.run(ms(10));
    let frames = scene.received();
    let frame = frames.iter().find(|frame| frame[32] & 0x0C == 8).unwrap();
    assert_eq!(interface(frame), 0);
    assert_eq!(frame[32 + 26..], *b"in");
    // BSSID and address 1 match.
    assert_eq!(word(frame, 12), 1 << 11 | 1 << 16);
    assert!(scene.ap.take_outcomes().iter().any(|outcome| outcome.acked));
    scene.host.assert_clean();
}

#[test]
fn frames_that_nobody_acknowledges_are_tried_by_their_policy() {
    let mut scene = scene();
    scene.associate();
    scene.ap.set_present(false);
    let confirm = scene.send(13, 0, &data(0, 1, b"lost"));
    // Four tries at 54 Mb/s and two at 1 Mb/s.
    assert_eq!((confirm.status, confirm.failures, confirm.rate), (6, 6, 0));
    assert_eq!(scene.host.chip.summary().radio.repeated, 5);
    scene.host.assert_clean();
}

#[test]
fn confirms_of_a_burst_come_together_and_in_order_of_priority() {
    let mut scene = scene();
    scene.associate();
    scene.log.clear();
    let mut packets = Vec::new();
    for sequence in 0..8 {
        let queue = if sequence == 7 { 3 } else { 0 };
        packets.push(scene.transmit(13, queue, &data(0, sequence, &[0; 1000])));
    }
    scene.run(ms(50));
    let order: Vec<_> = scene
        .log
        .iter()
        .flat_map(|message| common::scene::confirmed(message))
        .map(|record| record.packet)
        .collect();
    assert_eq!(order.len(), 8);
    let voice = order.iter().position(|packet| *packet == packets[7]);
    assert!(voice < Some(7), "voice overtakes best effort: {order:X?}");
    scene.host.assert_clean();
}

#[test]
fn beacons_are_filtered_and_their_loss_is_an_event() {
    let mut scene = scene();
    scene.associate();
    scene.received();
    // On, none by count.
    scene.command(0x0006, &mib(0x1005, &[7, 0, 0, 0, 0, 0, 0, 0]));
    scene.run(ms(1000));
    assert_eq!(scene.received().len(), 0);
    scene.command(0x0006, &mib(0x1005, &[0, 0, 0, 0, 1, 0, 0, 0]));
    scene.run(ms(1030));
    let count = scene.received().len();
    assert!((9..=11).contains(&count), "{count} beacons");
    let gone = scene.host.now;
    scene.ap.set_present(false);
    let event = scene.wait(0x0805, ms(5000));
    assert_eq!(event[4..], [1, 0, 0, 0, 0, 0, 0, 0]);
    let after = (scene.host.now - gone).as_millis();
    // Twenty intervals of 102.4 ms.
    assert!((1900..2250).contains(&after), "{after} ms");
    scene.ap.set_present(true);
    let event = scene.wait(0x0805, ms(500));
    assert_eq!(event[4], 2);
    scene.host.assert_clean();
}

#[test]
fn a_background_scan_leaves_and_comes_back() {
    let mut scene = scene();
    scene.associate();
    assert_eq!(scene.command(0x0007, &scan_body(1, 1, 2, &[1], &[])), 0);
    scene.run(ms(30));
    assert!(scene.ap.station().unwrap().sleeps, "it has said so");
    // While it is away, a frame is kept.
    let now = scene.host.now;
    scene.ap.send_data(STATION, BSSID, b"kept", now);
    scene.wait(0x0806, ms(500));
    scene.run(ms(20));
    assert!(!scene.ap.station().unwrap().sleeps);
    let frames = scene.received();
    assert!(frames.iter().any(|frame| frame.ends_with(b"kept")));
    scene.host.assert_clean();
}

#[test]
fn scans_while_joined_follow_the_rules_of_the_field() {
    let mut scene = scene();
    scene.associate();
    assert_eq!(scene.command(0x0007, &scan_body(0, 0, 2, &[1], &[])), 13);
    assert_eq!(scene.host.rules(), [Rule::ScanState]);
    assert_eq!(scene.command(0x0007, &scan_body(1, 1, 2, &[1, 6], &[])), 0);
    scene.wait(0x0806, ms(1000));
    assert_eq!(scene.host.rules(), [Rule::ScanState; 2]);
}

#[test]
fn a_reset_forgets_policies_and_lets_the_next_join_in() {
    let mut scene = scene();
    scene.associate();
    assert_eq!(scene.command(0x000A, &[0; 4]), 0);
    scene.command(0x0016, &[0x80, 0, 6, 0]);
    assert_eq!(scene.command(0x000B, &join_body()), 0);
    scene.host.assert_clean();
    let auth = management(11, &[0, 0, 1, 0, 0, 0]);
    assert_eq!(scene.send(13, 3, &auth).status, 2);
    assert_eq!(scene.host.rules(), [Rule::RatePolicy]);
    scene.command(0x0006, &policy(0, 13, 4));
    assert_eq!(scene.send(13, 3, &auth).status, 0);
}

#[test]
fn group_frames_pass_the_address_table() {
    let mut scene = scene();
    scene.associate();
    let group = Address([1, 0, 0x5E, 0, 0, 1]);
    let mut table = vec![1, 0, 0, 0, 1, 0, 0, 0];
    table.extend_from_slice(&[1, 0, 0x5E, 0, 0, 2]);
    table.resize(56, 0);
    for (table, passes) in [(None, true), (Some(&table), false)] {
        if let Some(table) = table {
            assert_eq!(scene.command(0x0006, &mib(0x0004, table)), 0);
        }
        scene.received();
        let now = scene.host.now;
        for address in [group, Address::BROADCAST] {
            scene.ap.send_data(address, BSSID, &address.0, now);
        }
        scene.run(ms(50));
        let frames = scene.received();
        let has = |address: Address| frames.iter().any(|frame| frame.ends_with(&address.0));
        assert_eq!(has(group), passes);
        assert!(has(Address::BROADCAST));
    }
    scene.host.assert_clean();
}

#[test]
fn power_save_is_told_to_the_access_point() {
    let mut scene = scene();
    scene.associate();
    assert_eq!(scene.command(0x0010, &[0x81, 16, 0, 0]), 0);
    let changed = scene.wait(0x0809, ms(100));
    assert_eq!(changed[4..], [0, 0, 0, 0, 1]);
    assert!(scene.ap.station().unwrap().sleeps);
    assert_eq!(scene.command(0x0010, &[0, 0, 0, 0]), 0);
    assert_eq!(scene.wait(0x0809, ms(100))[8], 0);
    assert!(!scene.ap.station().unwrap().sleeps);
    scene.host.assert_clean();
}

#[test]
fn the_indication_of_legacy_power_save_may_stay_away() {
    let mut scene = with_knobs(|knobs| knobs.pm_indication = knobs::PmIndication::NotLegacy);
    scene.associate();
    scene.command(0x0010, &[1, 0, 0, 0]);
    scene.run(ms(200));
    assert!(scene.log.iter().all(|message| id(message) != 0x0809));
    assert!(scene.ap.station().unwrap().sleeps);
}

#[test]
fn numbers_may_be_the_firmwares() {
    let mut scene = with_knobs(|knobs| knobs.sequence_owner = knobs::SequenceOwner::Firmware);
    scene.associate();
    for _ in 0..3 {
        scene.send(13, 0, &data(0, 0x0ABC, b"x"));
    }
    let numbers: Vec<_> = scene
        .ap
        .take_received()
        .iter()
        .map(|heard| u16::from_le_bytes([heard.bytes[22], heard.bytes[23]]) >> 4)
        .collect();
    assert_eq!(numbers, [0, 1, 2]);
}

/// A station in that power mode, with its access point told.
fn sleeping(mode: u8, idle: u8, flags: u8) -> Scene {
    let mut scene = scene();
    scene.associate();
    scene.command(0x0006, &mib(0x1013, &[flags, 0, 0, 0, 0, 0, 0, 0]));
    scene.command(0x0010, &[mode, idle, 0, 0]);
    scene.wait(0x0809, ms(100));
    assert!(scene.ap.station().unwrap().sleeps);
    scene.received();
    scene.ap.take_received();
    scene
}

/// Payloads of the data frames that have come.
fn payloads(scene: &mut Scene) -> Vec<Vec<u8>> {
    let frames = scene.received_data();
    frames
        .into_iter()
        .map(|(_, frame)| frame[26..].to_vec())
        .collect()
}

#[test]
fn fast_power_save_wakes_for_traffic_and_sleeps_again() {
    let mut scene = sleeping(0x81, 16, 0);
    let now = scene.host.now;
    scene.ap.send_data(STATION, BSSID, b"waits", now);
    // The next beacon tells of it.
    scene.run(ms(110));
    assert_eq!(payloads(&mut scene), [b"waits"]);
    scene.run(ms(12));
    assert!(scene.ap.station().unwrap().sleeps, "8 ms without traffic");
    // A frame of the host wakes it as well.
    scene.send(13, 0, &data(0, 1, b"out"));
    assert!(!scene.ap.station().unwrap().sleeps);
    scene.run(ms(12));
    assert!(scene.ap.station().unwrap().sleeps);
    assert!(scene.log.iter().all(|message| id(message) != 0x0809));
    scene.host.assert_clean();
}

#[test]
fn legacy_power_save_fetches_frame_by_frame() {
    let mut scene = sleeping(1, 0, 0);
    let now = scene.host.now;
    for payload in [b"one", b"two"] {
        scene.ap.send_data(STATION, BSSID, payload, now);
    }
    scene.run(ms(110));
    assert_eq!(payloads(&mut scene), [b"one", b"two"]);
    let polls = scene.ap.take_received();
    let polls: Vec<_> = polls
        .iter()
        .filter(|heard| heard.bytes[0] == 0xA4)
        .collect();
    assert_eq!(polls.len(), 2);
    let radio = scene.host.chip.summary().radio;
    assert_eq!((radio.polls, radio.triggers), (2, 0));
    // The association id with its two upper bits.
    assert_eq!(polls[0].bytes[2..4], [1, 0xC0]);
    // What it sends says that it sleeps.
    scene.send(13, 0, &data(0, 1, b"out"));
    assert!(scene.ap.station().unwrap().sleeps);
    scene.host.assert_clean();
}

#[test]
fn a_trigger_brings_a_service_period() {
    let mut scene = sleeping(1, 0, 0x0F);
    let now = scene.host.now;
    for payload in [b"one", b"two"] {
        scene.ap.send_data(STATION, BSSID, payload, now);
    }
    scene.run(ms(110));
    assert_eq!(payloads(&mut scene), [b"one", b"two"]);
    let heard = scene.ap.take_received();
    let triggers: Vec<_> = heard
        .iter()
        .filter(|heard| heard.bytes[0] == 0xC8)
        .collect();
    assert_eq!(triggers.len(), 1);
    assert_eq!(triggers[0].bytes[24], 6, "voice");
    assert!(heard.iter().all(|heard| heard.bytes[0] != 0xA4));
    let radio = scene.host.chip.summary().radio;
    assert_eq!(
        (radio.polls, radio.triggers, radio.service_periods),
        (0, 1, 1)
    );
    scene.host.assert_clean();
}

#[test]
fn an_access_point_that_does_not_answer_a_poll_is_an_event() {
    let mut scene = sleeping(1, 0, 0);
    let now = scene.host.now;
    scene.ap.send_data(STATION, BSSID, b"lost", now);
    scene.ap.deafen(true);
    let event = scene.wait(0x0805, ms(300));
    assert_eq!(event[4..], [7, 0, 0, 0, 1, 0, 0, 0]);
}

#[test]
fn a_silent_station_shows_a_sign_of_life() {
    let mut scene = scene();
    scene.associate();
    scene.command(0x0006, &mib(0x1025, &[2, 0, 0, 0]));
    scene.run(ms(4500));
    let heard = scene.ap.take_received();
    assert_eq!(
        heard.iter().filter(|heard| heard.bytes[0] == 0x48).count(),
        2
    );
    scene.host.assert_clean();
}

#[test]
fn outcomes_may_be_gathered() {
    let mut scene = with_knobs(|knobs| knobs.multi_confirm_us = 20_000);
    scene.associate();
    scene.log.clear();
    for sequence in 0..8 {
        scene.transmit(13, 0, &data(0, sequence, &[0; 1000]));
    }
    scene.run(ms(40));
    let confirms: Vec<_> = scene
        .log
        .iter()
        .filter(|message| id(message) == 0x041E)
        .collect();
    assert_eq!(confirms.len(), 1);
    assert_eq!(word(confirms[0], 4), 8);
    scene.host.assert_clean();
}
