// SPDX-License-Identifier: GPL-2.0-only

//! What comes over the bus, or over `/dev/vsdio`, in one piece.

use bes2600_logic::batch::{self, Batch};
use bes2600_logic::bytes::align4;
use bes2600_logic::cmd53::{RECEIVE_MAX_BLOCKS, Transfer};
use bes2600_logic::credits::Credits;
use bes2600_logic::doorbell::{Doorbell, Status};
use bes2600_logic::download::{self, data_len};
use bes2600_logic::toggle::{Announcement, Toggle, batch_len};
use bes2600_logic::wsm::header::{Class, Header, McuHeader};
use bes2600_logic::wsm::minimum::minimum_len;
use bes2600_logic::wsm::sequence::Sequence;
use bes2600_logic::{bytes::Reader, wsm::header};
use vsdio_abi::{CardMessage, Frames, HostMessage, Setup};

use crate::say;

/// A transfer of the chip's: its messages lie within it, one behind the other, each at least a
/// header long, and there are no more than the protocol has (W-2, W-3). Their headers are read as
/// the driver does, and their sequence numbers followed (W-17).
pub fn batch(data: &[u8]) {
    let mut sequence = Sequence::default();
    let mut credits = Credits::new(32);
    let mut count = 0;
    let mut place = 0;
    let mut messages = Batch::new(data);
    for message in messages.by_ref() {
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                say(error);
                break;
            }
        };
        count += 1;
        assert!(message.len() >= batch::HEADER_LEN);
        assert_eq!(Some(message), data.get(place..place + message.len()));
        place += align4(message.len()).expect("no longer than the transfer");
        assert!(place <= data.len());
        one_message(message, &mut sequence, &mut credits);
    }
    assert!(count <= batch::MAX_MESSAGES);
    assert!(messages.next().is_none(), "an error is the end");
}

fn one_message(message: &[u8], sequence: &mut Sequence, credits: &mut Credits) {
    let mut reader = Reader::new(message);
    let header = Header::decode(&mut reader).expect("a message has a header");
    assert_eq!(usize::from(header.len), message.len());
    assert!(header.sequence < 8 && header.interface < 16 && header.command < 64);
    if let Err(gap) = sequence.check(header.class, header.sequence) {
        assert_ne!(gap.found, gap.expected);
        say(gap);
    }
    let mut bytes = [0; header::LEN];
    header
        .encode(&mut bes2600_logic::bytes::Writer::new(&mut bytes))
        .expect("room for a header");
    // Bit 12 of the id means nothing.
    let meaningful =
        [message.first(), message.get(1), message.get(2)].map(|byte| byte.copied().unwrap_or(0));
    let kind = message.get(3).map_or(0, |byte| byte & !0x10);
    assert_eq!(
        [meaningful[0], meaningful[1], meaningful[2], kind],
        bytes,
        "a header reads as it was written"
    );
    if let Some(least) = minimum_len(header.id()) {
        assert!(usize::from(least) >= header::LEN);
    }
    match header.class {
        Class::Mcu => drop(McuHeader::decode(&mut reader)),
        Class::Confirm => {
            let used = credits.used();
            assert_eq!(credits.release(1), used >= 1);
            assert!(credits.used() <= used);
        }
        Class::Request | Class::Indication => {
            assert_eq!(credits.used() < credits.limit(), credits.take());
            assert!(credits.for_frames() < credits.limit());
        }
    }
}

/// The registers and the replies of the downloader: nothing asks for a transfer that cannot be
/// (W-2, W-11, W-12).
pub fn download(data: &[u8]) {
    let mut reader = Reader::new(data);
    let Some([control, sequence, status, toggle]) = reader.array() else {
        return;
    };
    let mut expected = Toggle::default();
    if toggle & 1 != 0 {
        expected.advance();
    }
    match Announcement::decode(control, expected) {
        Announcement::Batch { blocks } => {
            assert!((1..=RECEIVE_MAX_BLOCKS).contains(&blocks));
            let transfer = Transfer::receive(blocks, expected.get()).expect("a batch can be read");
            assert_eq!(transfer.bus_len(), batch_len(blocks));
            assert!(transfer.bus_len() <= 26_112);
        }
        Announcement::TooLarge { blocks } => assert!(blocks > RECEIVE_MAX_BLOCKS),
        Announcement::Stale | Announcement::Zero => {}
    }
    for doorbell in [
        Doorbell::McuActivate,
        Doorbell::WifiActivate,
        Doorbell::McuDeactivate,
    ] {
        if let Some(acknowledge) = doorbell.acknowledge() {
            let seen = acknowledge.seen(Status(status));
            assert_eq!(
                seen,
                Status(status).has(acknowledge.mask) == acknowledge.set
            );
        }
    }
    if let (Some(max_frame), Some(remaining)) = (reader.u16(), reader.u32()) {
        let remaining = usize::try_from(remaining).unwrap_or(usize::MAX);
        match data_len(max_frame, remaining, 4096) {
            Ok(len) => {
                assert!(len <= remaining && len + download::DATA_OVERHEAD <= 4096);
                assert!(len + download::DATA_OVERHEAD <= usize::from(max_frame));
                assert!(remaining == 0 || len > 0, "a download goes on");
            }
            Err(error) => say(error),
        }
    }
    match download::check_reply(sequence, reader.rest()) {
        Ok(()) => assert_eq!(reader.rest().get(..2), Some(&[0xB0, sequence][..])),
        Err(error) => say(error),
    }
    if let Ok(transfer) = Transfer::download_read(data.len()) {
        assert!(transfer.bus_len() >= data.len());
    }
}

/// The messages of `/dev/vsdio`, both ways: what can be read is written the same way.
pub fn vsdio(data: &[u8]) {
    let mut place = 0;
    for frame in Frames::new(data) {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                say(error);
                break;
            }
        };
        let len = frame.payload.len() + vsdio_abi::HEADER_LEN;
        let bytes = data
            .get(place..place + len)
            .expect("a frame lies within its buffer");
        place += len;
        let mut out = vec![0xAA; len];
        match CardMessage::decode(&frame) {
            Ok(message) => {
                assert_eq!(message.encode(&mut out), Ok(len));
                assert_eq!(out, bytes);
                if let CardMessage::Setup(setup) = message {
                    check_setup(&setup);
                }
            }
            Err(error) => say(error),
        }
        match HostMessage::decode(&frame) {
            Ok(message) => {
                assert_eq!(message.encode(&mut out), Ok(len));
                assert_eq!(out, bytes);
            }
            Err(error) => say(error),
        }
    }
}

fn check_setup(setup: &Setup) {
    match setup.check() {
        Ok(()) => {
            assert!(setup.max_req_size <= vsdio_abi::MAX_REQ_SIZE && setup.f_min <= setup.f_max);
            assert!(setup.max_blk_size >= 1 && setup.timeout_ms >= 1);
        }
        Err(error) => say(error),
    }
}
