// SPDX-License-Identifier: GPL-2.0-only
//! Switching the channel (3.3.14).

use std::time::Duration;

use crate::air::{Channel, Width};
use crate::breach::Rule;
use crate::bytes::Reader;
use crate::fault::Fault;
use crate::firmware::{Env, Firmware, confirm, status};
use crate::wsm::batch::Outgoing;
use crate::wsm::id;
use crate::wsm::slots::Received;

/// A switch under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Switching {
    interface: u8,
    pub(crate) until: Duration,
}

fn parse(body: &[u8]) -> Result<Channel, String> {
    let mut reader = Reader::new(body);
    let (Some(mode), Some(count), Some(number)) = (reader.u8(), reader.u8(), reader.u16()) else {
        return Err("the body is cut off".to_owned());
    };
    let width = match mode >> 4 & 7 {
        0 | 1 => Width::Mhz20,
        2 => Width::Mhz40Below,
        3 => Width::Mhz40Above,
        kind => return Err(format!("channel type {kind}")),
    };
    if mode & 0x8E != 0x80 || count != 0 {
        return Err(format!("mode 0x{mode:02X}, count {count}"));
    }
    let channel = Channel::from_number(number).ok_or_else(|| format!("channel {number}"))?;
    Ok(Channel {
        primary: channel.primary,
        width,
    })
}

/// The number of a channel.
pub(crate) fn number_of(frequency: u16) -> u16 {
    match frequency {
        2484 => 14,
        0..2407 => 0,
        2407..3000 => (frequency - 2407) / 5,
        3000..5000 => 0,
        _ => (frequency - 5000) / 5,
    }
}

impl Firmware {
    /// 0x0016.
    pub(crate) fn switch_channel(&mut self, message: &Received, env: &mut Env<'_>) {
        let channel = match parse(&message.body) {
            Ok(channel) => channel,
            Err(text) => {
                env.journal.breach(Rule::ChannelFields, text);
                self.confirm_command(confirm::generic(message.id, status::INVALID), env);
                return;
            }
        };
        self.confirm_command(confirm::generic(message.id, status::SUCCESS), env);
        self.home = Some(channel);
        if self.scan.is_none() {
            self.radio.tune(self.home);
        }
        if env.journal.fault(Fault::SwitchMissing).is_some() {
            return;
        }
        let delay = Duration::from_micros(u64::from(env.config.knobs.channel_switch_us));
        self.switching = Some(Switching {
            interface: message.id.interface(),
            until: env.journal.now.saturating_add(delay),
        });
        self.tick_channel(env);
    }

    /// Reports a switch that is over.
    pub(crate) fn tick_channel(&mut self, env: &Env<'_>) {
        let now = env.journal.now;
        if let Some(switching) = self.switching.take_if(|switching| switching.until <= now) {
            let kind = id::CHANNEL_SWITCHED | u16::from(switching.interface) << 6;
            let body = status::SUCCESS.to_le_bytes().to_vec();
            self.indicate(Outgoing::indication(kind, body));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{number_of, parse};
    use crate::air::{Channel, Width};

    #[test]
    fn numbers_and_frequencies_agree() {
        for number in (1..=14).chain(36..=64).chain(100..=165) {
            let channel = Channel::from_number(number).unwrap();
            assert_eq!(number_of(channel.primary), number);
        }
        assert_eq!(number_of(0), 0);
    }

    #[test]
    fn the_type_is_in_the_mode() {
        // Appendix B.3: channel 6, HT20.
        assert_eq!(parse(&[0x90, 0, 6, 0]), Ok(Channel::mhz20(2437)));
        let wide = parse(&[0xB0, 0, 36, 0]).unwrap();
        assert_eq!((wide.primary, wide.width), (5180, Width::Mhz40Above));
        assert!(parse(&[0x10, 0, 6, 0]).is_err());
        assert!(parse(&[0xC0, 0, 6, 0]).is_err());
        assert!(parse(&[0x80, 0, 0, 0]).is_err());
        assert!(parse(&[0x80, 1, 6, 0]).is_err());
    }
}
