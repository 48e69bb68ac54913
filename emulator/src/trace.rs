// SPDX-License-Identifier: GPL-2.0-only
//! Traces: text for people, JSON lines for programs, pcapng for Wireshark; and the way back.

mod pcapng;
mod text;
mod wsm;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::event::Record;

pub use text::describe;

/// Form of a trace, by the extension of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.txt`: a line an event.
    Text,
    /// `.jsonl`: a JSON object an event.
    Json,
    /// `.pcapng`: interface 0 the bus, interface 1 the messages.
    Pcapng,
}

/// Why a trace cannot be written or read.
#[derive(Debug, Error)]
#[error("{}: {problem}", path.display())]
pub struct TraceError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a trace.
#[derive(Debug, Error)]
pub enum Problem {
    /// It cannot be opened, read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The extension says nothing.
    #[error("a trace ends in .txt, .jsonl or .pcapng")]
    Extension,
    /// A line is no event.
    #[error("line {line}: {source}")]
    Json {
        /// Number of the line, from 1.
        line: usize,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// It is no pcapng file.
    #[error("{0}")]
    Pcapng(#[from] pcap_file::PcapError),
    /// A packet is none of ours.
    #[error("packet {0} is no event of the emulator")]
    Packet(usize),
}

impl Format {
    /// Form of the file of that name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "txt" => Some(Self::Text),
            "jsonl" => Some(Self::Json),
            "pcapng" => Some(Self::Pcapng),
            _ => None,
        }
    }
}

#[derive(Debug)]
enum Sink {
    Text(BufWriter<File>),
    Json(BufWriter<File>),
    Pcapng(pcapng::Sink),
}

/// A trace being written.
#[derive(Debug)]
pub struct Writer {
    sink: Sink,
}

impl Writer {
    /// Creates the file, in the form that its extension says.
    ///
    /// # Errors
    ///
    /// [`TraceError`].
    pub fn create(path: &Path) -> Result<Self, TraceError> {
        let error = |problem| TraceError {
            path: path.to_owned(),
            problem,
        };
        let format = Format::of(path).ok_or_else(|| error(Problem::Extension))?;
        let file = File::create(path).map_err(|source| error(source.into()))?;
        let file = BufWriter::new(file);
        let sink = match format {
            Format::Text => Sink::Text(file),
            Format::Json => Sink::Json(file),
            Format::Pcapng => {
                Sink::Pcapng(pcapng::Sink::new(file).map_err(|source| error(source.into()))?)
            }
        };
        Ok(Self { sink })
    }

    /// Appends an event.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        match &mut self.sink {
            Sink::Text(file) => writeln!(file, "{}", describe(record)),
            Sink::Json(file) => {
                serde_json::to_writer(&mut *file, record)?;
                file.write_all(b"\n")
            }
            Sink::Pcapng(sink) => sink.write(record),
        }
    }

    /// Hands what is buffered to the file system.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::Text(file) | Sink::Json(file) => file.flush(),
            Sink::Pcapng(sink) => sink.flush(),
        }
    }
}

/// Writes a trace as text, event by event.
///
/// # Errors
///
/// [`TraceError`], or what `out` says in [`Problem::Io`].
pub fn decode(path: &Path, out: &mut impl Write) -> Result<(), TraceError> {
    let result = match Format::of(path) {
        None => Err(Problem::Extension),
        Some(format) => File::open(path)
            .map_err(Problem::from)
            .and_then(|file| decode_as(format, BufReader::new(file), out)),
    };
    result.map_err(|problem| TraceError {
        path: path.to_owned(),
        problem,
    })
}

fn decode_as(
    format: Format,
    mut file: BufReader<File>,
    out: &mut impl Write,
) -> Result<(), Problem> {
    match format {
        Format::Text => {
            io::copy(&mut file, out)?;
        }
        Format::Json => {
            for (index, line) in file.lines().enumerate() {
                let record: Record =
                    serde_json::from_str(&line?).map_err(|source| Problem::Json {
                        line: index + 1,
                        source,
                    })?;
                writeln!(out, "{}", describe(&record))?;
            }
        }
        Format::Pcapng => pcapng::read(file, |record| writeln!(out, "{}", describe(record)))?,
    }
    Ok(())
}
