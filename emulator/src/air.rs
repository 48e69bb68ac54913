// SPDX-License-Identifier: GPL-2.0-only
//! The air: 802.11 frames between radios.
//!
//! A chip has one radio and sees the air through [`Air`]. An [`Ether`](ether::Ether) joins the radios
//! of one process, so that host tests need neither kernel nor clock; [`hwsim`] has the simulated
//! radios of a kernel on it as well. How strong frames arrive, which are lost and how long they take
//! is the [`model`]'s.
//!
//! Frames are MPDUs without their frame check sequence, encrypted as they are on the air. Times are
//! since a start that every radio of one air shares, as everywhere in this crate.

pub mod address;
mod capture;
pub mod channel;
pub mod ether;
mod frame;
pub mod hwsim;
mod medium;
pub mod model;
pub mod rate;

use std::fmt;
use std::os::fd::BorrowedFd;
use std::time::Duration;

pub use address::Address;
pub use channel::{Channel, Width};
pub use rate::Rate;

/// A frame that a radio has received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnAir {
    /// The MPDU without its frame check sequence.
    pub bytes: Vec<u8>,
    /// Centre of the primary 20 MHz channel that it came on, in MHz.
    pub frequency: u16,
    /// Rate that it was sent at.
    pub rate: Rate,
    /// Strength at the receiver, in dBm.
    pub signal: i8,
    /// When its last symbol arrived.
    pub at: Duration,
}

/// One row of a rate table: tries at a rate before the next row's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The rate.
    pub rate: Rate,
    /// Tries, at least 1; 0 skips the row.
    pub count: u8,
}

/// A frame to be sent on the channel that the radio is tuned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmission {
    /// The MPDU without its frame check sequence. The air sets the retry bit of further tries.
    pub bytes: Vec<u8>,
    /// Rates in their order. A frame that asks for no acknowledgement is sent once, at the first.
    pub attempts: Vec<Attempt>,
    /// Whether it follows the frame that was handed over before in the same A-MPDU, and so costs
    /// neither preamble, contention nor acknowledgement of its own.
    pub aggregated: bool,
    /// Returned in the [`Outcome`].
    pub cookie: u64,
}

/// How a transmission has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The transmission's.
    pub cookie: u64,
    /// Whether an acknowledgement has come. `false` for frames that ask for none.
    pub acked: bool,
    /// Tries, over all rates; 0 when the radio was off.
    pub tries: u8,
    /// Rate of the last try.
    pub rate: Rate,
    /// Strength of the acknowledgement in dBm, if one has come.
    pub ack_signal: Option<i8>,
    /// Time on the air: tries with contention, preambles, spaces and acknowledgements.
    pub airtime: Duration,
    /// When it ended.
    pub at: Duration,
}

/// What the air tells a radio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AirEvent {
    /// A frame has arrived: one to an address of the radio, or to a group.
    Received(OnAir),
    /// A transmission has ended. Outcomes come in the order of the transmissions.
    Outcome(Outcome),
}

impl AirEvent {
    /// When it happened.
    pub const fn at(&self) -> Duration {
        match self {
            Self::Received(frame) => frame.at,
            Self::Outcome(outcome) => outcome.at,
        }
    }
}

/// The air, as one radio sees it.
///
/// Nothing happens by itself: [`poll`](Self::poll) hands over what has come by then. Whoever drives
/// the radio calls it when [`next`](Self::next) is due and when [`as_fd`](Self::as_fd) is readable.
pub trait Air: Send + fmt::Debug {
    /// Tunes the radio; `None` switches it off. A radio that is off neither receives nor
    /// acknowledges, and what it is told to transmit ends unacknowledged after 0 tries. Frames
    /// under way to it are lost.
    fn tune(&mut self, channel: Option<Channel>);

    /// The radio's own station addresses: frames to one of them are received and acknowledged. An
    /// empty list leaves frames to groups.
    fn addresses(&mut self, own: &[Address]);

    /// Transmits. The outcome comes from [`poll`](Self::poll), never from inside this call.
    /// Transmissions wait for the channel and for those before them; how many may wait is not
    /// bounded here, the chip's buffers do that.
    fn transmit(&mut self, transmission: Transmission, now: Duration);

    /// What has arrived or ended until `now`, in the order of time.
    fn poll(&mut self, now: Duration) -> Vec<AirEvent>;

    /// When [`poll`](Self::poll) has something next, as far as is known.
    fn next(&self) -> Option<Duration>;

    /// A descriptor that is readable when [`poll`](Self::poll) may have something that
    /// [`next`](Self::next) did not know of; `None` if there is no such thing.
    fn as_fd(&self) -> Option<BorrowedFd<'_>>;
}
