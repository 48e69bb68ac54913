// SPDX-License-Identifier: GPL-2.0-only
//! Frames of 802.11, read where they lie (802.11, 9.2 to 9.4).

use crate::air::Address;

/// Subtypes of management frames (802.11, table 9-1).
pub(crate) mod management {
    pub(crate) const PROBE_RESPONSE: u8 = 5;
    pub(crate) const BEACON: u8 = 8;
    pub(crate) const ACTION: u8 = 13;
}

/// Frame control bits, of both bytes as one little-endian number.
pub(crate) mod control {
    pub(crate) const TO_DS: u16 = 1 << 8;
    pub(crate) const FROM_DS: u16 = 1 << 9;
    pub(crate) const POWER_MANAGEMENT: u16 = 1 << 12;
    pub(crate) const MORE_DATA: u16 = 1 << 13;
    pub(crate) const PROTECTED: u16 = 1 << 14;
    pub(crate) const ORDER: u16 = 1 << 15;
    /// Null function.
    pub(crate) const NULL: u16 = 0x0048;
    /// QoS null.
    pub(crate) const QOS_NULL: u16 = 0x00C8;
    /// PS-Poll.
    pub(crate) const PS_POLL: u16 = 0x00A4;
    /// Action.
    pub(crate) const ACTION: u16 = 0x00D0;
}

/// Element ids (802.11, table 9-92).
pub(crate) mod element {
    pub(crate) const SSID: u8 = 0;
    pub(crate) const TIM: u8 = 5;
    pub(crate) const VENDOR: u8 = 221;
}

/// Type of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Management,
    Control,
    Data,
    Extension,
}

/// A frame with at least frame control, duration and one address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The frame in `bytes`, if its header is all there.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let frame = Self { bytes };
        (bytes.len() >= 10 && bytes.len() >= frame.header_len()).then_some(frame)
    }

    /// Frame control.
    pub(crate) fn control(self) -> u16 {
        self.u16_at(0)
    }

    fn u16_at(self, offset: usize) -> u16 {
        self.bytes
            .get(offset..)
            .and_then(|rest| rest.first_chunk())
            .map_or(0, |field| u16::from_le_bytes(*field))
    }

    pub(crate) fn kind(self) -> Kind {
        match self.control() >> 2 & 3 {
            0 => Kind::Management,
            1 => Kind::Control,
            2 => Kind::Data,
            _ => Kind::Extension,
        }
    }

    pub(crate) fn subtype(self) -> u8 {
        let [low, _] = self.control().to_le_bytes();
        low >> 4
    }

    pub(crate) fn is_management(self, subtype: u8) -> bool {
        self.kind() == Kind::Management && self.subtype() == subtype
    }

    /// Whether it is a beacon or probe response.
    pub(crate) fn announces(self) -> bool {
        self.is_management(management::BEACON) || self.is_management(management::PROBE_RESPONSE)
    }

    /// A data frame with a QoS control field.
    pub(crate) fn is_qos(self) -> bool {
        self.kind() == Kind::Data && self.subtype() & 8 != 0
    }

    pub(crate) fn has(self, bits: u16) -> bool {
        self.control() & bits != 0
    }

    pub(crate) fn address1(self) -> Address {
        Address::from_frame(self.bytes, 4).unwrap_or_default()
    }

    /// A data frame without data.
    pub(crate) fn is_null(self) -> bool {
        self.kind() == Kind::Data && self.subtype() & 4 != 0
    }

    /// The transmitter, or zeros in a frame that does not name it.
    pub(crate) fn address2(self) -> Address {
        Address::from_frame(self.bytes, 10).unwrap_or_default()
    }

    pub(crate) fn address3(self) -> Address {
        Address::from_frame(self.bytes, 16).unwrap_or_default()
    }

    /// The BSS that a management or data frame belongs to.
    pub(crate) fn bssid(self) -> Address {
        match (
            self.kind(),
            self.has(control::TO_DS),
            self.has(control::FROM_DS),
        ) {
            (Kind::Data, true, _) => self.address1(),
            (Kind::Data, false, true) => self.address2(),
            _ => self.address3(),
        }
    }

    /// Fragment number in bits 3:0, sequence number above.
    pub(crate) fn sequence_control(self) -> u16 {
        self.u16_at(22)
    }

    /// Length of the header, with QoS and HT control.
    pub(crate) fn header_len(self) -> usize {
        match self.kind() {
            Kind::Management => 24 + self.ht_control_len(),
            Kind::Data => {
                let four = self.has(control::TO_DS) && self.has(control::FROM_DS);
                let qos = self.is_qos();
                let order = if qos { self.ht_control_len() } else { 0 };
                24 + if four { 6 } else { 0 } + if qos { 2 } else { 0 } + order
            }
            // RTS, PS-Poll and block acknowledgements have two addresses, CTS and ACK one.
            Kind::Control if matches!(self.subtype(), 12 | 13) => 10,
            Kind::Control => 16,
            Kind::Extension => 10,
        }
    }

    fn ht_control_len(self) -> usize {
        if self.has(control::ORDER) { 4 } else { 0 }
    }

    /// Low byte of the QoS control field.
    pub(crate) fn qos_control(self) -> Option<u8> {
        if !self.is_qos() {
            return None;
        }
        let four = self.has(control::TO_DS) && self.has(control::FROM_DS);
        let offset = if four { 30 } else { 24 };
        self.bytes.get(offset).copied()
    }

    /// Traffic identifier of a QoS frame.
    pub(crate) fn tid(self) -> Option<u8> {
        self.qos_control().map(|control| control & 0x0F)
    }

    /// What follows the header.
    pub(crate) fn body(self) -> &'a [u8] {
        self.bytes.get(self.header_len()..).unwrap_or(&[])
    }

    /// The elements of a beacon or probe response.
    pub(crate) fn elements(self) -> Elements<'a> {
        Elements::new(self.body().get(12..).unwrap_or(&[]))
    }
}

/// The elements at the end of a management frame; ends at the first that is cut off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Content of the first element of that id.
    pub(crate) fn find(mut self, wanted: u8) -> Option<&'a [u8]> {
        self.find_map(|(id, content)| (id == wanted).then_some(content))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[id, len], rest) = self.rest.split_first_chunk()?;
        let (content, rest) = rest.split_at_checked(usize::from(len))?;
        self.rest = rest;
        Some((id, content))
    }
}

/// What a frame is, from whom and to whom, for people.
pub(crate) fn describe(bytes: &[u8]) -> String {
    let Some(frame) = Frame::new(bytes) else {
        return format!("{} bytes that are no frame", bytes.len());
    };
    let name = match (frame.kind(), frame.subtype()) {
        (Kind::Management, 0) => "association-request",
        (Kind::Management, 1) => "association-response",
        (Kind::Management, 2) => "reassociation-request",
        (Kind::Management, 3) => "reassociation-response",
        (Kind::Management, 4) => "probe-request",
        (Kind::Management, management::PROBE_RESPONSE) => "probe-response",
        (Kind::Management, management::BEACON) => "beacon",
        (Kind::Management, 10) => "disassociation",
        (Kind::Management, 11) => "authentication",
        (Kind::Management, 12) => "deauthentication",
        (Kind::Management, management::ACTION) => "action",
        (Kind::Management, _) => "management",
        (Kind::Control, _) => "control",
        (Kind::Data, _) if frame.is_null() => "null",
        (Kind::Data, _) if frame.is_qos() => "qos-data",
        (Kind::Data, _) => "data",
        (Kind::Extension, _) => "extension",
    };
    let protected = if frame.has(control::PROTECTED) {
        " protected"
    } else {
        ""
    };
    format!(
        "{name}{protected} {} <- {} seq {}, {} bytes",
        frame.address1(),
        frame.address2(),
        frame.sequence_control() >> 4,
        bytes.len()
    )
}

/// Sets or clears bits of frame control.
pub(crate) fn set_control(bytes: &mut [u8], bits: u16, on: bool) {
    if let Some([low, high]) = bytes.get_mut(..2) {
        let value = u16::from_le_bytes([*low, *high]);
        let value = if on { value | bits } else { value & !bits };
        [*low, *high] = value.to_le_bytes();
    }
}

/// Sets the sequence number of a frame, and leaves its fragment number.
pub(crate) fn set_sequence(bytes: &mut [u8], number: u16) {
    if let Some([low, high]) = bytes.get_mut(22..24) {
        let value = (number & 0x0FFF) << 4 | u16::from(*low & 0x0F);
        [*low, *high] = value.to_le_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, Kind, element, set_sequence};
    use crate::air::Address;

    fn qos_to_ds() -> Vec<u8> {
        let mut bytes = vec![0x88, 0x01, 0, 0];
        bytes.extend_from_slice(&[1; 6]);
        bytes.extend_from_slice(&[2; 6]);
        bytes.extend_from_slice(&[3; 6]);
        bytes.extend_from_slice(&[0x30, 0x12, 5, 0, 0xAA]);
        bytes
    }

    #[test]
    fn reads_a_qos_frame() {
        let bytes = qos_to_ds();
        let frame = Frame::new(&bytes).unwrap();
        assert_eq!(frame.kind(), Kind::Data);
        assert_eq!((frame.tid(), frame.header_len()), (Some(5), 26));
        assert_eq!(frame.body(), [0xAA]);
        assert_eq!(frame.bssid(), Address([1; 6]));
        assert_eq!(frame.sequence_control() >> 4, 0x123);
    }

    #[test]
    fn a_cut_header_is_no_frame() {
        let bytes = qos_to_ds();
        assert!(Frame::new(&bytes[..25]).is_none());
        assert!(Frame::new(&[0xD4, 0, 0, 0, 1, 2, 3, 4, 5, 6]).is_some());
        assert!(Frame::new(&[0xD4, 0, 0]).is_none());
    }

    #[test]
    fn elements_end_where_they_are_cut_off() {
        let mut bytes = vec![0x80, 0];
        bytes.resize(36, 0);
        bytes.extend_from_slice(&[0, 2, b'a', b'b', 5, 200, 1]);
        let frame = Frame::new(&bytes).unwrap();
        assert_eq!(frame.elements().find(element::SSID), Some(&b"ab"[..]));
        assert_eq!(frame.elements().find(element::TIM), None);
    }

    #[test]
    fn fields_are_set_in_place() {
        let mut bytes = qos_to_ds();
        set_sequence(&mut bytes, 0x1FFF);
        assert_eq!(bytes[22..24], [0xF0, 0xFF]);
    }
}
