// SPDX-License-Identifier: GPL-2.0-only

//! What is read once: the files, and what the firmware says of itself.

use bes2600_logic::container::{self, Container};
use bes2600_logic::crc32::crc32;
use bes2600_logic::dpd;
use bes2600_logic::factory::{self, Factory};
use bes2600_logic::wsm::indication::Startup;

use crate::say;

/// The firmware image.
pub fn container(data: &[u8]) {
    match Container::parse(data) {
        Ok(image) => {
            assert!((container::MIN_LEN..=container::MAX_LEN).contains(&data.len()));
            assert!(image.address() != 0 && image.address() % 4 == 0);
            assert_eq!(Some(image.payload()), data.get(..data.len() - 4));
            if let Some(date) = image.build_date() {
                assert!(date.len() <= 32 && date.is_ascii());
            }
        }
        Err(error) => say(error),
    }
}

/// The factory file.
pub fn factory(data: &[u8]) {
    match Factory::parse(data) {
        Ok(file) => {
            let block = file.block();
            let (head, rest) = block.split_at(8);
            assert_eq!(head.get(..2), Some(&[0x80, 0xBA][..]));
            assert_eq!(head.get(4..), Some(&crc32(rest).to_le_bytes()[..]));
            assert!(matches!(file.fields(), 30 | 31) && data.len() <= factory::MAX_LEN);
            if let Some(unusual) = file.unusual() {
                assert!(!(unusual.range.0..=unusual.range.1).contains(&unusual.value));
                say(unusual);
            }
        }
        Err(error) => say(error),
    }
}

/// The block of the pre-distortion. Its checksum is made right when the first byte says so:
/// chance would not find one.
pub fn calibration(data: &[u8]) {
    let Some((mode, bytes)) = data.split_first() else {
        return;
    };
    let mut block = vec![0x5A; dpd::LEN];
    if mode & 1 != 0 {
        // Whatever size was announced.
        block.truncate(bytes.len());
    }
    for (place, byte) in block.iter_mut().zip(bytes) {
        *place = *byte;
    }
    if mode & 2 != 0
        && let Some((front, rest)) = block.split_first_chunk_mut::<4>()
    {
        *front = crc32(rest).to_le_bytes();
    }
    match dpd::check(&block) {
        Ok(_) => assert_eq!(block.len(), dpd::LEN),
        Err(error) => {
            assert!(mode & 3 != 2);
            say(error);
        }
    }
}

/// The startup indication.
pub fn startup(data: &[u8]) {
    match Startup::decode(data) {
        Ok(startup) => {
            assert!(startup.buffers >= 2 && startup.kind <= 4);
            assert!(startup.label().len() <= 128);
            assert!(
                startup
                    .label()
                    .bytes()
                    .all(|byte| (b' '..=b'~').contains(&byte))
            );
        }
        Err(error) => say(error),
    }
}
