// SPDX-License-Identifier: GPL-2.0-only
//! The configuration request (3.3.4, 3.4.1).

use crate::air::Address;
use crate::breach::Rule;
use crate::bytes::{Builder, Reader};
use crate::firmware::{Env, Firmware, confirm, status};
use crate::wsm::slots::Received;

/// Rate ids that the chip has.
const RATES: u32 = 0x003F_FFCF;

impl Firmware {
    /// 0x0009.
    pub(crate) fn configure(&mut self, message: &Received, env: &mut Env<'_>) {
        let code = match parse(&message.body) {
            Ok(mac) => {
                self.mac = mac;
                self.radio.addresses(&[mac]);
                let interface = usize::from(message.id.interface());
                if let Some(configured) = self.configured.get_mut(interface) {
                    *configured = true;
                }
                status::SUCCESS
            }
            Err(text) => {
                env.journal.breach(Rule::Configuration, text);
                status::INVALID
            }
        };
        // Least and most power and step, in 0.1 dBm.
        let range = |builder: Builder| builder.u32(0).u32(200).u32(10);
        let body = Builder::new()
            .u32(code)
            .bytes(&self.mac.0)
            .u8(env.config.firmware.bands)
            .u8(0)
            .u32(RATES);
        let body = range(range(body)).build();
        self.confirm_command(confirm::of(message.id, body), env);
    }
}

/// Checks the fields of a configuration; answers the station's address.
fn parse(body: &[u8]) -> Result<Address, String> {
    let short = || "the body is too short".to_owned();
    let mut reader = Reader::new(body);
    reader.take(12).ok_or_else(short)?;
    let length = reader.u16().ok_or_else(short)?;
    let version = reader.u16().ok_or_else(short)?;
    let mac = reader.take(6).ok_or_else(short)?;
    let flags = reader.u16().ok_or_else(short)?;
    let sdd = reader.rest();
    if usize::from(length) != sdd.len().saturating_add(12) {
        return Err(format!(
            "block length {length} with {} bytes of SDD",
            sdd.len()
        ));
    }
    if version != 1 || flags != 5 {
        return Err(format!(
            "block version {version}, flags {flags}; 1 and 5 are right"
        ));
    }
    let mac = Address::from_frame(mac, 0).ok_or_else(short)?;
    if mac.is_group() || mac == Address::default() {
        return Err("the station address is a group address or zero".to_owned());
    }
    if !is_tlv(sdd) {
        return Err("the SDD block is no sequence of elements".to_owned());
    }
    Ok(mac)
}

/// Whether `bytes` are `{type, length, data}` elements up to their end.
fn is_tlv(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    while !reader.rest().is_empty() {
        let element = reader
            .u8()
            .and_then(|_| reader.u8())
            .and_then(|len| reader.take(usize::from(len)));
        if element.is_none() {
            return false;
        }
    }
    true
}
