// SPDX-License-Identifier: GPL-2.0-only

//! The specification's worked examples against the codecs.

use super::golden;
use bes2600_logic::batch::Batch;
use bes2600_logic::bytes::Reader;
use bes2600_logic::cmd53::{
    Count,
    Transfer, //
};
use bes2600_logic::doorbell::{
    Doorbell,
    Status, //
};
use bes2600_logic::download::{
    check_reply,
    data_len,
    Frame,
    ReplyError, //
};
use bes2600_logic::slots::{
    Offer,
    Packer,
    Slot,
    SlotError, //
};
use bes2600_logic::toggle::{
    Announcement,
    Toggle, //
};
use bes2600_logic::wsm::confirm::{
    Configured,
    Confirm,
    ConfirmError,
    Generic, //
};
use bes2600_logic::wsm::header::{
    Class,
    Header,
    Interface,
    McuHeader,
    McuLabel, //
};
use bes2600_logic::wsm::indication::{
    Exception,
    Startup,
    StartupError, //
};
use bes2600_logic::wsm::minimum::minimum_len;
use bes2600_logic::wsm::request::{
    encode,
    stamp,
    Configuration,
    Request,
    WriteMib,
    SDD_LEN, //
};
use bes2600_logic::wsm::sequence::Sequence;
use bes2600_logic::{
    credits,
    dpd,
    factory,
    slots, //
};

#[test]
fn arguments() {
    for (total, code, even, odd) in golden::TRANSMIT_ARGUMENTS {
        assert_eq!(
            Transfer::transmit(total, code, false).unwrap().argument(),
            even
        );
        assert_eq!(
            Transfer::transmit(total, code, true).unwrap().argument(),
            odd
        );
    }
    for (blocks, even, odd) in golden::RECEIVE_ARGUMENTS {
        assert_eq!(Transfer::receive(blocks, false).unwrap().argument(), even);
        assert_eq!(Transfer::receive(blocks, true).unwrap().argument(), odd);
    }
    for (len, argument) in golden::DOWNLOAD_READ_ARGUMENTS {
        assert_eq!(Transfer::download_read(len).unwrap().argument(), argument);
    }
    for len in [1, 12, 511, 512] {
        let write = Transfer::download_write(len).unwrap();
        assert_eq!(write.argument(), golden::DOWNLOAD_WRITE_ARGUMENT);
        assert_eq!(write.bus_len(), 512);
    }
    let write = Transfer::download_write(513).unwrap();
    assert_eq!(write.count(), Count::Blocks(2));
    assert_eq!(write.address(), 513);
    assert_eq!(write.bus_len(), 1024);
}

#[test]
fn impossible_transfers() {
    assert!(Transfer::download_read(0).is_err());
    assert!(Transfer::download_read(65536).is_err());
    assert!(Transfer::receive(0, false).is_err());
    assert!(Transfer::receive(128, false).is_err());
    assert!(Transfer::transmit(0, 0, false).is_err());
    assert!(Transfer::transmit(514, 0, false).is_err());
    assert!(Transfer::transmit(512, 4, false).is_err());
}

#[test]
fn download_frames() {
    let mut frame = [0xAA; 512];
    let info = Frame::Info {
        length: 4,
        address: 0x4010_0000,
    };
    assert_eq!(info.encode(0, &mut frame), Ok(12));
    assert_eq!(frame[..12], golden::REGISTER_INFO);
    assert!(frame[12..].iter().all(|byte| *byte == 0));

    let encoded = |frame: Frame<'_>, sequence| {
        let mut out = vec![0; 4096];
        let len = frame.encode(sequence, &mut out).unwrap();
        out.truncate(len);
        out
    };
    let data = Frame::Data {
        address: 0x4010_0000,
        bytes: &0x0080_2006u32.to_le_bytes(),
    };
    assert_eq!(encoded(data, 1), golden::REGISTER_DATA);
    let info = Frame::Info {
        length: 4,
        address: 0x4008_602C,
    };
    assert_eq!(encoded(info, 0), golden::SECOND_REGISTER_INFO);
    let data = Frame::Data {
        address: 0x4008_602C,
        bytes: &0x3E00_C000u32.to_le_bytes(),
    };
    assert_eq!(encoded(data, 1), golden::SECOND_REGISTER_DATA);
    let info = Frame::Info {
        length: 72,
        address: factory::ADDRESS,
    };
    assert_eq!(encoded(info, 0), golden::FACTORY_INFO);
    let data = Frame::Data {
        address: factory::ADDRESS,
        bytes: &[0; 72],
    };
    assert_eq!(encoded(data, 1)[..8], golden::FACTORY_DATA_HEADER);
    let info = Frame::Info {
        length: u32::try_from(dpd::LEN).unwrap(),
        address: dpd::ADDRESS,
    };
    assert_eq!(encoded(info, 0), golden::DPD_INFO);
    assert_eq!(
        encoded(Frame::End { crc: 0x0403_0201 }, 2),
        [0xB3, 2, 4, 0, 1, 2, 3, 4]
    );
    assert_eq!(
        encoded(
            Frame::Run {
                address: 0x2000_0000
            },
            9
        ),
        [0xB4, 9, 4, 0, 0, 0, 0, 0x20]
    );
    assert!(Frame::End { crc: 0 }.encode(0, &mut [0; 7]).is_err());
}

#[test]
fn replies() {
    assert_eq!(check_reply(0, &golden::REPLY_0), Ok(()));
    assert_eq!(check_reply(1, &golden::REPLY_1), Ok(()));
    let with = |at: usize, value| {
        let mut reply = golden::REPLY_0;
        reply[at] = value;
        check_reply(0, &reply)
    };
    assert_eq!(with(0, 0xB1), Err(ReplyError::Type { found: 0xB1 }));
    assert_eq!(
        with(1, 7),
        Err(ReplyError::Sequence {
            found: 7,
            expected: 0
        })
    );
    assert_eq!(with(2, 5), Err(ReplyError::Length { found: 5 }));
    assert_eq!(with(4, 1), Err(ReplyError::RejectedLength));
    assert_eq!(with(4, 2), Err(ReplyError::Rejected { code: 2 }));
    assert_eq!(
        check_reply(0, &[0xB0, 0, 4]),
        Err(ReplyError::Announced { len: 3 })
    );
}

#[test]
fn data_sizes() {
    assert_eq!(data_len(4096, 10_000, 26_112), Ok(4088));
    assert_eq!(data_len(4096, 100, 26_112), Ok(100));
    assert_eq!(data_len(16, 100, 26_112), Ok(8));
    assert_eq!(data_len(65_532, 100_000, 26_112), Ok(26_104));
    for bad in [0, 3, 6, 12, 18] {
        assert!(data_len(bad, 100, 26_112).is_err());
    }
}

#[test]
fn startup() {
    let mut message = golden::STARTUP_HEAD.to_vec();
    message.extend_from_slice(b"emulated");
    message.resize(152, 0);
    let mut reader = Reader::new(&message);
    let header = Header::decode(&mut reader).unwrap();
    assert_eq!((header.len, header.id(), header.sequence), (152, 0x0801, 0));
    let startup = Startup::decode(reader.rest()).unwrap();
    assert_eq!(
        (startup.buffers, startup.buffer_len, startup.kind),
        (30, 1632, 2)
    );
    assert_eq!(startup.label(), "emulated");

    let body = |at: usize, value| {
        let mut body = message[4..].to_vec();
        body[at] = value;
        Startup::decode(&body)
    };
    assert_eq!(body(8, 1), Err(StartupError::Status { status: 1 }));
    assert_eq!(body(12, 5), Err(StartupError::Type { kind: 5 }));
    assert_eq!(body(0, 1), Err(StartupError::Buffers { count: 1 }));
    assert_eq!(body(0, 0), Err(StartupError::Buffers { count: 0 }));
    assert_eq!(
        Startup::decode(&message[4..151]),
        Err(StartupError::TooShort { len: 147 })
    );
}

#[test]
fn write_mib() {
    let mut message = [0xAA; 64];
    let len = encode(&WriteMib::MULTI_TX_CONFIRM, Interface::First, &mut message);
    assert_eq!(len, Ok(12));
    assert_eq!(message[..12], golden::MULTI_TX_FIRST);
    encode(&WriteMib::MULTI_TX_CONFIRM, Interface::Second, &mut message).unwrap();
    stamp(&mut message, 1).unwrap();
    assert_eq!(message[..12], golden::MULTI_TX_SECOND);

    for (bytes, sequence, interface) in [
        (golden::MULTI_TX_CONFIRM, 1, 0),
        (golden::MULTI_TX_SECOND_CONFIRM, 2, 1),
    ] {
        let mut reader = Reader::new(&bytes);
        let header = Header::decode(&mut reader).unwrap();
        assert_eq!(header.id(), 0x0406);
        assert_eq!((header.sequence, header.interface), (sequence, interface));
        assert_eq!(Generic::decode(reader.rest()), Ok(Generic));
    }
    assert_eq!(
        Generic::decode(&[1, 0, 0, 0]),
        Err(ConfirmError::Status { status: 1 })
    );
    assert_eq!(
        Generic::decode(&[1, 0, 0]),
        Err(ConfirmError::TooShort { len: 3 })
    );
}

#[test]
fn configuration() {
    let request = Configuration {
        station_id: [2, 3, 4, 5, 6, 7],
        sdd: &[0x5A; SDD_LEN],
    };
    let mut message = [0; 1024];
    assert_eq!(encode(&request, Interface::First, &mut message), Ok(860));
    assert_eq!(message[..4], [0x5C, 0x03, 0x09, 0x00]);
    assert!(message[4..16].iter().all(|byte| *byte == 0));
    assert_eq!(message[16..28], [0x4C, 0x03, 1, 0, 2, 3, 4, 5, 6, 7, 5, 0]);
    assert!(message[28..860].iter().all(|byte| *byte == 0x5A));
    assert_eq!(Configuration::ID, 0x0009);

    let mut body = [0u8; 40];
    body[4..10].copy_from_slice(&[2, 3, 4, 5, 6, 7]);
    body[10] = 3;
    let configured = Configured::decode(&body).unwrap();
    assert_eq!(
        (configured.station_id, configured.bands),
        ([2, 3, 4, 5, 6, 7], 3)
    );
    assert_eq!(
        Configured::decode(&body[..39]),
        Err(ConfirmError::TooShort { len: 39 })
    );
    assert_eq!(
        Configured::decode(&[2, 0, 0, 0]),
        Err(ConfirmError::Status { status: 2 })
    );
}

#[test]
fn mcu_messages() {
    let mut reader = Reader::new(&golden::MCU_CONFIRM);
    let header = Header::decode(&mut reader).unwrap();
    assert_eq!((header.class, header.id()), (Class::Mcu, 0x0C27));
    let mcu = McuHeader::decode(&mut reader).unwrap();
    assert_eq!((mcu.label, mcu.kind), (Some(McuLabel::Confirm), 3));
}

#[test]
fn minimum_lengths() {
    assert_eq!(minimum_len(0x0801), Some(152));
    assert_eq!(minimum_len(0x0404), Some(24));
    assert_eq!(minimum_len(0x041E), Some(28));
    assert_eq!(minimum_len(0x0406), Some(8));
    assert_eq!(minimum_len(0x0804), Some(42));
    assert_eq!(minimum_len(0x0C27), Some(16));
    assert_eq!(minimum_len(0x0006), None);
    assert_eq!(minimum_len(0x043F), None);
}

#[test]
fn doorbells() {
    let bytes = |doorbell: Doorbell| doorbell.bytes();
    assert_eq!(bytes(Doorbell::McuDeactivate), (0x00, 0x05));
    assert_eq!(bytes(Doorbell::McuActivate), (0x00, 0x09));
    assert_eq!(bytes(Doorbell::WifiDeactivate), (0x00, 0x11));
    assert_eq!(bytes(Doorbell::WifiActivate), (0x00, 0x21));
    assert_eq!(bytes(Doorbell::WifiDebug), (0x00, 0x41));
    assert_eq!(bytes(Doorbell::BtDeactivate), (0x00, 0x81));
    assert_eq!(bytes(Doorbell::BtActivate), (0x01, 0x01));
    assert_eq!(bytes(Doorbell::BtWake), (0x04, 0x01));
    assert_eq!(bytes(Doorbell::BtSleep), (0x08, 0x01));
    let active = Doorbell::WifiActivate.acknowledge().unwrap();
    assert!(active.seen(Status(0x05)));
    assert!(!active.seen(Status(0x01)));
    let inactive = Doorbell::WifiDeactivate.acknowledge().unwrap();
    assert!(inactive.seen(Status(0x01)));
    assert_eq!(Doorbell::WifiDebug.acknowledge(), None);
}

#[test]
fn announcements() {
    let mut toggle = Toggle::default();
    assert_eq!(
        Announcement::decode(0x01, toggle),
        Announcement::Batch { blocks: 1 }
    );
    assert_eq!(Announcement::decode(0x81, toggle), Announcement::Stale);
    assert_eq!(Announcement::decode(0x80, toggle), Announcement::Zero);
    assert_eq!(
        Announcement::decode(52, toggle),
        Announcement::TooLarge { blocks: 52 }
    );
    toggle.advance();
    assert_eq!(
        Announcement::decode(0x81, toggle),
        Announcement::Batch { blocks: 1 }
    );
    assert_eq!(Announcement::decode(0x01, toggle), Announcement::Stale);
}

#[test]
fn two_confirms_in_one_batch() {
    let mut bytes = [0u8; 512];
    bytes[..8].copy_from_slice(&golden::MULTI_TX_CONFIRM);
    bytes[8..17].copy_from_slice(&[9, 0, 9, 8, 0, 0, 0, 0, 1]);
    let messages: Vec<_> = Batch::new(&bytes).map(Result::unwrap).collect();
    assert_eq!(messages, [&bytes[..8], &bytes[8..17]]);
}

#[test]
fn packing() {
    let message = |len: u16, id: u16| {
        let mut message = vec![0x11; usize::from(len)];
        message[..2].copy_from_slice(&len.to_le_bytes());
        message[2..4].copy_from_slice(&id.to_le_bytes());
        message
    };
    let mut buffer = [0xAA; 26_112];
    let mut packer = Packer::new(&mut buffer);
    for _ in 0..3 {
        assert_eq!(
            packer.offer(&message(1600, 4), 0x0403_0201),
            Ok(Offer::Taken)
        );
    }
    assert_eq!(packer.offer(&message(12, 6), 0), Ok(Offer::Next));
    assert_eq!(packer.offer(&message(12, 0x0C27), 0), Ok(Offer::Next));
    let (total, code) = packer.finish().unwrap();
    assert_eq!((total, code), (4896, 3));
    assert_eq!(buffer[1600..1604], [1, 2, 3, 4]);
    assert!(buffer[1604..1632].iter().all(|byte| *byte == 0));
    assert!(buffer[4896..5120].iter().all(|byte| *byte == 0));

    let mut packer = Packer::new(&mut buffer);
    assert_eq!(packer.offer(&message(12, 0x0C27), 0), Ok(Offer::Taken));
    assert_eq!(packer.offer(&message(12, 6), 0), Ok(Offer::Next));
    assert_eq!(packer.finish(), Some((512, 0)));

    let mut packer = Packer::new(&mut buffer);
    for _ in 0..slots::MAX_MESSAGES {
        assert_eq!(packer.offer(&message(1628, 4), 0), Ok(Offer::Taken));
    }
    assert_eq!(packer.offer(&message(1628, 4), 0), Ok(Offer::Next));
    assert_eq!(packer.finish(), Some((26_112, 3)));

    let mut packer = Packer::new(&mut buffer);
    assert_eq!(
        packer.offer(&message(1629, 4), 0),
        Err(SlotError::TooLong { len: 1629 })
    );
    assert_eq!(
        packer.offer(&message(12, 6)[..11], 0),
        Err(SlotError::Length { len: 11 })
    );
    assert_eq!(packer.finish(), None);
    assert_eq!(
        Packer::new(&mut [0; 500]).offer(&message(12, 6), 0),
        Err(SlotError::NoRoom)
    );
    assert_eq!(Slot::for_message(508), Some(Slot::One));
    assert_eq!(Slot::for_message(509), Some(Slot::Two));
    assert_eq!(Slot::for_message(1629), None);
}

#[test]
fn counters() {
    let mut sequence = Sequence::default();
    for expected in [0, 1, 2, 3, 4, 5, 6, 7, 0] {
        assert_eq!(sequence.check(Class::Confirm, expected), Ok(()));
    }
    assert_eq!(sequence.check(Class::Mcu, 0), Ok(()));
    let gap = sequence.check(Class::Indication, 3).unwrap_err();
    assert_eq!((gap.found, gap.expected), (3, 1));

    let mut credits = credits::Credits::new(2);
    assert!(credits.take() && credits.take() && !credits.take());
    assert!(credits.release(2));
    assert!(!credits.release(1));
    assert_eq!((credits.used(), credits.limit()), (0, 2));
}

#[test]
fn exceptions() {
    let mut body = Vec::new();
    body.extend_from_slice(&4u32.to_le_bytes());
    for register in 0..18u32 {
        body.extend_from_slice(&(register + 100).to_le_bytes());
    }
    body.extend_from_slice(b"lmac.c");
    body.resize(124, 0);
    let exception = Exception::decode(&body).unwrap();
    assert_eq!(exception.to_string(), "assertion in lmac.c:101");
    body[0] = 2;
    let exception = Exception::decode(&body).unwrap();
    assert_eq!(exception.to_string(), "data abort at 0x00000073");
    assert_eq!(
        Exception::decode(&body[..4]).unwrap().to_string(),
        "data abort"
    );
    assert_eq!(Exception::decode(&body[..3]), None);
}
