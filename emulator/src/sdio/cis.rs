// SPDX-License-Identifier: GPL-2.0-only
//! Card information structure: the tuples that name the chip.

use crate::bytes::Builder;

/// Manufacturer.
pub const VENDOR: u16 = 0xBE57;
/// Product.
pub const DEVICE: u16 = 0x2002;
/// Where the common tuples start, in function 0.
pub const COMMON: u32 = 0x1000;
/// Where the tuples of function 1 start, in function 0.
pub const FUNCTION_1: u32 = 0x1100;
/// Largest block size of function 1.
pub const MAX_BLOCK: u16 = 512;

const CISTPL_MANFID: u8 = 0x20;
const CISTPL_FUNCID: u8 = 0x21;
const CISTPL_FUNCE: u8 = 0x22;
const CISTPL_END: u8 = 0xFF;
/// Card function code of SDIO.
const FUNCID_SDIO: u8 = 0x0C;
/// 50 Mbit/s on a line: value 5.0, unit 10 Mbit/s.
const MAX_TRAN_SPEED: u8 = 0x5A;

/// The two chains of tuples.
#[derive(Clone, Debug)]
pub struct Cis {
    common: Vec<u8>,
    function: Vec<u8>,
}

impl Cis {
    /// Tuples of a chip that needs up to `enable_timeout` units of 10 ms to enable function 1.
    pub fn new(enable_timeout: u16) -> Self {
        let common = Builder::new()
            .u8(CISTPL_MANFID)
            .u8(4)
            .u16(VENDOR)
            .u16(DEVICE)
            .u8(CISTPL_FUNCID)
            .u8(2)
            .u8(FUNCID_SDIO)
            .u8(0)
            // Function extension of the card: block size of function 0, speed.
            .u8(CISTPL_FUNCE)
            .u8(4)
            .u8(0)
            .u16(MAX_BLOCK)
            .u8(MAX_TRAN_SPEED)
            .u8(CISTPL_END)
            .build();
        let extension = Builder::new()
            // Type 1, no wake-up support, SDIO revision 3.00, no serial number, no code storage.
            .u8(1)
            .u8(0)
            .u8(0x30)
            .u32(0)
            .u32(0)
            .u8(0)
            .u16(MAX_BLOCK)
            // 2.7 to 3.6 V.
            .u32(0x00FF_8000)
            // Current: operation minimum, average, maximum; stand-by the same.
            .bytes(&[8, 100, 200, 1, 2, 5])
            // Data rates: none named.
            .u16(0)
            .u16(0)
            .u16(enable_timeout)
            // Power modes of SDIO 1.10 and later: none named.
            .resize(42)
            .build();
        let function = Builder::new()
            .u8(CISTPL_FUNCID)
            .u8(2)
            .u8(FUNCID_SDIO)
            .u8(0)
            .u8(CISTPL_FUNCE)
            .u8(42)
            .bytes(&extension)
            .u8(CISTPL_END)
            .build();
        Self { common, function }
    }

    /// Byte at `address` of function 0, if that is in a chain.
    pub fn read(&self, address: u32) -> Option<u8> {
        let (chain, base) = if address >= FUNCTION_1 {
            (&self.function, FUNCTION_1)
        } else {
            (&self.common, COMMON)
        };
        let offset = usize::try_from(address.checked_sub(base)?).ok()?;
        chain.get(offset).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{COMMON, Cis, FUNCTION_1};

    /// Walks a chain and answers its tuples.
    fn tuples(cis: &Cis, mut address: u32) -> Vec<(u8, Vec<u8>)> {
        let mut found = Vec::new();
        while let Some(code) = cis.read(address).filter(|code| *code != 0xFF) {
            let len = u32::from(cis.read(address + 1).unwrap());
            let body = (0..len)
                .map(|i| cis.read(address + 2 + i).unwrap())
                .collect();
            found.push((code, body));
            address += 2 + len;
        }
        found
    }

    #[test]
    fn names_the_chip() {
        let tuples = tuples(&Cis::new(10), COMMON);
        assert!(tuples.contains(&(0x20, vec![0x57, 0xBE, 0x02, 0x20])));
        assert!(tuples.contains(&(0x22, vec![0, 0x00, 0x02, 0x5A])));
    }

    #[test]
    fn describes_function_1() {
        let tuples = tuples(&Cis::new(10), FUNCTION_1);
        let (_, extension) = tuples.iter().find(|(code, _)| *code == 0x22).unwrap();
        assert_eq!(extension.len(), 42);
        assert_eq!(&extension[12..14], &[0x00, 0x02]);
        assert_eq!(&extension[28..30], &[10, 0]);
    }
}
