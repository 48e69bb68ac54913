// SPDX-License-Identifier: GPL-2.0-only
//! Traces as pcapng.
//!
//! Interface 0 (`sdio`, link type USER0) has everything but messages, interface 1 (`wsm`, link
//! type USER1) the messages. A packet starts with a byte for its kind and one for the number of
//! the card:
//!
//! | Kind | Interface | Then |
//! |---|---|---|
//! | 0 | sdio | the event as JSON |
//! | 1 | sdio | u8 opcode, u8 (bit 0: data written, bit 1: data read), u32 argument, u32 response, i32 end of the command, i32 end of the data, data |
//! | 2 | wsm | u16 0, a message to the chip |
//! | 3 | wsm | u16 0, a message to the host |

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::time::Duration;

use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::{Block, PcapNgReader, PcapNgWriter};
use pcap_file::{DataLink, PcapError};

use super::Problem;
use crate::bytes::{Builder, Reader, len32};
use crate::event::{Direction, Event, Hex, Record};

const JSON: u8 = 0;
const COMMAND: u8 = 1;
const TO_CHIP: u8 = 2;
const TO_HOST: u8 = 3;

const WRITTEN: u8 = 1;
const READ: u8 = 2;

/// A file being written.
pub(super) struct Sink {
    writer: PcapNgWriter<BufWriter<File>>,
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink").finish_non_exhaustive()
    }
}

impl Sink {
    pub(super) fn new(file: BufWriter<File>) -> io::Result<Self> {
        let mut writer = PcapNgWriter::new(file).map_err(to_io)?;
        for (linktype, name) in [(DataLink::USER0, "sdio"), (DataLink::USER1, "wsm")] {
            let block = InterfaceDescriptionBlock {
                linktype,
                snaplen: 0,
                options: vec![
                    InterfaceDescriptionOption::IfName(Cow::Borrowed(name)),
                    // Nanoseconds.
                    InterfaceDescriptionOption::IfTsResol(9),
                ],
            };
            writer.write_pcapng_block(block).map_err(to_io)?;
        }
        Ok(Self { writer })
    }

    pub(super) fn write(&mut self, record: &Record) -> io::Result<()> {
        let data = encode(record)?;
        let interface_id = match record.event {
            Event::Message { .. } => 1,
            _ => 0,
        };
        let block = EnhancedPacketBlock {
            interface_id,
            timestamp: Duration::from_micros(record.time_us),
            original_len: len32(data.len()),
            data: Cow::Owned(data),
            options: Vec::new(),
        };
        self.writer.write_pcapng_block(block).map_err(to_io)?;
        Ok(())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.writer.get_mut().flush()
    }
}

fn to_io(error: PcapError) -> io::Error {
    match error {
        PcapError::IoError(error) => error,
        other => io::Error::other(other),
    }
}

fn encode(record: &Record) -> io::Result<Vec<u8>> {
    let [card, ..] = record.card.to_le_bytes();
    Ok(match &record.event {
        Event::Command {
            opcode,
            argument,
            response,
            command_status,
            data_status,
            written,
            read,
        } => {
            let [opcode, ..] = opcode.to_le_bytes();
            let (flags, data) = match (written, read) {
                (Some(data), _) => (WRITTEN, data.0.as_slice()),
                (None, Some(data)) => (READ, data.0.as_slice()),
                (None, None) => (0, [].as_slice()),
            };
            Builder::new()
                .u8(COMMAND)
                .u8(card)
                .u8(opcode)
                .u8(flags)
                .u32(*argument)
                .u32(*response)
                .u32(command_status.cast_unsigned())
                .u32(data_status.cast_unsigned())
                .bytes(data)
                .build()
        }
        Event::Message { direction, bytes } => {
            let kind = match direction {
                Direction::ToChip => TO_CHIP,
                Direction::ToHost => TO_HOST,
            };
            Builder::new()
                .u8(kind)
                .u8(card)
                .u16(0)
                .bytes(&bytes.0)
                .build()
        }
        _ => Builder::new()
            .u8(JSON)
            .u8(card)
            .bytes(&serde_json::to_vec(record)?)
            .build(),
    })
}

fn decode(packet: &[u8], time_us: u64) -> Option<Record> {
    let mut reader = Reader::new(packet);
    let kind = reader.u8()?;
    let card = u32::from(reader.u8()?);
    let event = match kind {
        JSON => return serde_json::from_slice(reader.rest()).ok(),
        COMMAND => {
            let (opcode, flags) = (reader.u8()?, reader.u8()?);
            let (argument, response) = (reader.u32()?, reader.u32()?);
            let (command, data) = (reader.u32()?, reader.u32()?);
            let bytes = |wanted| (flags == wanted).then(|| Hex(reader.rest().to_vec()));
            Event::Command {
                opcode: u32::from(opcode),
                argument,
                response,
                command_status: command.cast_signed(),
                data_status: data.cast_signed(),
                written: bytes(WRITTEN),
                read: bytes(READ),
            }
        }
        TO_CHIP | TO_HOST => {
            reader.u16()?;
            Event::Message {
                direction: if kind == TO_CHIP {
                    Direction::ToChip
                } else {
                    Direction::ToHost
                },
                bytes: Hex(reader.rest().to_vec()),
            }
        }
        _ => return None,
    };
    Some(Record {
        card,
        time_us,
        event,
    })
}

/// Reads a file and hands out its events.
pub(super) fn read(
    file: BufReader<File>,
    mut each: impl FnMut(&Record) -> io::Result<()>,
) -> Result<(), Problem> {
    let mut reader = PcapNgReader::new(file)?;
    let mut number = 0;
    while let Some(block) = reader.next_block() {
        let Block::EnhancedPacket(packet) = block? else {
            continue;
        };
        number += 1;
        let time = u64::try_from(packet.timestamp.as_micros()).unwrap_or(u64::MAX);
        let record = decode(&packet.data, time).ok_or(Problem::Packet(number))?;
        each(&record)?;
    }
    Ok(())
}
