// SPDX-License-Identifier: GPL-2.0-only

//! The MCU's status register and doorbell (section 1.7).

use super::{
    chip::Chip,
    failure::{
        Failure,
        Fault, //
    },
    logic::doorbell::{
        Doorbell,
        Status,
        REG_DOORBELL_HIGH,
        REG_DOORBELL_LOW,
        REG_STATUS, //
    },
};
use kernel::{
    device::Bound,
    mmc::sdio::Func,
    prelude::*,
    time::{
        delay::fsleep,
        Delta,
        Instant,
        Monotonic, //
    },
};

/// Time the main firmware may take from its start to MCU_READY.
const READY_LIMIT: Delta = Delta::from_secs(5);
const READY_INTERVAL: Delta = Delta::from_millis(10);
/// Times a doorbell is rung before its subsystem counts as dead.
const ROUNDS: u32 = 200;

/// Reads the status register.
pub(crate) fn status(func: &Func<Bound>, chip: &Chip) -> Result<Status, Fault> {
    chip.on_bus(func, |bus| bus.read(REG_STATUS)).map(Status)
}

/// Polls the status register until `done`, at most `limit`; `Err(Ok(..))` holds the last status
/// of a chip that never got there.
pub(crate) fn poll_status(
    func: &Func<Bound>,
    chip: &Chip,
    interval: Delta,
    limit: Delta,
    done: impl Fn(Status) -> bool,
) -> Result<(), Result<Status, Fault>> {
    let began = Instant::<Monotonic>::now();
    loop {
        let status = status(func, chip).map_err(Err)?;
        if done(status) {
            return Ok(());
        }
        if began.elapsed() >= limit {
            return Err(Ok(status));
        }
        fsleep(interval);
    }
}

/// Waits until the main firmware's command processor is up, within bounds (W-8).
pub(crate) fn wait_ready(func: &Func<Bound>, chip: &Chip) -> Result<(), Failure> {
    poll_status(func, chip, READY_INTERVAL, READY_LIMIT, |status| {
        status.has(Status::MCU_READY)
    })
    .map_err(|last| match last {
        Ok(status) => Failure::McuNotReady { status: status.0 },
        Err(fault) => Failure::Broken {
            step: "waiting for the main firmware",
            fault,
        },
    })
}

/// Rings `doorbell` until the status register shows its answer. A doorbell whose answer shows
/// already is not rung (F-3). The caller keeps the chip awake.
pub(crate) fn ring(func: &Func<Bound>, chip: &Chip, doorbell: Doorbell) -> Result<(), Failure> {
    let broken = |fault| Failure::Broken {
        step: doorbell.name(),
        fault,
    };
    let Some(answer) = doorbell.acknowledge() else {
        return write(func, chip, doorbell).map_err(broken);
    };
    let interval = match doorbell {
        Doorbell::WifiActivate | Doorbell::BtActivate => Delta::from_millis(25),
        _ => Delta::from_millis(2),
    };
    let mut last = status(func, chip).map_err(broken)?;
    for _ in 0..ROUNDS {
        if answer.seen(last) {
            return Ok(());
        }
        write(func, chip, doorbell).map_err(broken)?;
        fsleep(interval);
        last = status(func, chip).map_err(broken)?;
    }
    if answer.seen(last) {
        return Ok(());
    }
    Err(Failure::Doorbell {
        name: doorbell.name(),
        status: last.0,
    })
}

fn write(func: &Func<Bound>, chip: &Chip, doorbell: Doorbell) -> Result<(), Fault> {
    let (high, low) = doorbell.bytes();
    chip.on_bus(func, |bus| {
        bus.write(REG_DOORBELL_HIGH, high)?;
        bus.write(REG_DOORBELL_LOW, low)
    })
}
