// SPDX-License-Identifier: GPL-2.0-only
//! An air within this process, for tests and for chips that meet directly.

use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::address::Address;
use super::channel::Channel;
use super::medium::{Medium, Port, Tuning};
use super::model::Model;
use super::{Air, AirEvent, Transmission};

/// An air that radios join. Clones are the same air.
///
/// ```
/// use std::time::Duration;
/// use bes2600_emulator::air::{
///     Address, Air, AirEvent, Attempt, Channel, Rate, Transmission, ether::Ether, model::Model,
/// };
///
/// let ether = Ether::new(Model::default());
/// let (mut one, mut other) = (ether.radio(), ether.radio());
/// let address = Address([2, 0, 0, 0, 0, 1]);
/// one.tune(Channel::from_number(6));
/// other.tune(Channel::from_number(6));
/// other.addresses(&[address]);
///
/// let mut frame = vec![0x08, 0, 0, 0];
/// frame.extend(address.0);
/// frame.extend([2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 9, 0, 0]);
/// one.transmit(
///     Transmission {
///         bytes: frame.clone(),
///         attempts: vec![Attempt { rate: Rate::OFDM_6, count: 4 }],
///         aggregated: false,
///         cookie: 7,
///     },
///     Duration::ZERO,
/// );
///
/// // The frame waits for the channel and takes its time.
/// assert!(other.poll(Duration::from_micros(50)).is_empty());
/// let later = Duration::from_millis(1);
/// let [AirEvent::Received(received)] = &other.poll(later)[..] else { unreachable!() };
/// assert_eq!(received.bytes, frame);
/// let [AirEvent::Outcome(outcome)] = &one.poll(later)[..] else { unreachable!() };
/// assert!(outcome.acked && outcome.cookie == 7 && outcome.tries == 1);
/// ```
#[derive(Clone, Debug)]
pub struct Ether {
    medium: Arc<Mutex<Medium>>,
}

/// A radio on an [`Ether`]. It leaves when it is dropped.
#[derive(Debug)]
pub struct Radio {
    medium: Arc<Mutex<Medium>>,
    port: Port,
}

impl Ether {
    /// An air without radios.
    pub fn new(model: Model) -> Self {
        Self {
            medium: Arc::new(Mutex::new(Medium::new(model))),
        }
    }

    /// A new radio, off and without an address.
    pub fn radio(&self) -> Radio {
        let port = lock(&self.medium).attach(Tuning::Off);
        Radio {
            medium: Arc::clone(&self.medium),
            port,
        }
    }
}

/// Every step of the medium leaves it whole, so that a panic elsewhere is no reason to stop.
fn lock(medium: &Mutex<Medium>) -> MutexGuard<'_, Medium> {
    medium.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Air for Radio {
    fn tune(&mut self, channel: Option<Channel>) {
        lock(&self.medium).tune(self.port, channel.map_or(Tuning::Off, Tuning::On));
    }

    fn addresses(&mut self, own: &[Address]) {
        lock(&self.medium).set_addresses(self.port, own.to_vec());
    }

    fn transmit(&mut self, transmission: Transmission, now: Duration) {
        lock(&self.medium).transmit(self.port, transmission, now);
    }

    fn poll(&mut self, now: Duration) -> Vec<AirEvent> {
        lock(&self.medium).poll(self.port, now)
    }

    fn next(&self) -> Option<Duration> {
        lock(&self.medium).next(self.port)
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

impl Drop for Radio {
    fn drop(&mut self) {
        lock(&self.medium).detach(self.port);
    }
}
