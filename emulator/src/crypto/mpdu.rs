// SPDX-License-Identifier: GPL-2.0-only
//! What protection looks at in a frame (9.2.4).

use super::CryptoError;

/// Types, bits 2 and 3 of frame control.
const MANAGEMENT: u8 = 0;
const DATA: u8 = 2;
/// Bit of the data subtypes that have a QoS control field.
const QOS: u8 = 8;

/// Second byte of frame control.
pub(super) mod flag {
    pub(in super::super) const TO_DS: u8 = 0x01;
    pub(in super::super) const FROM_DS: u8 = 0x02;
    pub(in super::super) const MORE_FRAGMENTS: u8 = 0x04;
    pub(in super::super) const RETRY: u8 = 0x08;
    pub(in super::super) const POWER_MANAGEMENT: u8 = 0x10;
    pub(in super::super) const MORE_DATA: u8 = 0x20;
    pub(in super::super) const PROTECTED: u8 = 0x40;
    /// +HTC: an HT control field follows.
    pub(in super::super) const HTC: u8 = 0x80;
}

/// A data or management frame, divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mpdu<'a> {
    /// The MAC header: up to QoS control and HT control, if they are there.
    pub header: &'a [u8],
    /// What follows.
    pub body: &'a [u8],
    /// Its first 24 bytes.
    fixed: &'a [u8; 24],
    address_4: Option<&'a [u8; 6]>,
    qos: Option<[u8; 2]>,
}

impl<'a> Mpdu<'a> {
    /// Divides a frame.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Malformed`].
    pub fn parse(frame: &'a [u8]) -> Result<Self, CryptoError> {
        Self::divide(frame).ok_or(CryptoError::Malformed)
    }

    fn divide(frame: &'a [u8]) -> Option<Self> {
        let (fixed, mut rest) = frame.split_first_chunk::<24>()?;
        let [control, flags, ..] = *fixed;
        let is_data = control >> 2 & 3 == DATA;
        if control & 3 != 0 || !is_data && control >> 2 & 3 != MANAGEMENT {
            return None;
        }
        let mut address_4 = None;
        let both = flag::TO_DS | flag::FROM_DS;
        if is_data && flags & both == both {
            let (address, after) = rest.split_first_chunk()?;
            (address_4, rest) = (Some(address), after);
        }
        let mut qos = None;
        if is_data && control >> 4 & QOS != 0 {
            let (field, after) = rest.split_first_chunk()?;
            (qos, rest) = (Some(*field), after);
        }
        if flags & flag::HTC != 0 && (qos.is_some() || !is_data) {
            rest = rest.split_at_checked(4)?.1;
        }
        let (header, body) = frame.split_at_checked(frame.len().checked_sub(rest.len())?)?;
        Some(Self {
            header,
            body,
            fixed,
            address_4,
            qos,
        })
    }

    /// Whether it is a management frame.
    pub const fn is_management(&self) -> bool {
        self.fixed[0] >> 2 & 3 == MANAGEMENT
    }

    /// Whether it says that it is protected.
    pub const fn is_protected(&self) -> bool {
        self.fixed[1] & flag::PROTECTED != 0
    }

    /// Traffic identifier of a QoS frame.
    pub fn tid(&self) -> Option<u8> {
        self.qos.map(|[low, _]| low & 0xF)
    }

    /// Whether it is part of a fragmented MSDU or MMPDU.
    pub const fn is_fragment(&self) -> bool {
        self.fixed[1] & flag::MORE_FRAGMENTS != 0 || self.fixed[22] & 0xF != 0
    }

    pub(super) const fn frame_control(&self) -> [u8; 2] {
        [self.fixed[0], self.fixed[1]]
    }

    pub(super) const fn qos(&self) -> Option<[u8; 2]> {
        self.qos
    }

    /// Addresses 1, 2 and 3.
    pub(super) fn addresses(&self) -> [[u8; 6]; 3] {
        let [_, _, _, _, rest @ ..] = *self.fixed;
        let (chunks, _) = rest.as_chunks();
        match *chunks {
            [a, b, c] => [a, b, c],
            _ => Default::default(),
        }
    }

    pub(super) const fn address_4(&self) -> Option<&[u8; 6]> {
        self.address_4
    }

    /// Low byte of sequence control: the fragment number is its lower half.
    pub(super) const fn fragment(&self) -> u8 {
        self.fixed[22] & 0xF
    }

    /// Where the frame is to go in the end, and where it began.
    pub(super) fn ends(&self) -> ([u8; 6], [u8; 6]) {
        let [one, two, three] = self.addresses();
        match self.fixed[1] & (flag::TO_DS | flag::FROM_DS) {
            0 => (one, two),
            flag::TO_DS => (three, two),
            flag::FROM_DS => (one, three),
            _ => (three, self.address_4.copied().unwrap_or_default()),
        }
    }

    /// The header with the bit that says that the frame is protected.
    pub(super) fn protected_header(&self) -> Vec<u8> {
        let mut header = self.header.to_vec();
        if let Some(flags) = header.get_mut(1) {
            *flags |= flag::PROTECTED;
        }
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(control: u8, flags: u8) -> Vec<u8> {
        let mut frame: Vec<u8> = (0..60).collect();
        frame[0] = control;
        frame[1] = flags;
        frame
    }

    #[test]
    fn headers_end_where_their_fields_end() {
        for (control, flags, length) in [
            (0x08, 0, 24),
            (0x08, 3, 30),
            (0x88, 1, 26),
            (0x88, 3, 32),
            (0x88, 0x81, 30),
            (0x08, 0x80, 24),
            (0xC0, 0, 24),
            (0xC0, 0x80, 28),
        ] {
            let frame = frame(control, flags);
            let mpdu = Mpdu::parse(&frame).unwrap();
            assert_eq!(mpdu.header.len(), length, "{control:02x} {flags:02x}");
            assert_eq!(mpdu.body, &frame[length..]);
            for short in 0..length {
                assert_eq!(Mpdu::parse(&frame[..short]), Err(CryptoError::Malformed));
            }
        }
    }

    #[test]
    fn control_and_extension_frames_are_refused() {
        for control in [0xB4, 0xA4, 0x0C, 0x09] {
            assert_eq!(Mpdu::parse(&frame(control, 0)), Err(CryptoError::Malformed));
        }
    }

    #[test]
    fn ends_depend_on_the_ds_bits() {
        let address = |first: u8| -> [u8; 6] { std::array::from_fn(|i| first + i as u8) };
        for (flags, destination, source) in [(0, 4, 10), (1, 16, 10), (2, 4, 16), (3, 16, 24)] {
            let frame = frame(0x08, flags);
            let mpdu = Mpdu::parse(&frame).unwrap();
            assert_eq!(mpdu.ends(), (address(destination), address(source)));
        }
    }
}
