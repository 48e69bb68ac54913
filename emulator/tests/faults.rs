// SPDX-License-Identifier: GPL-2.0-only
//! Every fault happens when it is told to, and does what it says.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use bes2600_emulator::Config;
use bes2600_emulator::fault::{Fault, Planned};
use bes2600_emulator::image::Kind;
use bes2600_emulator::sdio::{BusError, Command, Direct};
use bes2600_emulator::{Action, Answer, dpd};
use common::scene::{
    BSSID, STATION, Scene, data, join_body, pairwise_key, probe_template, scan_body, word,
};
use common::{Host, MULTI_TX, messages, ms, pipe, small};

const INFO: [u8; 8] = [4, 0, 0, 0, 0, 0, 0x10, 0x40];

fn enumerated(fault: &str) -> Host {
    let mut host = Host::with_faults(&[fault]);
    host.enumerate();
    host
}

/// A host whose chip runs the boot image and has had the time to calibrate.
fn calibrated(fault: &str) -> Host {
    let mut host = enumerated(fault);
    host.setup_registers();
    host.run_image(&small(Kind::Boot));
    host
}

fn loaded(fault: &str) -> Host {
    let mut host = enumerated(fault);
    host.load();
    host
}

/// A host with the startup indication that an activation brings.
fn started(fault: &str) -> (Host, Vec<Vec<u8>>) {
    let mut host = loaded(fault);
    host.activate();
    let startup = host.receive();
    (host, startup)
}

/// A host that has sent its first command.
fn commanded(fault: &str) -> Host {
    let (mut host, _) = started(fault);
    host.request(0x0006, &MULTI_TX);
    host
}

fn planned(fault: &str) -> Config {
    Config {
        faults: vec![Planned::parse(fault).unwrap()],
        ..Config::default()
    }
}

fn associated(fault: &str) -> Scene {
    let mut scene = Scene::new(planned(fault));
    scene.associate();
    scene
}

/// A scan whose first frame is spoilt.
fn heard(fault: &str, is_spoilt: impl Fn(&[u8]) -> bool) -> Host {
    let mut scene = Scene::new(planned(fault));
    scene.command(0x0006, &probe_template());
    scene.command(0x0007, &scan_body(0, 0, 2, &[6], &[]));
    scene.wait(0x0806, ms(1000));
    let frames = scene.received();
    assert!(
        is_spoilt(&frames[0]) && !is_spoilt(&frames[1]),
        "{frames:02X?}"
    );
    scene.host
}

/// Kinds of the messages of a batch.
fn kinds(batch: &[Vec<u8>]) -> Vec<u16> {
    batch
        .iter()
        .map(|message| u16::from_le_bytes([message[2], message[3]]) & 0x0C3F)
        .collect()
}

fn status_of(host: &mut Host) -> Result<u8, BusError> {
    host.direct(1, 0x10C, None)
}

fn poll_status(host: &mut Host) -> Answer {
    let access = Direct {
        write: false,
        function: 1,
        read_after_write: false,
        address: 0x10C,
        value: 0,
    };
    host.answer(&Command::plain(52, access.encode()))
}

/// Provokes the fault and answers the host, having looked at the effect.
#[expect(clippy::too_many_lines, reason = "one arm a fault")]
fn effect(fault: Fault) -> Host {
    match fault {
        Fault::DownloadReplyCode => {
            let mut host = enumerated("download-reply-code:code=7");
            assert_eq!(host.frame(0xB1, 0, &INFO), [0xB0, 0, 4, 0, 7, 0, 0, 0]);
            host
        }
        Fault::DownloadReplySequence => {
            let mut host = enumerated("download-reply-sequence");
            assert_eq!(host.frame(0xB1, 0, &INFO)[1], 1);
            host
        }
        Fault::DownloadReplyType => {
            let mut host = enumerated("download-reply-type");
            assert_eq!(host.frame(0xB1, 0, &INFO)[0], 0xB1);
            host
        }
        Fault::DownloadReplyLength => {
            let mut host = enumerated("download-reply-length");
            assert_eq!(host.frame(0xB1, 0, &INFO)[2], 8);
            host
        }
        Fault::DownloadAnnounce => {
            for (bytes, low, high) in [(0, 0, 0), (600, 0x58, 0x02), (65535, 0xFF, 0xFF)] {
                let mut host = enumerated(&format!("download-announce:bytes={bytes}"));
                host.write_frame(0xB1, 0, &INFO);
                assert_eq!((host.read(0), host.read(1)), (low, high));
            }
            let mut host = enumerated("download-announce");
            host.write_frame(0xB1, 0, &INFO);
            host
        }
        Fault::DownloadNoBuffers => {
            let mut host = enumerated("download-no-buffers:times=2");
            assert_eq!(host.read(0x108), 0);
            assert_eq!(host.read(0x108), 0);
            assert_eq!(host.read(0x108), 1);
            host
        }
        Fault::DownloadMaxFrame => {
            let mut host = enumerated("download-max-frame:bytes=65532");
            assert_eq!((host.read(0x109), host.read(0x10A)), (0xFC, 0xFF));
            host
        }
        Fault::DownloadNoIrq => {
            let mut host = enumerated("download-no-irq");
            host.write_frame(0xB1, 0, &INFO);
            assert!(!host.chip.interrupt());
            assert_eq!(host.read(0), 8);
            host
        }
        Fault::DownloadRejectCrc => {
            let mut host = enumerated("download-reject-crc");
            host.good_frame(0xB1, 0, &[8, 0, 0, 0, 0, 0, 0, 0x20]);
            host.good_frame(0xB2, 1, &[0, 0, 0, 0x20, 1, 2, 3, 4, 5, 6, 7, 8]);
            let crc = crc32fast::hash(&[1, 2, 3, 4, 5, 6, 7, 8]).to_le_bytes();
            assert_eq!(host.frame(0xB3, 2, &crc)[4], 2);
            host
        }
        Fault::DpdNeverReady => {
            let mut host = calibrated("dpd-never-ready");
            host.sleep(ms(15_000));
            assert_eq!(host.read(0x10C) & 0x02, 0);
            host
        }
        Fault::DpdSize => {
            let mut host = calibrated("dpd-size");
            assert_eq!(host.read_dpd().len(), 15_120);
            host
        }
        Fault::DpdCrc => {
            let mut host = calibrated("dpd-crc");
            assert!(!dpd::is_valid(&host.read_dpd()));
            host
        }
        Fault::DpdVersion => {
            let mut host = calibrated("dpd-version");
            let block = host.read_dpd();
            assert!(dpd::is_valid(&block));
            assert_eq!(dpd::version(&block), Some(6));
            host
        }
        Fault::McuNeverReady => {
            let mut host = calibrated("mcu-never-ready");
            host.read_dpd();
            host.run_image(&small(Kind::Wifi));
            host.sleep(ms(10_000));
            assert_eq!(host.read(0x10C), 0);
            host
        }
        Fault::McuNeverAwake => {
            let mut host = loaded("mcu-never-awake");
            host.doorbell(0x0009);
            host.sleep(ms(100));
            assert_eq!(host.read(0x10C) & 0x10, 0);
            host
        }
        Fault::WifiNeverReady => {
            let mut host = loaded("wifi-never-ready");
            host.doorbell(0x0021);
            host.sleep(ms(100));
            assert_eq!(host.read(0x10C) & 0x04, 0);
            host
        }
        Fault::StartupMissing => {
            let (host, startup) = started("startup-missing");
            assert!(startup.is_empty());
            host
        }
        Fault::StartupStatus => {
            let (host, startup) = started("startup-status");
            assert_eq!(startup[0][12], 1);
            host
        }
        Fault::StartupType => {
            let (host, startup) = started("startup-type");
            assert_eq!(startup[0][16], 5);
            host
        }
        Fault::StartupBuffers => {
            for count in [0, 1] {
                let (_, startup) = started(&format!("startup-buffers:count={count}"));
                assert_eq!(startup[0][4], count);
            }
            started("startup-buffers").0
        }
        Fault::StartupShort => {
            let (host, startup) = started("startup-short");
            assert_eq!(startup[0].len(), 100);
            host
        }
        Fault::Cmd52Error => {
            let mut host = enumerated("cmd52-error:errno=16,count=2,after=1");
            assert_eq!(status_of(&mut host), Ok(0));
            assert_eq!(status_of(&mut host), Err(BusError::Busy));
            assert_eq!(status_of(&mut host), Err(BusError::Busy));
            assert_eq!(status_of(&mut host), Ok(0));
            host
        }
        Fault::Cmd53Error => {
            cmd53_that_took_effect();
            let mut host = enumerated("cmd53-error:errno=84");
            let reply = host.write_argument(0x9404_0000, &[0xB1, 0, 8, 0]);
            assert_eq!(reply.data, Err(BusError::Crc));
            // It did not take effect: the frame is still the first.
            host.write_memory(0x4010_0000, &0x0080_2006_u32.to_le_bytes());
            host
        }
        Fault::RxCount => {
            for blocks in [52, 127] {
                let mut host = loaded(&format!("rx-count:blocks={blocks}"));
                host.activate();
                assert_eq!(host.read(1), blocks);
            }
            let mut host = loaded("rx-count");
            host.activate();
            host
        }
        Fault::RxStaleToggle => {
            let mut host = loaded("rx-stale-toggle:times=2");
            host.activate();
            let reads: Vec<_> = (0..3).map(|_| host.read(1)).collect();
            assert_eq!(reads, [0x81, 0x81, 0x01]);
            host
        }
        Fault::RxStaleCount => {
            let (mut host, startup) = started("rx-stale-count:times=2");
            assert_eq!(startup.len(), 1);
            let reads: Vec<_> = (0..3).map(|_| host.read(1)).collect();
            assert_eq!(reads, [0x01, 0x01, 0]);
            host
        }
        Fault::BatchLength => {
            for len in [0_u16, 1, 3, 5000, 65535] {
                let mut host = loaded(&format!("batch-length:len={len}"));
                host.activate();
                let reply = host.read_argument(0x1404_0000);
                assert_eq!(reply.bytes[..2], len.to_le_bytes());
            }
            let mut host = loaded("batch-length");
            host.activate();
            host
        }
        Fault::BatchMessages => {
            let mut host = loaded("batch-messages:count=17");
            host.activate();
            assert_eq!(host.receive().len(), 17);
            host
        }
        Fault::SequenceGap => {
            let (host, startup) = started("sequence-gap");
            assert_eq!(startup[0][3] >> 5, 1);
            host
        }
        Fault::ConfirmUnknown => {
            let mut host = commanded("confirm-unknown");
            assert_eq!(kinds(&host.receive()), [0x043F]);
            host
        }
        Fault::ConfirmMissing => {
            let mut host = commanded("confirm-missing");
            assert!(host.receive().is_empty());
            host
        }
        Fault::ConfirmDuplicate => {
            let mut host = commanded("confirm-duplicate");
            assert_eq!(kinds(&host.receive()), [0x0406, 0x0406]);
            host
        }
        Fault::ConfirmOther => {
            let mut host = commanded("confirm-other");
            assert_eq!(kinds(&host.receive()), [0x040A]);
            host
        }
        Fault::ConfirmStatus => {
            let mut host = commanded("confirm-status:status=3");
            assert_eq!(host.receive()[0][4], 3);
            host
        }
        Fault::TransmitStatus => {
            let mut scene = associated("transmit-status:after=2");
            let confirm = scene.send(13, 0, &data(0, 1, b"x"));
            assert_eq!((confirm.status, confirm.flags), (11, 2), "requeue");
            assert_eq!(scene.send(13, 0, &data(0, 1, b"x")).status, 0);
            scene.host
        }
        Fault::TransmitPacketId => {
            let mut scene = associated("transmit-packet-id:after=2,xor=0x10");
            let packet = scene.transmit(13, 0, &data(0, 1, b"x"));
            scene.confirm(packet ^ 0x10);
            scene.host
        }
        Fault::MultiConfirmCount => {
            let mut scene = associated("multi-confirm-count:after=2,count=1000");
            scene.log.clear();
            scene.transmit(13, 0, &data(0, 1, b"x"));
            let confirm = scene.wait(0x041E, ms(100));
            assert_eq!(word(&confirm, 4), 1000);
            scene.host
        }
        Fault::ScanReject => {
            let mut scene = Scene::new(planned("scan-reject"));
            scene.command(0x0006, &probe_template());
            let body = scan_body(0, 0, 2, &[1], &[]);
            assert_eq!(scene.command(0x0007, &body), 2);
            assert_eq!(scene.command(0x0007, &body), 0);
            scene.host
        }
        Fault::JoinReject => {
            let mut scene = Scene::new(planned("join-reject"));
            scene.command(0x0006, &probe_template());
            scene.command(0x0016, &[0x80, 0, 6, 0]);
            assert_eq!(scene.command(0x000B, &join_body()), 1);
            scene.join();
            scene.host
        }
        Fault::SwitchMissing => {
            let mut scene = Scene::new(planned("switch-missing"));
            assert_eq!(scene.command(0x0016, &[0x80, 0, 6, 0]), 0);
            scene.run(ms(100));
            assert!(scene.log.is_empty());
            scene.host
        }
        Fault::PmMissing => {
            let mut scene = Scene::new(planned("pm-missing"));
            assert_eq!(scene.command(0x0010, &[0x81, 0, 0, 0]), 0);
            scene.run(ms(100));
            assert!(scene.log.is_empty());
            scene.host
        }
        Fault::ReceiveRate => heard("receive-rate", |frame| frame[10] == 5),
        Fault::ReceiveChannel => heard("receive-channel", |frame| frame[8..10] == [0, 0]),
        Fault::ReceiveStatus => heard("receive-status", |frame| frame[4] == 4),
        Fault::ReceiveShort => heard("receive-short", |frame| frame.len() == 20),
        Fault::DecryptFailure => {
            let mut scene = Scene::new(planned("decrypt-failure:times=2"));
            scene.secure();
            scene.received();
            let now = scene.host.now;
            for _ in 0..3 {
                scene.ap.send_data(STATION, BSSID, b"answer", now);
            }
            scene.run(ms(20));
            let frames = scene.received();
            let data = frames.iter().filter(|frame| frame[32] & 0x0C == 8);
            let statuses = data.map(|frame| word(frame, 4));
            assert_eq!(statuses.collect::<Vec<_>>(), [4, 4, 0]);
            scene.host
        }
        Fault::KeyReject => {
            let mut scene = associated("key-reject");
            assert_eq!(scene.command(0x000C, &pairwise_key(0)), 1);
            assert_eq!(scene.command(0x000C, &pairwise_key(0)), 0);
            scene.host
        }
        Fault::Spurious => {
            let mut host = commanded("spurious:value=7");
            let batch = host.receive();
            assert_eq!(kinds(&batch), [0x0406, 0x0806]);
            assert_eq!(batch[1][4..], [7, 0, 0, 0, 0, 0]);
            let mut host = commanded("spurious:id=0x0c25,len=4");
            assert_eq!(host.receive()[1].len(), 4);
            host
        }
        Fault::Exception => {
            let mut host = commanded("exception");
            assert_eq!(kinds(&host.receive()), [0x0800]);
            host.request(0x0046, &MULTI_TX);
            assert!(host.receive().is_empty(), "then it is silent");
            host
        }
        Fault::Hang => {
            let mut host = started("hang").0;
            for _ in 0..2 {
                host.request(0x0046, &MULTI_TX);
                assert!(host.receive().is_empty(), "it is silent");
            }
            host
        }
        Fault::LostIrq => {
            let mut host = enumerated("lost-irq");
            host.write_frame(0xB1, 0, &INFO);
            assert!(!host.chip.interrupt());
            host
        }
        Fault::Unplug => {
            let mut host = enumerated("unplug:after=20,replug=5");
            let silent = (0..20).find(|_| poll_status(&mut host) == Answer::Silence);
            assert!(silent.is_some());
            assert_eq!(host.chip.take_action(), Some(Action::Unplug(Some(ms(5)))));
            host
        }
        Fault::Stall => {
            let mut host = enumerated("stall:after=20");
            while poll_status(&mut host) != Answer::Silence {}
            assert_eq!(poll_status(&mut host), Answer::Silence);
            assert_eq!(host.chip.take_action(), None);
            host
        }
        Fault::Die => {
            let mut host = enumerated("die:after=20");
            while poll_status(&mut host) != Answer::Silence {}
            assert_eq!(host.chip.take_action(), Some(Action::Die));
            host
        }
    }
}

/// The end of a transfer is lost: the host repeats it, and neither side sees it twice.
fn cmd53_that_took_effect() {
    // So many transfers load a chip and read its startup indication.
    const BEFORE: u32 = 40;
    for (after, lost_write) in [(BEFORE, true), (BEFORE + 1, false)] {
        let (mut host, startup) = started(&format!("cmd53-error:taken=1,after={after}"));
        assert_eq!(startup.len(), 1);
        let (toggle, sequence) = (host.tx_toggle, host.sequence);
        host.request(0x0006, &MULTI_TX);
        assert_eq!(host.tx_toggle == toggle, lost_write);
        if lost_write {
            host.sequence = sequence;
            host.request(0x0006, &MULTI_TX);
        }
        assert_eq!(host.read(1), 0x81);
        host.batch_toggle = !host.batch_toggle;
        let argument = pipe(false, host.rx_toggle, 512);
        let mut reply = host.read_argument(argument);
        assert_eq!(reply.is_good(), lost_write);
        if !lost_write {
            reply = host.read_argument(argument);
        }
        host.rx_toggle = !host.rx_toggle;
        assert_eq!(kinds(&messages(&reply.bytes)), [0x0406]);
        assert!(host.receive().is_empty(), "one confirm, not two");
        host.command(0x0046, &MULTI_TX);
        host.assert_clean();
    }
}

#[test]
fn every_fault_happens() {
    for fault in Fault::ALL.iter().copied() {
        let name = fault.definition().name;
        let host = effect(fault);
        let summary = host.chip.summary();
        assert!(summary.faults[0].fired > 0, "{name} did not happen");
    }
}

#[test]
fn a_host_may_start_over_after_a_fault() {
    let mut host = enumerated("download-reply-code:times=1");
    host.frame(0xB1, 0, &INFO);
    host.load();
    host.assert_clean();
}
