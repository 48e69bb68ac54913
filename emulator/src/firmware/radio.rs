// SPDX-License-Identifier: GPL-2.0-only
//! The radio: the air that the chip was given, and where it is tuned to.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use crate::air::{Address, Air, AirEvent, Channel, Outcome, Rate, Transmission};

/// An air in which nobody is, and nothing takes time: that of a chip which was given none.
#[derive(Debug, Default)]
struct Nowhere {
    ended: Vec<AirEvent>,
    since: Duration,
}

impl Air for Nowhere {
    fn tune(&mut self, _channel: Option<Channel>) {}

    fn addresses(&mut self, _own: &[Address]) {}

    fn transmit(&mut self, transmission: Transmission, now: Duration) {
        let is_group = Address::from_frame(&transmission.bytes, 4).is_some_and(Address::is_group);
        let tries = transmission
            .attempts
            .iter()
            .fold(0_u8, |sum, attempt| sum.saturating_add(attempt.count));
        self.since = now;
        self.ended.push(AirEvent::Outcome(Outcome {
            cookie: transmission.cookie,
            acked: false,
            tries: if is_group { 1 } else { tries },
            rate: transmission
                .attempts
                .last()
                .map_or(Rate::DSSS_1, |attempt| attempt.rate),
            ack_signal: None,
            airtime: Duration::ZERO,
            at: now,
        }));
    }

    fn poll(&mut self, _now: Duration) -> Vec<AirEvent> {
        std::mem::take(&mut self.ended)
    }

    fn next(&self) -> Option<Duration> {
        (!self.ended.is_empty()).then_some(self.since)
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

/// The radio.
#[derive(Debug)]
pub(crate) struct Radio {
    air: Box<dyn Air>,
    channel: Option<Channel>,
}

impl Default for Radio {
    fn default() -> Self {
        Self::new(Box::<Nowhere>::default())
    }
}

impl Radio {
    pub(crate) fn new(air: Box<dyn Air>) -> Self {
        Self { air, channel: None }
    }

    /// Tunes, or switches the radio off.
    pub(crate) fn tune(&mut self, channel: Option<Channel>) {
        if channel != self.channel {
            self.channel = channel;
            self.air.tune(channel);
        }
    }

    pub(crate) const fn channel(&self) -> Option<Channel> {
        self.channel
    }

    /// The station's addresses.
    pub(crate) fn addresses(&mut self, own: &[Address]) {
        self.air.addresses(own);
    }

    pub(crate) fn transmit(&mut self, transmission: Transmission, now: Duration) {
        self.air.transmit(transmission, now);
    }

    pub(crate) fn poll(&mut self, now: Duration) -> Vec<AirEvent> {
        self.air.poll(now)
    }

    pub(crate) fn next(&self) -> Option<Duration> {
        self.air.next()
    }

    pub(crate) fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.air.as_fd()
    }
}
