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
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};
use serde::Serialize;
use thiserror::Error;

use self::bridge::Bridge;
use super::address::Address;
use super::capture::Capture;
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
    /// Tries that it took, those that failed among them.
    pub tries: u64,
    /// Frames of those radios that were acknowledged.
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
    chips: Vec<ChipRadio>,
    /// Why the socket cannot be used any more.
    failure: Option<io::Error>,
}

/// The radio of a chip, and what those who drive it wait on.
#[derive(Debug)]
struct ChipRadio {
    port: Port,
    /// Readable when another thread's turn has brought something for this radio.
    waker: Arc<OwnedFd>,
    /// The waker and the kernel's socket.
    both: Arc<OwnedFd>,
}

/// A radio of a chip on the medium. It leaves when it is dropped.
///
/// Whoever polls it drives the whole medium: radios of the kernel need somebody to.
#[derive(Debug)]
pub struct HwsimRadio {
    shared: Arc<Mutex<Shared>>,
    port: Port,
    waker: Arc<OwnedFd>,
    both: Arc<OwnedFd>,
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
        let both = Arc::new(epoll::create(CreateFlags::CLOEXEC).map_err(io::Error::from)?);
        let mut shared = lock(&self.shared);
        for fd in [waker.as_fd(), shared.bridge.as_fd()] {
            epoll::add(&both, fd, EventData::new_u64(0), EventFlags::IN)
                .map_err(io::Error::from)?;
        }
        let port = shared.bridge.medium.attach(Tuning::Off);
        shared.chips.push(ChipRadio {
            port,
            waker: Arc::clone(&waker),
            both: Arc::clone(&both),
        });
        drop(shared);
        Ok(HwsimRadio {
            shared: Arc::clone(&self.shared),
            port,
            waker,
            both,
        })
    }

    /// Lets the medium work, for a program without a chip: relays what the kernel's radios have
    /// sent and what is due at `now`. Answers when it is to be called next, if the
    /// [descriptor](Self::kernel_fd) does not say so before.
    ///
    /// # Errors
    ///
    /// [`HwsimError::Io`] when the socket fails.
    pub fn turn(&self, now: Duration) -> Result<Option<Duration>, HwsimError> {
        let mut shared = lock(&self.shared);
        shared.turn(now);
        shared.check()?;
        Ok(shared.bridge.next())
    }

    /// A descriptor that is readable when the kernel has something to say.
    ///
    /// # Errors
    ///
    /// [`HwsimError::Io`] when there are no descriptors left.
    pub fn kernel_fd(&self) -> Result<OwnedFd, HwsimError> {
        let shared = lock(&self.shared);
        Ok(shared.bridge.as_fd().try_clone_to_owned()?)
    }

    /// Writes every try of a frame to a pcapng file with radiotap headers from now on.
    ///
    /// # Errors
    ///
    /// [`io::Error`] when there is no such file.
    pub fn capture(&self, path: &Path) -> io::Result<()> {
        let capture = Capture::create(path)?;
        lock(&self.shared).bridge.medium.set_capture(capture);
        Ok(())
    }

    /// Has another model of the air hold from now on.
    pub fn set_model(&self, model: Model) {
        lock(&self.shared).bridge.medium.set_model(model);
    }

    /// Whether the medium still works. Chips whose medium has failed hear nothing more.
    ///
    /// # Errors
    ///
    /// [`HwsimError::Io`] when the socket has failed.
    pub fn check(&self) -> Result<(), HwsimError> {
        lock(&self.shared).check()
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
        if self.failure.is_none() {
            self.failure = self.bridge.turn(now).err();
        }
    }

    fn check(&self) -> Result<(), HwsimError> {
        match &self.failure {
            None => Ok(()),
            // An error of the system is its number and what the number says.
            Some(error) => Err(io::Error::new(error.kind(), error.to_string()).into()),
        }
    }

    /// Wakes the chips other than `port` that have something by now.
    fn wake_others(&self, port: Port, now: Duration) {
        for chip in &self.chips {
            let next = self.bridge.medium.next(chip.port);
            if chip.port != port && next.is_some_and(|at| at <= now) {
                // It fails when it is full, and then it wakes all the same.
                let _ = rustix::io::write(&chip.waker, &1_u64.to_ne_bytes());
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
        let worked = shared.failure.is_none();
        shared.turn(now);
        if worked && shared.failure.is_some() {
            // A socket that has failed may be readable for ever.
            for chip in &shared.chips {
                let _ = epoll::delete(&chip.both, shared.bridge.as_fd());
            }
        }
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
        shared.chips.retain(|chip| chip.port != self.port);
    }
}
