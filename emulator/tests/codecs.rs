// SPDX-License-Identifier: GPL-2.0-only
//! The driver's codec against the chip's: what one writes, the other reads.
//!
//! The two were written apart from each other, from the protocol page.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use bes2600_emulator::event::{Direction, Event};
use bes2600_emulator::image::{Image, Kind, MIN_LEN};
use bes2600_emulator::{Config, data};
use bes2600_logic::batch::Batch;
use bes2600_logic::bytes::Reader;
use bes2600_logic::cmd53::Transfer;
use bes2600_logic::container::Container;
use bes2600_logic::crc32::crc32;
use bes2600_logic::doorbell::{Doorbell, Status};
use bes2600_logic::download::{Frame, check_reply, data_len};
use bes2600_logic::factory::Factory;
use bes2600_logic::slots::{Offer, Packer};
use bes2600_logic::toggle::{Announcement, Toggles};
use bes2600_logic::wsm::confirm::{Configured, Confirm, Generic};
use bes2600_logic::wsm::header::{Class, Header, Interface};
use bes2600_logic::wsm::indication::Startup;
use bes2600_logic::wsm::request::{self, Configuration, Request, WriteMib};
use bes2600_logic::wsm::sequence::Sequence;
use bes2600_logic::{dpd, factory};
use common::scene::{management, policy, transmit_body};
use common::{Host, ms};
use proptest::prelude::*;

/// The driver's half: its codec, on the scripted bus.
struct Driver {
    host: Host,
    toggles: Toggles,
    sent: Sequence,
    received: Sequence,
}

impl Driver {
    fn new() -> Self {
        let mut host = Host::new(Config::default());
        host.enumerate();
        Self {
            host,
            toggles: Toggles::default(),
            sent: Sequence::default(),
            received: Sequence::default(),
        }
    }

    fn frame(&mut self, frame: &Frame<'_>, sequence: u8) {
        let mut buffer = vec![0; 4096];
        let len = frame.encode(sequence, &mut buffer).unwrap();
        let transfer = Transfer::download_write(len).unwrap();
        let bytes = &buffer[..transfer.bus_len()];
        assert!(
            self.host
                .write_argument(transfer.argument(), bytes)
                .is_good()
        );
        let announced = usize::from(self.host.read(0)) | usize::from(self.host.read(1)) << 8;
        let transfer = Transfer::download_read(announced).unwrap();
        let reply = self.host.read_argument(transfer.argument());
        check_reply(sequence, &reply.bytes).unwrap();
    }

    fn download(&mut self, address: u32, bytes: &[u8], max_frame: u16) -> u8 {
        let length = u32::try_from(bytes.len()).unwrap();
        self.frame(&Frame::Info { length, address }, 0);
        let (mut rest, mut at, mut sequence) = (bytes, address, 0_u8);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(data_len(max_frame, rest.len(), 4096).unwrap());
            sequence = sequence.wrapping_add(1);
            self.frame(
                &Frame::Data {
                    address: at,
                    bytes: now,
                },
                sequence,
            );
            at += u32::try_from(now.len()).unwrap();
            rest = later;
        }
        sequence
    }

    fn memory(&mut self, address: u32, bytes: &[u8], max_frame: u16) -> u8 {
        let sequence = self.download(address, bytes, max_frame).wrapping_add(1);
        self.frame(&Frame::End { crc: crc32(bytes) }, sequence);
        sequence
    }

    fn image(&mut self, image: &Image, max_frame: u16) {
        let file = image.build().unwrap();
        let container = Container::parse(&file).unwrap();
        let address = container.address();
        let sequence = self.memory(address, container.payload(), max_frame);
        self.frame(&Frame::Run { address }, sequence.wrapping_add(1));
        self.host.sleep(ms(500));
    }

    fn load(&mut self) {
        self.download(0x4010_0000, &0x0080_2006_u32.to_le_bytes(), 4096);
        self.download(0x4008_602C, &0x3E00_C000_u32.to_le_bytes(), 4096);
        let block = *Factory::parse(data::factory().as_bytes()).unwrap().block();
        self.memory(factory::ADDRESS, &block, 4096);
        self.image(&common::small(Kind::Boot), 4096);
        assert!(Status(self.host.read(0x10C)).has(Status::DPD_READY));
        let block = self.host.read_pending();
        assert_eq!(dpd::check(&block), Ok(dpd::VERSION));
        self.image(&common::small(Kind::Wifi), 4096);
    }

    fn ring(&mut self, doorbell: Doorbell) {
        let (high, low) = doorbell.bytes();
        self.host.write(0x121, high);
        self.host.write(0x120, low);
        self.host.sleep(ms(30));
        let status = Status(self.host.read(0x10C));
        assert!(doorbell.acknowledge().unwrap().seen(status));
    }

    fn receive(&mut self) -> Vec<Vec<u8>> {
        match Announcement::decode(self.host.read(1), self.toggles.control) {
            Announcement::Batch { blocks } => {
                self.toggles.control.advance();
                let toggle = self.toggles.receive.get();
                let transfer = Transfer::receive(blocks, toggle).unwrap();
                let reply = self.host.read_argument(transfer.argument());
                assert!(reply.is_good());
                self.toggles.receive.advance();
                let messages: Vec<_> = Batch::new(&reply.bytes)
                    .map(|message| message.unwrap().to_vec())
                    .collect();
                for message in &messages {
                    let header = Header::decode(&mut Reader::new(message)).unwrap();
                    self.received.check(header.class, header.sequence).unwrap();
                }
                messages
            }
            Announcement::Zero => Vec::new(),
            other => panic!("{other:?}"),
        }
    }

    /// Sends messages in as many transfers as their sizes ask for.
    fn send(&mut self, messages: &[Vec<u8>]) {
        let mut rest = messages;
        while !rest.is_empty() {
            let mut buffer = vec![0xEE; 16 * 1632 + 512];
            let mut packer = Packer::new(&mut buffer);
            let mut count = 0;
            for message in rest {
                if packer.offer(message, 0xAABB_CCDD).unwrap() == Offer::Next {
                    break;
                }
                count += 1;
            }
            let (total, code) = packer.finish().unwrap();
            let toggle = self.toggles.transmit.get();
            let transfer = Transfer::transmit(total, code, toggle).unwrap();
            // The transfer's tail beyond the slots is the driver's to zero.
            buffer[total..].fill(0);
            let bytes = &buffer[..transfer.bus_len()];
            assert!(
                self.host
                    .write_argument(transfer.argument(), bytes)
                    .is_good()
            );
            self.toggles.transmit.advance();
            rest = &rest[count..];
        }
    }

    fn command<R: Request>(&mut self, request: &R, interface: Interface) -> R::Confirm {
        let mut buffer = vec![0; 1628];
        let len = request::encode(request, interface, &mut buffer).unwrap();
        buffer.truncate(len);
        let sequence = self.sent.peek(Class::Request);
        self.sent.advance(Class::Request);
        request::stamp(&mut buffer, sequence).unwrap();
        self.send(&[buffer]);
        let messages = self.receive();
        assert_eq!(messages.len(), 1);
        let mut reader = Reader::new(&messages[0]);
        let header = Header::decode(&mut reader).unwrap();
        assert_eq!(header.id(), request::confirm_id(R::ID));
        R::Confirm::decode(reader.rest()).unwrap()
    }

    /// A rate retry policy with index 0, for 1 Mb/s.
    fn write_policy(&mut self) {
        let body = policy(0, 0, 2);
        let write = WriteMib {
            mib: 0x1016,
            value: &body[4..],
        };
        let Generic = self.command(&write, Interface::First);
    }

    fn start(&mut self) {
        self.ring(Doorbell::WifiActivate);
        let messages = self.receive();
        assert_eq!(messages.len(), 1);
        let startup = Startup::decode(&messages[0][4..]).unwrap();
        assert_eq!((startup.buffers, startup.buffer_len), (30, 1632));
        assert_eq!(startup.label(), "test wifi");
    }
}

#[test]
fn the_driver_brings_the_chip_up() {
    let mut driver = Driver::new();
    driver.load();
    driver.start();
    let sdd = data::sdd();
    for interface in [Interface::First, Interface::Second] {
        let Generic = driver.command(&WriteMib::MULTI_TX_CONFIRM, interface);
    }
    for interface in [Interface::First, Interface::Second] {
        let station_id = [0x02, 0, 0, 0x26, 0, 0x02];
        let configuration = Configuration {
            station_id,
            sdd: &sdd,
        };
        let configured: Configured = driver.command(&configuration, interface);
        assert_eq!(configured.station_id, station_id);
        assert_eq!(configured.bands, 3);
    }
    let Generic = driver.command(&WriteMib::QUIESCENT, Interface::First);
    driver.ring(Doorbell::McuDeactivate);
    driver.ring(Doorbell::McuActivate);
    driver.ring(Doorbell::WifiDeactivate);
    driver.host.assert_clean();
}

/// Messages that the chip has seen in this direction.
fn traced(driver: &mut Driver, wanted: Direction) -> Vec<Vec<u8>> {
    driver
        .host
        .chip
        .take_records()
        .into_iter()
        .filter_map(|record| match record.event {
            Event::Message { direction, bytes } if direction == wanted => Some(bytes.0),
            _ => None,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn images_of_any_size_arrive(
        words in MIN_LEN / 4..8000_usize,
        address in (1_u32..0x3FFF_FFFF).prop_map(|word| word * 4),
        frame in (4_u16..1024).prop_map(|word| word * 4),
    ) {
        let image = Image {
            size: words * 4,
            exec_addr: address,
            ..Image::new(Kind::Boot)
        };
        let mut driver = Driver::new();
        driver.download(0x4010_0000, &0x0080_2006_u32.to_le_bytes(), 4096);
        driver.download(0x4008_602C, &0x3E00_C000_u32.to_le_bytes(), 4096);
        driver.image(&image, frame);
        let loaded = driver.host.chip.summary().download.images;
        prop_assert_eq!(loaded.len(), 1);
        prop_assert_eq!(loaded[0].address, address);
        prop_assert_eq!(loaded[0].length, image.size - 4);
        driver.host.assert_clean();
    }

    #[test]
    fn messages_arrive_as_they_were_sent(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1570), 1..29),
    ) {
        let mut driver = Driver::new();
        driver.load();
        driver.start();
        let sdd = data::sdd();
        let configuration = Configuration { station_id: [2, 0, 0, 0, 0, 1], sdd: &sdd };
        let _: Configured = driver.command(&configuration, Interface::First);
        driver.write_policy();
        driver.host.chip.take_records();

        let messages: Vec<Vec<u8>> = payloads
            .iter()
            .zip(1..)
            .map(|(payload, packet)| {
                let body = transmit_body(packet, 0, 0, 0, &management(11, payload));
                let sequence = driver.sent.peek(Class::Request);
                driver.sent.advance(Class::Request);
                let len = u16::try_from(body.len() + 4).unwrap();
                let mut message = len.to_le_bytes().to_vec();
                message.extend_from_slice(&(0x0004 | u16::from(sequence) << 13).to_le_bytes());
                message.extend_from_slice(&body);
                message
            })
            .collect();
        driver.send(&messages);
        prop_assert_eq!(traced(&mut driver, Direction::ToChip), messages);
        driver.host.assert_clean();
    }

    #[test]
    fn batches_arrive_as_they_were_sent(count in 1_u32..29, size in 0_usize..400) {
        let mut driver = Driver::new();
        driver.load();
        driver.start();
        let sdd = data::sdd();
        let configuration = Configuration { station_id: [2, 0, 0, 0, 0, 1], sdd: &sdd };
        let _: Configured = driver.command(&configuration, Interface::First);
        driver.write_policy();
        driver.host.chip.take_records();
        let messages: Vec<Vec<u8>> = (0..count)
            .map(|packet| transmit_body(packet, 0, 0, 0, &management(11, &vec![7; size])))
            .map(|body| driver.host.message(0x0004, &body))
            .map(|mut message| {
                let sequence = driver.sent.peek(Class::Request);
                driver.sent.advance(Class::Request);
                request::stamp(&mut message, sequence).unwrap();
                message
            })
            .collect();
        driver.send(&messages);
        let mut confirms = Vec::new();
        loop {
            let batch = driver.receive();
            if batch.is_empty() {
                break;
            }
            confirms.extend(batch);
        }
        prop_assert_eq!(confirms.len(), count as usize);
        prop_assert_eq!(traced(&mut driver, Direction::ToHost), confirms);
        driver.host.assert_clean();
    }
}
