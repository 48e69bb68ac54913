// SPDX-License-Identifier: GPL-2.0-only

//! State of a controller, which the MMC core, the program and the timer share.

use crate::{
    abi,
    controller::Controller,
    outbox::{Note, Outbox},
};

use kernel::{
    impl_has_hr_timer,
    mmc::host::{Command, Direction, Request},
    new_poll_condvar, new_spinlock_irq,
    prelude::*,
    sync::{Arc, ArcBorrow, SpinLockIrq, poll::PollCondVar},
    time::{
        Instant, Monotonic,
        hrtimer::{HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerRestart, RelativeMode},
    },
};

/// How far a controller has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The program has not written `SETUP`.
    New,
    /// The host is being added. The program reads nothing before `SETUP_DONE`.
    Starting,
    /// The host is registered.
    Ready,
    /// The host was removed from under the program. Nothing follows.
    Gone,
}

/// How the command and the data of a request ended whose stop command is outstanding.
pub(crate) struct Outcome {
    pub(crate) command: Result<[u32; 4]>,
    pub(crate) data: Result<usize>,
}

/// The request that the program has to answer.
pub(crate) struct InFlight {
    pub(crate) request: Request<Controller>,
    /// Set when what the program has to answer is the stop command.
    pub(crate) stopping: Option<Outcome>,
    tag: u64,
    deadline: Instant<Monotonic>,
    /// Whether the program has read it.
    delivered: bool,
}

impl InFlight {
    fn command(&self) -> Option<Command<'_>> {
        match self.stopping {
            None => Some(self.request.command()),
            Some(_) => self.request.stop(),
        }
    }

    /// Index of the command that the program has to answer.
    pub(crate) fn opcode(&self) -> Option<u32> {
        self.command().map(|command| command.opcode())
    }

    /// Bytes that the program has to send.
    fn read_len(&self) -> usize {
        match self.request.data() {
            Some(data) if self.stopping.is_none() && data.direction() == Direction::Read => {
                data.len()
            }
            _ => 0,
        }
    }

    fn has_data(&self) -> bool {
        self.stopping.is_none() && self.request.data().is_some()
    }

    /// Completes the request with `error` for what is outstanding of it.
    pub(crate) fn fail(self, error: Error) {
        let mut request = self.request;
        match self.stopping {
            None => request.complete(Err(error), Err(error)),
            Some(outcome) => {
                request.set_stop(Err(error));
                request.complete(outcome.command, outcome.data);
            }
        }
    }

    /// Encodes the `REQUEST` into `buffer`, which keeps its memory.
    fn encode(&self, buffer: &mut KVVec<u8>) -> Result {
        let command = self.command().ok_or(EIO)?;
        let data = match self.stopping {
            None => self.request.data(),
            Some(_) => None,
        };
        let (shape, write_len) = match &data {
            None => (abi::Data::None, 0),
            Some(data) => {
                let (blksz, blocks) = (data.block_size(), data.blocks());
                match data.direction() {
                    Direction::Read => (abi::Data::Read { blksz, blocks }, 0),
                    Direction::Write => (
                        abi::Data::Write {
                            blksz,
                            blocks,
                            data: &[],
                        },
                        data.len(),
                    ),
                }
            }
        };
        let head = abi::Request {
            tag: self.tag,
            opcode: command.opcode(),
            arg: command.arg(),
            data: shape,
            has_stop: self.stopping.is_none() && self.request.stop().is_some(),
        }
        .encode_head(write_len)
        .map_err(|_| EINVAL)?;

        buffer.clear();
        buffer.extend_from_slice(&head, GFP_NOWAIT)?;
        let padded = write_len.next_multiple_of(4);
        buffer.resize(head.len().saturating_add(padded), 0, GFP_NOWAIT)?;
        if let (Some(data), Some(tail)) = (data, buffer.get_mut(head.len()..)) {
            let (tail, _) = tail.split_at_mut_checked(write_len).ok_or(EIO)?;
            if data.copy_from_host(0, tail) != write_len {
                return Err(EIO);
            }
        }
        Ok(())
    }
}

/// What a `REPLY` has to fit.
#[derive(Clone, Copy)]
pub(crate) struct Expected {
    tag: u64,
    read_len: usize,
    has_data: bool,
}

/// What a `write()` is checked against before any of it takes effect.
pub(crate) struct Snapshot {
    pub(crate) phase: Phase,
    /// The outstanding request, if the program has read it.
    pub(crate) expected: Option<Expected>,
    next_tag: u64,
    unread: Option<u64>,
}

impl Snapshot {
    /// Checks a `REPLY`; one that comes too late is good.
    pub(crate) fn check_reply(&mut self, reply: &abi::Reply<'_>) -> Result {
        let tag = reply.tag;
        if tag == 0 || tag >= self.next_tag || self.unread == Some(tag) {
            return Err(EINVAL);
        }
        let Some(expected) = self.expected.take_if(|expected| expected.tag == tag) else {
            return Ok(());
        };
        let good = abi::Status::Good;
        let fits = if reply.command == good && reply.data_status == good {
            reply.data.len() == expected.read_len
        } else {
            reply.data.len() <= expected.read_len
        };
        if !fits || (!expected.has_data && reply.data_status != good) {
            return Err(EINVAL);
        }
        Ok(())
    }
}

pub(crate) struct State {
    pub(crate) phase: Phase,
    pub(crate) inserted: bool,
    outbox: Outbox,
    in_flight: Option<InFlight>,
    next_tag: u64,
    /// Level of the card interrupt.
    irq_level: bool,
    /// Whether the core wants to hear of it.
    irq_unmasked: bool,
    /// The card drives `DAT[0]` low, between `CMD11` and the clock at 1.8 V.
    switching: bool,
    /// Most data bytes in a request that the program has room for.
    max_req_size: usize,
    /// A buffer for the next request.
    spare: Option<KVVec<u8>>,
}

impl State {
    /// Masks a card interrupt that is set and not masked; the caller signals it then.
    fn take_irq(&mut self) -> bool {
        let signal = self.irq_level && self.irq_unmasked;
        if signal {
            self.irq_unmasked = false;
        }
        signal
    }

    /// Keeps the buffer of a request, or returns it if there is a spare one.
    fn recycle(&mut self, note: Option<Note>) -> Option<KVVec<u8>> {
        let Some(Note::Request { message, .. }) = note else {
            return None;
        };
        match self.spare {
            None => {
                self.spare = Some(message);
                None
            }
            Some(_) => Some(message),
        }
    }
}

/// A controller as the program and the timer see it.
#[pin_data]
pub(crate) struct Shared {
    #[pin]
    pub(crate) state: SpinLockIrq<State>,
    /// Notified when there is something to read.
    #[pin]
    pub(crate) readable: PollCondVar,
    /// Time for the outstanding request.
    #[pin]
    timer: HrTimer<Self>,
}

impl Shared {
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            state <- new_spinlock_irq!(State {
                phase: Phase::New,
                inserted: false,
                outbox: Outbox::new(),
                in_flight: None,
                next_tag: 1,
                irq_level: false,
                irq_unmasked: false,
                switching: false,
                max_req_size: 0,
                spare: None,
            }),
            readable <- new_poll_condvar!("vsdio::readable"),
            timer <- HrTimer::new(),
        })
    }

    /// Keeps a buffer for requests.
    pub(crate) fn set_spare(&self, buffer: KVVec<u8>) {
        let replaced = self.state.lock().spare.replace(buffer);
        drop(replaced);
    }

    /// The program has written `SETUP`: the host may be added, if it is not there yet.
    pub(crate) fn starting(&self, setup: &abi::Setup) {
        let mut state = self.state.lock();
        if state.phase != Phase::Gone {
            state.phase = Phase::Starting;
        }
        state.max_req_size = setup.max_req_size as usize;
    }

    /// The host is registered: says so before everything else.
    pub(crate) fn ready(&self, host_index: u32) {
        let mut state = self.state.lock();
        state.outbox.push_front(Note::SetupDone { host_index });
        if state.phase != Phase::Gone {
            state.phase = Phase::Ready;
        }
        drop(state);
        self.readable.notify_all();
    }

    /// Forgets the program, which has gone, and empties the slot.
    pub(crate) fn reset(&self) {
        self.unplug();
        let mut state = self.state.lock();
        if state.phase != Phase::Gone {
            state.phase = Phase::New;
        }
        let unread = core::mem::replace(&mut state.outbox, Outbox::new());
        drop(state);
        drop(unread);
    }

    /// The host is gone, though the program is not.
    pub(crate) fn hang_up(&self) {
        // In this order nobody can plug the card in again.
        self.state.lock().phase = Phase::Gone;
        self.unplug();
        self.readable.notify_all();
    }

    /// Sends a message to the program.
    pub(crate) fn post(&self, note: Note) {
        let replaced = self.state.lock().outbox.push(note);
        drop(replaced);
        self.readable.notify_all();
    }

    /// Hands a command of `request` to the program: the stop command if `stopping` says how the
    /// other one ended. Returns whether that succeeded; if not, the request has been completed.
    pub(crate) fn begin(
        &self,
        request: Request<Controller>,
        stopping: Option<Outcome>,
        deadline: Instant<Monotonic>,
    ) -> bool {
        let mut state = self.state.lock();
        let tag = state.next_tag;
        state.next_tag += 1;
        let mut message = state.spare.take().unwrap_or_default();
        drop(state);

        let in_flight = InFlight {
            request,
            stopping,
            tag,
            deadline,
            delivered: false,
        };
        let encoded = in_flight.encode(&mut message);

        let mut state = self.state.lock();
        let len = in_flight.request.data().map_or(0, |data| data.len());
        let refused = match encoded {
            Err(error) => Some(error),
            Ok(()) if !state.inserted => Some(ENOMEDIUM),
            Ok(()) if len > state.max_req_size => Some(EINVAL),
            Ok(()) if state.in_flight.is_some() => Some(EBUSY),
            Ok(()) => None,
        };
        let note = Note::Request { tag, message };
        if let Some(error) = refused {
            let buffer = state.recycle(Some(note));
            drop(state);
            drop(buffer);
            in_flight.fail(error);
            return false;
        }
        state.in_flight = Some(in_flight);
        let replaced = state.outbox.push(note);
        drop(state);
        drop(replaced);
        self.readable.notify_all();
        true
    }

    /// Ends the outstanding request whose time is over. Called by the timer, in interrupt context.
    fn expire(&self) {
        let mut state = self.state.lock();
        let now = Instant::now();
        let Some(in_flight) = state
            .in_flight
            .take_if(|it| (now - it.deadline).as_nanos() >= 0)
        else {
            return;
        };
        let tag = in_flight.tag;
        let unread = if in_flight.delivered {
            state.outbox.push(Note::Cancel { tag })
        } else {
            state.outbox.remove_request(tag)
        };
        let buffer = state.recycle(unread);
        drop(state);
        drop(buffer);
        self.readable.notify_all();
        in_flight.fail(ETIMEDOUT);
    }

    /// Takes the outstanding request if it has this tag and the program has read it.
    pub(crate) fn take(&self, tag: u64) -> Option<InFlight> {
        self.state
            .lock()
            .in_flight
            .take_if(|in_flight| in_flight.tag == tag && in_flight.delivered)
    }

    pub(crate) fn plug(&self) {
        let mut state = self.state.lock();
        state.inserted = state.phase != Phase::Gone;
    }

    /// Empties the slot and fails the outstanding request.
    pub(crate) fn unplug(&self) {
        let mut state = self.state.lock();
        state.inserted = false;
        state.irq_level = false;
        state.switching = false;
        let in_flight = state.in_flight.take();
        let unread = in_flight
            .as_ref()
            .and_then(|in_flight| state.outbox.remove_request(in_flight.tag));
        let buffer = state.recycle(unread);
        drop(state);
        drop(buffer);
        if let Some(in_flight) = in_flight {
            in_flight.fail(ENOMEDIUM);
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let state = self.state.lock();
        let outstanding = state.in_flight.as_ref();
        Snapshot {
            phase: state.phase,
            expected: outstanding
                .filter(|in_flight| in_flight.delivered)
                .map(|in_flight| Expected {
                    tag: in_flight.tag,
                    read_len: in_flight.read_len(),
                    has_data: in_flight.has_data(),
                }),
            next_tag: state.next_tag,
            unread: outstanding
                .filter(|in_flight| !in_flight.delivered)
                .map(|in_flight| in_flight.tag),
        }
    }

    /// Sets the level of the card interrupt; returns whether to signal it.
    pub(crate) fn set_irq_level(&self, level: bool) -> bool {
        let mut state = self.state.lock();
        state.irq_level = level && state.inserted;
        state.take_irq()
    }

    /// Masks or unmasks the card interrupt; returns whether to signal it.
    pub(crate) fn enable_irq(&self, enable: bool) -> bool {
        let mut state = self.state.lock();
        state.irq_unmasked = enable;
        state.take_irq()
    }

    /// The card starts or ends the switch to 1.8 V.
    pub(crate) fn set_switching(&self, switching: bool) {
        self.state.lock().switching = switching;
    }

    pub(crate) fn is_switching(&self) -> bool {
        self.state.lock().switching
    }
}

impl State {
    /// Whether there is something to read.
    pub(crate) fn is_readable(&self) -> bool {
        self.phase == Phase::Ready && self.outbox.front().is_some()
    }

    /// Takes the next message if it is no longer than `room`.
    ///
    /// # Errors
    ///
    /// [`EMSGSIZE`] if it is.
    pub(crate) fn next(&mut self, room: usize) -> Result<Option<Note>> {
        if !self.is_readable() {
            return Ok(None);
        }
        if self.outbox.front().is_some_and(|note| note.len() > room) {
            return Err(EMSGSIZE);
        }
        let note = self.outbox.pop_front();
        if let (Some(Note::Request { tag, .. }), Some(in_flight)) = (&note, &mut self.in_flight) {
            if in_flight.tag == *tag {
                in_flight.delivered = true;
            }
        }
        Ok(note)
    }

    /// Puts back a message that could not be copied to the program, unless it is out of date.
    ///
    /// Returns a buffer for the caller to drop.
    pub(crate) fn put_back(&mut self, note: Note) -> Option<KVVec<u8>> {
        if let Note::Request { tag, .. } = &note {
            match &mut self.in_flight {
                Some(in_flight) if in_flight.tag == *tag => in_flight.delivered = false,
                _ => return self.recycle(Some(note)),
            }
        }
        self.outbox.push_front(note);
        None
    }

    /// Keeps the buffer of a message that was copied to the program.
    pub(crate) fn done_with(&mut self, note: Note) -> Option<KVVec<u8>> {
        self.recycle(Some(note))
    }
}

impl HrTimerCallback for Shared {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, _ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        this.expire();
        HrTimerRestart::NoRestart
    }
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Shared {
        mode: RelativeMode<Monotonic>, field: self.timer
    }
}
