// SPDX-License-Identifier: GPL-2.0-only
//! From power-on to a configured firmware and back, as a host does it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use bes2600_emulator::breach::Rule;
use bes2600_emulator::image::Kind;
use bes2600_emulator::knobs::{IrqClear, Knobs, Sleep, ToggleReset};
use bes2600_emulator::{Bus, Config, Phase, dpd};
use common::scene::{policy, probe_template, scan_body};
use common::{Host, MULTI_TX, configuration, ms, small};

#[test]
fn enumerates() {
    let mut host = Host::new(Config::default());
    host.enumerate();
    assert_eq!(host.direct(0, 0x00, None), Ok(0x43), "CCCR 3.00");
    assert_eq!(host.direct(0, 0x08, None).unwrap() & 0x02, 0x02, "SMB");
    // The manufacturer tuple at the common CIS pointer.
    let pointer = (0..3).fold(0, |sum, i| {
        sum | u32::from(host.direct(0, 0x09 + i, None).unwrap()) << (8 * i)
    });
    let tuple: Vec<_> = (0..6)
        .map(|i| host.direct(0, pointer + i, None).unwrap())
        .collect();
    assert_eq!(tuple, [0x20, 4, 0x57, 0xBE, 0x02, 0x20]);
    assert_eq!(host.chip.phase(), Phase::Rom);
    assert_eq!(host.read(0x10C), 0);
    host.assert_clean();
}

#[test]
fn comes_up_and_goes_down_and_up_again() {
    let mut host = Host::new(Config::default());
    host.enumerate();
    host.load();
    assert_eq!(host.chip.phase(), Phase::Main);
    // The MCU and its sleep.
    host.doorbell(0x0005);
    host.sleep(ms(2));
    assert_eq!(host.read(0x10C) & 0x10, 0);
    host.doorbell(0x0009);
    host.sleep(ms(2));
    assert_eq!(host.read(0x10C) & 0x10, 0x10);
    for _ in 0..3 {
        host.activate();
        session(&mut host);
        host.doorbell(0x0011);
        host.sleep(ms(10));
        assert_eq!(host.read(0x10C) & 0x04, 0);
    }
    host.assert_clean();
}

/// Startup, MIB 0x1024 and configuration on both interfaces, and a command of the MCU class.
fn session(host: &mut Host) {
    let startup = host.receive();
    assert_eq!(startup.len(), 1);
    assert_eq!(startup[0][..4], [0x98, 0x00, 0x01, 0x08]);
    assert_eq!(&startup[0][24..33], b"test wifi");
    assert!(host.receive().is_empty());
    let confirm = host.command(0x0006, &MULTI_TX);
    assert_eq!(confirm, [8, 0, 0x06, 0x24, 0, 0, 0, 0]);
    let confirm = host.command(0x0046, &MULTI_TX);
    assert_eq!(confirm, [8, 0, 0x46, 0x44, 0, 0, 0, 0]);
    for (interface, sequence) in [(0_u16, 3_u16), (1, 4)] {
        let confirm = host.command(0x0009 | interface << 6, &configuration());
        assert_eq!(confirm.len(), 44);
        let id = u16::from_le_bytes([confirm[2], confirm[3]]);
        assert_eq!(id, 0x0409 | interface << 6 | sequence << 13);
        assert_eq!(confirm[8..14], [0x02, 0, 0, 0, 0, 1]);
    }
    let confirm = host.command(0x0C27, &[3, 0, 0, 0, 5, 0, 0, 0]);
    assert_eq!(
        confirm,
        [
            20, 0, 0x27, 0x0C, 0, 0, 0, 0, 0x0F, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0
        ]
    );
}

#[test]
fn starts_the_main_image_at_once_with_a_kept_calibration() {
    let mut host = Host::new(Config::default());
    host.enumerate();
    host.setup_registers();
    host.write_memory(dpd::ADDRESS, &dpd::block(dpd::VERSION));
    host.run_image(&small(Kind::Wifi));
    assert_eq!(host.chip.phase(), Phase::Main);
    host.activate();
    assert_eq!(host.receive().len(), 1);
    host.assert_clean();
}

#[test]
fn works_at_the_other_settings_of_the_knobs() {
    let knobs = Knobs {
        irq_clear: IrqClear::ReadCount,
        toggle_reset: ToggleReset::WifiDeactive,
        awake_at_start: false,
        multi_confirm: false,
        input_buffers: 2,
        download_max_frame: 4096,
        confirm_delay_us: 0,
        ..Knobs::default()
    };
    let mut host = Host::new(Config {
        knobs,
        ..Config::default()
    });
    host.enumerate();
    host.load();
    for _ in 0..2 {
        host.activate();
        session(&mut host);
        host.doorbell(0x0011);
        host.sleep(ms(10));
    }
    host.assert_clean();
}

#[test]
fn interrupt_can_stay_until_the_data_are_read() {
    let mut host = Host::running(Config::default());
    host.request(0x0006, &MULTI_TX);
    assert!(host.chip.interrupt());
    host.read(1);
    assert!(!host.chip.interrupt());

    let mut host = Host::new(Config {
        knobs: Knobs {
            irq_clear: IrqClear::ReadData,
            ..Knobs::default()
        },
        ..Config::default()
    });
    host.enumerate();
    host.write_frame(0xB1, 0, &[4, 0, 0, 0, 0, 0, 0x10, 0x40]);
    host.read(1);
    assert!(host.chip.interrupt());
    assert_eq!(host.read_argument(0x1400_1008).bytes.len(), 8);
    assert!(!host.chip.interrupt());
}

#[test]
fn sleeping_mcu_can_refuse_until_it_has_woken() {
    let mut host = Host::new(Config {
        knobs: Knobs {
            sleep: Sleep::Refuse,
            wake_attempts: 2,
            ..Knobs::default()
        },
        ..Config::default()
    });
    host.enumerate();
    host.load();
    host.doorbell(0x0005);
    host.sleep(ms(2));
    assert!(host.direct(1, 0x10C, None).is_err());
    assert!(host.direct(1, 0x10C, None).is_err());
    assert!(host.direct(1, 0x10C, None).is_ok());
    host.sleep(ms(2));
    assert_eq!(host.read(0x10C) & 0x10, 0x10);
    // With the wake line asserted it answers although it sleeps.
    host.doorbell(0x0005);
    host.sleep(ms(2));
    host.chip.set_wake_line(true);
    assert_eq!(host.read(0x10C) & 0x10, 0);
    host.assert_clean();
    // Without it, it does not, and the host should have known.
    host.chip.set_wake_line(false);
    assert!(host.direct(1, 0x10C, None).is_err());
    assert_eq!(host.rules(), [Rule::WakeLine]);
}

#[test]
fn power_off_and_reset_lead_back_to_the_rom() {
    let mut host = Host::running(Config::default());
    let off = Bus::default();
    let on = Bus {
        clock: 400_000,
        width: 1,
        powered: true,
    };
    host.chip.set_bus(host.now, off);
    host.chip.set_bus(host.now, on);
    assert_eq!(host.chip.phase(), Phase::Rom);
    host.enumerate();
    host.load();
    host.chip.hardware_reset(host.now);
    assert_eq!(host.chip.phase(), Phase::Rom);
    host.enumerate();
    host.load();
    assert_eq!(host.chip.summary().download.runs, 6);
    host.assert_clean();
}

#[test]
fn batches_carry_several_messages_and_slots_several_requests() {
    let mut host = Host::running(Config::default());
    host.command(0x0009, &configuration());
    host.command(0x0006, &policy(0, 0, 2));
    let frame = |packet: u8| {
        let mut body = vec![0; 20 + 100];
        body[0] = packet;
        body
    };
    let sent: Vec<_> = (1..=3).map(|n| host.message(0x0004, &frame(n))).collect();
    host.transfer(&sent);
    let confirms = host.receive();
    assert_eq!(confirms.len(), 3);
    assert_eq!(confirms[2][..8], [24, 0, 0x04, 0xA4, 3, 0, 0, 0]);
    host.assert_clean();
}

#[test]
fn requests_bring_their_indications() {
    let mut host = Host::running(Config::default());
    host.command(0x0009, &configuration());
    host.command(0x0006, &probe_template());
    for (id, body, indication) in [
        (0x0016, vec![0x90, 0, 6, 0], 0x080A),
        (0x0010, vec![0x81, 0x10, 0, 0], 0x0809),
        (0x0007, scan_body(0, 0, 2, &[1], &[]), 0x0806),
    ] {
        host.request(id, &body);
        let mut answers = host.receive();
        host.sleep(ms(60));
        answers.extend(host.receive());
        let ids: Vec<_> = answers
            .iter()
            .map(|m| u16::from_le_bytes([m[2], m[3]]) & 0x0C3F)
            .collect();
        assert_eq!(ids, [id | 0x0400, indication]);
    }
    host.assert_clean();
}
