// SPDX-License-Identifier: GPL-2.0-only
//! Radios of the kernel on the [medium](crate::air::medium).

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::message::{Attribute, Incoming, Transmitted, TxRate, command, flag};
use super::socket::HwsimSocket;
use super::{Counts, HwsimError, rates};
use crate::air::medium::{Medium, Port, Tuning};
use crate::air::model::Model;
use crate::air::{Address, AirEvent, OnAir, Outcome, Transmission, frame};

/// Most datagrams that one turn reads, so that a flood does not keep the medium from its other
/// work.
const MAX_READS: usize = 256;

/// A radio of the kernel.
#[derive(Debug)]
struct KernelRadio {
    port: Port,
    /// The kernel's number, unless the radio was met on the air first.
    id: Option<u32>,
    /// Frames whose outcome the kernel waits for, oldest first.
    pending: VecDeque<Pending>,
}

/// What the kernel wants back with the outcome of a frame.
#[derive(Debug)]
struct Pending {
    cookie: u64,
    flags: u32,
    rates: Vec<TxRate>,
}

/// The medium between radios of the kernel and those of chips.
#[derive(Debug)]
pub(super) struct Bridge {
    socket: HwsimSocket,
    pub(super) medium: Medium,
    /// By the address that the kernel knows them by.
    radios: BTreeMap<Address, KernelRadio>,
    pub(super) counts: Counts,
}

impl Bridge {
    pub(super) fn open(model: Model) -> Result<Self, HwsimError> {
        Ok(Self {
            socket: HwsimSocket::open()?,
            medium: Medium::new(model),
            radios: BTreeMap::new(),
            counts: Counts::default(),
        })
    }

    /// Takes what the kernel transmits until `now`, and gives it what has arrived for its radios.
    pub(super) fn turn(&mut self, now: Duration) -> io::Result<()> {
        for _ in 0..MAX_READS {
            let Some(incoming) = self.socket.receive()? else {
                break;
            };
            for message in incoming {
                self.take(message, now);
            }
        }
        self.hand_over(now)
    }

    fn take(&mut self, message: Incoming, now: Duration) {
        match message {
            Incoming::Frame(transmitted) => self.transmit(transmitted, now),
            Incoming::AddAddress { radio, address } => {
                let port = self.radio(radio).port;
                self.add_addresses(port, &[address]);
            }
            Incoming::DelAddress { radio, address } => {
                let port = self.radio(radio).port;
                if let Some(addresses) = self.medium.addresses_mut(port) {
                    addresses.retain(|known| *known != address);
                }
            }
            Incoming::Radio { id, name } => {
                let known = known_addresses(id, &name);
                let radio = self.radio(known.radio);
                radio.id = Some(id);
                let port = radio.port;
                self.add_addresses(port, &known.stations);
            }
            Incoming::RadioGone { id } => {
                let gone = self
                    .radios
                    .iter()
                    .find(|(_, radio)| radio.id == Some(id))
                    .map(|(address, _)| *address);
                if let Some(radio) = gone.and_then(|address| self.radios.remove(&address)) {
                    self.medium.detach(radio.port);
                }
            }
            Incoming::Other => {}
        }
    }

    /// A radio of the kernel, which may be met for the first time.
    fn radio(&mut self, address: Address) -> &mut KernelRadio {
        let medium = &mut self.medium;
        self.radios.entry(address).or_insert_with(|| {
            let port = medium.attach(Tuning::Elsewhere(None));
            KernelRadio {
                port,
                id: None,
                pending: VecDeque::new(),
            }
        })
    }

    fn add_addresses(&mut self, port: Port, new: &[Address]) {
        if let Some(addresses) = self.medium.addresses_mut(port) {
            for address in new {
                if !addresses.contains(address) {
                    addresses.push(*address);
                }
            }
        }
    }

    fn transmit(&mut self, transmitted: Transmitted, now: Duration) {
        let Transmitted {
            radio,
            frame: bytes,
            flags,
            frequency,
            rates: table,
            rate_flags,
            cookie,
        } = transmitted;
        self.counts.from_kernel = self.counts.from_kernel.saturating_add(1);
        let attempts = rates::attempts(&table, &rate_flags, frequency);
        let expects_ack = flags & flag::NO_ACK == 0 && frame::expects_ack(&bytes);
        let known = self.radio(radio);
        let port = known.port;
        known.pending.push_back(Pending {
            cookie,
            flags,
            rates: table,
        });
        // Interfaces that were there before the medium have not been announced.
        if let Some(address) = frame::transmitter(&bytes).filter(|address| !address.is_group()) {
            self.add_addresses(port, &[address]);
        }
        self.medium.transmit_on(
            port,
            frequency,
            Transmission {
                bytes,
                attempts,
                aggregated: false,
                cookie,
            },
            expects_ack,
            now,
        );
    }

    /// Gives the kernel everything that is due.
    fn hand_over(&mut self, now: Duration) -> io::Result<()> {
        for (address, radio) in &mut self.radios {
            for event in self.medium.poll(radio.port, now) {
                match event {
                    AirEvent::Received(frame) => {
                        self.counts.to_kernel = self.counts.to_kernel.saturating_add(1);
                        receive(&mut self.socket, *address, frame)?;
                    }
                    AirEvent::Outcome(outcome) => {
                        let tries = u64::from(outcome.tries);
                        self.counts.tries = self.counts.tries.saturating_add(tries);
                        if outcome.acked {
                            self.counts.acked = self.counts.acked.saturating_add(1);
                        }
                        report(&mut self.socket, *address, &mut radio.pending, &outcome)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// When a [turn](Self::turn) has something to do next, as far as is known.
    pub(super) fn next(&self) -> Option<Duration> {
        self.radios
            .values()
            .filter_map(|radio| self.medium.next(radio.port))
            .min()
    }

    /// Number of the kernel's radios.
    pub(super) fn radios(&self) -> usize {
        self.radios.len()
    }
}

impl AsFd for Bridge {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Delivers a frame to a radio of the kernel. Whether it listens there, the kernel decides.
fn receive(socket: &mut HwsimSocket, radio: Address, frame: OnAir) -> io::Result<()> {
    let rate = rates::index(frame.rate, frame.frequency);
    socket.send(
        command::FRAME,
        0,
        vec![
            Attribute::Receiver(radio),
            Attribute::Frame(frame.bytes),
            Attribute::RxRate(rate),
            Attribute::Signal(i32::from(frame.signal)),
            Attribute::Frequency(u32::from(frame.frequency)),
        ],
    )
}

/// Tells the kernel how a transmission of one of its radios has ended. It waits for that with each
/// frame, and drops frames when 200 wait.
fn report(
    socket: &mut HwsimSocket,
    radio: Address,
    pending: &mut VecDeque<Pending>,
    outcome: &Outcome,
) -> io::Result<()> {
    let Some(index) = pending
        .iter()
        .position(|pending| pending.cookie == outcome.cookie)
    else {
        return Ok(());
    };
    let Some(pending) = pending.remove(index) else {
        return Ok(());
    };
    let acked = if outcome.acked { flag::ACK } else { 0 };
    socket.send(
        command::TX_INFO_FRAME,
        0,
        vec![
            Attribute::Transmitter(radio),
            Attribute::Flags(pending.flags | acked),
            Attribute::Cookie(pending.cookie),
            Attribute::Signal(outcome.ack_signal.map_or(0, i32::from)),
            Attribute::TxInfo(rates::used(&pending.rates, outcome.tries)),
        ],
    )
}

/// The addresses of a radio of the kernel.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    /// The one that the kernel knows it by: its second one.
    radio: Address,
    /// Those that its interfaces may have.
    stations: Vec<Address>,
}

/// Finds the addresses of a radio, which the interface does not tell: sysfs does, and without it
/// they are made from the number as the module does.
fn known_addresses(id: u32, name: &str) -> Known {
    let path = format!("/sys/class/ieee80211/{name}/addresses");
    let stations: Vec<Address> = fs::read_to_string(path)
        .map(|text| text.lines().filter_map(|line| line.parse().ok()).collect())
        .unwrap_or_default();
    match stations.as_slice() {
        [_, radio, ..] => Known {
            radio: *radio,
            stations,
        },
        _ => made_addresses(id),
    }
}

fn made_addresses(id: u32) -> Known {
    let [_, _, high, low] = id.to_be_bytes();
    let address = |first| Address([first, 0, 0, high, low, 0]);
    Known {
        radio: address(0x42),
        stations: [0x02, 0x42, 0x52].map(address).to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_follow_from_the_number() {
        let known = known_addresses(0x0102, "no such radio");
        assert_eq!(known.radio.to_string(), "42:00:00:01:02:00");
        let stations: Vec<String> = known.stations.iter().map(Address::to_string).collect();
        assert_eq!(
            stations,
            [
                "02:00:00:01:02:00",
                "42:00:00:01:02:00",
                "52:00:00:01:02:00"
            ]
        );
    }
}
