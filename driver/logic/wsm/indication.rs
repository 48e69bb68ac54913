// SPDX-License-Identifier: GPL-2.0-only

//! Indication bodies (section 3.5).

use super::super::bytes::Reader;
use core::fmt;

/// Id of the exception indication.
pub const EXCEPTION: u16 = 0x0800;
/// Id of the startup indication.
pub const STARTUP: u16 = 0x0801;

const LABEL_LEN: usize = 128;
const FILE_LEN: usize = 48;

/// Why the firmware's introduction is not acceptable.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StartupError {
    /// Fewer bytes than the structure has.
    TooShort {
        /// Bytes in the body.
        len: usize,
    },
    /// The firmware did not start well.
    Status {
        /// The status received.
        status: u16,
    },
    /// Not a firmware this driver can talk to.
    Type {
        /// The type received.
        kind: u16,
    },
    /// Too few buffers to keep one for commands.
    Buffers {
        /// The number received.
        count: u16,
    },
}

impl fmt::Display for StartupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { len } => {
                write!(
                    f,
                    "startup indication has a body of {len} bytes, 148 are needed"
                )
            }
            Self::Status { status } => {
                write!(f, "firmware started with status {status} instead of 0")
            }
            Self::Type { kind } => {
                write!(f, "firmware type {kind} is unknown, types 0 to 4 exist")
            }
            Self::Buffers { count } => {
                write!(
                    f,
                    "firmware offers {count} message buffers, at least 2 are needed"
                )
            }
        }
    }
}

/// What the firmware says about itself (section 3.5.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Startup {
    /// Messages the chip can hold unconfirmed, at least 2.
    pub buffers: u16,
    /// Size of such a buffer in bytes, for the log.
    pub buffer_len: u16,
    /// Hardware id and sub-id.
    pub hardware: [u16; 2],
    /// Capabilities, for the log.
    pub capabilities: u16,
    /// Firmware type, 0 to 4; 2 is WSM.
    pub kind: u16,
    /// Interface version.
    pub api: u16,
    /// Build number.
    pub build: u16,
    /// Firmware version.
    pub version: u16,
    label: [u8; LABEL_LEN],
}

impl Startup {
    /// Reads and checks the body.
    pub fn decode(body: &[u8]) -> Result<Self, StartupError> {
        let mut reader = Reader::new(body);
        let (status, startup) =
            Self::fields(&mut reader).ok_or(StartupError::TooShort { len: body.len() })?;
        if status != 0 {
            return Err(StartupError::Status { status });
        }
        if startup.kind > 4 {
            return Err(StartupError::Type { kind: startup.kind });
        }
        if startup.buffers < 2 {
            return Err(StartupError::Buffers {
                count: startup.buffers,
            });
        }
        Ok(startup)
    }

    fn fields(reader: &mut Reader<'_>) -> Option<(u16, Self)> {
        let buffers = reader.u16()?;
        let buffer_len = reader.u16()?;
        let hardware = [reader.u16()?, reader.u16()?];
        let status = reader.u16()?;
        let startup = Self {
            buffers,
            buffer_len,
            hardware,
            capabilities: reader.u16()?,
            kind: reader.u16()?,
            api: reader.u16()?,
            build: reader.u16()?,
            version: reader.u16()?,
            label: reader.array()?,
        };
        Some((status, startup))
    }

    /// The firmware's name: its label up to the first byte that is not printable.
    pub fn label(&self) -> &str {
        printable(&self.label)
    }
}

/// The firmware's last words (id 0x0800).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Exception {
    /// 0 undefined instruction, 1 prefetch abort, 2 data abort, 3 unknown, 4 and above assertion.
    pub reason: u32,
    /// R1 of the register dump; the line number of an assertion.
    pub line: Option<u32>,
    /// The program counter.
    pub pc: Option<u32>,
    file: [u8; FILE_LEN],
}

impl Exception {
    /// Reads the body as far as it goes; `None` when not even the reason is there.
    pub fn decode(body: &[u8]) -> Option<Self> {
        const REGISTERS: usize = 18;
        const PC: usize = 15;
        let mut reader = Reader::new(body);
        let reason = reader.u32()?;
        let registers: [Option<u32>; REGISTERS] = core::array::from_fn(|_| reader.u32());
        Some(Self {
            reason,
            line: registers.get(1).copied().flatten(),
            pc: registers.get(PC).copied().flatten(),
            file: reader.array().unwrap_or([0; FILE_LEN]),
        })
    }

    /// The source file of an assertion.
    pub fn file(&self) -> &str {
        printable(&self.file)
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.reason {
            0 => "undefined instruction",
            1 => "prefetch abort",
            2 => "data abort",
            3 => "unknown exception",
            _ => "assertion",
        };
        f.write_str(reason)?;
        if self.reason >= 4 {
            if let Some(line) = self.line {
                write!(f, " in {}:{line}", self.file())?;
            }
        } else if let Some(pc) = self.pc {
            write!(f, " at {pc:#010x}")?;
        }
        Ok(())
    }
}

fn printable(bytes: &[u8]) -> &str {
    let len = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_graphic() || **byte == b' ')
        .count();
    bytes
        .get(..len)
        .and_then(|text| core::str::from_utf8(text).ok())
        .unwrap_or("")
        .trim_end()
}
