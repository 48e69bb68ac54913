// SPDX-License-Identifier: GPL-2.0-only

//! An open `/dev/vsdio`: what the program reads and writes.

use crate::{
    abi::{self, CardMessage, Frames},
    node::Node,
    outbox::Note,
    state::{Phase, Shared},
    unit::{self, Unit},
};

use kernel::{
    faux,
    fs::{File, Kiocb},
    iov::{IovIterDest, IovIterSource},
    miscdevice::{MiscDevice, MiscDeviceRegistration},
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        Arc, Mutex,
        atomic::{Atomic, ordering::Relaxed},
        poll::{PollEvents, PollTable},
    },
};

/// Number of the next controller, for the name of its device.
static NEXT: Atomic<u32> = Atomic::new(0);

/// Length of a buffer for any message but a `REQUEST`.
const SHORT_LEN: usize = 32;

/// The host of a program that has written `SETUP`. The fields are dropped in their order.
struct Plugged {
    unit: Arc<Unit>,
    /// The device of a host that is not a node's.
    _parent: Option<faux::Registration>,
}

/// What writers share, one at a time.
struct Writer {
    plugged: Option<Plugged>,
    /// Bytes of the current `write()`.
    buffer: KVVec<u8>,
}

/// An open file.
#[pin_data]
pub(crate) struct Port {
    shared: Arc<Shared>,
    /// The node whose device was opened.
    node: Option<Arc<Node>>,
    #[pin]
    writer: Mutex<Writer>,
}

impl Port {
    /// Checks every message of a `write()`, in the state that those before it will have made.
    fn check(&self, bytes: &[u8]) -> Result {
        let mut snapshot = self.shared.snapshot();
        for frame in Frames::new(bytes) {
            let message = frame
                .and_then(|frame| CardMessage::decode(&frame))
                .map_err(|_| EINVAL)?;
            if snapshot.phase == Phase::Gone {
                return Err(ENODEV);
            }
            let is_setup = matches!(message, CardMessage::Setup(_));
            if is_setup != (snapshot.phase == Phase::New) {
                return Err(EINVAL);
            }
            match message {
                CardMessage::Setup(setup) => {
                    setup.check().map_err(|_| EINVAL)?;
                    snapshot.phase = Phase::Ready;
                }
                CardMessage::Reply(reply) => snapshot.check_reply(&reply)?,
                CardMessage::Remove => snapshot.expected = None,
                CardMessage::Insert | CardMessage::Irq { .. } => {}
            }
        }
        Ok(())
    }

    /// Adds the host, or finds that of the node.
    fn set_up(&self, setup: &abi::Setup) -> Result<Plugged> {
        let shared = &self.shared;
        let soldered = setup.caps & abi::caps::NON_REMOVABLE != 0;
        if let Some(node) = &self.node {
            let index = node.unit.index().ok_or(ENODEV)?;
            node.unit.controller.set_timeout_ms(setup.timeout_ms);
            shared.starting(setup);
            shared.ready(index);
            if soldered {
                shared.plug();
                node.unit.detect_change();
            }
            return Ok(Plugged {
                unit: node.unit.clone(),
                _parent: None,
            });
        }

        let name = CString::try_from_fmt(fmt!("vsdio.{}", NEXT.fetch_add(1, Relaxed)))?;
        let parent = faux::Registration::new(&name, None)?;
        let low_voltage = setup.caps & (abi::caps::UHS_SDR50 | abi::caps::UHS_SDR104) != 0;
        shared.starting(setup);
        if soldered {
            shared.plug();
        }
        let unit = Unit::new(
            parent.as_ref().as_ref(),
            shared,
            &unit::config_of_setup(setup),
            low_voltage,
            setup.timeout_ms,
        )
        .and_then(|unit| Ok(Arc::new(unit, GFP_KERNEL)?))
        .inspect_err(|_| shared.reset())?;
        let index = unit.index().ok_or(ENODEV)?;
        shared.ready(index);
        Ok(Plugged {
            unit,
            _parent: Some(parent),
        })
    }

    /// Lets a message take effect that [`check`](Self::check) has accepted.
    fn apply(&self, plugged: &mut Option<Plugged>, message: &CardMessage<'_>) -> Result {
        if let CardMessage::Setup(setup) = message {
            *plugged = Some(self.set_up(setup)?);
            return Ok(());
        }
        let Plugged { unit, .. } = plugged.as_ref().ok_or(EINVAL)?;
        match message {
            CardMessage::Setup(_) => {}
            CardMessage::Insert => {
                self.shared.plug();
                unit.detect_change();
            }
            CardMessage::Remove => {
                self.shared.unplug();
                unit.detect_change();
            }
            CardMessage::Irq { level } => {
                if self.shared.set_irq_level(*level) {
                    unit.signal_irq();
                }
            }
            CardMessage::Reply(reply) => {
                if let Some(in_flight) = self.shared.take(reply.tag) {
                    unit.controller.reply(in_flight, reply);
                }
            }
        }
        Ok(())
    }
}

#[vtable]
impl MiscDevice for Port {
    type Ptr = Pin<KBox<Self>>;
    type RegistrationData = Option<Arc<Node>>;

    fn open(_file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        let node = misc.data().clone();
        let shared = match &node {
            None => Arc::pin_init(Shared::new(), GFP_KERNEL)?,
            Some(node) => {
                node.open()?;
                node.shared.clone()
            }
        };
        let opened = node.clone();
        KBox::pin_init(
            pin_init!(Self {
                shared,
                node,
                writer <- new_mutex!(
                    Writer {
                        plugged: None,
                        buffer: KVVec::new(),
                    },
                    "vsdio::writer"
                ),
            }),
            GFP_KERNEL,
        )
        .inspect_err(|_| {
            if let Some(node) = opened {
                node.close();
            }
        })
    }

    fn release(port: Self::Ptr, _file: &File) {
        // From here on every request ends at once, so that the host can be removed.
        match &port.node {
            None => port.shared.unplug(),
            Some(node) => node.close(),
        }
    }

    fn read_iter(kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let me = kiocb.file();
        if iov.is_empty() {
            return Ok(0);
        }
        let mut done = 0;
        loop {
            let mut state = me.shared.state.lock();
            while done == 0 && !state.is_readable() {
                if state.phase == Phase::Gone {
                    return Err(ENODEV);
                }
                if kiocb.is_nonblocking() {
                    return Err(EAGAIN);
                }
                if me.shared.readable.wait_interruptible(&mut state) {
                    return Err(ERESTARTSYS);
                }
            }
            let note = match state.next(iov.len()) {
                Ok(Some(note)) => note,
                Ok(None) => return Ok(done),
                Err(_) if done != 0 => return Ok(done),
                Err(error) => return Err(error),
            };
            drop(state);

            let len = note.len();
            let mut short = [0; SHORT_LEN];
            let bytes = match (&note, note.short()) {
                (Note::Request { message, .. }, _) => message.as_slice(),
                (_, Some(message)) => {
                    let len = message.encode(&mut short).map_err(|_| EIO)?;
                    short.get(..len).ok_or(EIO)?
                }
                (_, None) => return Err(EIO),
            };
            let copied = iov.copy_to_iter(bytes);

            let mut state = me.shared.state.lock();
            if copied != len {
                let buffer = state.put_back(note);
                drop(state);
                drop(buffer);
                return if done != 0 { Ok(done) } else { Err(EFAULT) };
            }
            let buffer = state.done_with(note);
            drop(state);
            drop(buffer);
            done += len;
        }
    }

    fn write_iter(kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let me = kiocb.file();
        let len = iov.len();
        if len == 0 {
            return Ok(0);
        }
        if len > abi::MAX_WRITE {
            return Err(EINVAL);
        }
        let mut guard = me.writer.lock();
        let Writer { plugged, buffer } = &mut *guard;
        buffer.clear();
        buffer.reserve(len, GFP_KERNEL)?;
        if iov.copy_from_iter_vec(buffer, GFP_KERNEL)? != len {
            return Err(EFAULT);
        }

        me.check(buffer)?;
        for frame in Frames::new(buffer) {
            let message = frame
                .and_then(|frame| CardMessage::decode(&frame))
                .map_err(|_| EINVAL)?;
            me.apply(plugged, &message)?;
        }
        Ok(len)
    }

    fn poll(me: Pin<&Self>, file: &File, table: PollTable<'_>) -> PollEvents {
        table.register_wait(file, &me.shared.readable);
        let state = me.shared.state.lock();
        if state.phase == Phase::Gone {
            PollEvents::IN | PollEvents::OUT | PollEvents::HUP
        } else if state.is_readable() {
            PollEvents::IN | PollEvents::OUT
        } else {
            PollEvents::OUT
        }
    }
}
