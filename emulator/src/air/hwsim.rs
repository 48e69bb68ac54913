// SPDX-License-Identifier: GPL-2.0-only
//! The air between chips and the radios of `mac80211_hwsim`, a module of the kernel whose medium a
//! program can be.
//!
//! The kernel tells the medium of every frame that its radios send, and wants to know how each has
//! ended; the medium gives it the frames that its radios receive. There is one medium to a network
//! namespace, and it has the radios that were made there, even when they move to another namespace
//! later. Radios that work on several channels at a time (`channels=` above 1) cannot be had.
//!
//! Limits of the interface: frames arrive in the kernel with legacy rates only, and the channel
//! that a radio of the kernel listens on is not told. The medium takes it to be where the radio
//! sent last; the kernel drops what comes on another one.

mod bridge;
mod message;
mod rates;
mod socket;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};
use serde::Serialize;
use thiserror::Error;

use self::bridge::Bridge;
use super::address::Address;
use super::channel::Channel;
use super::medium::{Port, Tuning};
use super::model::Model;
use super::{Air, AirEvent, Transmission};

/// Why there is no medium.
#[derive(Debug, Error)]
pub enum HwsimError {
    /// The module is not there.
    #[error("the kernel has no simulated radios: load mac80211_hwsim first")]
    NoModule,
    /// The module lets only an administrator of the network namespace be the medium.
    #[error("no permission to be the medium of mac80211_hwsim: CAP_NET_ADMIN is needed")]
    NoPermission,
    /// Somebody else is the medium.
    #[error(
        "mac80211_hwsim has a medium already, such as wmediumd or another emulator; end it first"
    )]
    Busy,
    /// The module cannot have a medium like this.
    #[error("mac80211_hwsim has radios with several channels: load it with channels=1")]
    Channels,
    /// The socket fails.
    #[error("netlink: {0}")]
    Io(#[from] io::Error),
}

/// What the medium has carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Frames that radios of the kernel have sent.
    pub from_kernel: u64,
    /// Those of them that were acknowledged.
    pub acked: u64,
    /// Frames that radios of the kernel were given.
    pub to_kernel: u64,
}

/// The medium. Clones are the same medium; it ends with the last one and its radios.
#[derive(Clone, Debug)]
pub struct HwsimMedium {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    bridge: Bridge,
    /// The radios of chips, and what wakes those who drive them.
    chips: Vec<(Port, Arc<OwnedFd>)>,
    failure: Option<io::Error>,
}

/// A radio of a chip on the medium. It leaves when it is dropped.
///
/// Whoever polls it drives the whole medium: radios of the kernel need somebody to.
#[derive(Debug)]
pub struct HwsimRadio {
    shared: Arc<Mutex<Shared>>,
    port: Port,
    /// Readable when another thread's turn has brought something for this radio.
    waker: Arc<OwnedFd>,
    /// The waker and the kernel's socket.
    both: OwnedFd,
}

impl HwsimMedium {
    /// Becomes the medium of this network namespace.
    ///
    /// # Errors
    ///
    /// [`HwsimError`].
    pub fn open(model: Model) -> Result<Self, HwsimError> {
        let bridge = Bridge::open(model)?;
        Ok(Self {
            shared: Arc::new(Mutex::new(Shared {
                bridge,
                chips: Vec::new(),
                failure: None,
            })),
        })
    }

    /// A new radio for a chip, off and without an address.
    ///
    /// # Errors
    ///
    /// [`HwsimError::Io`] when there are no descriptors left.
    pub fn radio(&self) -> Result<HwsimRadio, HwsimError> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let waker = Arc::new(eventfd(0, flags).map_err(io::Error::from)?);
        let both = epoll::create(CreateFlags::CLOEXEC).map_err(io::Error::from)?;
        let mut shared = lock(&self.shared);
        for fd in [waker.as_fd(), shared.bridge.as_fd()] {
            epoll::add(&both, fd, EventData::new_u64(0), EventFlags::IN)
                .map_err(io::Error::from)?;
        }
        let port = shared.bridge.medium.attach(Tuning::Off);
        shared.chips.push((port, Arc::clone(&waker)));
        drop(shared);
        Ok(HwsimRadio {
            shared: Arc::clone(&self.shared),
            port,
            waker,
            both,
        })
    }

    /// Lets the medium work, for a program without a chip: relays what the kernel's radios have
    /// sent and what is due at `now`. Answers when it is to be called next if the
    /// [descriptor](Self::with_fd) does not say so before.
    ///
    /// # Errors
    ///
    /// [`HwsimError::Io`] when the socket fails.
    pub fn turn(&self, now: Duration) -> Result<Option<Duration>, HwsimError> {
        let mut shared = lock(&self.shared);
        shared.turn(now);
        match shared.failure.take() {
            Some(error) => Err(error.into()),
            None => Ok(shared.bridge.next()),
        }
    }

    /// Calls `wait` with the descriptor that is readable when the kernel has something to say.
    /// While it runs, the medium does not.
    pub fn with_fd<T>(&self, wait: impl FnOnce(BorrowedFd<'_>) -> T) -> T {
        let shared = lock(&self.shared);
        wait(shared.bridge.as_fd())
    }

    /// What was carried so far.
    pub fn counts(&self) -> Counts {
        lock(&self.shared).bridge.counts
    }

    /// Number of the kernel's radios.
    pub fn kernel_radios(&self) -> usize {
        lock(&self.shared).bridge.radios()
    }
}

/// Every step of the medium leaves it whole, so that a panic elsewhere is no reason to stop.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn turn(&mut self, now: Duration) {
        if let Err(error) = self.bridge.turn(now) {
            self.failure.get_or_insert(error);
        }
    }

    /// Wakes the chips other than `port` that have something by now.
    fn wake_others(&self, port: Port, now: Duration) {
        for (other, waker) in &self.chips {
            let due = self.bridge.medium.next(*other).is_some_and(|at| at <= now);
            if *other != port && due {
                // It fails when it is full, and then it wakes all the same.
                let _ = rustix::io::write(waker, &1_u64.to_ne_bytes());
            }
        }
    }
}

impl Air for HwsimRadio {
    fn tune(&mut self, channel: Option<Channel>) {
        let tuning = channel.map_or(Tuning::Off, Tuning::On);
        lock(&self.shared).bridge.medium.tune(self.port, tuning);
    }

    fn addresses(&mut self, own: &[Address]) {
        let mut shared = lock(&self.shared);
        shared.bridge.medium.set_addresses(self.port, own.to_vec());
    }

    fn transmit(&mut self, transmission: Transmission, now: Duration) {
        let mut shared = lock(&self.shared);
        shared.bridge.medium.transmit(self.port, transmission, now);
    }

    fn poll(&mut self, now: Duration) -> Vec<AirEvent> {
        let mut shared = lock(&self.shared);
        if shared.chips.len() > 1 {
            // It fails when nobody has woken us.
            let _ = rustix::io::read(&self.waker, &mut [0_u8; 8]);
        }
        shared.turn(now);
        shared.wake_others(self.port, now);
        shared.bridge.medium.poll(self.port, now)
    }

    fn next(&self) -> Option<Duration> {
        let shared = lock(&self.shared);
        let own = shared.bridge.medium.next(self.port);
        own.into_iter().chain(shared.bridge.next()).min()
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.both.as_fd())
    }
}

impl Drop for HwsimRadio {
    fn drop(&mut self) {
        let mut shared = lock(&self.shared);
        shared.bridge.medium.detach(self.port);
        shared.chips.retain(|(port, _)| *port != self.port);
    }
}
