// SPDX-License-Identifier: GPL-2.0-only

//! Requests: each names its id and the confirm that answers it (section 3.3).

use super::super::bytes::{
    Overflow,
    Writer, //
};
use super::confirm::{
    Configured,
    Confirm,
    Generic, //
};
use super::header::{
    Class,
    Header,
    Interface,
    LEN, //
};

/// A request of class 0.
pub trait Request {
    /// Class and command number.
    const ID: u16;
    /// The name for the log.
    const NAME: &'static str;
    /// What answers it.
    type Confirm: Confirm;
    /// Seconds the firmware may take to confirm it (section 3.2).
    const LIMIT: u8 = 6;

    /// Writes the body.
    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow>;
}

/// The confirm that answers the request with `id`.
pub const fn confirm_id(id: u16) -> u16 {
    id | 0x0400
}

/// Writes the whole message of `request` to the front of `out` and returns its length. Sequence
/// number 0: [`stamp`] sets the true one when the message is sent.
pub fn encode<R: Request>(
    request: &R,
    interface: Interface,
    out: &mut [u8],
) -> Result<usize, Overflow> {
    let (head, body) = out.split_at_mut_checked(LEN).ok_or(Overflow)?;
    let mut writer = Writer::new(body);
    request.encode_body(&mut writer)?;
    let len = writer.used().checked_add(LEN).ok_or(Overflow)?;
    let header = Header {
        len: u16::try_from(len).map_err(|_| Overflow)?,
        sequence: 0,
        class: Class::Request,
        interface: interface.number(),
        command: R::ID.to_le_bytes()[0] & 0x3F,
    };
    header.encode(&mut Writer::new(head))?;
    Ok(len)
}

/// Sets the sequence number of an encoded message.
pub fn stamp(message: &mut [u8], sequence: u8) -> Result<(), Overflow> {
    let high = message.get_mut(3).ok_or(Overflow)?;
    *high = (*high & 0x1F) | ((sequence & 7) << 5);
    Ok(())
}

/// Write MIB (0x0006), section 3.3.3.
#[derive(Clone, Copy, Debug)]
pub struct WriteMib<'a> {
    /// The MIB, section 3.8.
    pub mib: u16,
    /// Its value.
    pub value: &'a [u8],
}

impl WriteMib<'static> {
    /// MIB 0x1024: confirm several transmitted frames with one message.
    pub const MULTI_TX_CONFIRM: Self = Self {
        mib: 0x1024,
        value: &[1, 0, 0, 0],
    };

    /// MIB 0x1006: the lowest power mode, without more-data handling.
    pub const QUIESCENT: Self = Self {
        mib: 0x1006,
        value: &[0x12, 0, 0, 0],
    };
}

impl Request for WriteMib<'_> {
    const ID: u16 = 0x0006;
    const NAME: &'static str = "write MIB";
    type Confirm = Generic;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        writer.u16(self.mib)?;
        writer.u16(u16::try_from(self.value.len()).map_err(|_| Overflow)?)?;
        writer.bytes(self.value)
    }
}

/// Configuration (0x0009), section 3.3.4.
#[derive(Clone, Copy, Debug)]
pub struct Configuration<'a> {
    /// Permanent MAC address, in transmission order.
    pub station_id: [u8; 6],
    /// Radio calibration data, [`SDD_LEN`] bytes.
    pub sdd: &'a [u8],
}

/// Size of the radio calibration data in bytes (appendix A).
pub const SDD_LEN: usize = 832;

impl Request for Configuration<'_> {
    const ID: u16 = 0x0009;
    const NAME: &'static str = "configuration";
    type Confirm = Configured;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), Overflow> {
        const LIFETIMES_AND_RTS: [u8; 12] = [0; 12];
        const BLOCK_HEADER_LEN: usize = 12;
        const BLOCK_VERSION: u16 = 1;
        const BLOCK_FLAGS: u16 = 5;

        let block = self
            .sdd
            .len()
            .checked_add(BLOCK_HEADER_LEN)
            .ok_or(Overflow)?;
        writer.bytes(&LIFETIMES_AND_RTS)?;
        writer.u16(u16::try_from(block).map_err(|_| Overflow)?)?;
        writer.u16(BLOCK_VERSION)?;
        writer.bytes(&self.station_id)?;
        writer.u16(BLOCK_FLAGS)?;
        writer.bytes(self.sdd)
    }
}
