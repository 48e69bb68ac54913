// SPDX-License-Identifier: GPL-2.0-only

//! The factory calibration file, a text of fixed order, and the structure made of it (section 2.8).
//!
//! Two forms exist: 30 fields, as shipped, and 31 fields with a closing `##select_efuse_flag`
//! section. Both parse; the missing field is zero.

use super::crc32::crc32;
use core::fmt;

/// Largest file accepted, in bytes.
pub const MAX_LEN: usize = 600;
/// Size of the structure sent to the chip, in bytes.
pub const BLOCK_LEN: usize = 72;
/// Chip address of the structure.
pub const ADDRESS: u32 = 0x2008_B000;

const MAGIC: u32 = 0xBA80;
const CRC_OFFSET: usize = 4;
const DATA_OFFSET: usize = 8;
const EFUSE_SECTION: &str = "##select_efuse_flag";
const TERMINATOR: &str = "%%";

/// One line of the template.
enum Item {
    Section(&'static str),
    Field(Field),
}

/// One number of the file.
struct Field {
    label: &'static str,
    offset: usize,
    width: Width,
    range: Option<(u32, u32)>,
}

#[derive(Clone, Copy)]
enum Width {
    U8,
    U16,
    U32,
}

const fn field(
    label: &'static str,
    offset: usize,
    width: Width,
    range: Option<(u32, u32)>,
) -> Item {
    Item::Field(Field {
        label,
        offset,
        width,
        range,
    })
}

const POWER: Option<(u32, u32)> = Some((1, 0x3FFF));
const BT_POWER: Option<(u32, u32)> = Some((1, 0x20));

/// The 30 fields both forms have, in file order, with their offsets in the structure.
const TEMPLATE: [Item; 35] = [
    Item::Section("##head"),
    field("magic", 0, Width::U16, None),
    field("version", 2, Width::U16, None),
    field("crc", CRC_OFFSET, Width::U32, None),
    Item::Section("##iq&xtal"),
    field("iQ_offset", 8, Width::U32, None),
    field("freq_cal", 12, Width::U16, Some((1, 0x1FF))),
    field("freq_cal_flags", 20, Width::U8, Some((0, 1))),
    Item::Section("##2.4g_power_11n"),
    field("ch1", 14, Width::U16, POWER),
    field("ch7", 16, Width::U16, POWER),
    field("ch13", 18, Width::U16, POWER),
    field("tx_power_type", 21, Width::U8, None),
    field("temperature", 22, Width::U16, None),
    Item::Section("##5g_power_11n"),
    field("ch36-40", 24, Width::U16, POWER),
    field("ch44-48", 26, Width::U16, POWER),
    field("ch52-56", 28, Width::U16, POWER),
    field("ch60-64", 30, Width::U16, POWER),
    field("ch100-104", 32, Width::U16, POWER),
    field("ch108-112", 34, Width::U16, POWER),
    field("ch116-120", 36, Width::U16, POWER),
    field("ch124-128", 38, Width::U16, POWER),
    field("ch132-136", 40, Width::U16, POWER),
    field("ch140-144", 42, Width::U16, POWER),
    field("ch149-153", 44, Width::U16, POWER),
    field("ch157-161", 46, Width::U16, POWER),
    field("ch165-169", 48, Width::U16, POWER),
    field("tx_power_flags_5G", 50, Width::U16, None),
    field("temperature_5G", 68, Width::U16, None),
    Item::Section("##bt"),
    field("bdr_div", 52, Width::U32, None),
    field("bdr_power", 56, Width::U32, BT_POWER),
    field("edr_div", 60, Width::U32, None),
    field("edr_power", 64, Width::U32, BT_POWER),
];

const SELECT_EFUSE: Field = Field {
    label: "select_efuse",
    offset: 70,
    width: Width::U16,
    range: None,
};

/// What is wrong with a factory file. Lines count from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FactoryError {
    /// Larger than the format allows.
    TooLong {
        /// File size in bytes.
        len: usize,
    },
    /// Bytes that are not text.
    NotText,
    /// The line is not the section or field that belongs here.
    Expected {
        /// Line number.
        line: usize,
        /// What belongs here.
        what: &'static str,
    },
    /// The file ended early.
    Ended {
        /// Line number behind the last line.
        line: usize,
        /// What comes next in the format.
        what: &'static str,
    },
    /// The value is not a hexadecimal number.
    NotHex {
        /// Line number.
        line: usize,
        /// The field.
        field: &'static str,
    },
    /// The value does not fit its field.
    TooLarge {
        /// Line number.
        line: usize,
        /// The field.
        field: &'static str,
        /// Size of the field in bits.
        bits: u32,
    },
    /// The magic number is not 0xBA80.
    Magic {
        /// The number found.
        found: u32,
    },
    /// The version is neither 1 nor 2.
    Version {
        /// The version found.
        found: u32,
    },
}

impl fmt::Display for FactoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { len } => {
                write!(f, "{len} bytes is larger than the maximum of {MAX_LEN}")
            }
            Self::NotText => f.write_str("not a text file"),
            Self::Expected { line, what } => {
                write!(
                    f,
                    "line {line}: `{what}` is missing, add it before this line"
                )
            }
            Self::Ended { line, what } => write!(
                f,
                "line {line}: the file ends before `{what}`, add it and what follows it"
            ),
            Self::NotHex { line, field } => write!(
                f,
                "line {line}: `{field}` is not a hexadecimal number, write `{field}:0x` and digits"
            ),
            Self::TooLarge { line, field, bits } => {
                write!(f, "line {line}: `{field}` does not fit {bits} bits")
            }
            Self::Magic { found } => write!(f, "`magic` is {found:#x}, it must be {MAGIC:#x}"),
            Self::Version { found } => write!(f, "`version` is {found}, it must be 1 or 2"),
        }
    }
}

/// A value outside its usual range: sent as it is, worth a line in the log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unusual {
    /// Line number, from 1.
    pub line: usize,
    /// The field.
    pub field: &'static str,
    /// The value found.
    pub value: u32,
    /// The usual range.
    pub range: (u32, u32),
}

impl fmt::Display for Unusual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}: `{}` is {:#x}, usual is {:#x} to {:#x}",
            self.line, self.field, self.value, self.range.0, self.range.1
        )
    }
}

/// A parsed factory file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Factory {
    block: [u8; BLOCK_LEN],
    fields: usize,
    unusual: Option<Unusual>,
}

impl Factory {
    /// Parses the text and builds the structure with a fresh CRC.
    pub fn parse(file: &[u8]) -> Result<Self, FactoryError> {
        if file.len() > MAX_LEN {
            return Err(FactoryError::TooLong { len: file.len() });
        }
        let text = core::str::from_utf8(file).map_err(|_| FactoryError::NotText)?;
        let mut lines = Lines::new(text);
        let mut factory = Self {
            block: [0; BLOCK_LEN],
            fields: 0,
            unusual: None,
        };
        for item in &TEMPLATE {
            match item {
                Item::Section(section) => lines.expect(section)?,
                Item::Field(field) => factory.take(field, &mut lines)?,
            }
        }
        match lines.next() {
            None | Some((_, TERMINATOR)) => {}
            Some((_, EFUSE_SECTION)) => factory.take(&SELECT_EFUSE, &mut lines)?,
            Some((line, _)) => {
                return Err(FactoryError::Expected {
                    line,
                    what: TERMINATOR,
                })
            }
        }
        factory.seal();
        Ok(factory)
    }

    /// The 72-byte structure for the chip.
    pub const fn block(&self) -> &[u8; BLOCK_LEN] {
        &self.block
    }

    /// Number of fields the file had: 30 or 31.
    pub const fn fields(&self) -> usize {
        self.fields
    }

    /// The first value outside its usual range.
    pub const fn unusual(&self) -> Option<Unusual> {
        self.unusual
    }

    fn take(&mut self, field: &Field, lines: &mut Lines<'_>) -> Result<(), FactoryError> {
        let label = field.label;
        let (line, text) = lines.next().ok_or(FactoryError::Ended {
            line: lines.number,
            what: label,
        })?;
        let digits = text
            .strip_prefix(label)
            .and_then(|rest| rest.trim_start().strip_prefix(':'))
            .ok_or(FactoryError::Expected { line, what: label })?
            .trim_start();
        let digits = digits
            .strip_prefix("0x")
            .or_else(|| digits.strip_prefix("0X"))
            .unwrap_or(digits);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(FactoryError::NotHex { line, field: label });
        }
        let bits = match field.width {
            Width::U8 => 8,
            Width::U16 => 16,
            Width::U32 => 32,
        };
        let too_large = FactoryError::TooLarge {
            line,
            field: label,
            bits,
        };
        let value = u32::from_str_radix(digits, 16).map_err(|_| too_large)?;
        let stored = match field.width {
            Width::U8 => u8::try_from(value).is_ok_and(|v| self.put(field.offset, &[v])),
            Width::U16 => {
                u16::try_from(value).is_ok_and(|v| self.put(field.offset, &v.to_le_bytes()))
            }
            Width::U32 => self.put(field.offset, &value.to_le_bytes()),
        };
        if !stored {
            return Err(too_large);
        }
        match label {
            "magic" if value != MAGIC => return Err(FactoryError::Magic { found: value }),
            "version" if !(1..=2).contains(&value) => {
                return Err(FactoryError::Version { found: value })
            }
            _ => {}
        }
        if let Some(range) = field.range {
            if !(range.0..=range.1).contains(&value) && self.unusual.is_none() {
                self.unusual = Some(Unusual {
                    line,
                    field: label,
                    value,
                    range,
                });
            }
        }
        self.fields = self.fields.saturating_add(1);
        Ok(())
    }

    fn put(&mut self, offset: usize, bytes: &[u8]) -> bool {
        let place = self
            .block
            .get_mut(offset..)
            .and_then(|rest| rest.get_mut(..bytes.len()));
        match place {
            Some(place) => {
                place.copy_from_slice(bytes);
                true
            }
            None => false,
        }
    }

    fn seal(&mut self) {
        let crc = crc32(self.block.get(DATA_OFFSET..).unwrap_or_default());
        self.put(CRC_OFFSET, &crc.to_le_bytes());
    }
}

/// The lines that hold something, with their numbers.
struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            number: 0,
        }
    }

    fn next(&mut self) -> Option<(usize, &'a str)> {
        loop {
            self.number = self.number.saturating_add(1);
            let line = self.line()?.trim();
            if !line.is_empty() {
                return Some((self.number, line));
            }
        }
    }

    /// The next line. The library's own searches keep a panic in the module that cannot happen.
    fn line(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.bytes().position(|byte| byte == b'\n');
        let (line, rest) = self.rest.split_at_checked(end.unwrap_or(self.rest.len()))?;
        self.rest = rest.get(1..).unwrap_or_default();
        Some(line)
    }

    fn expect(&mut self, what: &'static str) -> Result<(), FactoryError> {
        match self.next() {
            Some((_, line)) if line == what => Ok(()),
            Some((line, _)) => Err(FactoryError::Expected { line, what }),
            None => Err(FactoryError::Ended {
                line: self.number,
                what,
            }),
        }
    }
}
