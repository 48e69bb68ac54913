// SPDX-License-Identifier: GPL-2.0-only

//! Filling the transfer buffer.

use super::{
    super::{
        chip::Chip,
        counters::Counters,
        logic::{
            flight::PacketId,
            rate_policy::{
                self,
                Plan, //
            },
            slots::{
                Offer,
                Packer,
                MAX_MESSAGES, //
            },
            wsm::{
                header::{
                    Class,
                    Interface, //
                },
                request::{
                    confirm_id,
                    encode,
                    stamp,
                    Request,
                    WriteMib, //
                },
                transmit::{
                    Descriptor,
                    HEAD_LEN,
                    TRANSMIT, //
                }, //
            },
        },
        session::{
            Pending,
            Sender,
            Session, //
        },
        trace,
    },
    frame::{
        Queued,
        TAIL_MAX, //
    },
    gate::Gate,
    traffic::{
        Frames,
        Traffic, //
    },
    Wifi, //
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    net::{
        ieee80211::Ac,
        mac80211::tx::Transmitter, //
    }, //
};

/// Space for what the chip appends to a frame.
const TAIL: [u8; TAIL_MAX] = [0; TAIL_MAX];

/// What is in the transfer buffer.
pub(super) enum Load {
    /// So many frames: bytes in all and slot code.
    Frames(usize, usize, u8),
    /// An upload of policies: bytes in all and slot code.
    Policies(usize, u8),
    /// Nothing, until something else happens to the link.
    Blocked,
    /// Nothing, for there are no frames.
    Empty,
}

/// Fills the transfer buffer.
struct Loader<'a> {
    packer: Packer<'a>,
    frames: &'a mut Frames,
    session: &'a mut Session,
    counters: &'a Counters,
    dev: &'a Device<Bound>,
    timestamp: u32,
    room: usize,
}

impl Loader<'_> {
    fn has_room(&self) -> bool {
        self.room > 0 && !self.packer.is_full()
    }

    /// Finds the attempts of a frame, and the place of their policy. Where the firmware lacks that,
    /// as it does whenever rate control tries another rate, the nearest one it has stands in until
    /// the upload that is due now is confirmed. `None` when the frame has to wait.
    fn plan(&mut self, frame: &mut Queued) -> Option<(Plan, u8)> {
        let policies = &mut self.frames.policies;
        if frame.plan.is_none() {
            let plan = Plan::new(frame.wanted(), frame.band, policies.limits());
            frame.plan = match policies.acquire(plan.policy()) {
                Some(policy) => Some((plan, policy)),
                None => policies.substitute(&plan, frame.band),
            };
        }
        let (wanted, policy) = frame.plan?;
        if !policies.ready(policy) {
            let instead = policies.substitute(&wanted, frame.band)?;
            policies.release(policy);
            frame.plan = Some(instead);
            self.counters.tx_substituted.bump();
        }
        frame.plan
    }

    /// Packs a frame. Returns `false` when it has to wait, and all others behind it.
    fn offer(&mut self, mut frame: Queued) -> bool {
        let Some((plan, policy)) = self.plan(&mut frame) else {
            self.frames.put_back(frame, self.counters);
            return false;
        };
        match self.pack(&frame, &plan, policy) {
            Ok(Some(id)) => {
                let sequence = self.session.sent.peek(Class::Request);
                let len = frame.frame.data().len().saturating_add(frame.tail);
                trace::sent(self.dev, TRANSMIT, sequence, len.saturating_add(HEAD_LEN));
                self.session.sent.advance(Class::Request);
                self.session.launch(self.counters);
                self.room = self.room.saturating_sub(1);
                self.counters.tx_frames.bump();
                if let Err(frame) = self.frames.flight.launch(id, frame) {
                    self.frames.forget(&frame);
                }
                true
            }
            Ok(None) => {
                self.frames.put_back(frame, self.counters);
                false
            }
            Err(Refused) => {
                self.counters.tx_refused.bump();
                self.frames.forget(&frame);
                true
            }
        }
    }

    /// Copies a frame into the transfer; `None` when it belongs into another one.
    fn pack(
        &mut self,
        frame: &Queued,
        plan: &Plan,
        policy: u8,
    ) -> Result<Option<PacketId>, Refused> {
        let interface = Interface::First;
        let flight = &self.frames.flight;
        let Some(packet) = flight.next_id(frame.queue.index(), interface.number()) else {
            return Ok(None);
        };
        let bytes = frame.frame.data();
        let mut head = Descriptor {
            packet,
            interface,
            queue: frame.queue,
            rate: plan.first_rate(frame.band),
            policy,
            frame_len: bytes.len().saturating_add(frame.tail),
        }
        .encode()
        .map_err(|_| Refused)?;
        let tail = TAIL.get(..frame.tail).ok_or(Refused)?;
        stamp(&mut head, self.session.sent.peek(Class::Request)).map_err(|_| Refused)?;
        match self
            .packer
            .offer_parts(&[&head, bytes, tail], self.timestamp)
        {
            Ok(Offer::Taken) => Ok(Some(packet)),
            Ok(Offer::Next) => Ok(None),
            Err(_) => Err(Refused),
        }
    }

    /// Packs frames that go before those of mac80211's queues. Returns `false` when one has to wait.
    fn load_backlog(&mut self, gate: &Gate) -> bool {
        loop {
            while self.has_room() {
                let Some(frame) = self.frames.backlog.pop() else {
                    break;
                };
                if !self.offer(frame) {
                    return false;
                }
            }
            if !self.has_room() || !gate.has_direct() {
                return true;
            }
            let mut direct = gate.take_direct();
            while let Some(frame) = direct.pop() {
                self.frames.put_back(frame, self.counters);
            }
        }
    }

    /// Packs frames of mac80211's queues, the most urgent first.
    fn load_queues(&mut self, gate: &Gate, transmitter: &mut Transmitter<Wifi>) {
        for ac in Ac::ALL {
            if !self.has_room() {
                return;
            }
            if gate.take(ac) && !self.load_queue(ac, transmitter) {
                // There may be more; whoever looks next begins here.
                gate.raise(ac);
                return;
            }
        }
    }

    /// Packs frames of an access category. Returns `false` when there may be more.
    fn load_queue(&mut self, ac: Ac, transmitter: &mut Transmitter<Wifi>) -> bool {
        let round = transmitter.round(ac);
        while let Some(queue) = round.next() {
            loop {
                if !self.has_room() {
                    return false;
                }
                let Some(frame) = queue.dequeue() else {
                    break;
                };
                if let Some(frame) = Queued::new(frame, self.counters) {
                    if !self.offer(frame) {
                        return false;
                    }
                }
            }
        }
        true
    }
}

/// A frame that no message can carry.
struct Refused;

impl Traffic {
    /// Fills the transfer buffer.
    pub(super) fn fill(&mut self, link: Parts<'_>, chip: &Chip, dev: &Device<Bound>) -> Load {
        let Parts {
            session,
            message,
            transmit,
        } = link;
        let gate = &chip.gate;
        if gate.is_paused() {
            return Load::Blocked;
        }
        if self.frames.policies.is_due() {
            if let Some(load) = self.upload(session, message, transmit, chip, dev) {
                return load;
            }
        }
        let room = self.frames.room(session);
        let alone = self.frames.is_urgent()
            || gate.has_direct()
            || gate.is_raised(Ac::Vo)
            || gate.is_raised(Ac::Vi);
        if room == 0 || (room < worthwhile(session) && !alone) {
            return Load::Blocked;
        }
        let mut loader = Loader {
            packer: Packer::new(transmit),
            frames: &mut self.frames,
            session,
            counters: &chip.counters,
            dev,
            timestamp: chip.timestamp(),
            room,
        };
        if loader.load_backlog(gate) {
            loader.load_queues(gate, &mut self.transmitter);
        }
        if let Some((total, code)) = loader.packer.finish() {
            let frames = room.saturating_sub(loader.room);
            return Load::Frames(frames, total, code);
        }
        if self.frames.backlog.is_empty() {
            return Load::Empty;
        }
        self.upload(session, message, transmit, chip, dev)
            .unwrap_or(Load::Blocked)
    }

    /// Puts an upload of policies into the transfer buffer, if one is due and no command is under
    /// way.
    fn upload(
        &mut self,
        session: &mut Session,
        message: &mut [u8],
        transmit: &mut [u8],
        chip: &Chip,
        dev: &Device<Bound>,
    ) -> Option<Load> {
        if session.pending.is_some() || session.credits.for_frames() == 0 {
            return None;
        }
        let value = self.frames.policies.upload()?;
        let request = WriteMib {
            mib: rate_policy::MIB,
            value: value.bytes(),
        };
        let packed = pack_command(&request, session, message, transmit, chip.timestamp());
        if packed.is_none() {
            self.frames.policies.not_uploaded();
        }
        let (len, total, code) = packed?;
        trace::sent(dev, WriteMib::ID, session.sent.peek(Class::Request), len);
        session.sent.advance(Class::Request);
        session.pending = Some(Pending {
            confirm: confirm_id(WriteMib::ID),
            sender: Sender::Policies,
        });
        Some(Load::Policies(total, code))
    }
}

/// Packs a command, for which it takes a buffer of the chip: its length, and bytes in all and slot
/// code of the transfer.
fn pack_command(
    request: &WriteMib<'_>,
    session: &mut Session,
    message: &mut [u8],
    transmit: &mut [u8],
    timestamp: u32,
) -> Option<(usize, usize, u8)> {
    let len = encode(request, Interface::First, message).ok()?;
    stamp(message, session.sent.peek(Class::Request)).ok()?;
    let mut packer = Packer::new(transmit);
    packer.offer(message.get(..len)?, timestamp).ok()?;
    let (total, code) = packer.finish()?;
    if !session.credits.take() {
        return None;
    }
    Some((len, total, code))
}

/// The least room for which it is worth to use the bus while the chip has frames to send: a full
/// transfer, or two thirds of what a chip with few buffers holds. The rest keeps the chip busy until
/// more arrives.
fn worthwhile(session: &Session) -> usize {
    let most = usize::from(session.credits.frames_limit());
    (most.saturating_mul(2) / 3).clamp(1, MAX_MESSAGES)
}

/// The parts of the link that a transfer is made of.
pub(super) struct Parts<'a> {
    pub(super) session: &'a mut Session,
    pub(super) message: &'a mut [u8],
    pub(super) transmit: &'a mut [u8],
}
