// SPDX-License-Identifier: GPL-2.0-only
//! The card: identification, selection, function 0.

use std::time::Duration;

use super::cccr::{Cccr, Effect, Uhs};
use super::cis::{self, Cis};
use super::command::{BusError, Command, Direct, Extended, Reply, Transfer, r5};

/// Operating conditions: 2.7 to 3.6 V.
const OCR: u32 = 0x00FF_8000;
/// R4: the card is ready.
const R4_READY: u32 = 1 << 31;
/// R4: one I/O function.
const R4_ONE_FUNCTION: u32 = 1 << 28;
/// CMD5 and R4: switching to 1.8 V.
const S18: u32 = 1 << 24;
/// The relative address that the card proposes.
const RCA: u32 = 0x0001;
/// The tuning block of the SD specification for four lines.
const TUNING: [u8; 64] = [
    0xff, 0x0f, 0xff, 0x00, 0xff, 0xcc, 0xc3, 0xcc, 0xc3, 0x3c, 0xcc, 0xff, 0xfe, 0xff, 0xfe, 0xef,
    0xff, 0xdf, 0xff, 0xdd, 0xff, 0xfb, 0xff, 0xfb, 0xbf, 0xff, 0x7f, 0xff, 0x77, 0xf7, 0xbd, 0xef,
    0xff, 0xf0, 0xff, 0xf0, 0x0f, 0xfc, 0xcc, 0x3c, 0xcc, 0x33, 0xcc, 0xcf, 0xff, 0xef, 0xff, 0xee,
    0xff, 0xfd, 0xff, 0xfd, 0xdf, 0xff, 0xbf, 0xff, 0xbb, 0xff, 0xf7, 0xff, 0xf7, 0x7f, 0x7b, 0xde,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Ready,
    Standby,
    Selected,
}

/// What the card makes of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The card answers by itself.
    Reply(Reply),
    /// The SDIO part was reset; the answer follows.
    Reset(Reply),
    /// A register of function 1 is read or written.
    Direct(Direct),
    /// Data of function 1 are moved.
    Extended(Extended),
    /// The command names a function that the card does not have.
    NoFunction {
        /// The function.
        function: u32,
        /// The answer.
        reply: Reply,
    },
}

/// The card in the slot.
#[derive(Clone, Debug)]
pub struct Card {
    uhs: Uhs,
    enable_delay: Duration,
    state: State,
    cccr: Cccr,
    cis: Cis,
    switched: bool,
}

impl Card {
    /// A card that has just been powered.
    pub fn new(uhs: Uhs, enable_delay: Duration) -> Self {
        Self {
            uhs,
            enable_delay,
            state: State::Idle,
            cccr: Cccr::new(uhs, enable_delay),
            cis: Cis::new(u16::try_from(enable_delay.as_millis() / 10 + 10).unwrap_or(u16::MAX)),
            switched: false,
        }
    }

    /// Registers of function 0.
    pub const fn cccr(&self) -> &Cccr {
        &self.cccr
    }

    /// Forgets what the host has set, as after power-off.
    pub fn power_cycle(&mut self) {
        self.io_reset();
        self.switched = false;
    }

    fn io_reset(&mut self) {
        self.state = State::Idle;
        self.cccr = Cccr::new(self.uhs, self.enable_delay);
    }

    /// Answers a command, or says what function 1 is to do. `pending` is the interrupt of
    /// function 1.
    pub fn command(&mut self, command: &Command<'_>, pending: bool, now: Duration) -> Outcome {
        let reply = match (command.opcode, self.state) {
            (0, _) => Reply::response(0),
            (5, State::Idle | State::Ready) => self.operating_conditions(command.argument),
            (11, State::Ready) if self.offers_switch() => {
                self.switched = true;
                Reply::response(0)
            }
            (3, State::Ready | State::Standby) => {
                self.state = State::Standby;
                Reply::response(RCA << 16)
            }
            (7, State::Standby | State::Selected) => self.select(command.argument),
            (19, State::Selected) => tuning(command),
            (52, _) => return self.direct(Direct::decode(command.argument), pending, now),
            (53, State::Selected) => return self.extended(command, pending, now),
            _ => Reply::error(BusError::Timeout),
        };
        Outcome::Reply(reply)
    }

    const fn offers_switch(&self) -> bool {
        self.uhs.sdr50 || self.uhs.sdr104
    }

    fn operating_conditions(&mut self, argument: u32) -> Reply {
        if argument & OCR != 0 {
            self.state = State::Ready;
        }
        let switch = if self.offers_switch() && argument & S18 != 0 && !self.switched {
            S18
        } else {
            0
        };
        Reply::response(R4_READY | R4_ONE_FUNCTION | switch | OCR)
    }

    fn select(&mut self, argument: u32) -> Reply {
        if argument >> 16 == RCA {
            self.state = State::Selected;
            Reply::response(0)
        } else {
            // Deselected: the host expects no response.
            self.state = State::Standby;
            Reply::response(0)
        }
    }

    fn direct(&mut self, access: Direct, pending: bool, now: Duration) -> Outcome {
        let reset = access.write
            && access.function == 0
            && access.address == 0x06
            && access.value & 0x08 != 0;
        if self.state != State::Selected && !reset {
            return Outcome::Reply(Reply::error(BusError::Timeout));
        }
        match access.function {
            0 => {}
            1 => return Outcome::Direct(access),
            function => {
                return Outcome::NoFunction {
                    function,
                    reply: Reply::response(r5::STATE_CMD | r5::FUNCTION_NUMBER),
                };
            }
        }
        let mut effect = Effect::None;
        let value = if access.write {
            effect = self.cccr.write(access.address, access.value, now);
            if access.read_after_write {
                self.read_function_0(access.address, pending, now)
            } else {
                access.value
            }
        } else {
            self.read_function_0(access.address, pending, now)
        };
        let reply = Reply::response(r5::STATE_CMD | u32::from(value));
        match effect {
            Effect::None => Outcome::Reply(reply),
            Effect::Reset => {
                self.io_reset();
                Outcome::Reset(reply)
            }
        }
    }

    fn extended(&self, command: &Command<'_>, pending: bool, now: Duration) -> Outcome {
        let access = Extended::decode(command.argument);
        match access.function {
            0 => Outcome::Reply(self.read_block_of_function_0(access, command, pending, now)),
            1 => Outcome::Extended(access),
            function => Outcome::NoFunction {
                function,
                reply: Reply::data_error(r5::STATE_CMD | r5::FUNCTION_NUMBER, BusError::Timeout),
            },
        }
    }

    /// A CMD53 read of function 0; there is nothing there that a CMD53 would write.
    fn read_block_of_function_0(
        &self,
        access: Extended,
        command: &Command<'_>,
        pending: bool,
        now: Duration,
    ) -> Reply {
        let Transfer::Read { block_size, blocks } = command.transfer else {
            return Reply::data_error(r5::STATE_CMD | r5::ERROR, BusError::Timeout);
        };
        let count = block_size.saturating_mul(blocks).min(1 << 20);
        let step = u32::from(access.increment);
        let bytes = (0..count)
            .map(|index| {
                let address = access.address.saturating_add(index.saturating_mul(step));
                self.read_function_0(address, pending, now)
            })
            .collect();
        Reply::bytes(r5::STATE_CMD, bytes)
    }

    fn read_function_0(&self, address: u32, pending: bool, now: Duration) -> u8 {
        if address >= cis::COMMON {
            self.cis.read(address).unwrap_or(0)
        } else {
            self.cccr.read(address, pending, now)
        }
    }
}

fn tuning(command: &Command<'_>) -> Reply {
    match command.transfer {
        Transfer::Read { block_size, blocks } => {
            let count = usize::try_from(block_size.saturating_mul(blocks)).unwrap_or(0);
            let bytes = TUNING.iter().copied().cycle().take(count.min(64)).collect();
            Reply::bytes(0, bytes)
        }
        Transfer::None | Transfer::Write { .. } => Reply::error(BusError::Timeout),
    }
}
