// SPDX-License-Identifier: GPL-2.0-only

//! The messages byte by byte, and what is not a message.

use vsdio_abi::*;

fn card(message: CardMessage<'_>) -> Vec<u8> {
    let mut out = vec![0xAA; message.encoded_len()];
    assert_eq!(message.encode(&mut out), Ok(out.len()));
    out
}

fn host(message: HostMessage<'_>) -> Vec<u8> {
    let mut out = vec![0xAA; message.encoded_len()];
    assert_eq!(message.encode(&mut out), Ok(out.len()));
    out
}

fn only_frame(bytes: &[u8]) -> Result<Frame<'_>, Error> {
    let mut frames = Frames::new(bytes);
    let frame = frames.next().ok_or(Error::Truncated)?;
    assert_eq!(frames.next(), None);
    frame
}

const SETUP: Setup = Setup {
    abi_version: ABI_VERSION,
    caps: caps::FOUR_BIT | caps::HIGH_SPEED,
    max_blk_size: 512,
    max_blk_count: 511,
    max_req_size: 262_144,
    f_min: 100_000,
    f_max: 50_000_000,
    timeout_ms: 1000,
};

#[test]
fn setup_bytes() {
    let bytes = card(CardMessage::Setup(SETUP));
    assert_eq!(bytes.len(), 48);
    assert_eq!(
        bytes[..16],
        [48, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    );
    assert_eq!(bytes[16..24], [1, 0, 0, 0, 3, 0, 0, 0]);
    assert_eq!(bytes[40..48], [0x80, 0xF0, 0xFA, 2, 0xE8, 3, 0, 0]);
}

#[test]
fn reply_bytes() {
    let bytes = card(CardMessage::Reply(Reply {
        tag: 0x0102_0304_0506_0708,
        command: Status::Good,
        data_status: Status::Crc,
        response: [0x1000, 0, 0, 0],
        data: &[1, 2, 3],
    }));
    assert_eq!(bytes.len(), 48);
    assert_eq!(bytes[8..16], [8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(bytes[20..24], (-84i32).to_le_bytes());
    assert_eq!(bytes[24..28], [0, 0x10, 0, 0]);
    assert_eq!(bytes[40..48], [3, 0, 0, 0, 1, 2, 3, 0]);
}

#[test]
fn request_bytes() {
    let request = Request {
        tag: 7,
        opcode: 53,
        arg: 0x9C04_0001,
        data: Data::Write {
            blksz: 4,
            blocks: 1,
            data: &[9, 8, 7, 6],
        },
        has_stop: false,
    };
    let bytes = host(HostMessage::Request(request));
    assert_eq!(bytes[..4], [44, 0, 0, 0]);
    assert_eq!(bytes[4..6], [0x81, 0]);
    assert_eq!(bytes[16..24], [53, 0, 0, 0, 1, 0, 4, 0x9C]);
    assert_eq!(bytes[24..28], [3, 0, 0, 0]);
    assert_eq!(bytes[36..44], [4, 0, 0, 0, 9, 8, 7, 6]);
}

#[test]
fn head_and_data_make_the_message() {
    let data = [1, 2, 3, 4, 5];
    let request = Request {
        tag: 3,
        opcode: 53,
        arg: 1,
        data: Data::Write {
            blksz: 5,
            blocks: 1,
            data: &data,
        },
        has_stop: true,
    };
    let mut pieces = request.encode_head(data.len()).unwrap().to_vec();
    pieces.extend(data);
    pieces.extend([0; 3]);
    assert_eq!(pieces, host(HostMessage::Request(request)));
    assert_eq!(request.encode_head(usize::MAX), Err(Error::Length));
}

#[test]
fn ios_bytes() {
    let bytes = host(HostMessage::Ios(Ios {
        clock: 400_000,
        bus_width: 4,
        timing: 2,
        signal_voltage: 18,
        power_mode: PowerMode::On,
    }));
    assert_eq!(bytes[16..], [0x80, 0x1A, 6, 0, 4, 2, 18, 2]);
}

#[test]
fn every_cut_is_refused() {
    let mut bytes = card(CardMessage::Setup(SETUP));
    bytes.extend(card(CardMessage::Insert));
    for cut in 1..bytes.len() {
        let whole = Frames::new(&bytes[..cut]).all(|frame| frame.is_ok());
        assert_eq!(whole, cut == 48, "cut at {cut}");
    }
}

#[test]
fn header_is_checked() {
    let good = card(CardMessage::Insert);
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        let frame = only_frame(&bytes)?;
        CardMessage::decode(&frame).map(|_| ())
    };
    assert_eq!(with(0, 16), Ok(()));
    assert_eq!(with(0, 17), Err(Error::Length));
    assert_eq!(with(0, 12), Err(Error::Length));
    assert_eq!(with(0, 0), Err(Error::Length));
    assert_eq!(with(0, 20), Err(Error::Truncated));
    assert_eq!(with(4, 0x77), Err(Error::Kind));
    assert_eq!(with(4, 0x82), Err(Error::Kind));
    assert_eq!(with(6, 1), Err(Error::Reserved));
    assert_eq!(with(8, 1), Err(Error::Reserved));
}

#[test]
fn payload_is_checked() {
    let mut irq = card(CardMessage::Irq { level: true });
    irq[16] = 2;
    let frame = only_frame(&irq).unwrap();
    assert_eq!(CardMessage::decode(&frame), Err(Error::Value("level")));

    let mut long = card(CardMessage::Insert);
    long[0] = 20;
    long.extend([0; 4]);
    let frame = only_frame(&long).unwrap();
    assert_eq!(CardMessage::decode(&frame), Err(Error::Length));

    let reply = Reply {
        tag: 1,
        command: Status::Good,
        data_status: Status::Good,
        response: [0; 4],
        data: &[1],
    };
    let good = card(CardMessage::Reply(reply));
    for (at, value, error) in [
        (16, 1, Error::Value("cmd_error")),
        (20, 1, Error::Value("data_error")),
        (47, 1, Error::Reserved),
        (40, 5, Error::Truncated),
        (43, 0xFF, Error::Truncated),
    ] {
        let mut bytes = good.clone();
        bytes[at] = value;
        let frame = only_frame(&bytes).unwrap();
        assert_eq!(CardMessage::decode(&frame), Err(error), "byte {at}");
    }
}

#[test]
fn setup_limits() {
    let refused = |setup: Setup| setup.check().unwrap_err();
    assert_eq!(SETUP.check(), Ok(()));
    assert_eq!(
        refused(Setup {
            abi_version: 2,
            ..SETUP
        }),
        Error::Version
    );
    assert_eq!(
        refused(Setup {
            caps: 1 << 7,
            ..SETUP
        }),
        Error::Value("caps")
    );
    for value in [0, MAX_BLK_SIZE + 1] {
        let error = refused(Setup {
            max_blk_size: value,
            ..SETUP
        });
        assert_eq!(error, Error::Value("max_blk_size"));
    }
    for value in [0, MAX_BLK_COUNT + 1] {
        let error = refused(Setup {
            max_blk_count: value,
            ..SETUP
        });
        assert_eq!(error, Error::Value("max_blk_count"));
    }
    for value in [0, 511, MAX_REQ_SIZE + 1] {
        let error = refused(Setup {
            max_req_size: value,
            ..SETUP
        });
        assert_eq!(error, Error::Value("max_req_size"));
    }
    for value in [0, 400_001] {
        assert_eq!(
            refused(Setup {
                f_min: value,
                ..SETUP
            }),
            Error::Value("f_min")
        );
    }
    for value in [99_999, MAX_CLOCK + 1] {
        assert_eq!(
            refused(Setup {
                f_max: value,
                ..SETUP
            }),
            Error::Value("f_max")
        );
    }
    for value in [0, MAX_TIMEOUT_MS + 1] {
        let error = refused(Setup {
            timeout_ms: value,
            ..SETUP
        });
        assert_eq!(error, Error::Value("timeout_ms"));
    }
}

#[test]
fn status_codes() {
    for status in Status::ALL {
        assert_eq!(Status::from_code(status.code()), Some(status));
    }
    assert_eq!(Status::from_code(5), None);
    assert_eq!(Status::from_code(-1), None);
    assert_eq!(Status::from_code(i32::MIN), None);
}

#[test]
fn no_room() {
    let message = CardMessage::Irq { level: true };
    for len in 0..message.encoded_len() {
        assert_eq!(message.encode(&mut vec![0; len]), Err(Error::NoRoom));
    }
}
