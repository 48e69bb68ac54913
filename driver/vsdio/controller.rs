// SPDX-License-Identifier: GPL-2.0-only

//! Operations of the host controller, as the MMC core calls them.

use crate::{
    abi,
    outbox::Note,
    state::{InFlight, Outcome, Shared},
};

use kernel::{
    mmc::host::{Host, Ios, Ops, PowerMode, Request, SignalVoltage, Tuning},
    new_mutex,
    prelude::*,
    sync::{
        Arc, ArcBorrow, Mutex,
        atomic::{Atomic, ordering::Relaxed},
    },
    time::{
        Delta, Instant,
        hrtimer::{ArcHrTimerHandle, HrTimerPointer},
    },
};

/// Index of the command that switches the signal voltage to 1.8 V.
const VOLTAGE_SWITCH: u32 = 11;

/// Data of the host.
#[pin_data]
pub(crate) struct Controller {
    shared: Arc<Shared>,
    /// Time, in milliseconds, that the program has for a request.
    timeout_ms: Atomic<u32>,
    /// The host can switch to 1.8 V.
    low_voltage: bool,
    /// The timer of the outstanding request. It is left running when the request ends before.
    #[pin]
    armed: Mutex<Option<ArcHrTimerHandle<Shared>>>,
}

impl Controller {
    pub(crate) fn new(shared: Arc<Shared>, low_voltage: bool) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                shared,
                timeout_ms: Atomic::new(abi::MIN_TIMEOUT_MS),
                low_voltage,
                armed <- new_mutex!(None, "vsdio::armed"),
            }),
            GFP_KERNEL,
        )
    }

    pub(crate) fn set_timeout_ms(&self, timeout_ms: u32) {
        self.timeout_ms.store(timeout_ms, Relaxed);
    }

    /// Hands a command of `request` to the program and limits the time for its answer.
    fn begin(&self, request: Request<Self>, stopping: Option<Outcome>) {
        let mut armed = self.armed.lock();
        // Waits for the timer of the request before, so that it cannot be taken for this one's.
        drop(armed.take());
        let timeout = Delta::from_millis(i64::from(self.timeout_ms.load(Relaxed)));
        if self
            .shared
            .begin(request, stopping, Instant::now() + timeout)
        {
            *armed = Some(self.shared.clone().start(timeout));
        }
    }

    /// The program has answered; its answer has been checked.
    pub(crate) fn reply(&self, in_flight: InFlight, reply: &abi::Reply<'_>) {
        let command = errno(reply.command).map(|()| reply.response);
        if in_flight.opcode() == Some(VOLTAGE_SWITCH) && self.low_voltage && command.is_ok() {
            self.shared.set_switching(true);
        }

        let InFlight {
            mut request,
            stopping,
            ..
        } = in_flight;
        if let Some(outcome) = stopping {
            request.set_stop(command);
            request.complete(outcome.command, outcome.data);
            return;
        }

        let data = errno(reply.data_status).map(|()| match request.data() {
            Some(data) if command.is_ok() => {
                data.copy_to_host(0, reply.data);
                data.len()
            }
            _ => 0,
        });
        // The card has to leave the data phase also when that went wrong.
        if command.is_ok() && request.stop().is_some() {
            self.begin(request, Some(Outcome { command, data }));
        } else {
            request.complete(command, data);
        }
    }
}

/// The kernel's error for a status.
fn errno(status: abi::Status) -> Result {
    Err(match status {
        abi::Status::Good => return Ok(()),
        abi::Status::Io => EIO,
        abi::Status::Busy => EBUSY,
        abi::Status::Invalid => EINVAL,
        abi::Status::Range => ERANGE,
        abi::Status::Crc => EILSEQ,
        abi::Status::Timeout => ETIMEDOUT,
        abi::Status::NoMedium => ENOMEDIUM,
    })
}

#[vtable]
impl Ops for Controller {
    type Data = Arc<Self>;

    fn request(_host: &Host<Self>, me: ArcBorrow<'_, Self>, request: Request<Self>) {
        me.begin(request, None);
    }

    fn set_ios(_host: &Host<Self>, me: ArcBorrow<'_, Self>, ios: &Ios) {
        let low = ios.signal_voltage() == SignalVoltage::V180;
        if ios.power_mode() == PowerMode::Off || (low && ios.clock() != 0) {
            me.shared.set_switching(false);
        }
        me.shared.post(Note::ios(abi::Ios {
            clock: ios.clock(),
            bus_width: ios.bus_width(),
            timing: ios.timing().as_raw(),
            signal_voltage: match ios.signal_voltage() {
                SignalVoltage::V330 => 33,
                SignalVoltage::V180 => 18,
                SignalVoltage::V120 => 12,
            },
            power_mode: match ios.power_mode() {
                PowerMode::Off => abi::PowerMode::Off,
                PowerMode::Up => abi::PowerMode::Up,
                PowerMode::On => abi::PowerMode::On,
                PowerMode::Undefined => abi::PowerMode::Undefined,
            },
        }));
    }

    fn get_cd(_host: &Host<Self>, me: ArcBorrow<'_, Self>) -> Result<bool> {
        Ok(me.shared.state.lock().inserted)
    }

    fn enable_sdio_irq(host: &Host<Self>, me: ArcBorrow<'_, Self>, enable: bool) {
        if me.shared.enable_irq(enable) {
            host.signal_irq();
        }
    }

    fn ack_sdio_irq(host: &Host<Self>, me: ArcBorrow<'_, Self>) {
        me.shared.post(Note::IrqAck);
        if me.shared.enable_irq(true) {
            host.signal_irq();
        }
    }

    fn start_signal_voltage_switch(
        _host: &Host<Self>,
        me: ArcBorrow<'_, Self>,
        ios: &Ios,
    ) -> Result {
        match ios.signal_voltage() {
            SignalVoltage::V330 => Ok(()),
            SignalVoltage::V180 if me.low_voltage => Ok(()),
            _ => Err(EINVAL),
        }
    }

    fn card_busy(_host: &Host<Self>, me: ArcBorrow<'_, Self>) -> bool {
        me.shared.is_switching()
    }

    fn execute_tuning(_host: &Host<Self>, _me: ArcBorrow<'_, Self>, tuning: &Tuning<'_>) -> Result {
        // There is no sampling point to find, only a card to agree.
        tuning.send()
    }

    fn card_hw_reset(_host: &Host<Self>, me: ArcBorrow<'_, Self>) {
        me.shared.post(Note::Reset);
    }
}
