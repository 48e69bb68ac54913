// SPDX-License-Identifier: GPL-2.0-only

//! Writes the seeds of the corpora: messages and files as they should be, and a few that are wrong.
//!
//! `seeds FOLDER`

#![forbid(unsafe_code)]

use std::path::Path;

use bes2600_logic::bytes::{Overflow, Writer};
use bes2600_logic::crc32::crc32;
use bes2600_logic::wsm::header::{Class, Header};
use vsdio_abi::{
    CardMessage, Data, HostMessage, Ios, PowerMode, Reply, Request, Setup, Status, caps,
};

#[expect(
    dead_code,
    reason = "the transcripts of the protocol are more than what is a seed"
)]
#[path = "../../driver/logic/tests/suite/golden.rs"]
mod golden;

type Seeds = Vec<(&'static str, Vec<u8>)>;

fn written(write: impl FnOnce(&mut Writer<'_>) -> Result<(), Overflow>) -> Vec<u8> {
    let mut buffer = [0; 2048];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer).expect("a seed is short");
    let len = writer.used();
    buffer.iter().take(len).copied().collect()
}

fn message(class: Class, command: u8, sequence: u8, body: &[u8]) -> Vec<u8> {
    written(|out| {
        Header {
            len: u16::try_from(body.len() + 4).map_err(|_| Overflow)?,
            sequence,
            class,
            interface: 0,
            command,
        }
        .encode(out)?;
        out.bytes(body)
    })
}

fn padded(messages: &[Vec<u8>]) -> Vec<u8> {
    let mut transfer = Vec::new();
    for message in messages {
        transfer.extend_from_slice(message);
        transfer.resize(transfer.len().next_multiple_of(4), 0);
    }
    transfer.extend_from_slice(&[0; 4]);
    transfer
}

fn startup(status: u16, kind: u16, buffers: u16) -> Vec<u8> {
    written(|out| {
        for field in [buffers, 1632, 1, 0, status, 0, kind, 1, 1, 1] {
            out.u16(field)?;
        }
        out.padded(b"seed 1.0", 128)
    })
}

fn received(status: u32, channel: u16, rate: u8, encryption: u8, frame: &[u8]) -> Vec<u8> {
    written(|out| {
        out.u32(status)?;
        out.u16(channel)?;
        out.u8(rate)?;
        out.u8(120)?;
        out.u32(u32::from(encryption) | 0x18)?;
        out.bytes(&[0; 16])?;
        out.bytes(frame)
    })
}

fn frame(control: [u8; 2], len: usize) -> Vec<u8> {
    let mut frame = control.to_vec();
    frame.extend((0..len.saturating_sub(2)).map(|at| u8::try_from(at % 251).unwrap_or(0)));
    frame
}

fn record(packet: u32, status: u32, rate: u8) -> Vec<u8> {
    written(|out| {
        out.u32(packet)?;
        out.u32(status)?;
        out.bytes(&[rate, 1])?;
        out.u16(3)?;
        out.u32(100)?;
        out.u32(200)
    })
}

fn event(id: u32, data: u32) -> Vec<u8> {
    written(|out| {
        out.u32(id)?;
        out.u32(data)
    })
}

fn with(first: u8, rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    bytes.extend_from_slice(rest);
    bytes
}

/// A choice, a length and a body for each.
fn filed(parts: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (choice, body) in parts {
        bytes.extend_from_slice(&[*choice, u8::try_from(body.len()).unwrap_or(u8::MAX)]);
        bytes.extend_from_slice(body);
    }
    bytes
}

fn batches() -> Seeds {
    let confirm = |sequence| message(Class::Confirm, 6, sequence, &[0; 4]);
    let beacon = received(0, 6, 7, 0, &frame([0x80, 0], 60));
    vec![
        (
            "startup",
            padded(&[message(Class::Indication, 1, 0, &startup(0, 2, 30))]),
        ),
        ("confirms", padded(&[confirm(0), confirm(1), confirm(2)])),
        (
            "mixed",
            padded(&[
                message(Class::Indication, 4, 0, &beacon),
                message(Class::Confirm, 4, 1, &record(0x100, 0, 7)),
                message(Class::Indication, 5, 2, &event(1, 0)),
                golden::MCU_CONFIRM.to_vec(),
            ]),
        ),
        (
            "sixteen",
            padded(&(0..16).map(|at| confirm(at & 7)).collect::<Vec<_>>()),
        ),
        (
            "seventeen",
            padded(&(0..17).map(|at| confirm(at & 7)).collect::<Vec<_>>()),
        ),
        ("gap", padded(&[confirm(0), confirm(3)])),
        ("too-short", vec![3, 0, 6, 4, 0, 0, 0, 0]),
        ("too-long", vec![0x88, 0x13, 6, 4, 0, 0, 0, 0]),
    ]
}

fn indications() -> Seeds {
    let exception = written(|out| {
        out.u32(4)?;
        for register in 0..18 {
            out.u32(0x2000_0000 | register)?;
        }
        out.padded(b"main.c", 48)
    });
    let events = (0..12).map(|id| (0, event(id, id % 6))).collect::<Vec<_>>();
    vec![
        ("events", filed(&events)),
        (
            "power-save-errors",
            filed(&[1, 2, 3, 4, 9].map(|code| (0, event(7, code)))),
        ),
        (
            "one-of-each",
            filed(&[
                (1, golden::SCAN_COMPLETE[4..].to_vec()),
                (2, golden::PM_CHANGED[4..].to_vec()),
                (3, golden::CHANNEL_SWITCHED[4..].to_vec()),
                (4, vec![9, 0, 0, 0]),
                (8, vec![]),
                (7, vec![]),
                (6, vec![]),
            ]),
        ),
        (
            "exception",
            filed(&[(9, exception.clone()), (9, exception[..8].to_vec())]),
        ),
        (
            "decrypt-failures",
            filed(&[0, 1, 2, 3, 4, 5].map(|time| (5 | time << 4, vec![]))),
        ),
        (
            "malformed",
            filed(&[
                (0, vec![1; 7]),
                (1, vec![1; 5]),
                (2, vec![1; 4]),
                (3, vec![1; 3]),
            ]),
        ),
    ]
}

fn receptions() -> Seeds {
    vec![
        ("beacon", received(0, 6, 7, 0, &frame([0x80, 0], 80))),
        (
            "data-ccmp",
            received(0, 36, 21, 3, &frame([0x88, 0x42], 100)),
        ),
        ("data-tkip", received(0, 1, 3, 2, &frame([0x08, 0x42], 60))),
        ("data-wep", received(0, 1, 3, 1, &frame([0x08, 0x42], 60))),
        ("stripped", received(0, 11, 14, 7, &frame([0x88, 0x02], 60))),
        (
            "four-addresses",
            received(0, 44, 6, 0, &frame([0x88, 0x83], 60)),
        ),
        ("ack-request", received(0, 13, 0, 0, &frame([0xA4, 0], 16))),
        (
            "block-ack",
            received(
                0,
                13,
                13,
                0,
                &[&frame([0xD0, 0], 24)[..], &[3, 0, 1]].concat(),
            ),
        ),
        ("michael", received(5, 6, 7, 2, &frame([0x88, 0x42], 60))),
        ("no-key", received(9, 6, 7, 3, &frame([0x88, 0x42], 60))),
        (
            "not-decrypted",
            received(4, 6, 7, 3, &frame([0x88, 0x42], 60)),
        ),
        ("bad-channel", received(0, 15, 7, 0, &frame([0x80, 0], 60))),
        ("bad-rate", received(0, 36, 2, 0, &frame([0x80, 0], 60))),
        ("short", received(0, 6, 7, 0, &frame([0x80, 0], 15))),
    ]
}

fn confirms() -> Seeds {
    let configured = written(|out| {
        out.u32(0)?;
        out.bytes(&[2, 0, 0, 0, 0, 1, 3, 0])?;
        out.u32(0x003F_FFCF)?;
        for _ in 0..6 {
            out.u32(100)?;
        }
        Ok(())
    });
    let counters = written(|out| {
        out.u32(0)?;
        out.u16(0x100C)?;
        out.u16(88)?;
        for count in 0..22 {
            out.u32(count)?;
        }
        Ok(())
    });
    let mut several = vec![2, 0, 0, 0];
    several.extend(record(0x100, 0, 7));
    several.extend(record(0x301, 11, 255));
    let mut huge = several.clone();
    huge[0] = 200;
    let mut seeds = vec![
        ("generic", with(0, &[0; 4])),
        ("configured", with(1, &configured)),
        ("joined", with(2, &[0, 0, 0, 0, 1, 0, 0, 0, 200, 0, 0, 0])),
        ("counters", with(3, &counters)),
        ("sent", with(4, &record(0x100, 0, 11))),
        ("retried", with(4, &record(0x100, 6, 4))),
        ("several", with(5, &several)),
        ("none", with(5, &[0; 24])),
        ("too-many", with(5, &huge)),
    ];
    let refusals = [
        "refused-01",
        "refused-02",
        "refused-03",
        "refused-04",
        "refused-05",
        "refused-06",
        "refused-07",
        "refused-08",
        "refused-09",
        "refused-10",
        "refused-11",
        "refused-12",
        "refused-13",
    ];
    seeds.extend(
        refusals
            .into_iter()
            .zip(1..)
            .map(|(name, status)| (name, with(0, &[status, 0, 0, 0]))),
    );
    seeds
}

fn flights() -> Seeds {
    vec![
        ("there-and-back", vec![0, 1, 2, 3, 3, 3, 7]),
        ("given-up", vec![0, 0, 5, 5, 3, 3, 7]),
        ("full", vec![0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 3, 0]),
        (
            "forged",
            vec![0, 6, 0, 1, 0, 0, 3, 14, 6, 0xFF, 0xFF, 0xFF, 0xFF],
        ),
        ("cleared", vec![0, 1, 0xFF, 14, 0, 3, 14]),
    ]
}

fn startups() -> Seeds {
    let mut short = startup(0, 2, 30);
    short.truncate(100);
    vec![
        ("good", startup(0, 2, 30)),
        ("status", startup(1, 2, 30)),
        ("kind", startup(0, 5, 30)),
        ("buffers", startup(0, 2, 1)),
        ("short", short),
    ]
}

fn factories() -> Seeds {
    let text = golden::FACTORY_30;
    let efuse = text.replace("%%", "##select_efuse_flag\nselect_efuse:1\n%%");
    vec![
        ("thirty", text.into()),
        ("thirty-one", efuse.into()),
        ("dos", text.replace('\n', "\r\n").into()),
        ("field-missing", text.replace("freq_cal:0x100\n", "").into()),
        (
            "unusual",
            text.replace("freq_cal:0x100", "freq_cal:0x0").into(),
        ),
        ("bad-magic", text.replace("0xba80", "0xba81").into()),
        (
            "cut-off",
            text.as_bytes().iter().take(300).copied().collect(),
        ),
        ("not-text", vec![0xFF, 0xFE]),
    ]
}

fn containers() -> Seeds {
    let image = |exec: u32, tail: u32, text: &[u8]| {
        written(|out| {
            out.bytes(&[0; 12])?;
            out.u32(exec)?;
            out.padded(text, 64)?;
            out.u32(tail)
        })
    };
    vec![
        ("header", image(0x2000_0000, 0, b"")),
        ("tail", image(0, 0x2010_0000, b"build Jan 02 2024 10:00:00")),
        ("both", image(4, 8, b"Dec 1\xFF")),
        ("nowhere", image(0, 0, b"")),
        ("unaligned", image(2, 0, b"")),
        ("smallest", [&[0; 12][..], &[4, 0, 0, 0], &[0; 4]].concat()),
        ("short", vec![0; 16]),
        ("odd", vec![1; 21]),
    ]
}

fn calibrations() -> Seeds {
    vec![
        ("good", with(2, &[7; 16])),
        ("crc", with(0, &[1; 16])),
        ("short", with(1, &[1; 16])),
        (
            "short-with-crc",
            with(3, &[&crc32(&[1; 12]).to_le_bytes()[..], &[1; 12]].concat()),
        ),
    ]
}

fn downloads() -> Seeds {
    let registers = |control, sequence, max_frame: u16, reply: &[u8]| {
        let mut bytes = vec![control, sequence, 0x15, 1];
        bytes.extend(max_frame.to_le_bytes());
        bytes.extend(0x1_0000_u32.to_le_bytes());
        bytes.extend_from_slice(reply);
        bytes
    };
    let refused = |at: usize, value| {
        let mut reply = golden::REPLY_0;
        reply[at] = value;
        registers(0x81, 0, 4096, &reply)
    };
    vec![
        ("good", registers(0x81, 0, 4096, &golden::REPLY_0)),
        ("second", registers(1, 1, 512, &golden::REPLY_1)),
        ("type", refused(0, 0xB1)),
        ("sequence", refused(1, 7)),
        ("length", refused(2, 8)),
        ("length-error", refused(4, 1)),
        ("code", refused(4, 5)),
        ("announced", registers(0xFF, 0, 65532, &[0; 9])),
        ("frames", registers(0x80, 0, 3, &golden::REPLY_0)),
    ]
}

fn of_card(message: &CardMessage<'_>) -> Vec<u8> {
    let mut bytes = vec![0; message.encoded_len()];
    message.encode(&mut bytes).expect("room for what it says");
    bytes
}

fn of_host(message: &HostMessage<'_>) -> Vec<u8> {
    let mut bytes = vec![0; message.encoded_len()];
    message.encode(&mut bytes).expect("room for what it says");
    bytes
}

fn vsdio() -> Seeds {
    let setup = Setup {
        abi_version: vsdio_abi::ABI_VERSION,
        caps: caps::FOUR_BIT | caps::KEEP_POWER,
        max_blk_size: 512,
        max_blk_count: 511,
        max_req_size: 262_144,
        f_min: 400_000,
        f_max: 50_000_000,
        timeout_ms: 1000,
    };
    let reply = CardMessage::Reply(Reply {
        tag: 7,
        command: Status::Good,
        data_status: Status::Crc,
        response: [0x1000, 0, 0, 0],
        data: &[1, 2, 3, 4, 5],
    });
    let request = |data| {
        HostMessage::Request(Request {
            tag: 7,
            opcode: 53,
            arg: 0x9404_0000,
            data,
            has_stop: false,
        })
    };
    let bytes = [9; 12];
    let write = Data::Write {
        blksz: 4,
        blocks: 3,
        data: &bytes,
    };
    let ios = HostMessage::Ios(Ios {
        clock: 50_000_000,
        bus_width: 4,
        timing: 2,
        signal_voltage: 33,
        power_mode: PowerMode::On,
    });
    let mut wrong = setup;
    wrong.f_max = 1;
    let mut versions = setup;
    versions.abi_version = 2;
    let card = [
        of_card(&CardMessage::Setup(setup)),
        of_card(&CardMessage::Insert),
        of_card(&CardMessage::Irq { level: true }),
        of_card(&reply),
        of_card(&CardMessage::Remove),
    ];
    let host = [
        of_host(&HostMessage::SetupDone { host_index: 1 }),
        of_host(&ios),
        of_host(&request(Data::None)),
        of_host(&request(Data::Read {
            blksz: 512,
            blocks: 2,
        })),
        of_host(&request(write)),
        of_host(&HostMessage::Reset),
        of_host(&HostMessage::Cancel { tag: 7 }),
        of_host(&HostMessage::IrqAck),
    ];
    vec![
        ("card", card.concat()),
        ("host", host.concat()),
        ("setup-range", of_card(&CardMessage::Setup(wrong))),
        ("setup-version", of_card(&CardMessage::Setup(versions))),
        (
            "read-request",
            of_host(&request(Data::Read {
                blksz: 8,
                blocks: 1,
            })),
        ),
        ("write-request", of_host(&request(write))),
        ("reply", of_card(&reply)),
        ("cut-off", of_card(&reply).into_iter().take(30).collect()),
    ]
}

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("usage: seeds FOLDER");
    for (target, seeds) in [
        ("batch", batches()),
        ("calibration", calibrations()),
        ("confirm", confirms()),
        ("container", containers()),
        ("download", downloads()),
        ("factory", factories()),
        ("flight", flights()),
        ("indication", indications()),
        ("receive", receptions()),
        ("startup", startups()),
        ("vsdio", vsdio()),
    ] {
        let folder = Path::new(&folder).join(target);
        std::fs::create_dir_all(&folder)?;
        for (name, bytes) in seeds {
            std::fs::write(folder.join(name).with_extension("bin"), bytes)?;
        }
    }
    Ok(())
}
