// SPDX-License-Identifier: GPL-2.0-only
//! Frames that come off the air slightly wrong, whoever sent them: management frames mostly in
//! their elements, which is where a receiver has to parse.

use super::{ENDS, Mutator, change};

/// Bytes of the header of a management frame.
const HEADER: usize = 24;
/// Bytes of the head of an element: its id, its length.
const ELEMENT_HEAD: usize = 2;
/// Longest frame that is made.
const MAX_FRAME: usize = 1600;

/// Elements that a receiver looks into: SSID, rates, DS parameters, TIM, country, power constraint,
/// channel switches, quiet, HT and VHT and HE ones, RSN, mobility domain, vendor's, extension,
/// fragment, neighbours and so on.
const ELEMENTS: [u8; 26] = [
    0, 1, 3, 5, 7, 11, 32, 37, 40, 42, 45, 48, 50, 52, 54, 60, 61, 62, 70, 71, 74, 127, 191, 192,
    221, 255,
];

/// Bytes of a management frame between header and elements, by subtype; `None` for frames without
/// elements.
const fn fixed(subtype: u8) -> Option<usize> {
    match subtype {
        // Association and reassociation response; authentication
        1 | 3 | 11 => Some(6),
        // Probe response; beacon
        5 | 8 => Some(12),
        _ => None,
    }
}

/// Where the elements of a frame begin: the offset of each.
fn elements(frame: &[u8]) -> Vec<usize> {
    let Some(control) = frame.first() else {
        return Vec::new();
    };
    let Some(fixed) = (control & 0x0C == 0).then(|| fixed(control >> 4)).flatten() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut at = HEADER + fixed;
    while let Some([_, len]) = frame.get(at..at + ELEMENT_HEAD) {
        found.push(at);
        at += ELEMENT_HEAD + usize::from(*len);
    }
    found
}

impl Mutator {
    /// Changes a frame that was heard, or leaves it alone.
    pub(crate) fn frame(&mut self, frame: &mut Vec<u8>) {
        if !self.due(self.settings.air) {
            return;
        }
        let elements = elements(frame);
        let name = match self.random.choice(elements) {
            Some(at) if self.random.u8(0..4) != 0 => self.element(frame, at),
            _ => self.bytes(frame),
        };
        self.note(name);
    }

    /// Changes the element that begins at `at`.
    fn element(&mut self, frame: &mut Vec<u8>, at: usize) -> &'static str {
        let len = frame.get(at + 1).copied().map_or(0, usize::from);
        let end = (at + ELEMENT_HEAD + len).min(frame.len());
        match self.random.u8(0..6) {
            0 => {
                let [len, ..] = self.random.choice(ENDS).unwrap_or(0).to_le_bytes();
                change(frame, at + 1, |_| len);
                "air: length of an element"
            }
            1 => {
                let id = self.random.choice(ELEMENTS).unwrap_or(0);
                change(frame, at, |_| id);
                "air: another element"
            }
            2 => {
                let again = frame.get(at..end).unwrap_or_default().to_vec();
                if frame.len() + again.len() <= MAX_FRAME {
                    frame.splice(end..end, again);
                }
                "air: an element twice"
            }
            3 => {
                frame.drain(at..end);
                "air: an element missing"
            }
            4 => {
                // In its middle, or before its first byte.
                frame.truncate(self.random.usize(at..=end));
                "air: cut off in an element"
            }
            _ => {
                for byte in frame.get_mut(at + ELEMENT_HEAD..end).unwrap_or_default() {
                    *byte = self.random.u8(..);
                }
                "air: noise in an element"
            }
        }
    }

    /// Changes a byte, or the length.
    fn bytes(&mut self, frame: &mut Vec<u8>) -> &'static str {
        let at = self.random.usize(0..frame.len().max(1));
        match self.random.u8(0..3) {
            0 => {
                frame.truncate(at);
                "air: cut off"
            }
            1 => {
                let value = self.random.u8(..);
                change(frame, at, |_| value);
                "air: byte"
            }
            _ => {
                let bit = 1 << self.random.u8(0..8);
                change(frame, at, |byte| byte ^ bit);
                "air: bit"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mutator, elements};
    use crate::mutation::Settings;

    /// A beacon with an SSID and rates.
    fn beacon() -> Vec<u8> {
        let mut frame = vec![0x80, 0];
        frame.resize(36, 1);
        frame.extend([0, 3, b'n', b'e', b't', 1, 2, 0x82, 0x84]);
        frame
    }

    #[test]
    fn elements_are_found() {
        assert_eq!(elements(&beacon()), [36, 41]);
        // The last one claims more than there is.
        assert_eq!(elements(&beacon()[..44]), [36, 41]);
        assert_eq!(elements(&beacon()[..42]), [36]);
        assert!(elements(&[0x88; 60]).is_empty());
        assert!(elements(&[]).is_empty());
    }

    #[test]
    fn every_way_is_taken_and_none_is_too_long() {
        let mut mutator = Mutator::new(Settings {
            air: 1.0,
            ..Settings::default()
        });
        for len in [0, 1, 10, 24, 36, 45] {
            for _ in 0..500 {
                let mut frame = beacon();
                frame.truncate(len);
                mutator.frame(&mut frame);
                assert!(frame.len() <= 64);
            }
        }
        assert_eq!(mutator.counts().values().sum::<u64>(), 3000);
        assert_eq!(mutator.counts().len(), 9);
    }

    #[test]
    fn without_settings_nothing_changes() {
        let mut mutator = Mutator::new(Settings::default());
        let mut frame = beacon();
        mutator.frame(&mut frame);
        assert_eq!(frame, beacon());
    }
}
