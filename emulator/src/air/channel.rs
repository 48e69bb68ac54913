// SPDX-License-Identifier: GPL-2.0-only
//! Channels of 20 and 40 MHz in two bands.

/// How wide a channel is, and where the secondary half lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Width {
    /// 20 MHz.
    #[default]
    Mhz20,
    /// 40 MHz, the secondary 20 MHz above the primary.
    Mhz40Above,
    /// 40 MHz, the secondary 20 MHz below the primary.
    Mhz40Below,
}

/// A channel that a radio can be tuned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Channel {
    /// Centre of the primary 20 MHz channel, in MHz.
    pub primary: u16,
    /// Width.
    pub width: Width,
}

impl Channel {
    /// The 20 MHz channel around `primary` MHz.
    pub const fn mhz20(primary: u16) -> Self {
        Self {
            primary,
            width: Width::Mhz20,
        }
    }

    /// The 20 MHz channel with that number: 1 to 14 are in the 2.4 GHz band, others in the 5 GHz
    /// band (802.11, 15.4.4.3, 17.3.8.4.2). `None` for numbers that neither has.
    pub const fn from_number(number: u16) -> Option<Self> {
        match number {
            1..=13 => Some(Self::mhz20(2407 + 5 * number)),
            14 => Some(Self::mhz20(2484)),
            32..=177 => Some(Self::mhz20(5000 + 5 * number)),
            _ => None,
        }
    }

    /// Whether the channel is in the 2.4 GHz band.
    pub const fn is_2ghz(self) -> bool {
        self.primary < 3000
    }

    /// Centre of the whole channel, in MHz.
    pub const fn centre(self) -> u16 {
        match self.width {
            Width::Mhz20 => self.primary,
            Width::Mhz40Above => self.primary.saturating_add(10),
            Width::Mhz40Below => self.primary.saturating_sub(10),
        }
    }

    /// Whether a radio on this channel receives a frame around `primary` MHz: the primary channels
    /// agree, and a `wide` frame of 40 MHz needs 40 MHz here. What adjacent channels let through is
    /// left out.
    pub const fn hears(self, primary: u16, wide: bool) -> bool {
        self.primary == primary && (!wide || self.is_wide())
    }

    /// Whether the channel has 40 MHz.
    pub const fn is_wide(self) -> bool {
        !matches!(self.width, Width::Mhz20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_frequencies() {
        for (number, frequency) in [(1, 2412), (13, 2472), (14, 2484), (36, 5180), (165, 5825)] {
            assert_eq!(
                Channel::from_number(number),
                Some(Channel::mhz20(frequency))
            );
        }
        for number in [0, 15, 31, 178, u16::MAX] {
            assert_eq!(Channel::from_number(number), None);
        }
    }

    #[test]
    fn a_wide_frame_needs_a_wide_receiver() {
        let narrow = Channel::mhz20(5180);
        let wide = Channel {
            primary: 5180,
            width: Width::Mhz40Above,
        };
        assert!(narrow.hears(5180, false) && wide.hears(5180, false) && wide.hears(5180, true));
        assert!(!narrow.hears(5180, true));
        assert!(!narrow.hears(5200, false));
        assert_eq!(wide.centre(), 5190);
    }
}
