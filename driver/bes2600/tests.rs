// SPDX-License-Identifier: GPL-2.0-only

//! KUnit suites of the parts that need no chip: the specification's transcripts, checked by the
//! code as it is compiled for the kernel.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod data;
#[path = "../logic/tests/suite/golden.rs"]
mod golden;
mod session;

use super::logic::*;
use kernel::prelude::*;

/// A step that can only fail when the test's own data is wrong.
fn must<T, E>(result: Result<T, E>) -> Result<T> {
    result.map_err(|_| EINVAL)
}

#[kunit_tests(bes2600_cmd53)]
mod arguments {
    use super::{
        cmd53::Transfer,
        *, //
    };

    #[test]
    fn transmit() -> Result {
        for (total, code, even, odd) in golden::TRANSMIT_ARGUMENTS {
            assert_eq!(
                must(Transfer::transmit(total, code, false))?.argument(),
                even
            );
            assert_eq!(must(Transfer::transmit(total, code, true))?.argument(), odd);
        }
        Ok(())
    }

    #[test]
    fn receive() -> Result {
        for (blocks, even, odd) in golden::RECEIVE_ARGUMENTS {
            assert_eq!(must(Transfer::receive(blocks, false))?.argument(), even);
            assert_eq!(must(Transfer::receive(blocks, true))?.argument(), odd);
        }
        Ok(())
    }

    #[test]
    fn download() -> Result {
        for (len, argument) in golden::DOWNLOAD_READ_ARGUMENTS {
            assert_eq!(must(Transfer::download_read(len))?.argument(), argument);
        }
        let write = must(Transfer::download_write(12))?;
        assert_eq!(write.argument(), golden::DOWNLOAD_WRITE_ARGUMENT);
        Ok(())
    }

    #[test]
    fn impossible() {
        assert!(Transfer::download_read(0).is_err());
        assert!(Transfer::download_read(65_536).is_err());
        assert!(Transfer::receive(128, false).is_err());
        assert!(Transfer::transmit(514, 0, false).is_err());
    }
}

#[kunit_tests(bes2600_download)]
mod frames {
    use super::{
        download::{
            check_reply,
            data_len,
            Frame,
            ReplyError, //
        },
        *, //
    };

    fn matches(frame: Frame<'_>, sequence: u8, expected: &[u8]) -> bool {
        let mut out = [0xAA; 128];
        let Ok(len) = frame.encode(sequence, &mut out) else {
            return false;
        };
        out.starts_with(expected) && out.iter().skip(len).all(|byte| *byte == 0)
    }

    #[test]
    fn register_writes() {
        let info = |address| Frame::Info { length: 4, address };
        assert!(matches(info(0x4010_0000), 0, &golden::REGISTER_INFO));
        assert!(matches(info(0x4008_602C), 0, &golden::SECOND_REGISTER_INFO));
        let first = Frame::Data {
            address: 0x4010_0000,
            bytes: &0x0080_2006u32.to_le_bytes(),
        };
        assert!(matches(first, 1, &golden::REGISTER_DATA));
        let second = Frame::Data {
            address: 0x4008_602C,
            bytes: &0x3E00_C000u32.to_le_bytes(),
        };
        assert!(matches(second, 1, &golden::SECOND_REGISTER_DATA));
    }

    #[test]
    fn memory_blocks() {
        let factory = Frame::Info {
            length: 72,
            address: factory::ADDRESS,
        };
        assert!(matches(factory, 0, &golden::FACTORY_INFO));
        let data = Frame::Data {
            address: factory::ADDRESS,
            bytes: &[0; 72],
        };
        assert!(matches(data, 1, &golden::FACTORY_DATA_HEADER));
        let dpd = Frame::Info {
            length: dpd::LEN as u32,
            address: dpd::ADDRESS,
        };
        assert!(matches(dpd, 0, &golden::DPD_INFO));
    }

    #[test]
    fn replies() {
        assert_eq!(check_reply(0, &golden::REPLY_0), Ok(()));
        assert_eq!(check_reply(1, &golden::REPLY_1), Ok(()));
        assert!(matches!(
            check_reply(1, &golden::REPLY_0),
            Err(ReplyError::Sequence {
                found: 0,
                expected: 1
            })
        ));
        assert!(matches!(
            check_reply(0, &[0; 7]),
            Err(ReplyError::Announced { len: 7 })
        ));
    }

    #[test]
    fn frame_sizes() {
        assert_eq!(data_len(4096, 10_000, 26_112), Ok(4088));
        assert_eq!(data_len(65_532, 100_000, 26_112), Ok(26_104));
        assert!(data_len(3, 100, 26_112).is_err());
        assert!(data_len(18, 100, 26_112).is_err());
    }
}

#[kunit_tests(bes2600_files)]
mod files {
    use super::{
        container::{
            Container,
            ContainerError, //
        },
        crc32::crc32,
        factory::{
            Factory,
            FactoryError, //
        },
        *, //
    };

    #[test]
    fn containers() {
        let mut image = [0; 24];
        image[12..16].copy_from_slice(&0x2000_0000u32.to_le_bytes());
        assert!(Container::parse(&image).is_ok_and(|found| found.address() == 0x2000_0000));
        image[20..24].copy_from_slice(&0x2010_0000u32.to_le_bytes());
        assert!(Container::parse(&image).is_ok_and(|found| found.address() == 0x2010_0000));
        assert!(Container::parse(&image).is_ok_and(|found| found.payload().len() == 20));
        assert_eq!(Container::parse(&[0; 24]), Err(ContainerError::NoAddress));
        assert_eq!(
            Container::parse(&image[..12]),
            Err(ContainerError::TooShort { len: 12 })
        );
    }

    #[test]
    fn factory_file() -> Result {
        let factory = must(Factory::parse(golden::FACTORY_30.as_bytes()))?;
        assert_eq!(factory.fields(), 30);
        let block = factory.block();
        assert_eq!(block[4..8], crc32(&block[8..]).to_le_bytes());
        assert_eq!(block[48..50], [0x0C, 0x14]);
        assert_eq!(block[68..70], [0x55, 0]);
        Ok(())
    }

    #[test]
    fn cut_factory_file() -> Result {
        let text = golden::FACTORY_30.as_bytes();
        let line = b"freq_cal:";
        let at = text.windows(line.len()).position(|window| window == line);
        let cut = &text[..at.ok_or(EINVAL)?];
        assert_eq!(
            Factory::parse(cut),
            Err(FactoryError::Ended {
                line: 7,
                what: "freq_cal"
            })
        );
        Ok(())
    }

    #[test]
    fn calibration() -> Result {
        let mut block = KVec::from_elem(0u8, dpd::LEN, GFP_KERNEL)?;
        block[0x3AF4] = 7;
        let crc = crc32(&block[4..]);
        block[..4].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(dpd::check(&block), Ok(dpd::VERSION));
        block[9] ^= 1;
        assert!(dpd::check(&block).is_err());
        assert!(dpd::check(&block[1..]).is_err());
        Ok(())
    }
}

#[kunit_tests(bes2600_batch)]
mod batches {
    use super::{
        batch::{
            Batch,
            BatchError, //
        },
        slots::{
            Offer,
            Packer, //
        },
        *, //
    };

    #[test]
    fn two_messages() {
        let mut bytes = [0; 512];
        bytes[..8].copy_from_slice(&golden::MULTI_TX_CONFIRM);
        bytes[8..16].copy_from_slice(&golden::MULTI_TX_SECOND_CONFIRM);
        let mut batch = Batch::new(&bytes);
        assert!(batch.next() == Some(Ok(&golden::MULTI_TX_CONFIRM)));
        assert!(batch.next() == Some(Ok(&golden::MULTI_TX_SECOND_CONFIRM)));
        assert!(batch.next().is_none());
    }

    #[test]
    fn bad_lengths() {
        let first = |len: u16| {
            let mut bytes = [0; 512];
            bytes[..2].copy_from_slice(&len.to_le_bytes());
            let mut batch = Batch::new(&bytes);
            let found = batch.next().map(|message| message.err());
            (found, batch.next().is_none())
        };
        assert_eq!(first(0), (None, true));
        for len in [1, 2, 3] {
            let error = BatchError::TooShort { message: 0, len };
            assert_eq!(first(len), (Some(Some(error)), true));
        }
        for len in [513, 5000, 65_535] {
            let error = BatchError::Overrun {
                message: 0,
                len,
                left: 512,
            };
            assert_eq!(first(len), (Some(Some(error)), true));
        }
    }

    #[test]
    fn too_many() {
        let mut bytes = [0; 512];
        for message in bytes.chunks_exact_mut(8).take(17) {
            message.copy_from_slice(&golden::MULTI_TX_CONFIRM);
        }
        let last = Batch::new(&bytes).nth(16);
        assert!(last == Some(Err(BatchError::TooMany)));
    }

    #[test]
    fn packing() -> Result {
        let mut buffer = KVec::from_elem(0xAAu8, 1024, GFP_KERNEL)?;
        let mut packer = Packer::new(&mut buffer);
        assert_eq!(packer.offer(&golden::MULTI_TX_FIRST, 1), Ok(Offer::Taken));
        assert_eq!(packer.offer(&golden::MULTI_TX_SECOND, 2), Ok(Offer::Taken));
        assert_eq!(packer.offer(&golden::MCU_CONFIRM, 3), Ok(Offer::Next));
        assert_eq!(packer.finish(), Some((1024, 0)));
        assert_eq!(buffer[512..524], golden::MULTI_TX_SECOND);
        assert_eq!(buffer[524..532], [2, 0, 0, 0, 0, 0, 0, 0]);
        Ok(())
    }
}

#[kunit_tests(bes2600_wsm)]
mod messages {
    use super::{
        bytes::Reader,
        credits::Credits,
        doorbell::Doorbell,
        toggle::{
            Announcement,
            Toggle, //
        },
        wsm::{
            confirm::{
                Confirm,
                ConfirmError,
                Generic, //
            },
            header::{
                Class,
                Header,
                Interface,
                McuHeader,
                McuLabel, //
            },
            indication::{
                Startup,
                StartupError, //
            },
            minimum::minimum_len,
            request::{
                encode,
                stamp,
                WriteMib, //
            },
            sequence::Sequence, //
        },
        *, //
    };

    #[test]
    fn requests() {
        let mut message = [0; 64];
        let first = encode(&WriteMib::MULTI_TX_CONFIRM, Interface::First, &mut message);
        assert_eq!(first, Ok(12));
        assert_eq!(message[..12], golden::MULTI_TX_FIRST);
        let second = encode(&WriteMib::MULTI_TX_CONFIRM, Interface::Second, &mut message);
        assert_eq!(second, Ok(12));
        assert_eq!(stamp(&mut message, 1), Ok(()));
        assert_eq!(message[..12], golden::MULTI_TX_SECOND);
    }

    #[test]
    fn confirms() {
        let mut reader = Reader::new(&golden::MULTI_TX_CONFIRM);
        let header = Header::decode(&mut reader);
        assert!(header.is_some_and(|header| header.id() == 0x0406 && header.sequence == 1));
        assert_eq!(Generic::decode(reader.rest()), Ok(Generic));
        assert_eq!(
            Generic::decode(&[3, 0, 0, 0]),
            Err(ConfirmError::Status { status: 3 })
        );
        assert_eq!(Generic::decode(&[]), Err(ConfirmError::TooShort { len: 0 }));
    }

    #[test]
    fn startup() {
        let mut message = [0; 152];
        message[..24].copy_from_slice(&golden::STARTUP_HEAD);
        message[24..30].copy_from_slice(b"kernel");
        let startup = Startup::decode(&message[4..]);
        assert!(startup.is_ok_and(|startup| startup.buffers == 30 && startup.label() == "kernel"));
        message[12] = 1;
        assert_eq!(
            Startup::decode(&message[4..]),
            Err(StartupError::Status { status: 1 })
        );
        assert_eq!(
            Startup::decode(&message[4..100]),
            Err(StartupError::TooShort { len: 96 })
        );
    }

    #[test]
    fn mcu() {
        let mut reader = Reader::new(&golden::MCU_CONFIRM);
        let header = Header::decode(&mut reader);
        assert!(header.is_some_and(|header| header.id() == 0x0C27 && header.class == Class::Mcu));
        let mcu = McuHeader::decode(&mut reader);
        assert!(mcu.is_some_and(|mcu| mcu.label == Some(McuLabel::Confirm) && mcu.kind == 3));
    }

    #[test]
    fn least_lengths() {
        assert_eq!(minimum_len(0x0801), Some(152));
        assert_eq!(minimum_len(0x0406), Some(8));
        assert_eq!(minimum_len(0x043F), None);
        assert_eq!(minimum_len(0x0C26), None);
    }

    #[test]
    fn sequences() {
        let mut sequence = Sequence::default();
        assert_eq!(sequence.check(Class::Indication, 0), Ok(()));
        assert_eq!(sequence.check(Class::Mcu, 0), Ok(()));
        assert!(sequence.check(Class::Confirm, 2).is_err());
        assert_eq!(sequence.check(Class::Confirm, 1), Ok(()));
    }

    #[test]
    fn credit_overflow() {
        let mut credits = Credits::new(1);
        assert!(credits.take());
        assert!(!credits.take());
        assert!(credits.release(1));
        assert!(!credits.release(1));
    }

    #[test]
    fn registers() {
        assert_eq!(Doorbell::WifiActivate.bytes(), (0x00, 0x21));
        assert_eq!(Doorbell::BtActivate.bytes(), (0x01, 0x01));
        let toggle = Toggle::default();
        assert_eq!(Announcement::decode(0x81, toggle), Announcement::Stale);
        assert_eq!(
            Announcement::decode(0x34, toggle),
            Announcement::TooLarge { blocks: 52 }
        );
    }
}

#[kunit_tests(bes2600_control)]
mod control {
    use super::{
        channel::{
            Band,
            Width, //
        },
        wsm::{
            bss::{
                ChannelSwitched,
                SwitchChannel, //
            },
            header::Interface,
            join::Reset,
            mib::{
                OperationalPowerMode,
                Write,
                POWER_MODE_NO_MORE, //
            },
            power::{
                PmChanged,
                PmMode,
                SetPm, //
            },
            request::{
                encode,
                Request, //
            },
            scan::{
                ScanChannel,
                ScanComplete,
                ScanKind,
                StartScan, //
            }, //
        },
        *, //
    };

    fn matches(request: &impl Request, expected: &[u8]) -> bool {
        let mut message = [0xAA; 128];
        encode(request, Interface::First, &mut message)
            .is_ok_and(|len| message.get(..len) == Some(expected))
    }

    #[test]
    fn scan() {
        let channels = [ScanChannel {
            number: 1,
            min_time: 100,
            max_time: 100,
        }];
        let scan = StartScan {
            band: Band::Two,
            kind: ScanKind::Foreground,
            no_cck: false,
            probes: 2,
            channels: &channels,
            ssids: &[],
        };
        assert!(matches(&scan, &golden::SCAN_CHANNEL_1));
        let complete = ScanComplete::decode(&golden::SCAN_COMPLETE[4..]);
        assert!(complete.is_some_and(|complete| complete.status == 0 && complete.channels == 1));
    }

    #[test]
    fn channel() {
        let switch = SwitchChannel {
            channel: 6,
            width: Width::Ht20,
        };
        assert!(matches(&switch, &golden::SWITCH_CHANNEL_6));
        let switched = ChannelSwitched::decode(&golden::CHANNEL_SWITCHED[4..]);
        assert!(switched.is_some_and(|switched| switched.status == 0));
        assert!(matches(&Reset, &golden::RESET));
    }

    #[test]
    fn power_save() {
        let fast = SetPm {
            mode: PmMode::Fast,
            fast_idle: 16,
        };
        assert!(matches(&fast, &golden::SET_PM_FAST));
        assert!(PmChanged::decode(&golden::PM_CHANGED[4..]).is_some_and(|changed| changed.asleep));
        let quiescent = Write(OperationalPowerMode(POWER_MODE_NO_MORE | 2));
        assert!(matches(&quiescent, &golden::QUIESCENT));
    }
}
