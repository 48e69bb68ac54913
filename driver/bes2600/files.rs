// SPDX-License-Identifier: GPL-2.0-only

//! The files the chip needs, from the firmware loader (section 2.1).

use super::{
    failure::Failure,
    logic::{
        container::Container,
        factory::Factory,
        wsm::request::SDD_LEN, //
    },
    text::Text,
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    firmware::Firmware,
    prelude::*,
};

const BOOT: &CStr = c"bes2600/best2002_fw_boot_sdio.bin";
const MAIN: &CStr = c"bes2600/best2002_fw_sdio.bin";
const FACTORY: &CStr = c"bes2600/bes2600_factory.txt";
const SDD: &CStr = c"bes2600/sdd.bin";

/// A firmware image whose container was checked.
pub(crate) struct Image {
    file: &'static str,
    firmware: Firmware,
}

impl Image {
    fn load(dev: &Device<Bound>, name: &'static CStr) -> Result<Self, Failure> {
        let image = Self {
            file: printable(name),
            firmware: request(dev, name)?,
        };
        image.container()?;
        Ok(image)
    }

    /// What to download, and where to.
    pub(crate) fn container(&self) -> Result<Container<'_>, Failure> {
        Container::parse(self.firmware.data()).map_err(|error| Failure::Container {
            file: self.file,
            error,
        })
    }
}

/// The radio calibration data of the configuration request.
pub(crate) struct Sdd(Firmware);

impl Sdd {
    /// The [`SDD_LEN`] bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.data()
    }
}

/// Loads and checks the boot image.
pub(crate) fn boot_image(dev: &Device<Bound>) -> Result<Image, Failure> {
    Image::load(dev, BOOT)
}

/// Loads and checks the main image.
pub(crate) fn main_image(dev: &Device<Bound>) -> Result<Image, Failure> {
    Image::load(dev, MAIN)
}

/// Loads and checks the radio calibration data.
pub(crate) fn sdd(dev: &Device<Bound>) -> Result<Sdd, Failure> {
    let firmware = request(dev, SDD)?;
    if firmware.size() != SDD_LEN {
        return Err(Failure::SddLen {
            file: printable(SDD),
            len: firmware.size(),
        });
    }
    Ok(Sdd(firmware))
}

/// Loads and parses the factory file. It is optional, and so is its being right (section 2.8): the
/// chip then uses what its own memory holds, and the log says so.
pub(crate) fn factory(dev: &Device<Bound>) -> Option<Factory> {
    let Ok(firmware) = Firmware::request_nowarn(FACTORY, dev) else {
        dev_info!(
            dev,
            "firmware {}: not there, going on without factory calibration\n",
            printable(FACTORY)
        );
        return None;
    };
    match Factory::parse(firmware.data()) {
        Ok(factory) => {
            if let Some(unusual) = factory.unusual() {
                dev_warn!(
                    dev,
                    "firmware {}: {}; used all the same\n",
                    printable(FACTORY),
                    Text(&unusual)
                );
            }
            Some(factory)
        }
        Err(error) => {
            dev_warn!(
                dev,
                "firmware {}: {}; going on without factory calibration\n",
                printable(FACTORY),
                Text(&error)
            );
            None
        }
    }
}

fn request(dev: &Device<Bound>, name: &'static CStr) -> Result<Firmware, Failure> {
    Firmware::request_nowarn(name, dev).map_err(|error| Failure::Missing {
        file: printable(name),
        error,
    })
}

fn printable(name: &'static CStr) -> &'static str {
    name.to_str().unwrap_or("file")
}
