// SPDX-License-Identifier: GPL-2.0-only

//! One run of the Wi-Fi firmware: what starts at zero with it, and what it answered.

use super::{
    counters::Counters,
    failure::Fault,
    logic::{
        bytes::Reader,
        credits::Credits,
        toggle::Toggles,
        wsm::{
            confirm::{
                Confirm,
                ConfirmError,
                Generic, //
            },
            header::{
                Class,
                Header,
                Interface, //
            },
            indication::{
                Exception,
                Startup,
                StartupError,
                EXCEPTION,
                STARTUP, //
            },
            minimum::minimum_len,
            sequence::Sequence,
            transmit, //
        },
    },
    trace,
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    prelude::*,
};

/// Bytes of a confirm body that are kept: more than any confirm a command of this driver has.
const ANSWER_LEN: usize = 128;

/// The body of a confirm.
pub(crate) struct Answer {
    bytes: [u8; ANSWER_LEN],
    len: usize,
}

impl Answer {
    fn new(body: &[u8]) -> Self {
        let mut bytes = [0; ANSWER_LEN];
        let len = body.len().min(ANSWER_LEN);
        if let (Some(to), Some(from)) = (bytes.get_mut(..len), body.get(..len)) {
            to.copy_from_slice(from);
        }
        Self { bytes, len }
    }

    /// The bytes kept.
    pub(crate) fn body(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Who sent the command that is not answered yet.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Sender {
    /// A task, which waits for [`Session::answer`].
    Task,
    /// The transmit path, which uploads rate retry policies and does not wait.
    Policies,
}

/// The command the chip has not answered: there is one at a time (section 3.2).
pub(crate) struct Pending {
    /// Id of the confirm that answers it.
    pub(crate) confirm: u16,
    pub(crate) sender: Sender,
}

/// What a message is for the one who read it.
pub(crate) enum Taken<'a> {
    /// The session has dealt with it.
    Done,
    /// The chip has the rate retry policies, or has refused them.
    Policies(Result<(), ConfirmError>),
    /// A message with a valid length that concerns others.
    Message {
        /// Class and command number.
        id: u16,
        /// Everything behind the header.
        body: &'a [u8],
    },
}

/// One run of the Wi-Fi firmware.
#[derive(Default)]
pub(crate) struct Session {
    pub(crate) toggles: Toggles,
    pub(crate) sent: Sequence,
    received: Sequence,
    pub(crate) credits: Credits,
    /// Buffers that frames occupy.
    frames: u16,
    pub(crate) pending: Option<Pending>,
    /// Commands in a row that were given up.
    pub(crate) unanswered: u8,
    /// The confirm a task waits for, once it came.
    pub(crate) answer: Option<Answer>,
    /// The firmware's introduction, once it came.
    pub(crate) startup: Option<Result<Startup, StartupError>>,
}

impl Session {
    /// Takes one message of a batch, header included.
    ///
    /// Only what makes every later message doubtful is a fault: a gap in the sequence numbers, or
    /// the firmware's own report that it died. All else is counted.
    pub(crate) fn take<'a>(
        &mut self,
        message: &'a [u8],
        counters: &Counters,
        dev: &Device<Bound>,
    ) -> Result<Taken<'a>, Fault> {
        counters.messages.bump();
        let mut reader = Reader::new(message);
        let Some(header) = Header::decode(&mut reader) else {
            counters.malformed_messages.bump();
            return Ok(Taken::Done);
        };
        let (id, body) = (header.id(), reader.rest());
        trace::received(dev, &header, message.len());
        if id == EXCEPTION {
            return Err(Fault::Exception(Exception::decode(body)));
        }
        self.received
            .check(header.class, header.sequence)
            .map_err(|gap| Fault::Sequence { id, gap })?;
        if header.class != Class::Mcu && header.interface > Interface::Generic.number() {
            if counters.malformed_messages.bump_and_log() {
                dev_warn!(
                    dev,
                    "message {:#06x} for interface {} ignored, there is none\n",
                    id,
                    header.interface
                );
            }
            return Ok(Taken::Done);
        }
        if id == STARTUP && self.startup.is_none() {
            let startup = Startup::decode(body);
            if let Ok(startup) = &startup {
                self.credits = Credits::new(startup.buffers);
                counters.credits_limit.set(startup.buffers.into());
            }
            self.startup = Some(startup);
            return Ok(Taken::Done);
        }
        if let Some(pending) = self.pending.take_if(|pending| pending.confirm == id) {
            self.release(counters);
            self.unanswered = 0;
            return Ok(match pending.sender {
                Sender::Task => {
                    self.answer = Some(Answer::new(body));
                    Taken::Done
                }
                Sender::Policies => Taken::Policies(Generic::decode(body).map(drop)),
            });
        }
        Ok(self.take_unawaited(id, header, message.len(), body, counters, dev))
    }

    /// A message no command waits for.
    fn take_unawaited<'a>(
        &mut self,
        id: u16,
        header: Header,
        len: usize,
        body: &'a [u8],
        counters: &Counters,
        dev: &Device<Bound>,
    ) -> Taken<'a> {
        let Some(minimum) = minimum_len(id) else {
            if counters.unknown_messages.bump_and_log() {
                dev_warn!(dev, "message with unknown id {:#06x} ignored\n", id);
            }
            return Taken::Done;
        };
        if len < minimum.into() {
            if counters.malformed_messages.bump_and_log() {
                dev_warn!(
                    dev,
                    "message {:#06x} of {} bytes ignored, {} is the least\n",
                    id,
                    len,
                    minimum
                );
            }
            return Taken::Done;
        }
        let of_frames = matches!(id, transmit::CONFIRM | transmit::MULTI_CONFIRM);
        if header.class != Class::Confirm || of_frames {
            return Taken::Message { id, body };
        }
        if counters.unexpected_confirms.bump_and_log() {
            dev_warn!(dev, "confirm {:#06x} ignored, nobody waits for it\n", id);
        }
        // The confirm of a command that was given up returns its buffer late (F-4).
        let given_up = self.credits.used() > self.awaited();
        if given_up {
            self.release(counters);
        }
        Taken::Done
    }

    /// Buffers whose confirm is still awaited: those of frames, and that of a command.
    fn awaited(&self) -> u16 {
        self.frames
            .saturating_add(u16::from(self.pending.is_some()))
    }

    /// Takes a buffer of the chip for a frame. The caller has asked the credits before.
    pub(crate) fn launch(&mut self, counters: &Counters) {
        if self.credits.take() {
            self.frames = self.frames.saturating_add(1);
        }
        counters.credits_used.set(self.credits.used().into());
    }

    /// A frame's buffer is free again.
    pub(crate) fn land(&mut self, counters: &Counters) {
        self.frames = self.frames.saturating_sub(1);
        self.release(counters);
    }

    fn release(&mut self, counters: &Counters) {
        if !self.credits.release(1) {
            counters.unexpected_confirms.bump();
        }
        counters.credits_used.set(self.credits.used().into());
    }
}
