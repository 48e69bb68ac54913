// SPDX-License-Identifier: GPL-2.0-only
//! Breaches of a host that has something to say on the air.

use super::*;

/// A scene whose host has written the probe request template, and whose radio is on channel 6.
fn prepared() -> Scene {
    let mut scene = Scene::new(Config::default());
    scene.command(0x0006, &probe_template());
    scene.command(0x0006, &policy(0, 13, 4));
    scene.command(0x0016, &[0x80, 0, 6, 0]);
    scene
}

fn associated() -> Scene {
    let mut scene = Scene::new(Config::default());
    scene.associate();
    scene
}

/// A chip that was given one command on the air, which must fail or not.
fn one(mut scene: Scene, request: u16, body: &[u8], status: u32) -> Host {
    assert_eq!(scene.command(request, body), status);
    scene.host
}

#[expect(clippy::too_many_lines, reason = "one arm a rule")]
pub(crate) fn provoke(rule: Rule) -> Host {
    match rule {
        Rule::MibValue => one(
            prepared(),
            0x0006,
            &mib(0x1005, &[8, 0, 0, 0, 1, 0, 0, 0]),
            2,
        ),
        Rule::TemplateFields => one(prepared(), 0x0006, &mib(0x1002, &[0, 0, 9, 0, 1]), 2),
        Rule::PolicyFields => one(prepared(), 0x0006, &policy(8, 13, 4), 2),
        Rule::BssFields => {
            let mut scene = prepared();
            let mut body = [0; 12];
            body[2] = 1;
            assert_eq!(scene.command(0x0011, &body), 2, "not joined");
            assert_eq!(scene.command(0x000B, &join_body()), 0);
            body[3] = 0xC0;
            one(scene, 0x0011, &body, 2)
        }
        Rule::EdcaFields => one(prepared(), 0x0013, &[0x10; 44], 2),
        Rule::QueueFields => one(prepared(), 0x0012, &[4; 12], 2),
        Rule::ResetFields => one(prepared(), 0x000A, &[2, 0, 0, 0], 0),
        Rule::PowerFields => one(prepared(), 0x0010, &[2, 0, 0, 0], 2),
        Rule::ChannelFields => one(prepared(), 0x0016, &[0x10, 0, 6, 0], 2),
        Rule::ScanFields => {
            let mut body = scan_body(0, 0, 0, &[1], &[]);
            body[12] = 36;
            one(prepared(), 0x0007, &body, 2)
        }
        Rule::ScanTemplate => {
            let scene = Scene::new(Config::default());
            one(scene, 0x0007, &scan_body(0, 0, 2, &[1], &[]), 0)
        }
        Rule::ScanState => one(associated(), 0x0007, &scan_body(0, 0, 2, &[1], &[]), 13),
        Rule::JoinFields => {
            let mut body = join_body();
            body[4] |= 1;
            one(prepared(), 0x000B, &body, 2)
        }
        Rule::JoinTemplate => {
            let mut scene = Scene::new(Config::default());
            scene.command(0x0016, &[0x80, 0, 6, 0]);
            one(scene, 0x000B, &join_body(), 0)
        }
        Rule::JoinState => one(associated(), 0x000B, &join_body(), 13),
        Rule::JoinChannel => {
            let mut scene = prepared();
            scene.command(0x0016, &[0x80, 0, 11, 0]);
            one(scene, 0x000B, &join_body(), 0)
        }
        Rule::TransmitFields => {
            let mut scene = associated();
            let mut body = transmit_body(1, 13, 0, 0, &data(0, 1, b"x"));
            body[6] = 1;
            scene.host.request(0x0004, &body);
            assert_eq!(scene.confirm(1).status, 2);
            scene.host
        }
        Rule::TransmitFrame => {
            let mut scene = associated();
            assert_eq!(scene.send(13, 0, &[0xA4; 16]).status, 2);
            assert_eq!(scene.send(13, 0, &data(0, 1, b"")[..25]).status, 2);
            scene.host
        }
        Rule::TransmitRate => {
            let mut scene = associated();
            assert_eq!(scene.send(5, 0, &data(0, 1, b"x")).status, 2);
            scene.host
        }
        Rule::RatePolicy => {
            let mut scene = associated();
            assert_eq!(scene.send(12, 0, &data(0, 1, b"x")).status, 2);
            let body = transmit_body(1, 13, 0, 3, &data(0, 1, b"x"));
            scene.host.request(0x0004, &body);
            assert_eq!(scene.confirm(1).status, 2);
            assert_eq!(scene.host.rules(), [Rule::RatePolicy; 2]);
            scene.host
        }
        Rule::TransmitState => {
            let mut scene = prepared();
            assert_eq!(scene.send(13, 0, &data(0, 1, b"x")).status, 2, "no join");
            scene.associate();
            let mut other = data(0, 1, b"x");
            other[9] ^= 1;
            assert_eq!(scene.send(13, 0, &other).status, 2, "another BSS");
            scene.command(0x0007, &scan_body(1, 1, 0, &[1], &[]));
            assert_eq!(scene.send(13, 0, &data(0, 1, b"x")).status, 0, "held");
            assert_eq!(scene.host.rules(), [Rule::TransmitState; 3]);
            scene.host
        }
        Rule::BlockAckFrame => {
            let mut scene = associated();
            let frame = management(13, &[3, 1, 1, 0, 0, 2, 16, 0, 0]);
            assert_eq!(scene.send(13, 3, &frame).status, 2);
            scene.host
        }
        Rule::PacketId => {
            let mut scene = associated();
            let body = transmit_body(1, 13, 0, 0, &data(0, 1, b"x"));
            scene.host.request(0x0004, &body);
            scene.host.request(0x0004, &body);
            scene.host
        }
        Rule::KeyFields => {
            let mut scene = associated();
            assert_eq!(scene.command(0x000D, &[11, 0, 0, 0]), 2);
            one(scene, 0x000C, &[9; 44], 2)
        }
        Rule::KeyPolicy => one(associated(), 0x000C, &group_key(2, 8), 0),
        Rule::TransmitKey => {
            let mut scene = associated();
            let frame = protected_data(0, 1, b"x");
            assert_eq!(scene.send(13, 0, &frame).status, 2);
            scene.command(0x000C, &pairwise_key(0));
            assert_eq!(scene.send(13, 0, &frame).status, 0);
            assert_eq!(scene.send(13, 0, &frame[..41]).status, 2, "no room");
            assert_eq!(scene.host.rules(), [Rule::TransmitKey; 2]);
            scene.host
        }
        Rule::RxToggle => {
            let mut host = running();
            host.command(0x0006, &MULTI_TX);
            host.request(0x0046, &MULTI_TX);
            host.rx_toggle = !host.rx_toggle;
            let again = host.receive();
            assert_eq!(again[0][3], 0x24, "the batch before, not the one announced");
            host
        }
        Rule::RxLength => {
            let mut host = running();
            host.request(0x0006, &MULTI_TX);
            let argument = pipe(false, host.rx_toggle, 1024);
            host.read_argument(argument);
            host
        }
        Rule::RxNothing => {
            let mut host = running();
            let argument = pipe(false, host.rx_toggle, 512);
            host.read_argument(argument);
            host
        }
        rule => unreachable!("{rule} has an arm in the other function"),
    }
}
