// SPDX-License-Identifier: GPL-2.0-only

//! Receiving: the interrupt handler, and the one function that reads batches.
//!
//! The context that reads a batch also delivers it, with the host claimed and the link locked.
//! There is no queue and no work item behind it. Waiters that poll for a lost interrupt call the
//! same function under the same locks, so there is one owner at any time.

#![deny(clippy::arithmetic_side_effects)]

use super::{
    bus::{
        Bus,
        BusError, //
    },
    chip::{
        Announced,
        Chip,
        Link,
        Phase, //
    },
    failure::Fault,
    logic::{
        cmd53::Transfer,
        doorbell::{
            GENUINE_ZERO,
            REG_CONTROL,
            REG_LENGTH_LOW, //
        },
        download::REPLY_LEN,
        dpd,
        toggle::{
            batch_len,
            Announcement, //
        },
    },
    trace,
};
use kernel::{
    device::{
        Bound,
        Device, //
    },
    mmc::sdio::{
        Claimed,
        Func,
        IrqHandler, //
    },
    prelude::*,
    sync::Arc,
    time::{
        delay::fsleep,
        Delta, //
    },
};

/// Readings of the control register without news before the chip is left alone (section 1.5.1).
const EMPTY_POLLS: u32 = 6;
/// Batches read in one go before others may use the bus. The chip interrupts again for the rest.
const BATCH_BUDGET: u32 = 32;
/// Pause per interrupt of a chip that is broken and still interrupts.
const BROKEN_PAUSE: Delta = Delta::from_millis(10);

/// The handler of the chip's interrupt.
pub(crate) struct Receiver(pub(crate) Arc<Chip>);

impl IrqHandler for Receiver {
    fn handle(&self, claimed: &Claimed<'_>) {
        let chip = &*self.0;
        chip.counters.interrupts.bump();
        let bus = Bus::new(claimed, &chip.counters);
        if !chip.service(&bus, claimed.func().as_ref()) {
            chip.counters.spurious_interrupts.bump();
        }
    }
}

impl Chip {
    /// Looks whether the chip has something to say, for waiters whose interrupt got lost.
    /// Returns whether it had.
    pub(crate) fn poll(&self, func: &Func<Bound>) -> bool {
        let claimed = func.claim();
        self.service(&Bus::new(&claimed, &self.counters), func.as_ref())
    }

    /// Attends to the chip, beginning with the register that withdraws its interrupt (W-1).
    /// Returns whether there was anything.
    fn service(&self, bus: &Bus<'_>, dev: &Device<Bound>) -> bool {
        let mut link = self.link.lock();
        let found = match link.phase {
            // Only the withdrawal counts.
            Phase::Idle => bus.read(REG_CONTROL).map(|_| false).map_err(Fault::Bus),
            Phase::Download => receive_announced(bus, &mut link).map_err(Fault::Bus),
            Phase::Running => {
                self.gate.attend();
                self.receive(bus, &mut link, dev).map(|batches| batches > 0)
            }
            Phase::Broken(_) => {
                // It should be silent: disabling the function failed.
                fsleep(BROKEN_PAUSE);
                bus.shut_off();
                Ok(false)
            }
        };
        let found = found.unwrap_or_else(|fault| {
            self.fail(bus, &mut link, fault, dev);
            self.gate.leave();
            true
        });
        drop(link);
        self.notify();
        found
    }

    /// Reads and delivers batches until the chip has no more (section 1.5.1), and sends what there is
    /// room for.
    fn receive(&self, bus: &Bus<'_>, link: &mut Link, dev: &Device<Bound>) -> Result<u32, Fault> {
        let mut batches = 0;
        let mut empty = 0;
        while empty < EMPTY_POLLS && batches < BATCH_BUDGET {
            let control = bus.read(REG_CONTROL).map_err(Fault::Bus)?;
            match Announcement::decode(control, link.session.toggles.control) {
                Announcement::Batch { blocks } => {
                    self.receive_batch(bus, link, blocks, dev)?;
                    batches = u32::saturating_add(batches, 1);
                    empty = 0;
                }
                Announcement::TooLarge { blocks } => return Err(Fault::TooLarge { blocks }),
                Announcement::Stale => {
                    self.counters.stale_announcements.bump();
                    empty = u32::saturating_add(empty, 1);
                }
                Announcement::Zero => {
                    if bus.read(REG_LENGTH_LOW).map_err(Fault::Bus)? & GENUINE_ZERO != 0 {
                        break;
                    }
                    empty = u32::saturating_add(empty, 1);
                }
            }
        }
        self.attend_to_frames(bus, link)?;
        Ok(batches)
    }

    fn receive_batch(
        &self,
        bus: &Bus<'_>,
        link: &mut Link,
        blocks: u16,
        dev: &Device<Bound>,
    ) -> Result<(), Fault> {
        let toggles = &mut link.session.toggles;
        let transfer = Transfer::receive(blocks, toggles.receive.get())
            .map_err(|_| Fault::TooLarge { blocks })?;
        bus.receive(transfer, &mut link.receive)
            .map_err(Fault::Bus)?;
        toggles.receive.advance();
        toggles.control.advance();
        bus.release_retune();
        self.counters.batches.bump();

        let Link {
            session,
            receive,
            traffic,
            ..
        } = link;
        let bytes = receive.get(..batch_len(blocks)).unwrap_or_default();
        let summary = self.deliver(bytes, session, traffic, dev)?;
        trace::batch_received(dev, summary.messages, bytes.len(), session);
        if summary.messages == 0 {
            self.counters.empty_batches.bump();
        }
        if summary.confirmed || self.gate.is_waiting() {
            // The bus is this context's: what the chip has room for now need not wait for another.
            self.transmit_frames(bus, link)?;
        }
        Ok(())
    }
}

/// Reads what the downloader has for the host, unless the last of it was not taken yet. Whether the
/// interrupt ends with the register or with the data is not known, so both are read here. Only the
/// lengths the protocol has are (W-12).
fn receive_announced(bus: &Bus<'_>, link: &mut Link) -> Result<bool, BusError> {
    let Some(len) = announced_len(bus)? else {
        return Ok(false);
    };
    if link.announced.is_some() {
        return Ok(false);
    }
    let mut read = false;
    if [REPLY_LEN, dpd::LEN].contains(&len.into()) {
        if let Ok(transfer) = Transfer::download_read(len.into()) {
            bus.receive(transfer, &mut link.receive)?;
            read = true;
        }
    }
    link.announced = Some(Announced { len, read });
    Ok(true)
}

/// The number of bytes the downloader has for the host; `None` for nothing (section 2.4). The low
/// byte is read first, the high byte withdraws the interrupt.
fn announced_len(bus: &Bus<'_>) -> Result<Option<u16>, BusError> {
    for _ in 0..EMPTY_POLLS {
        let low = bus.read(REG_LENGTH_LOW)?;
        let high = bus.read(REG_CONTROL)?;
        let len = u16::from_le_bytes([low, high]);
        if len != 0 {
            return Ok(Some(len));
        }
    }
    Ok(None)
}
