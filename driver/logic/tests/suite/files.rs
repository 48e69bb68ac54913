// SPDX-License-Identifier: GPL-2.0-only

//! The files the chip needs, whole and broken.

use super::golden;
use bes2600_logic::crc32::crc32;
use bes2600_logic::factory::{
    Factory,
    FactoryError, //
};
use bes2600_logic::{
    container,
    dpd, //
};

#[test]
fn factory_files() {
    let factory = Factory::parse(golden::FACTORY_30.as_bytes()).unwrap();
    let block = factory.block();
    assert_eq!(factory.fields(), 30);
    assert_eq!(factory.unusual(), None);
    assert_eq!(block[..4], [0x80, 0xBA, 2, 0]);
    assert_eq!(block[4..8], crc32(&block[8..]).to_le_bytes());
    assert_eq!(block[12..14], [0x00, 0x01]);
    assert_eq!(block[14..20], [0x00, 0x14, 0x01, 0x14, 0x02, 0x14]);
    assert_eq!(block[20..22], [0x01, 0xFF]);
    assert_eq!(block[24..26], [0x00, 0x14]);
    assert_eq!(block[48..50], [0x0C, 0x14]);
    assert_eq!(block[52..56], [5, 0, 0, 0]);
    assert_eq!(block[64..68], [0x15, 0, 0, 0]);
    assert_eq!(block[68..72], [0x55, 0, 0, 0]);

    let with_efuse = golden::FACTORY_30.replace("%%", "##select_efuse_flag\nselect_efuse:1\n%%");
    let factory = Factory::parse(with_efuse.as_bytes()).unwrap();
    assert_eq!(factory.fields(), 31);
    assert_eq!(factory.block()[70..72], [1, 0]);

    let dos = golden::FACTORY_30.replace('\n', "\r\n");
    assert!(Factory::parse(dos.as_bytes()).is_ok());
}

#[test]
fn broken_factory_files() {
    let replaced = |from: &str, to: &str| {
        Factory::parse(golden::FACTORY_30.replace(from, to).as_bytes()).unwrap_err()
    };
    assert_eq!(
        replaced("freq_cal:0x100\n", ""),
        FactoryError::Expected {
            line: 7,
            what: "freq_cal"
        }
    );
    assert_eq!(
        replaced("##bt\n", ""),
        FactoryError::Expected {
            line: 31,
            what: "##bt"
        }
    );
    assert_eq!(
        replaced("ch7:0x1401", "ch7:0xwat"),
        FactoryError::NotHex {
            line: 11,
            field: "ch7"
        }
    );
    assert_eq!(
        replaced("ch7:0x1401", "ch7:0x11401"),
        FactoryError::TooLarge {
            line: 11,
            field: "ch7",
            bits: 16
        }
    );
    assert_eq!(
        replaced("0xba80", "0xba81"),
        FactoryError::Magic { found: 0xBA81 }
    );
    assert_eq!(
        replaced("version:0x2", "version:0x3"),
        FactoryError::Version { found: 3 }
    );
    assert_eq!(
        replaced("edr_power:0x15\n%%\n", ""),
        FactoryError::Ended {
            line: 35,
            what: "edr_power"
        }
    );
    assert_eq!(
        replaced("%%", "junk"),
        FactoryError::Expected {
            line: 36,
            what: "%%"
        }
    );
    assert_eq!(
        Factory::parse(&[b'#'; 601]),
        Err(FactoryError::TooLong { len: 601 })
    );
    assert_eq!(Factory::parse(&[0xFF; 20]), Err(FactoryError::NotText));
    let odd = golden::FACTORY_30.replace("freq_cal:0x100", "freq_cal:0x0");
    let unusual = Factory::parse(odd.as_bytes()).unwrap().unusual().unwrap();
    assert_eq!((unusual.line, unusual.field), (7, "freq_cal"));
}

#[test]
fn containers() {
    use container::{
        Container,
        ContainerError, //
    };
    let image = |exec: u32, tail: u32| {
        let mut image = vec![0u8; 12];
        image.extend_from_slice(&exec.to_le_bytes());
        image.extend_from_slice(b"code Dec 27 2023 10:00:00\0\0\0");
        image.extend_from_slice(&tail.to_le_bytes());
        image
    };
    for (exec, tail, address) in [
        (0x2000_0000, 0, 0x2000_0000),
        (0x2000_0000, 0x2000_0000, 0x2000_0000),
        (0x2000_0000, 0x2010_0000, 0x2010_0000),
        (0, 0x2010_0000, 0x2010_0000),
    ] {
        let image = image(exec, tail);
        let container = Container::parse(&image).unwrap();
        assert_eq!(container.address(), address);
        assert_eq!(container.payload(), &image[..image.len() - 4]);
        assert_eq!(container.build_date(), Some("Dec 27 2023 10:00:00"));
    }
    assert_eq!(
        Container::parse(&image(0, 0)),
        Err(ContainerError::NoAddress)
    );
    assert_eq!(
        Container::parse(&image(0x2000_0002, 0)),
        Err(ContainerError::BadAddress {
            address: 0x2000_0002
        })
    );
    assert_eq!(
        Container::parse(&[1; 19]),
        Err(ContainerError::TooShort { len: 19 })
    );
    assert_eq!(
        Container::parse(&[1; 21]),
        Err(ContainerError::NotWords { len: 21 })
    );
    assert_eq!(
        Container::parse(&vec![1; container::MAX_LEN + 4]),
        Err(ContainerError::TooLong {
            len: container::MAX_LEN + 4
        })
    );
}

#[test]
fn calibration() {
    let mut block = vec![0u8; dpd::LEN];
    block[0x3AF4] = 7;
    let crc = crc32(&block[4..]);
    block[..4].copy_from_slice(&crc.to_le_bytes());
    assert_eq!(dpd::check(&block), Ok(dpd::VERSION));
    block[100] ^= 1;
    assert!(matches!(dpd::check(&block), Err(dpd::DpdError::Crc { .. })));
    assert_eq!(
        dpd::check(&block[1..]),
        Err(dpd::DpdError::Length { len: dpd::LEN - 1 })
    );
}

#[test]
fn known_checksum() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}
