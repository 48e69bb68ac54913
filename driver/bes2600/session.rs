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
            sequence::Sequence, //
        },
    },
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

/// The command somebody waits for.
pub(crate) struct Pending {
    /// Id of the confirm that answers it.
    pub(crate) confirm: u16,
    /// The confirm, once it came.
    pub(crate) answer: Option<Answer>,
}

/// One run of the Wi-Fi firmware.
#[derive(Default)]
pub(crate) struct Session {
    pub(crate) toggles: Toggles,
    pub(crate) sent: Sequence,
    received: Sequence,
    pub(crate) credits: Credits,
    pub(crate) pending: Option<Pending>,
    /// The firmware's introduction, once it came.
    pub(crate) startup: Option<Result<Startup, StartupError>>,
}

impl Session {
    /// Takes one message of a batch, header included.
    ///
    /// Only what makes every later message doubtful is a fault: a gap in the sequence numbers, or
    /// the firmware's own report that it died. All else is counted.
    pub(crate) fn take(
        &mut self,
        message: &[u8],
        counters: &Counters,
        dev: &Device<Bound>,
    ) -> Result<(), Fault> {
        counters.messages.bump();
        let mut reader = Reader::new(message);
        let Some(header) = Header::decode(&mut reader) else {
            counters.malformed_messages.bump();
            return Ok(());
        };
        let (id, body) = (header.id(), reader.rest());
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
            return Ok(());
        }
        if id == STARTUP && self.startup.is_none() {
            let startup = Startup::decode(body);
            if let Ok(startup) = &startup {
                self.credits = Credits::new(startup.buffers);
                counters.credits_limit.set(startup.buffers.into());
            }
            self.startup = Some(startup);
            return Ok(());
        }
        if let Some(pending) = &mut self.pending {
            if pending.confirm == id && pending.answer.is_none() {
                pending.answer = Some(Answer::new(body));
                self.release(counters);
                return Ok(());
            }
        }
        self.take_unawaited(id, header, message.len(), counters, dev);
        Ok(())
    }

    /// A message nobody waits for: later tasks of the driver receive some of them.
    fn take_unawaited(
        &mut self,
        id: u16,
        header: Header,
        len: usize,
        counters: &Counters,
        dev: &Device<Bound>,
    ) {
        let Some(minimum) = minimum_len(id) else {
            if counters.unknown_messages.bump_and_log() {
                dev_warn!(dev, "message with unknown id {:#06x} ignored\n", id);
            }
            return;
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
            return;
        }
        if header.class == Class::Confirm {
            if counters.unexpected_confirms.bump_and_log() {
                dev_warn!(dev, "confirm {:#06x} ignored, nobody waits for it\n", id);
            }
            // The confirm of a command that was given up returns its buffer late (F-4).
            let awaited = self
                .pending
                .as_ref()
                .is_some_and(|pending| pending.answer.is_none());
            if self.credits.used() > u16::from(awaited) {
                self.release(counters);
            }
            return;
        }
        counters.ignored_indications.bump();
    }

    fn release(&mut self, counters: &Counters) {
        if !self.credits.release(1) {
            counters.unexpected_confirms.bump();
        }
        counters.credits_used.set(self.credits.used().into());
    }
}
