// SPDX-License-Identifier: GPL-2.0-only
//! Template frames (MIB 0x1002, 3.8.1), which the firmware sends by itself.

use std::collections::BTreeMap;

use crate::bytes::Reader;
use crate::firmware::frame::{Elements, Frame, element};

/// Probe request.
pub(crate) const PROBE_REQUEST: u8 = 0;
/// Null function.
pub(crate) const NULL: u8 = 2;
/// QoS null function.
pub(crate) const QOS_NULL: u8 = 3;
/// Last type.
const LAST: u8 = 7;

/// A template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    /// Rate id, or 0xFF for the firmware's choice.
    pub(crate) rate: u8,
    pub(crate) bytes: Vec<u8>,
}

/// The templates by interface and type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Templates {
    entries: BTreeMap<(u8, u8), Template>,
}

impl Templates {
    /// Takes a write of the MIB; a template without a frame is disabled.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(crate) fn write(&mut self, interface: u8, value: &[u8]) -> Result<(), String> {
        let mut reader = Reader::new(value);
        let (Some(kind), Some(rate), Some(length)) = (reader.u8(), reader.u8(), reader.u16())
        else {
            return Err("the header is cut off".to_owned());
        };
        let bytes = reader.rest();
        let kind = kind & 0x7F;
        if kind > LAST {
            return Err(format!("type {kind}"));
        }
        if usize::from(length) != bytes.len() {
            return Err(format!("length {length} with {} bytes", bytes.len()));
        }
        if bytes.is_empty() {
            self.entries.remove(&(interface, kind));
            return Ok(());
        }
        if Frame::new(bytes).is_none() {
            return Err(format!("a frame of {} bytes", bytes.len()));
        }
        let bytes = bytes.to_vec();
        self.entries
            .insert((interface, kind), Template { rate, bytes });
        Ok(())
    }

    pub(crate) fn get(&self, interface: u8, kind: u8) -> Option<&Template> {
        self.entries.get(&(interface, kind))
    }
}

impl Template {
    /// The probe request with that network's name in it.
    pub(crate) fn with_ssid(&self, ssid: &[u8]) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.bytes.iter().take(24).copied().collect();
        let len = u8::try_from(ssid.len()).unwrap_or(0);
        bytes.extend_from_slice(&[element::SSID, len]);
        bytes.extend_from_slice(ssid.get(..usize::from(len)).unwrap_or(&[]));
        for (id, content) in Elements::new(self.bytes.get(24..).unwrap_or(&[])) {
            if id != element::SSID {
                bytes.extend_from_slice(&[id, u8::try_from(content.len()).unwrap_or(0)]);
                bytes.extend_from_slice(content);
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::Templates;

    fn probe(elements: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x40, 0];
        frame.resize(24, 0xFF);
        frame.extend_from_slice(elements);
        let mut value = vec![0, 0xFF, u8::try_from(frame.len()).unwrap(), 0];
        value.extend_from_slice(&frame);
        value
    }

    #[test]
    fn the_name_is_put_in() {
        let mut templates = Templates::default();
        templates.write(0, &probe(&[0, 0, 1, 1, 0x82])).unwrap();
        let frame = templates.get(0, 0).unwrap().with_ssid(b"abc");
        assert_eq!(frame[24..], [0, 3, b'a', b'b', b'c', 1, 1, 0x82]);
        assert!(templates.get(1, 0).is_none());
    }

    #[test]
    fn empty_disables_and_nonsense_is_refused() {
        let mut templates = Templates::default();
        templates.write(0, &probe(&[])).unwrap();
        templates.write(0, &[0, 0, 0, 0]).unwrap();
        assert!(templates.get(0, 0).is_none());
        assert!(templates.write(0, &[8, 0, 0, 0]).is_err());
        assert!(templates.write(0, &[0, 0, 5, 0, 1]).is_err());
        assert!(templates.write(0, &[0, 0, 1, 0, 1]).is_err());
    }
}
