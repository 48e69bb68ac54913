// SPDX-License-Identifier: GPL-2.0-only
//! What the air looks at in a frame: who is to receive it, and whether it is acknowledged.

use super::address::Address;

/// Types of frames, bits 2 and 3 of frame control (802.11, table 9-1).
mod kind {
    pub(super) const MANAGEMENT: u8 = 0;
    pub(super) const CONTROL: u8 = 1;
    pub(super) const DATA: u8 = 2;
}

/// Subtypes of control frames that a station answers at once: block ack request, PS-Poll.
const ANSWERED_CONTROL: [u8; 2] = [8, 10];
/// Bit of the data subtypes that have a QoS control field.
const QOS: u8 = 8;
/// Bits 5 and 6 of QoS control: the ack policy. 1 is "no ack" (802.11, table 9-12).
const NO_ACK: u8 = 1;
/// Retry, in the second byte of frame control.
const RETRY: u8 = 0x08;
/// Bytes before QoS control with three addresses.
const THREE_ADDRESSES: usize = 24;
/// Both bits of frame control that say how many addresses there are: to and from a DS.
const FOUR_ADDRESSES: u8 = 3;

/// Receiver address of a frame. `None` for a frame that ends before.
pub(crate) fn receiver(frame: &[u8]) -> Option<Address> {
    Address::from_frame(frame, 4)
}

/// Transmitter address of a frame. `None` for frames without one, which are answers.
pub(crate) fn transmitter(frame: &[u8]) -> Option<Address> {
    Address::from_frame(frame, 10)
}

/// Whether the receiver acknowledges the frame when it gets it, by any kind of answer.
pub(crate) fn expects_ack(frame: &[u8]) -> bool {
    let [control, flags, ..] = *frame else {
        return false;
    };
    if receiver(frame).is_none_or(Address::is_group) {
        return false;
    }
    let subtype = control >> 4;
    match control >> 2 & 3 {
        kind::MANAGEMENT => true,
        kind::CONTROL => ANSWERED_CONTROL.contains(&subtype),
        kind::DATA if subtype & QOS != 0 => {
            let offset = if flags & FOUR_ADDRESSES == FOUR_ADDRESSES {
                THREE_ADDRESSES + 6
            } else {
                THREE_ADDRESSES
            };
            frame.get(offset).is_none_or(|qos| qos >> 5 & 3 != NO_ACK)
        }
        kind::DATA => true,
        _ => false,
    }
}

/// The frame as it is sent again.
pub(crate) fn again(frame: &[u8]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    if let Some(flags) = frame.get_mut(1) {
        *flags |= RETRY;
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(control: u8, flags: u8, receiver: u8, rest: &[u8]) -> Vec<u8> {
        let mut frame = vec![control, flags, 0, 0];
        frame.extend([receiver, 2, 2, 2, 2, 2]);
        frame.extend(rest);
        frame
    }

    #[test]
    fn individual_frames_are_acknowledged_but_answers_are_not() {
        let rest = [0; 30];
        // Authentication, data, PS-Poll, block ack request.
        for control in [0xB0, 0x08, 0xA4, 0x84] {
            assert!(expects_ack(&frame(control, 0, 2, &rest)), "{control:02x}");
            assert!(
                !expects_ack(&frame(control, 0, 1, &rest)),
                "{control:02x} to a group"
            );
        }
        // Acknowledgement, CTS, block ack, extension.
        for control in [0xD4, 0xC4, 0x94, 0x0C] {
            assert!(!expects_ack(&frame(control, 0, 2, &rest)), "{control:02x}");
        }
    }

    #[test]
    fn a_qos_frame_may_ask_for_none() {
        let mut rest = [0; 30];
        rest[14] = 0x20;
        assert!(!expects_ack(&frame(0x88, 0, 2, &rest)));
        assert!(
            expects_ack(&frame(0x88, 3, 2, &rest)),
            "its control field is elsewhere"
        );
        rest[20] = 0x20;
        assert!(!expects_ack(&frame(0x88, 3, 2, &rest)));
    }

    #[test]
    fn short_frames_are_nobodys() {
        for length in 0..16 {
            let frame = vec![0; length];
            assert_eq!(expects_ack(&frame), length >= 10);
            assert_eq!(receiver(&frame).is_some(), length >= 10);
            assert_eq!(transmitter(&frame).is_some(), length >= 16);
            assert_eq!(again(&frame).len(), length);
        }
    }
}
