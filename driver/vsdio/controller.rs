// SPDX-License-Identifier: GPL-2.0-only

//! Operations of the host controller, as the MMC core calls them.

use crate::{
    abi,
    outbox::Note,
    state::{InFlight, Outcome, Shared},
};

use kernel::{
    mmc::host::{
        Cap, Caps, Config, Host, Ios, Limits, Ops, PowerMode, Request, SignalVoltage, Tuning,
    },
    new_mutex,
    prelude::*,
    sync::{Arc, ArcBorrow, Mutex},
    time::{
        Delta, Instant,
        hrtimer::{ArcHrTimerHandle, HrTimerPointer},
    },
};

/// Index of the command that switches the signal voltage to 1.8 V.
const VOLTAGE_SWITCH: u32 = 11;

/// Most segments that a request's data may be scattered over. It is copied, so any number will do.
const MAX_SEGS: u16 = 128;

/// Data of the host.
#[pin_data]
pub(crate) struct Controller {
    shared: Arc<Shared>,
    /// Time that the program has for a request.
    timeout: Delta,
    /// The host announces UHS-I modes.
    uhs: bool,
    /// The timer of the outstanding request. It is left running when the request ends before.
    #[pin]
    armed: Mutex<Option<ArcHrTimerHandle<Shared>>>,
}

impl Controller {
    pub(crate) fn new(shared: Arc<Shared>, setup: &abi::Setup) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                shared,
                timeout: Delta::from_millis(i64::from(setup.timeout_ms)),
                uhs: setup.caps & (abi::caps::UHS_SDR50 | abi::caps::UHS_SDR104) != 0,
                armed <- new_mutex!(None, "vsdio::armed"),
            }),
            GFP_KERNEL,
        )
    }

    /// Hands a command of `request` to the program and limits the time for its answer.
    fn begin(&self, request: Request<Self>, stopping: Option<Outcome>) {
        let mut armed = self.armed.lock();
        // Waits for the timer of the request before, so that it cannot be taken for this one's.
        drop(armed.take());
        let deadline = Instant::now() + self.timeout;
        if self.shared.begin(request, stopping, deadline) {
            *armed = Some(self.shared.clone().start(self.timeout));
        }
    }

    /// The program has answered; its answer has been checked.
    pub(crate) fn reply(&self, in_flight: InFlight, reply: &abi::Reply<'_>) {
        let command = errno(reply.command).map(|()| reply.response);
        if in_flight.opcode() == Some(VOLTAGE_SWITCH) && self.uhs && command.is_ok() {
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

/// What the program asked for, as the MMC core wants it.
pub(crate) fn config(setup: &abi::Setup) -> Config {
    let has = |bit| setup.caps & bit != 0;
    let mut caps = Caps::from(Cap::SdioIrq) | Cap::PowerOffCard;
    if has(abi::caps::FOUR_BIT) {
        caps |= Cap::FourBit;
    }
    if has(abi::caps::HIGH_SPEED) {
        caps |= Cap::SdHighSpeed;
    }
    if has(abi::caps::UHS_SDR50) {
        caps |= Caps::from(Cap::UhsSdr12) | Cap::UhsSdr25 | Cap::UhsSdr50;
    }
    if has(abi::caps::UHS_SDR104) {
        caps |= Caps::from(Cap::UhsSdr12) | Cap::UhsSdr25 | Cap::UhsSdr104;
    }
    if has(abi::caps::NON_REMOVABLE) {
        caps |= Cap::NonRemovable;
    }
    Config {
        caps,
        sdio_only: has(abi::caps::SDIO_ONLY),
        keep_power: has(abi::caps::KEEP_POWER),
        clock: setup.f_min..=setup.f_max,
        limits: Limits {
            max_blk_size: setup.max_blk_size,
            max_blk_count: setup.max_blk_count,
            max_req_size: setup.max_req_size,
            max_segs: MAX_SEGS,
        },
    }
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
            SignalVoltage::V180 if me.uhs => Ok(()),
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
