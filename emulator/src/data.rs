// SPDX-License-Identifier: GPL-2.0-only
//! A firmware tree for tests: images, factory file, SDD block. Nothing in it is from a device.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::image::{Image, ImageError, Kind};

/// Bytes of the SDD block.
pub const SDD_LEN: usize = 832;

/// Numeric fields of the factory file in the order of protocol 2.8, with their radix prefix.
/// A name that starts with `#` is a section line.
const FACTORY: &[(&str, u32)] = &[
    ("##head", 0),
    ("magic:0x", 0xBA80),
    ("version:0x", 2),
    ("crc:0x", 0),
    ("##iq&xtal", 0),
    ("iQ_offset:0x", 0),
    ("freq_cal:0x", 0xA0),
    ("freq_cal_flags:0x", 1),
    ("##2.4g_power_11n", 0),
    ("ch1:0x", 0x1400),
    ("ch7:0x", 0x1410),
    ("ch13:0x", 0x1420),
    ("tx_power_type:0x", 0),
    ("temperature:0x", 0x19),
    ("##5g_power_11n", 0),
    ("ch36-40:0x", 0x1400),
    ("ch44-48:0x", 0x1401),
    ("ch52-56:0x", 0x1402),
    ("ch60-64:0x", 0x1403),
    ("ch100-104:0x", 0x1404),
    ("ch108-112:0x", 0x1405),
    ("ch116-120:0x", 0x1406),
    ("ch124-128:0x", 0x1407),
    ("ch132-136:0x", 0x1408),
    ("ch140-144:0x", 0x1409),
    ("ch149-153:0x", 0x140A),
    ("ch157-161:0x", 0x140B),
    ("ch165-169:0x", 0x140C),
    ("tx_power_flags_5G:0x", 0x1FFF),
    ("temperature_5G:0x", 0x1A),
    ("##bt", 0),
    ("bdr_div:0x", 5),
    ("bdr_power:0x", 0x10),
    ("edr_div:0x", 5),
    ("edr_power:0x", 0x15),
    ("##select_efuse_flag", 0),
    ("select_efuse:", 0),
];

/// The factory file.
pub fn factory() -> String {
    let mut text = String::new();
    for (label, value) in FACTORY {
        // Writing to a String cannot fail.
        let _ = if label.starts_with('#') {
            writeln!(text, "{label}")
        } else {
            writeln!(text, "{label}{value:x}")
        };
    }
    text.push_str("%%\n");
    text
}

/// Synthetic SDD elements, well-formed in type, length and data, 832 bytes in all.
pub fn sdd() -> Vec<u8> {
    // {type, length, data}: version, a section of elements of which none means anything, its end.
    let mut block = vec![0xC0, 2, 2, 3];
    block.extend_from_slice(&[0xC1, 6, 0, 1, 0, 0, 0x38, 3]);
    let end = [0xFE, 2, 0, 0];
    let mut number: u8 = 0;
    while block.len() < SDD_LEN - end.len() {
        let room = SDD_LEN - end.len() - block.len();
        // An element has at least its two bytes of header; leave none of one byte.
        let data = match room {
            0..=34 => room.saturating_sub(2),
            35 => 31,
            _ => 32,
        };
        block.push(0x57);
        block.push(u8::try_from(data).unwrap_or(0));
        block.extend((0..data).map(|_| {
            number = number.wrapping_add(1);
            number
        }));
    }
    block.extend_from_slice(&end);
    block
}

/// Writes the tree into `out`, as `/lib/firmware` has it.
///
/// # Errors
///
/// What the file system says.
pub fn write(out: &Path) -> io::Result<()> {
    let folder = out.join("bes2600");
    fs::create_dir_all(&folder)?;
    let image = |kind| {
        Image::new(kind)
            .build()
            .map_err(|e: ImageError| io::Error::other(e))
    };
    fs::write(folder.join("best2002_fw_boot_sdio.bin"), image(Kind::Boot)?)?;
    fs::write(folder.join("best2002_fw_sdio.bin"), image(Kind::Wifi)?)?;
    fs::write(folder.join("bes2600_factory.txt"), factory())?;
    fs::write(folder.join("sdd.bin"), sdd())
}

#[cfg(test)]
mod tests {
    use super::{FACTORY, SDD_LEN, factory, sdd};

    #[test]
    fn sdd_is_well_formed() {
        let block = sdd();
        assert_eq!(block.len(), SDD_LEN);
        let mut at = 0;
        while at < block.len() {
            at += 2 + usize::from(block[at + 1]);
        }
        assert_eq!(at, SDD_LEN);
    }

    #[test]
    fn factory_file_is_as_the_page_says() {
        let text = factory();
        assert!(text.len() <= 600, "{} bytes", text.len());
        let fields = FACTORY.iter().filter(|(label, _)| !label.starts_with('#'));
        assert_eq!(fields.count(), 31);
        assert!(text.ends_with("select_efuse:0\n%%\n"));
    }
}
