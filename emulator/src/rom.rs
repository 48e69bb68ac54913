// SPDX-License-Identifier: GPL-2.0-only
//! The download protocol that ROM and boot firmware serve (protocol 2.3 to 2.8).

use crate::breach::Rule;
use crate::bytes::{Builder, Reader, len32};
use crate::dpd;
use crate::event::{Direction, Event, Hex, Journal};
use crate::fault::Fault;
use crate::image::{Kind, Loaded};

const REPLY: u8 = 0xB0;
const INFO: u8 = 0xB1;
const DATA: u8 = 0xB2;
const END: u8 = 0xB3;
const RUN: u8 = 0xB4;

/// Reply codes (2.3).
const CODE_OK: u32 = 0;
const CODE_LENGTH: u32 = 1;
const CODE_ERROR: u32 = 2;

/// The register writes that precede everything else (2.6).
pub(crate) const SETUP_REGISTERS: [(u32, u32); 2] =
    [(0x4010_0000, 0x0080_2006), (0x4008_602C, 0x3E00_C000)];
/// Address of the factory block.
pub(crate) const FACTORY_ADDRESS: u32 = 0x2008_B000;
/// Bytes of the factory block.
pub(crate) const FACTORY_LEN: usize = 72;
/// Most bytes that one download may announce.
const MAX_TOTAL: u32 = 16 << 20;

/// What an answered frame has brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Served {
    /// Bytes for the host.
    pub(crate) reply: Vec<u8>,
    /// An image that is to run.
    pub(crate) run: Option<Loaded>,
}

/// Where a transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Data,
    Ended,
    Failed,
}

#[derive(Clone, Debug)]
struct Transfer {
    total: u32,
    address: u32,
    bytes: Vec<u8>,
    stage: Stage,
}

/// Counts for the summary.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    pub(crate) runs: u64,
    /// The last factory block.
    pub(crate) factory: Option<Vec<u8>>,
    /// Every different image that ran.
    pub(crate) images: Vec<Loaded>,
}

/// The downloader.
#[derive(Clone, Debug, Default)]
pub(crate) struct Downloader {
    sequence: u8,
    transfer: Option<Transfer>,
    registers: Vec<(u32, u32)>,
    kept_dpd: bool,
    pub(crate) progress: Progress,
}

impl Downloader {
    /// Serves a frame as it came over the bus, with its fill.
    pub(crate) fn serve(&mut self, bus: &[u8], limits: Limits, journal: &mut Journal) -> Served {
        let mut reader = Reader::new(bus);
        let (Some(kind), Some(sequence), Some(length)) = (reader.u8(), reader.u8(), reader.u16())
        else {
            journal.breach(Rule::FrameLength, "the frame is shorter than its header");
            return Served {
                reply: reply(0, CODE_LENGTH, journal),
                run: None,
            };
        };
        let payload = reader.take(usize::from(length));
        let shown = if kind == DATA { 8 } else { 12 };
        journal.record(|| Event::Frame {
            direction: Direction::ToChip,
            bytes: Hex(bus.iter().copied().take(shown).collect()),
            length: usize::from(length).saturating_add(4),
        });
        self.progress.frames = self.progress.frames.saturating_add(1);
        let mut run = None;
        let code = match payload {
            None => {
                journal.breach(
                    Rule::FrameLength,
                    format!(
                        "the payload of {length} bytes exceeds a transfer of {} bytes",
                        bus.len()
                    ),
                );
                CODE_LENGTH
            }
            Some(payload) => {
                check_fill(reader.rest(), limits, journal);
                if usize::from(length).saturating_add(4) > usize::from(limits.max_frame) {
                    journal.breach(
                        Rule::MaxFrame,
                        format!(
                            "a frame of {} bytes, the maximum is {}",
                            length.saturating_add(4),
                            limits.max_frame
                        ),
                    );
                }
                if self.sequence(kind, sequence, journal) {
                    self.frame(kind, payload, limits, &mut run, journal)
                } else {
                    CODE_ERROR
                }
            }
        };
        if code != CODE_OK
            && let Some(transfer) = &mut self.transfer
        {
            transfer.stage = Stage::Failed;
        }
        let rejected = if kind == END && code == CODE_OK {
            journal.fault(Fault::DownloadRejectCrc)
        } else {
            None
        };
        let code = rejected.map_or(code, |fault| fault.value("code"));
        Served {
            reply: reply(sequence, code, journal),
            run,
        }
    }

    /// Checks the sequence number and steps it.
    fn sequence(&mut self, kind: u8, sequence: u8, journal: &mut Journal) -> bool {
        let expected = if kind == INFO { 0 } else { self.sequence };
        self.sequence = sequence.wrapping_add(1);
        if sequence != expected {
            journal.breach(
                Rule::FrameSequence,
                format!("frame type 0x{kind:02X} has number {sequence}, expected {expected}"),
            );
        }
        sequence == expected
    }

    fn frame(
        &mut self,
        kind: u8,
        payload: &[u8],
        limits: Limits,
        run: &mut Option<Loaded>,
        journal: &mut Journal,
    ) -> u32 {
        let mut reader = Reader::new(payload);
        match (kind, payload.len()) {
            (INFO, 8) => {
                let (total, address) = (reader.u32().unwrap_or(0), reader.u32().unwrap_or(0));
                self.info(total, address, journal)
            }
            (DATA, 5..) => {
                let address = reader.u32().unwrap_or(0);
                self.data(address, reader.rest(), journal)
            }
            (END, 4) => self.end(reader.u32().unwrap_or(0), journal),
            (RUN, 4) => self.run(reader.u32().unwrap_or(0), limits, run, journal),
            (INFO | DATA | END | RUN, length) => {
                journal.breach(
                    Rule::FrameLength,
                    format!("frame type 0x{kind:02X} with {length} bytes of payload"),
                );
                CODE_LENGTH
            }
            _ => {
                journal.breach(Rule::FrameType, format!("frame type 0x{kind:02X}"));
                CODE_ERROR
            }
        }
    }

    fn info(&mut self, total: u32, address: u32, journal: &mut Journal) -> u32 {
        self.leave_transfer(journal);
        if total == 0 || total > MAX_TOTAL {
            journal.breach(Rule::DataTotal, format!("INFO announces {total} bytes"));
            return CODE_LENGTH;
        }
        self.transfer = Some(Transfer {
            total,
            address,
            bytes: Vec::new(),
            stage: Stage::Data,
        });
        CODE_OK
    }

    /// Ends the transfer before the next INFO: a whole one of four bytes was a register write.
    fn leave_transfer(&mut self, journal: &mut Journal) {
        let Some(transfer) = self.transfer.take() else {
            return;
        };
        if transfer.stage != Stage::Data {
            return;
        }
        if transfer.total == 4 && transfer.bytes.len() == 4 {
            return;
        }
        // After a fault the host rightly starts over.
        if !journal.misled() {
            journal.breach(
                Rule::DownloadAbandoned,
                format!(
                    "{} of {} bytes for 0x{:08X}, then a new INFO",
                    transfer.bytes.len(),
                    transfer.total,
                    transfer.address
                ),
            );
        }
    }

    fn data(&mut self, address: u32, bytes: &[u8], journal: &mut Journal) -> u32 {
        let Some(transfer) = self.transfer.as_mut().filter(|t| t.stage == Stage::Data) else {
            journal.breach(Rule::FrameOrder, "DATA without INFO");
            return CODE_ERROR;
        };
        let expected = transfer.address.wrapping_add(len32(transfer.bytes.len()));
        if address != expected {
            journal.breach(
                Rule::DataAddress,
                format!("DATA for 0x{address:08X}, expected 0x{expected:08X}"),
            );
            return CODE_ERROR;
        }
        let sum = transfer.bytes.len().saturating_add(bytes.len());
        if len32(sum) > transfer.total {
            journal.breach(
                Rule::DataTotal,
                format!("{sum} bytes of data, INFO announced {}", transfer.total),
            );
            return CODE_LENGTH;
        }
        transfer.bytes.extend_from_slice(bytes);
        self.progress.bytes = self
            .progress
            .bytes
            .saturating_add(u64::from(len32(bytes.len())));
        let mut reader = Reader::new(&transfer.bytes);
        if transfer.total == 4
            && let Some(value) = reader.u32()
        {
            self.registers.push((transfer.address, value));
        }
        CODE_OK
    }

    fn end(&mut self, crc: u32, journal: &mut Journal) -> u32 {
        let Some(transfer) = self.transfer.as_mut().filter(|t| t.stage == Stage::Data) else {
            journal.breach(Rule::FrameOrder, "END without INFO");
            return CODE_ERROR;
        };
        if len32(transfer.bytes.len()) != transfer.total {
            journal.breach(
                Rule::DataTotal,
                format!(
                    "END after {} of {} bytes",
                    transfer.bytes.len(),
                    transfer.total
                ),
            );
            return CODE_LENGTH;
        }
        let own = crc32fast::hash(&transfer.bytes);
        if crc != own {
            journal.breach(
                Rule::DataCrc,
                format!("END has CRC 0x{crc:08X}, the data have 0x{own:08X}"),
            );
            return CODE_ERROR;
        }
        transfer.stage = Stage::Ended;
        match transfer.address {
            FACTORY_ADDRESS => {
                if let Some(text) = factory_defect(&transfer.bytes) {
                    journal.breach(Rule::FactoryBlock, text);
                }
                self.progress.factory = Some(transfer.bytes.clone());
            }
            dpd::ADDRESS => {
                if dpd::is_valid(&transfer.bytes) {
                    self.kept_dpd = true;
                } else {
                    let text = format!("{} bytes, or a wrong CRC in them", transfer.bytes.len());
                    journal.breach(Rule::DpdBlock, text);
                }
            }
            _ => {}
        }
        CODE_OK
    }

    fn run(
        &mut self,
        address: u32,
        limits: Limits,
        run: &mut Option<Loaded>,
        journal: &mut Journal,
    ) -> u32 {
        let Some(transfer) = self.transfer.as_ref().filter(|t| t.stage == Stage::Ended) else {
            journal.breach(Rule::FrameOrder, "RUN without a finished image");
            return CODE_ERROR;
        };
        if address != transfer.address {
            journal.breach(
                Rule::RunAddress,
                format!(
                    "RUN at 0x{address:08X}, the image is at 0x{:08X}",
                    transfer.address
                ),
            );
            return CODE_ERROR;
        }
        if limits.need_setup_registers {
            for (register, value) in SETUP_REGISTERS {
                if !self.registers.contains(&(register, value)) {
                    journal.breach(
                        Rule::SetupRegisters,
                        format!("RUN, but 0x{register:08X} was not set to 0x{value:08X}"),
                    );
                }
            }
        }
        let loaded = Loaded::new(address, &transfer.bytes);
        self.progress.runs = self.progress.runs.saturating_add(1);
        if !self.progress.images.contains(&loaded) {
            self.progress.images.push(loaded.clone());
        }
        *run = Some(loaded);
        self.transfer = None;
        CODE_OK
    }

    /// What the next image that runs is, and whether it says of itself to be another kind (2.9).
    pub(crate) fn expected_kind(&self, in_rom: bool) -> Kind {
        if in_rom && !self.kept_dpd {
            Kind::Boot
        } else {
            Kind::Wifi
        }
    }
}

/// What the registers announced, and the knobs of this protocol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max_frame: u16,
    pub(crate) need_setup_registers: bool,
    pub(crate) check_padding: bool,
}

fn check_fill(fill: &[u8], limits: Limits, journal: &mut Journal) {
    let dirty = fill.iter().filter(|byte| **byte != 0).count();
    if limits.check_padding && dirty > 0 {
        journal.breach(
            Rule::FramePadding,
            format!(
                "{dirty} of {} bytes behind the frame are not zero",
                fill.len()
            ),
        );
    }
}

/// A REPLY, with the faults that are planned for it.
fn reply(sequence: u8, code: u32, journal: &mut Journal) -> Vec<u8> {
    let value = |fault: Option<crate::fault::Planned>, key| fault.map(|fault| fault.value(key));
    let kind = value(journal.fault(Fault::DownloadReplyType), "type");
    let offset = value(journal.fault(Fault::DownloadReplySequence), "offset");
    let length = value(journal.fault(Fault::DownloadReplyLength), "length");
    let code = value(journal.fault(Fault::DownloadReplyCode), "code").unwrap_or(code);
    let [kind, ..] = kind.unwrap_or(u32::from(REPLY)).to_le_bytes();
    let [offset, ..] = offset.unwrap_or(0).to_le_bytes();
    let [low, high, ..] = length.unwrap_or(4).to_le_bytes();
    let bytes = Builder::new()
        .u8(kind)
        .u8(sequence.wrapping_add(offset))
        .u8(low)
        .u8(high)
        .u32(code)
        .build();
    journal.record(|| Event::Frame {
        direction: Direction::ToHost,
        bytes: Hex(bytes.clone()),
        length: bytes.len(),
    });
    bytes
}

/// What is wrong with a factory block (2.8), if anything.
fn factory_defect(block: &[u8]) -> Option<String> {
    if block.len() != FACTORY_LEN {
        return Some(format!("the factory block has {} bytes", block.len()));
    }
    let mut reader = Reader::new(block);
    let (magic, version, crc) = (reader.u16()?, reader.u16()?, reader.u32()?);
    let own = crc32fast::hash(reader.rest());
    if magic != 0xBA80 {
        Some(format!("magic 0x{magic:04X} instead of 0xBA80"))
    } else if !(1..=2).contains(&version) {
        Some(format!("version {version}"))
    } else if crc != own {
        Some(format!("CRC 0x{crc:08X}, the fields have 0x{own:08X}"))
    } else {
        None
    }
}
