// SPDX-License-Identifier: GPL-2.0-only

//! An open `/dev/vsdio`: what the program reads and writes.

use crate::{
    abi::{self, CardMessage, Frames},
    controller::{self, Controller},
    state::{Phase, Shared},
};

use kernel::{
    devres::Devres,
    faux,
    fs::{File, Kiocb},
    iov::{IovIterDest, IovIterSource},
    miscdevice::{MiscDevice, MiscDeviceRegistration},
    mmc::host::Registration,
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

/// A registered host. The fields are dropped in their order.
struct Plugged {
    host: Devres<Registration<Controller>>,
    controller: Arc<Controller>,
    _parent: faux::Registration,
}

impl Plugged {
    fn signal_irq(&self) {
        self.host.try_access_with(|host| host.signal_irq());
    }

    fn detect_change(&self) {
        self.host.try_access_with(|host| host.detect_change(0));
    }
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

    /// Adds the host.
    fn set_up(&self, setup: &abi::Setup) -> Result<Plugged> {
        let name = CString::try_from_fmt(fmt!("vsdio.{}", NEXT.fetch_add(1, Relaxed)))?;
        let parent = faux::Registration::new(&name, None)?;
        let buffer = abi::max_host_message(setup.max_req_size);
        self.shared
            .set_spare(KVVec::with_capacity(buffer, GFP_KERNEL)?);
        let controller = Controller::new(self.shared.clone(), setup)?;

        if setup.caps & abi::caps::NON_REMOVABLE != 0 {
            self.shared.plug();
        }
        self.shared.set_phase(Phase::Starting);
        let config = controller::config(setup);
        let registration = Registration::new(parent.as_ref().as_ref(), &config, controller.clone());
        let host = registration.inspect_err(|_| {
            self.shared.unplug();
            self.shared.set_phase(Phase::New);
        })?;

        let index = host.try_access_with(|host| host.index()).ok_or(ENODEV)?;
        self.shared.ready(index);
        Ok(Plugged {
            host,
            controller,
            _parent: parent,
        })
    }

    /// Lets a message take effect that [`check`](Self::check) has accepted.
    fn apply(&self, plugged: &mut Option<Plugged>, message: &CardMessage<'_>) -> Result {
        if let CardMessage::Setup(setup) = message {
            *plugged = Some(self.set_up(setup)?);
            return Ok(());
        }
        let plugged = plugged.as_ref().ok_or(EINVAL)?;
        match message {
            CardMessage::Setup(_) => {}
            CardMessage::Insert => {
                self.shared.plug();
                plugged.detect_change();
            }
            CardMessage::Remove => {
                self.shared.unplug();
                plugged.detect_change();
            }
            CardMessage::Irq { level } => {
                if self.shared.set_irq_level(*level) {
                    plugged.signal_irq();
                }
            }
            CardMessage::Reply(reply) => {
                if let Some(in_flight) = self.shared.take(reply.tag) {
                    plugged.controller.reply(in_flight, reply);
                }
            }
        }
        Ok(())
    }
}

#[vtable]
impl MiscDevice for Port {
    type Ptr = Pin<KBox<Self>>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        let shared = Arc::pin_init(Shared::new(), GFP_KERNEL)?;
        KBox::pin_init(
            pin_init!(Self {
                shared,
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
    }

    fn release(port: Self::Ptr, _file: &File) {
        // From here on every request ends at once, so that the host can be removed.
        port.shared.unplug();
    }

    fn read_iter(kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let me = kiocb.file();
        let mut done = 0;
        loop {
            let mut state = me.shared.state.lock();
            while done == 0 && !state.is_readable() {
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
                (crate::outbox::Note::Request { message, .. }, _) => message.as_slice(),
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
        if me.shared.state.lock().is_readable() {
            PollEvents::IN | PollEvents::OUT
        } else {
            PollEvents::OUT
        }
    }
}
