// SPDX-License-Identifier: GPL-2.0-only
//! A scripted host: what a driver does, step by step, by the protocol page.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise, and no test uses every helper"
)]

pub mod scene;

use std::time::Duration;

use bes2600_emulator::breach::Rule;
use bes2600_emulator::fault::Planned;
use bes2600_emulator::image::{Image, Kind};
use bes2600_emulator::sdio::{BusError, Command, Direct, Extended, Reply, Transfer};
use bes2600_emulator::{Answer, Bus, Chip, Config};

/// Milliseconds.
pub const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A host with one chip in its slot, in virtual time.
pub struct Host {
    pub chip: Chip,
    pub now: Duration,
    pub tx_toggle: bool,
    pub rx_toggle: bool,
    pub batch_toggle: bool,
    pub sequence: [u8; 2],
}

impl Host {
    pub fn new(config: Config) -> Self {
        let mut chip = Chip::new(0, config);
        chip.set_tracing(true);
        chip.set_bus(
            Duration::ZERO,
            Bus {
                clock: 400_000,
                width: 1,
                powered: true,
            },
        );
        Self {
            chip,
            now: Duration::ZERO,
            tx_toggle: false,
            rx_toggle: false,
            batch_toggle: false,
            sequence: [0; 2],
        }
    }

    pub fn with_faults(faults: &[&str]) -> Self {
        Self::new(Config {
            faults: faults.iter().map(|f| Planned::parse(f).unwrap()).collect(),
            ..Config::default()
        })
    }

    /// A chip that is enumerated, loaded and active, with its startup indication read.
    pub fn running(config: Config) -> Self {
        let mut host = Self::new(config);
        host.enumerate();
        host.load();
        host.activate();
        let startup = host.receive();
        assert_eq!(startup.len(), 1);
        host
    }

    pub fn sleep(&mut self, time: Duration) {
        self.now += time;
        self.chip.tick(self.now);
    }

    pub fn answer(&mut self, command: &Command<'_>) -> Answer {
        self.now += Duration::from_micros(10);
        self.chip.command(self.now, command)
    }

    pub fn send(&mut self, command: &Command<'_>) -> Reply {
        match self.answer(command) {
            Answer::Reply(reply) => reply,
            Answer::Silence => panic!("no answer to {command:?}"),
        }
    }

    /// CMD52.
    pub fn direct(
        &mut self,
        function: u32,
        address: u32,
        value: Option<u8>,
    ) -> Result<u8, BusError> {
        let access = Direct {
            write: value.is_some(),
            function,
            read_after_write: false,
            address,
            value: value.unwrap_or(0),
        };
        let reply = self.send(&Command::plain(52, access.encode()));
        reply.command?;
        if reply.response & 0xCB00 != 0 {
            return Err(BusError::Io);
        }
        Ok(reply.response.to_le_bytes()[0])
    }

    pub fn read(&mut self, address: u32) -> u8 {
        self.direct(1, address, None).unwrap()
    }

    pub fn write(&mut self, address: u32, value: u8) {
        self.direct(1, address, Some(value)).unwrap();
    }

    /// Identification and set-up as an MMC core does it.
    pub fn enumerate(&mut self) {
        assert_eq!(self.send(&Command::plain(5, 0)).response, 0x90FF_8000);
        self.send(&Command::plain(5, 0x0030_0000));
        let rca = self.send(&Command::plain(3, 0)).response >> 16;
        self.send(&Command::plain(7, rca << 16));
        self.direct(0, 0x07, Some(0x02)).unwrap();
        self.enable();
    }

    pub fn enable(&mut self) {
        self.direct(0, 0x110, Some(0x00)).unwrap();
        self.direct(0, 0x111, Some(0x02)).unwrap();
        self.direct(0, 0x02, Some(0x02)).unwrap();
        while self.direct(0, 0x03, None).unwrap() & 2 == 0 {
            self.sleep(ms(1));
        }
        self.direct(0, 0x04, Some(0x03)).unwrap();
    }

    /// CMD53 write with the argument given; the data are filled up to the blocks.
    pub fn write_argument(&mut self, argument: u32, bytes: &[u8]) -> Reply {
        let (block_size, blocks) = shape(argument);
        let mut bytes = bytes.to_vec();
        bytes.resize((block_size * blocks) as usize, 0);
        self.send(&Command {
            opcode: 53,
            argument,
            transfer: Transfer::Write {
                block_size,
                blocks,
                bytes: &bytes,
            },
        })
    }

    /// CMD53 read with the argument given.
    pub fn read_argument(&mut self, argument: u32) -> Reply {
        let (block_size, blocks) = shape(argument);
        self.send(&Command {
            opcode: 53,
            argument,
            transfer: Transfer::Read { block_size, blocks },
        })
    }

    /// Writes a download frame and reads its reply.
    pub fn frame(&mut self, kind: u8, sequence: u8, payload: &[u8]) -> Vec<u8> {
        self.write_frame(kind, sequence, payload);
        self.read_pending()
    }

    pub fn write_frame(&mut self, kind: u8, sequence: u8, payload: &[u8]) {
        assert_ne!(self.read(0x108), 0);
        let max = u16::from_le_bytes([self.read(0x109), self.read(0x10A)]);
        assert!(usize::from(max) >= payload.len() + 4);
        let length = u16::try_from(payload.len()).unwrap();
        let mut bytes = vec![kind, sequence];
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(payload);
        let argument = pipe(true, false, bytes.len().max(512));
        assert!(self.write_argument(argument, &bytes).is_good());
    }

    /// Reads what 0x000 and 0x001 announce.
    pub fn read_pending(&mut self) -> Vec<u8> {
        assert!(self.chip.interrupt(), "no interrupt announces the reply");
        let length = usize::from(u16::from_le_bytes([self.read(0), self.read(1)]));
        assert!(!self.chip.interrupt(), "the interrupt stays");
        let reply = self.read_argument(pipe(false, false, length));
        assert!(reply.is_good());
        reply.bytes[..length].to_vec()
    }

    /// A frame that must be answered well.
    pub fn good_frame(&mut self, kind: u8, sequence: u8, payload: &[u8]) {
        let reply = self.frame(kind, sequence, payload);
        assert_eq!(reply, [0xB0, sequence, 4, 0, 0, 0, 0, 0]);
    }

    /// INFO and DATA, and END if there is more than a register.
    pub fn write_memory(&mut self, address: u32, bytes: &[u8]) -> u8 {
        let mut sequence = 0;
        self.good_frame(0xB1, 0, &[le(bytes.len()), address.to_le_bytes()].concat());
        let mut at = address;
        for chunk in bytes.chunks(4096 - 8) {
            sequence += 1;
            self.good_frame(0xB2, sequence, &[&at.to_le_bytes(), chunk].concat());
            at += u32::try_from(chunk.len()).unwrap();
        }
        if bytes.len() > 4 {
            sequence += 1;
            self.good_frame(0xB3, sequence, &crc32fast::hash(bytes).to_le_bytes());
        }
        sequence
    }

    pub fn setup_registers(&mut self) {
        self.write_memory(0x4010_0000, &0x0080_2006_u32.to_le_bytes());
        self.write_memory(0x4008_602C, &0x3E00_C000_u32.to_le_bytes());
    }

    /// Downloads and starts an image.
    pub fn run_image(&mut self, image: &Image) {
        let file = image.build().unwrap();
        let sequence = self.write_memory(image.exec_addr, &file[..file.len() - 4]);
        self.good_frame(0xB4, sequence + 1, &image.exec_addr.to_le_bytes());
        self.sleep(ms(500));
    }

    /// The calibration block.
    pub fn read_dpd(&mut self) -> Vec<u8> {
        assert_ne!(self.read(0x10C) & 0x02, 0, "DPD_READY");
        self.read_pending()
    }

    /// Section 2.6 from the first step to the last, with small images.
    pub fn load(&mut self) {
        self.setup_registers();
        self.write_memory(0x2008_B000, &factory());
        self.run_image(&small(Kind::Boot));
        assert_eq!(self.read_dpd().len(), 0x3B14);
        self.run_image(&small(Kind::Wifi));
        assert_ne!(self.read(0x10C) & 0x01, 0, "MCU_READY");
    }

    pub fn doorbell(&mut self, value: u16) {
        let [low, high] = value.to_le_bytes();
        self.write(0x121, high);
        self.write(0x120, low);
    }

    /// `WIFI_ACTIVE`, and waits for it.
    pub fn activate(&mut self) {
        self.tx_toggle = false;
        self.rx_toggle = false;
        self.batch_toggle = false;
        self.sequence = [0; 2];
        self.doorbell(0x0021);
        self.sleep(ms(25));
        assert_ne!(self.read(0x10C) & 0x04, 0, "WIFI_READY");
    }

    /// Reads the batch that waits, if any, and splits it.
    pub fn receive(&mut self) -> Vec<Vec<u8>> {
        let count = self.read(1);
        let blocks = count & 0x7F;
        if blocks == 0 {
            assert_eq!(self.read(0), 1);
            return Vec::new();
        }
        assert_eq!(count >> 7, u8::from(self.batch_toggle));
        self.batch_toggle = !self.batch_toggle;
        let argument = pipe(false, self.rx_toggle, usize::from(blocks) * 512);
        let reply = self.read_argument(argument);
        assert!(reply.is_good());
        self.rx_toggle = !self.rx_toggle;
        messages(&reply.bytes)
    }

    /// A message in a slot of its own size, with timestamp, toggle and sequence number.
    pub fn request(&mut self, id: u16, body: &[u8]) {
        let bytes = self.message(id, body);
        self.transfer(&[bytes]);
    }

    /// A message with the next sequence number of its class.
    pub fn message(&mut self, id: u16, body: &[u8]) -> Vec<u8> {
        let counter = &mut self.sequence[usize::from(id & 0x0C00 == 0x0C00)];
        let id = id | u16::from(*counter) << 13;
        *counter = (*counter + 1) % 8;
        let mut bytes = u16::try_from(body.len() + 4)
            .unwrap()
            .to_le_bytes()
            .to_vec();
        bytes.extend_from_slice(&id.to_le_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    /// Messages of one slot size in one transfer.
    pub fn transfer(&mut self, messages: &[Vec<u8>]) {
        let bus = messages[0].len().next_multiple_of(4) + 4;
        let code = bus.div_ceil(512) - 1;
        let slot = [512, 1024, 1536, 1632][code];
        let mut bytes = Vec::new();
        for message in messages {
            let mut message = message.clone();
            message.extend_from_slice(&[0xAA; 4]);
            message.resize(slot, 0);
            bytes.extend_from_slice(&message);
        }
        let argument = slots(self.tx_toggle, bytes.len(), code);
        let reply = self.write_argument(argument, &bytes);
        if reply.is_good() {
            self.tx_toggle = !self.tx_toggle;
        }
    }

    /// A request and the first message that comes back.
    pub fn command(&mut self, id: u16, body: &[u8]) -> Vec<u8> {
        self.request(id, body);
        self.receive().into_iter().next().unwrap_or_default()
    }

    /// Rules that were broken so far.
    pub fn rules(&self) -> Vec<Rule> {
        self.chip.breaches().iter().map(|b| b.rule).collect()
    }

    #[track_caller]
    pub fn assert_clean(&self) {
        let texts: Vec<_> = self
            .chip
            .breaches()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(texts.is_empty(), "{texts:#?}");
    }
}

/// Length as little-endian u32.
fn le(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap().to_le_bytes()
}

/// Block size and blocks of an argument.
pub fn shape(argument: u32) -> (u32, u32) {
    let access = Extended::decode(argument);
    match (access.block_mode, access.count) {
        (true, blocks) => (512, blocks),
        (false, 0) => (512, 1),
        (false, bytes) => (bytes, 1),
    }
}

/// Argument of a CMD53 of the download phase, or of a read.
pub fn pipe(write: bool, toggle: bool, length: usize) -> u32 {
    let length = u32::try_from(length).unwrap();
    let block_mode = length > 512;
    Extended {
        write,
        function: 1,
        block_mode,
        increment: true,
        address: length | u32::from(toggle) << 16,
        count: if block_mode {
            length.div_ceil(512)
        } else {
            length % 512
        },
    }
    .encode()
}

/// Argument of a write of slots.
pub fn slots(toggle: bool, total: usize, code: usize) -> u32 {
    let total = u32::try_from(total).unwrap();
    Extended {
        write: true,
        function: 1,
        block_mode: true,
        increment: true,
        address: total | u32::try_from(code).unwrap() | u32::from(toggle) << 16,
        count: total.div_ceil(512),
    }
    .encode()
}

/// Messages of a batch.
pub fn messages(batch: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = batch;
    while rest.len() >= 4 {
        let len = usize::from(u16::from_le_bytes([rest[0], rest[1]]));
        if len < 4 || len > rest.len() {
            break;
        }
        found.push(rest[..len].to_vec());
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or(&[]);
    }
    found
}

/// A well-formed factory block.
pub fn factory() -> Vec<u8> {
    let fields = [0x11; 64];
    let mut block = vec![0x80, 0xBA, 2, 0];
    block.extend_from_slice(&crc32fast::hash(&fields).to_le_bytes());
    block.extend_from_slice(&fields);
    block
}

/// An image of a few frames.
pub fn small(kind: Kind) -> Image {
    Image {
        size: 10_000,
        label: format!("test {kind}"),
        ..Image::new(kind)
    }
}

/// Body of a configuration with an address and 832 bytes of SDD.
pub fn configuration() -> Vec<u8> {
    let mut body = vec![0; 12];
    body.extend_from_slice(&844_u16.to_le_bytes());
    body.extend_from_slice(&1_u16.to_le_bytes());
    body.extend_from_slice(&[0x02, 0, 0, 0, 0, 1]);
    body.extend_from_slice(&5_u16.to_le_bytes());
    for _ in 0..4 {
        body.extend_from_slice(&[0xC0, 206]);
        body.extend_from_slice(&[0; 206]);
    }
    assert_eq!(body.len(), 856);
    body
}

/// Body of a write of MIB 0x1024.
pub const MULTI_TX: [u8; 8] = [0x24, 0x10, 4, 0, 1, 0, 0, 0];
