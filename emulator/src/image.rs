// SPDX-License-Identifier: GPL-2.0-only
//! Firmware containers (protocol 2.2), and what makes one of ours known to the chip.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::bytes::{Builder, Reader};

/// What an image is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Calibration, started first.
    Boot,
    /// Wi-Fi and Bluetooth.
    Wifi,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boot => "boot",
            Self::Wifi => "wifi",
        })
    }
}

/// Bytes of the header.
pub const HEADER_LEN: usize = 16;
/// Follows the header of a test image; real images have code there.
const MARK: &[u8; 16] = b"BES2600-EMULATED";
/// Room for the label in a test image.
pub const LABEL_LEN: usize = 64;
/// Header, mark, kind and label, and the tail.
pub const MIN_LEN: usize = HEADER_LEN + 16 + 4 + LABEL_LEN + 4;
/// Largest image that the tool makes.
pub const MAX_LEN: usize = 8 << 20;

/// Why an image cannot be made.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ImageError {
    /// The size is out of range.
    #[error("size {0} is not in {MIN_LEN}..={MAX_LEN}")]
    Size(usize),
    /// The size is not a multiple of four.
    #[error("size {0} is not a multiple of 4")]
    Alignment(usize),
    /// The label is too long.
    #[error("label has {0} bytes, more than {LABEL_LEN}")]
    Label(usize),
}

/// Description of a test image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// What it is for.
    pub kind: Kind,
    /// Size of the file, with header and tail.
    pub size: usize,
    /// Load address.
    pub exec_addr: u32,
    /// Text that the startup indication repeats.
    pub label: String,
}

impl Image {
    /// An image of `kind` as the chip expects it. The sizes are of the order of the real files.
    pub fn new(kind: Kind) -> Self {
        match kind {
            Kind::Boot => Self {
                kind,
                size: 65_536,
                exec_addr: 0x2000_0000,
                label: "emulated boot".to_owned(),
            },
            Kind::Wifi => Self {
                kind,
                size: 393_216,
                exec_addr: 0x2001_0000,
                label: "emulated".to_owned(),
            },
        }
    }

    /// Makes the file.
    ///
    /// # Errors
    ///
    /// [`ImageError`] if size or label are out of bounds.
    pub fn build(&self) -> Result<Vec<u8>, ImageError> {
        if !(MIN_LEN..=MAX_LEN).contains(&self.size) {
            return Err(ImageError::Size(self.size));
        }
        if !self.size.is_multiple_of(4) {
            return Err(ImageError::Alignment(self.size));
        }
        if self.label.len() > LABEL_LEN {
            return Err(ImageError::Label(self.label.len()));
        }
        let date = format!("{} built for the emulated chip, Jan 01 2026\0", self.kind);
        let head = Builder::new()
            .u32(self.exec_addr.wrapping_add(0x41))
            .u32(0)
            .u32(self.exec_addr.wrapping_add(0x4000))
            .u32(self.exec_addr)
            .bytes(MARK)
            .u32(match self.kind {
                Kind::Boot => 0,
                Kind::Wifi => 1,
            })
            .bytes(self.label.as_bytes())
            .resize(HEADER_LEN + 16 + 4 + LABEL_LEN)
            .build();
        let tail_at = self.size.saturating_sub(4);
        let date_at = tail_at.saturating_sub(date.len());
        let mut file = head;
        let mut state = u32::from_le_bytes(*b"best") ^ self.exec_addr;
        while file.len() < date_at {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Small values only: no letters that look like a month.
            file.push(state.to_le_bytes()[3] & 0x1F);
        }
        if file.len() == date_at {
            file.extend_from_slice(date.as_bytes());
        }
        file.resize(tail_at, 0);
        file.extend_from_slice(&self.exec_addr.to_le_bytes());
        Ok(file)
    }
}

/// What the chip can tell about an image that was downloaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loaded {
    /// Load address.
    pub address: u32,
    /// Bytes.
    pub length: usize,
    /// CRC-32.
    pub crc32: u32,
    /// Kind, for a test image.
    pub kind: Option<Kind>,
    /// Label, for a test image.
    pub label: Option<String>,
}

impl Loaded {
    /// Looks at the downloaded bytes, which are the file without its last four.
    pub fn new(address: u32, bytes: &[u8]) -> Self {
        let mut reader = Reader::new(bytes.get(HEADER_LEN..).unwrap_or(&[]));
        let ours = reader.take(MARK.len()) == Some(MARK);
        let kind = reader.u32().filter(|_| ours).and_then(|kind| match kind {
            0 => Some(Kind::Boot),
            1 => Some(Kind::Wifi),
            _ => None,
        });
        let label = reader.take(LABEL_LEN).filter(|_| ours).map(|label| {
            String::from_utf8_lossy(label)
                .trim_end_matches('\0')
                .to_owned()
        });
        Self {
            address,
            length: bytes.len(),
            crc32: crc32fast::hash(bytes),
            kind,
            label,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Image, ImageError, Kind, Loaded};

    #[test]
    fn is_recognised_after_download() {
        let image = Image {
            label: "one two".to_owned(),
            ..Image::new(Kind::Wifi)
        };
        let file = image.build().unwrap();
        assert_eq!(file.len(), image.size);
        assert_eq!(file[12..16], image.exec_addr.to_le_bytes());
        assert_eq!(file[file.len() - 4..], image.exec_addr.to_le_bytes());
        let loaded = Loaded::new(image.exec_addr, &file[..file.len() - 4]);
        assert_eq!(loaded.kind, Some(Kind::Wifi));
        assert_eq!(loaded.label.as_deref(), Some("one two"));
    }

    #[test]
    fn foreign_images_have_no_label() {
        let loaded = Loaded::new(0, &[0xA5; 4096]);
        assert_eq!((loaded.kind, loaded.label), (None, None));
    }

    #[test]
    fn refuses_bad_sizes() {
        let with_size = |size| Image {
            size,
            ..Image::new(Kind::Boot)
        };
        assert_eq!(with_size(40).build(), Err(ImageError::Size(40)));
        assert_eq!(with_size(4097).build(), Err(ImageError::Alignment(4097)));
    }
}
