// SPDX-License-Identifier: GPL-2.0-only

//! Commands: one request at a time, answered by its confirm (sections 1.6 and 3.2).

use super::{
    bus::Bus,
    chip::{
        Chip,
        Link,
        Phase,
        Waited, //
    },
    failure::{
        CommandError,
        Fault, //
    },
    logic::{
        cmd53::Transfer,
        slots::{
            Offer,
            Packer, //
        },
        wsm::{
            confirm::Confirm,
            header::{
                Class,
                Interface, //
            },
            request::{
                confirm_id,
                encode,
                stamp,
                Request, //
            },
        },
    },
    session::{
        Pending,
        Sender, //
    },
    trace,
};
use kernel::{
    device::Bound,
    mmc::sdio::Func,
    prelude::*,
    time::Delta, //
};

/// Time a command of the transmit path may take before others give up waiting for its end.
const TURN_LIMIT: u8 = 6;
/// Commands in a row that are not answered before the firmware counts as dead, though it sends other
/// messages.
const UNANSWERED: u8 = 2;

impl Chip {
    /// Sends `request` and waits for its confirm. Sleeps; the caller must not have claimed the
    /// host.
    pub(crate) fn command<R: Request>(
        &self,
        func: &Func<Bound>,
        interface: Interface,
        request: &R,
    ) -> Result<R::Confirm, CommandError> {
        self.command_within(R::LIMIT, func, interface, request)
    }

    /// Like [`Chip::command()`], with another limit than that of the request, in seconds.
    pub(crate) fn command_within<R: Request>(
        &self,
        seconds: u8,
        func: &Func<Bound>,
        interface: Interface,
        request: &R,
    ) -> Result<R::Confirm, CommandError> {
        let _one_at_a_time = self.commands.lock();
        while !self.exclusively(func, |bus, link| {
            if link.session.pending.is_some() && link.running().is_ok() {
                // The transmit path is uploading policies.
                return Ok(false);
            }
            self.send(bus, link, interface, request)
                .inspect_err(|error| {
                    if let CommandError::Broken(fault) = error {
                        self.fail(bus, link, *fault, func.as_ref());
                    }
                })
                .map(|()| true)
        })? {
            self.wait_for_turn(func)?;
        }
        self.counters.commands.bump();
        let messages = self.counters.messages.get();
        let waited = self.wait(func, Delta::from_secs(seconds.into()), |link| {
            match (link.session.answer.take(), link.phase) {
                (Some(answer), _) => Some(Ok(answer)),
                (None, Phase::Broken(fault)) => Some(Err(CommandError::Broken(fault))),
                (None, Phase::Running) => None,
                (None, Phase::Idle | Phase::Download) => Some(Err(CommandError::NotRunning)),
            }
        });
        let answer = match waited {
            Waited::Done(answer) | Waited::Polled(answer) => answer,
            Waited::TimedOut => {
                let heard = self.counters.messages.get() != messages;
                self.unanswered(func, heard);
                Err(CommandError::TimedOut { seconds })
            }
        };
        if answer.is_err() {
            // A confirm that comes all the same is nobody's (F-4).
            let session = &mut self.link.lock().session;
            session
                .pending
                .take_if(|pending| pending.sender == Sender::Task);
        }
        R::Confirm::decode(answer?.body()).map_err(CommandError::Confirm)
    }

    /// A command got no confirm. A firmware from which nothing was `heard` meanwhile is dead, as is
    /// one that leaves several out. While the chip is being started, whoever does so decides.
    fn unanswered(&self, func: &Func<Bound>, heard: bool) {
        self.exclusively(func, |bus, link| {
            let unanswered = &mut link.session.unanswered;
            *unanswered = unanswered.saturating_add(1);
            let dead = !heard || *unanswered >= UNANSWERED;
            if dead && self.faults_announced() {
                self.fail(bus, link, Fault::Mute, func.as_ref());
            }
        });
    }

    /// Waits until the transmit path has the confirm of its upload.
    fn wait_for_turn(&self, func: &Func<Bound>) -> Result<(), CommandError> {
        let waited = self.wait(func, Delta::from_secs(TURN_LIMIT.into()), |link| {
            let free = link.session.pending.is_none() || link.running().is_err();
            free.then_some(())
        });
        match waited {
            Waited::Done(()) | Waited::Polled(()) => Ok(()),
            Waited::TimedOut => Err(CommandError::TimedOut {
                seconds: TURN_LIMIT,
            }),
        }
    }

    /// Encodes, stamps, packs and transmits. Credits, sequence number and toggle advance only when
    /// the chip has the message.
    fn send<R: Request>(
        &self,
        bus: &Bus<'_>,
        link: &mut Link,
        interface: Interface,
        request: &R,
    ) -> Result<(), CommandError> {
        link.running()?;
        let session = &mut link.session;
        let mut credits = session.credits;
        if !credits.take() {
            return Err(CommandError::NoCredit);
        }

        let len =
            encode(request, interface, &mut link.message).map_err(|_| CommandError::TooLong)?;
        stamp(&mut link.message, session.sent.peek(Class::Request))
            .map_err(|_| CommandError::TooLong)?;
        let message = link.message.get(..len).ok_or(CommandError::TooLong)?;
        let mut packer = Packer::new(&mut link.transmit);
        let (total, code) = match packer.offer(message, self.timestamp()) {
            Ok(Offer::Taken) => packer.finish().ok_or(CommandError::TooLong)?,
            Ok(Offer::Next) | Err(_) => return Err(CommandError::TooLong),
        };
        let transfer = Transfer::transmit(total, code, session.toggles.transmit.get())
            .map_err(|_| CommandError::TooLong)?;

        session.pending = Some(Pending {
            confirm: confirm_id(R::ID),
            sender: Sender::Task,
        });
        session.answer = None;
        bus.hold_retune();
        bus.transmit(transfer, &link.transmit).map_err(|error| {
            session.pending = None;
            CommandError::Broken(Fault::Bus(error))
        })?;
        session.toggles.transmit.advance();
        let sequence = session.sent.peek(Class::Request);
        session.sent.advance(Class::Request);
        session.credits = credits;
        trace::sent(bus.device(), R::ID, sequence, len);
        trace::batch_sent(bus, 1, total, session);
        self.counters.credits_used.set(credits.used().into());
        Ok(())
    }
}
