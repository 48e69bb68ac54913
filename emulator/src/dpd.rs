// SPDX-License-Identifier: GPL-2.0-only
//! The calibration block of the digital pre-distortion (protocol 2.7).

use crate::bytes::Reader;

/// Bytes of the block.
pub const LEN: usize = 0x3B14;
/// Where the host writes a block that it has kept.
pub const ADDRESS: u32 = 0x2008_C000;
/// Current version.
pub const VERSION: u32 = 7;
const VERSION_OFFSET: usize = 0x3AF4;

/// A block of that version with synthetic content and a right CRC.
pub fn block(version: u32) -> Vec<u8> {
    // A full-period generator, so that the content is neither constant nor repetitive.
    let mut state: u32 = 0x2600_2002;
    let mut body: Vec<u8> = (4..LEN)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [_, _, _, high] = state.to_le_bytes();
            high
        })
        .collect();
    if let Some(field) = body.get_mut(VERSION_OFFSET - 4..VERSION_OFFSET) {
        field.copy_from_slice(&version.to_le_bytes());
    }
    let mut block = crc32fast::hash(&body).to_le_bytes().to_vec();
    block.append(&mut body);
    block
}

/// Whether `bytes` are a whole block with a right CRC.
pub fn is_valid(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    bytes.len() == LEN && reader.u32() == Some(crc32fast::hash(reader.rest()))
}

/// Version of a block, if it is long enough to have one.
pub fn version(bytes: &[u8]) -> Option<u32> {
    Reader::new(bytes.get(VERSION_OFFSET..)?).u32()
}

#[cfg(test)]
mod tests {
    use super::{LEN, VERSION, block, is_valid, version};

    #[test]
    fn blocks_are_valid_until_touched() {
        let mut bytes = block(VERSION);
        assert_eq!(bytes.len(), LEN);
        assert!(is_valid(&bytes));
        assert_eq!(version(&bytes), Some(VERSION));
        bytes[5000] ^= 1;
        assert!(!is_valid(&bytes));
        assert!(!is_valid(&bytes[..LEN - 1]));
    }
}
