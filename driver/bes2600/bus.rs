// SPDX-License-Identifier: GPL-2.0-only

//! Commands on the bus, repeated within bounds.
//!
//! A chip that wakes answers `EBUSY` for a while (F-1, W-46) and a noisy line loses a transfer now
//! and then: neither is a reason to give up at once, and neither is repeated for ever.

use super::{
    counters::Counters,
    logic::cmd53::{
        Count,
        Transfer, //
    },
    text::Errno,
};
use core::fmt;
use kernel::{
    device::{
        Bound,
        Device, //
    },
    mmc::sdio::{
        Buffer,
        Claimed,
        Extended, //
    },
    prelude::*,
    time::{
        delay::fsleep,
        Delta, //
    },
};

/// Attempts while the chip is busy, 2 ms apart.
const BUSY_ATTEMPTS: u32 = 100;
/// Attempts while the chip does not answer; each may take the host's own time-out.
const SILENT_ATTEMPTS: u32 = 5;
/// Attempts after CRC errors, with a re-tuning between them where the host can.
const CRC_ATTEMPTS: u32 = 11;
/// Pause before a busy or silent chip is asked again.
const BACK_OFF: Delta = Delta::from_millis(2);

/// What was tried.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    /// CMD52 read.
    ReadRegister,
    /// CMD52 write.
    WriteRegister,
    /// CMD53 read.
    Receive,
    /// CMD53 write.
    Transmit,
}

/// A command that failed for good.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BusError {
    operation: Operation,
    address: u32,
    attempts: u32,
    /// What the host reported for the last attempt.
    pub(crate) error: Error,
}

impl BusError {
    /// Whether the card has left its slot.
    pub(crate) fn card_gone(&self) -> bool {
        card_gone(self.error)
    }

    /// What the failure says about the board, and what to do about it if it lasts.
    pub(crate) fn advice(&self) -> &'static str {
        if self.card_gone() {
            "the card was removed"
        } else if self.error == EBUSY {
            "the chip does not wake, check its wake line"
        } else if self.error == ETIMEDOUT {
            "the chip does not answer, power-cycle the board"
        } else if self.error == EILSEQ {
            "the bus is noisy, lower its clock or check its wiring"
        } else {
            "check the host controller and power-cycle the board"
        }
    }
}

/// Whether `error` says that the card has left its slot.
pub(crate) fn card_gone(error: Error) -> bool {
    error == ENOMEDIUM || error == ENODEV
}

impl fmt::Display for BusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = match self.operation {
            Operation::ReadRegister => "CMD52 read",
            Operation::WriteRegister => "CMD52 write",
            Operation::Receive => "CMD53 read",
            Operation::Transmit => "CMD53 write",
        };
        write!(
            f,
            "{operation} at {:#07x} failed with {}, attempt {}",
            self.address,
            Errno(self.error),
            self.attempts
        )
    }
}

/// The bus of a chip, claimed.
pub(crate) struct Bus<'a> {
    claimed: &'a Claimed<'a>,
    counters: &'a Counters,
}

impl<'a> Bus<'a> {
    /// Uses the claim for commands, and `counters` to count them.
    pub(crate) fn new(claimed: &'a Claimed<'a>, counters: &'a Counters) -> Self {
        Self { claimed, counters }
    }

    /// The device behind it.
    pub(crate) fn device(&self) -> &Device<Bound> {
        self.claimed.func().as_ref()
    }

    /// Reads a register.
    pub(crate) fn read(&self, address: u32) -> Result<u8, BusError> {
        self.repeat(Operation::ReadRegister, address, || {
            self.counters.cmd52.bump();
            self.claimed.read_byte(address)
        })
    }

    /// Writes a register.
    pub(crate) fn write(&self, address: u32, value: u8) -> Result<(), BusError> {
        self.repeat(Operation::WriteRegister, address, || {
            self.counters.cmd52.bump();
            self.claimed.write_byte(address, value)
        })
    }

    /// Reads a block of data to the front of `buffer`. A repeated attempt carries the same toggle.
    pub(crate) fn receive(&self, transfer: Transfer, buffer: &mut Buffer) -> Result<(), BusError> {
        self.repeat(Operation::Receive, transfer.address(), || {
            self.counters.cmd53.bump();
            self.claimed.read(extended(transfer)?, buffer)
        })?;
        self.counters.bytes_read.add(transfer.bus_len());
        Ok(())
    }

    /// Writes a block of data from the front of `buffer`. A repeated attempt carries the same
    /// toggle.
    pub(crate) fn transmit(&self, transfer: Transfer, buffer: &Buffer) -> Result<(), BusError> {
        self.repeat(Operation::Transmit, transfer.address(), || {
            self.counters.cmd53.bump();
            self.claimed.write(extended(transfer)?, buffer)
        })?;
        self.counters.bytes_written.add(transfer.bus_len());
        Ok(())
    }

    /// Tunes the bus now and holds further re-tuning until [`Bus::release_retune()`] (section
    /// 1.8.4).
    pub(crate) fn hold_retune(&self) {
        self.claimed.retune_hold_now();
    }

    /// Lets the host re-tune again.
    pub(crate) fn release_retune(&self) {
        self.claimed.retune_release();
    }

    /// Disables the function, and with it its interrupt. The level of a chip that cannot be read
    /// stays asserted; the core would call the handler again and again, and nobody else would ever
    /// get the bus.
    pub(crate) fn shut_off(&self) {
        // Function 0 answers for a chip that hangs; a card that left has nothing to disable.
        let _ = self.claimed.disable();
    }

    fn repeat<T>(
        &self,
        operation: Operation,
        address: u32,
        mut once: impl FnMut() -> Result<T>,
    ) -> Result<T, BusError> {
        let mut attempts: u32 = 0;
        loop {
            attempts = attempts.saturating_add(1);
            let error = match once() {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let limit = if error == EBUSY {
                BUSY_ATTEMPTS
            } else if error == ETIMEDOUT {
                SILENT_ATTEMPTS
            } else if error == EILSEQ {
                CRC_ATTEMPTS
            } else {
                1
            };
            if attempts >= limit {
                return Err(BusError {
                    operation,
                    address,
                    attempts,
                    error,
                });
            }
            if error == EILSEQ {
                self.counters.crc_retries.bump();
                // The core wants to re-tune after a CRC error; a hold would keep it from doing so.
                self.claimed.retune_release();
            } else {
                self.counters.busy_retries.bump();
                fsleep(BACK_OFF);
            }
        }
    }
}

/// The transfer as the host's interface takes it.
fn extended(transfer: Transfer) -> Result<Extended> {
    match transfer.count() {
        Count::Bytes(bytes) => Extended::bytes(transfer.address(), bytes),
        Count::Blocks(blocks) => Extended::blocks(transfer.address(), blocks),
    }
}
