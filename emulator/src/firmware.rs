// SPDX-License-Identifier: GPL-2.0-only
//! The Wi-Fi firmware: what it says at start and how it answers requests.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::breach::Rule;
use crate::bytes::{Builder, Reader};
use crate::event::Journal;
use crate::fault::Fault;
use crate::knobs::Knobs;
use crate::wsm::batch::Outgoing;
use crate::wsm::id::{self, Id};
use crate::wsm::mib::{self, Store, Verdict};
use crate::wsm::request;
use crate::wsm::slots::Received;

/// Status codes (3.7).
const STATUS_SUCCESS: u32 = 0;
const STATUS_INVALID: u32 = 2;

/// What the firmware says about itself, section `[firmware]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// Label of the startup indication; empty: that of the downloaded image, or `emulated`.
    pub label: String,
    /// Hardware id.
    pub hardware_id: u16,
    /// Hardware sub-id.
    pub hardware_sub_id: u16,
    /// Capabilities.
    pub capabilities: u16,
    /// Type: 2 is WSM.
    pub firmware_type: u16,
    /// API version.
    pub api_version: u16,
    /// Build number.
    pub build: u16,
    /// Version.
    pub version: u16,
    /// Bands: bit 0 2.4 GHz, bit 1 5 GHz.
    pub bands: u8,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            label: String::new(),
            hardware_id: 1,
            hardware_sub_id: 0,
            capabilities: 0,
            firmware_type: 2,
            api_version: 1,
            build: 1,
            version: 1,
            bands: 3,
        }
    }
}

const LABEL_LEN: usize = 128;

/// The firmware's state between two activations of Wi-Fi.
#[derive(Clone, Debug, Default)]
pub(crate) struct Firmware {
    mibs: Store,
    mac: [u8; 6],
    configured: [bool; 3],
    dead: bool,
    pub(crate) requests: BTreeMap<u16, u64>,
}

impl Firmware {
    /// Starts anew; the counts for the summary remain.
    pub(crate) fn restart(&mut self) {
        *self = Self {
            requests: std::mem::take(&mut self.requests),
            ..Self::default()
        };
    }

    /// The startup indication, unless a fault takes it away.
    pub(crate) fn startup(
        &self,
        identity: &Identity,
        image_label: Option<&str>,
        knobs: &Knobs,
        journal: &mut Journal,
    ) -> Option<Outgoing> {
        if journal.fault(Fault::StartupMissing).is_some() {
            return None;
        }
        let changed = |fault: Option<crate::fault::Planned>, key, normal: u16| {
            fault.map_or(normal, |fault| {
                u16::try_from(fault.value(key)).unwrap_or(u16::MAX)
            })
        };
        let buffers = changed(
            journal.fault(Fault::StartupBuffers),
            "count",
            knobs.input_buffers,
        );
        let status = changed(journal.fault(Fault::StartupStatus), "status", 0);
        let kind = changed(
            journal.fault(Fault::StartupType),
            "type",
            identity.firmware_type,
        );
        let label = if identity.label.is_empty() {
            image_label.unwrap_or("emulated")
        } else {
            &identity.label
        };
        let label = label.as_bytes();
        let label = label.get(..LABEL_LEN).unwrap_or(label);
        let mut body = Builder::new()
            .u16(buffers)
            .u16(knobs.input_buffer_size)
            .u16(identity.hardware_id)
            .u16(identity.hardware_sub_id)
            .u16(status)
            .u16(identity.capabilities)
            .u16(kind)
            .u16(identity.api_version)
            .u16(identity.build)
            .u16(identity.version)
            .bytes(label)
            .resize(20 + LABEL_LEN)
            .build();
        if let Some(fault) = journal.fault(Fault::StartupShort) {
            let len = usize::try_from(fault.value("len")).unwrap_or(0);
            body.truncate(len.saturating_sub(id::HEADER_LEN));
        }
        let mut message = Outgoing::indication(id::STARTUP, body);
        message.due = journal
            .now
            .saturating_add(Duration::from_millis(u64::from(knobs.startup_delay_ms)));
        Some(message)
    }

    /// Answers a message of the host.
    pub(crate) fn handle(
        &mut self,
        message: &Received,
        identity: &Identity,
        knobs: &Knobs,
        journal: &mut Journal,
    ) -> Vec<Outgoing> {
        let kind = message.id.kind();
        let count = self.requests.entry(kind).or_default();
        *count = count.saturating_add(1);
        if self.dead {
            return Vec::new();
        }
        if let Some(fault) = journal.fault(Fault::Exception) {
            self.dead = true;
            journal.state("firmware has died of an exception");
            return vec![exception(fault.value("reason"))];
        }
        let mut status = STATUS_SUCCESS;
        if let Some((rule, text)) = request::defect(message.id, &message.body) {
            journal.breach(rule, text);
            status = STATUS_INVALID;
        }
        let interface = message.id.interface();
        let mut answer = if message.id.is_mcu() {
            vec![rf_confirm(message)]
        } else if status != STATUS_SUCCESS {
            vec![generic(message.id, status)]
        } else {
            self.needs_configuration(message.id, journal);
            match kind {
                id::TRANSMIT => vec![self.transmit_confirm(&message.body, knobs)],
                id::READ_MIB => vec![self.read_mib(message, journal)],
                id::WRITE_MIB => vec![generic(message.id, self.write_mib(message, journal))],
                id::CONFIGURATION => {
                    vec![self.configure(interface, &message.body, identity, journal)]
                }
                id::JOIN => vec![confirm(
                    message.id,
                    Builder::new().u32(STATUS_SUCCESS).u32(0).u32(200).build(),
                )],
                _ => vec![generic(message.id, status)],
            }
        };
        if let Some(first) = answer.first_mut() {
            let delay = Duration::from_micros(u64::from(knobs.confirm_delay_us));
            first.due = journal.now.saturating_add(delay);
            first.releases = 1;
            first.ends_command = kind != id::TRANSMIT;
            if !knobs.echo_interface {
                first.id = Id(first.id.0 & !0x03C0);
            }
        }
        let mut answer = spoil_confirm(answer, journal);
        if status == STATUS_SUCCESS {
            answer.extend(follow_up(message));
        }
        answer
    }

    fn needs_configuration(&self, id: Id, journal: &mut Journal) {
        let needs = matches!(
            id.kind(),
            id::TRANSMIT | id::SCAN | id::JOIN | id::START | id::SWITCH_CHANNEL
        );
        if needs && !self.configured.contains(&true) {
            journal.breach(
                Rule::NotConfigured,
                format!("{} before the configuration", id.name()),
            );
        }
    }

    fn configure(
        &mut self,
        interface: u8,
        body: &[u8],
        identity: &Identity,
        journal: &mut Journal,
    ) -> Outgoing {
        let status = match self.configuration(body) {
            Ok(()) => {
                if let Some(configured) = self.configured.get_mut(usize::from(interface)) {
                    *configured = true;
                }
                STATUS_SUCCESS
            }
            Err(text) => {
                journal.breach(Rule::Configuration, text);
                STATUS_INVALID
            }
        };
        let range = |builder: Builder| builder.u32(0).u32(200).u32(10);
        let body = Builder::new()
            .u32(status)
            .bytes(&self.mac)
            .u8(identity.bands)
            .u8(0)
            .u32(0x003F_FFCF);
        confirm(
            Id(id::CONFIGURATION | u16::from(interface) << 6),
            range(range(body)).build(),
        )
    }

    /// Checks the fields of a configuration and takes the address from it.
    fn configuration(&mut self, body: &[u8]) -> Result<(), String> {
        let short = || "the body is too short".to_owned();
        let mut reader = Reader::new(body);
        reader.take(12).ok_or_else(short)?;
        let length = reader.u16().ok_or_else(short)?;
        let version = reader.u16().ok_or_else(short)?;
        let mac = reader.take(6).ok_or_else(short)?;
        let flags = reader.u16().ok_or_else(short)?;
        let sdd = reader.rest();
        if usize::from(length) != sdd.len().saturating_add(12) {
            return Err(format!(
                "block length {length} with {} bytes of SDD",
                sdd.len()
            ));
        }
        if version != 1 || flags != 5 {
            return Err(format!(
                "block version {version}, flags {flags}; 1 and 5 are right"
            ));
        }
        if mac.first().is_some_and(|byte| byte & 1 != 0) || mac.iter().all(|byte| *byte == 0) {
            return Err("the station address is a group address or zero".to_owned());
        }
        if !is_tlv(sdd) {
            return Err("the SDD block is no sequence of elements".to_owned());
        }
        if let Some(own) = mac.first_chunk() {
            self.mac = *own;
        }
        Ok(())
    }

    fn write_mib(&mut self, message: &Received, journal: &mut Journal) -> u32 {
        let mut reader = Reader::new(&message.body);
        let (mib, size) = (reader.u16().unwrap_or(0), reader.u16().unwrap_or(0));
        let value = reader.rest();
        let verdict = if usize::from(size) == value.len() {
            mib::check_write(mib, value.len())
        } else {
            Verdict::BadSize
        };
        match verdict {
            Verdict::Good => {}
            Verdict::Unknown => {
                journal.breach(Rule::MibUnknown, format!("a write of MIB 0x{mib:04X}"));
            }
            Verdict::BadSize => {
                journal.breach(
                    Rule::MibSize,
                    format!(
                        "MIB 0x{mib:04X}: size {size}, {} bytes of value",
                        value.len()
                    ),
                );
                return STATUS_INVALID;
            }
        }
        self.mibs.write(message.id.interface(), mib, value);
        STATUS_SUCCESS
    }

    fn read_mib(&self, message: &Received, journal: &mut Journal) -> Outgoing {
        let mib = Reader::new(&message.body).u16().unwrap_or(0);
        let value = self.mibs.read(message.id.interface(), mib, self.mac);
        if value.is_none() {
            journal.breach(Rule::MibUnknown, format!("a read of MIB 0x{mib:04X}"));
        }
        let status = if value.is_some() {
            STATUS_SUCCESS
        } else {
            STATUS_INVALID
        };
        let value = value.unwrap_or_default();
        let body = Builder::new()
            .u32(status)
            .u16(mib)
            .u16(crate::bytes::low16(value.len()))
            .bytes(&value);
        confirm(message.id, body.build())
    }

    /// Frames go nowhere yet, and are confirmed as sent.
    fn transmit_confirm(&self, body: &[u8], knobs: &Knobs) -> Outgoing {
        let mut reader = Reader::new(body);
        let packet = reader.u32().unwrap_or(0);
        let rate = reader.u8().unwrap_or(0);
        let record = Builder::new()
            .u32(packet)
            .u32(STATUS_SUCCESS)
            .u8(rate)
            .u8(0)
            .u16(0)
            .u32(0)
            .u32(0)
            .build();
        if knobs.multi_confirm && self.mibs.flag(0, mib::MULTI_TX_CONFIRM) {
            let body = Builder::new().u32(1).bytes(&record).build();
            Outgoing::indication(id::MULTI_TX_CONFIRM, body)
        } else {
            confirm(Id(id::TRANSMIT), record)
        }
    }
}

/// Whether `bytes` are `{type, length, data}` elements up to their end.
fn is_tlv(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    while !reader.rest().is_empty() {
        let element = reader
            .u8()
            .and_then(|_| reader.u8())
            .and_then(|len| reader.take(usize::from(len)));
        if element.is_none() {
            return false;
        }
    }
    true
}

fn confirm(request: Id, body: Vec<u8>) -> Outgoing {
    // Class, command number and interface id; the sequence number comes later.
    Outgoing::indication((request.0 & 0x03FF) | id::CONFIRM, body)
}

fn generic(request: Id, status: u32) -> Outgoing {
    confirm(request, status.to_le_bytes().to_vec())
}

/// Confirm of the MCU class (10.2, 12).
fn rf_confirm(message: &Received) -> Outgoing {
    let command = Reader::new(&message.body).u32().unwrap_or(0);
    let body = Builder::new()
        .u32(0)
        .u32(id::LABEL_CONFIRM)
        .u32(command)
        .u32(STATUS_SUCCESS);
    Outgoing::indication(message.id.kind(), body.build())
}

fn exception(reason: u32) -> Outgoing {
    let body = Builder::new()
        .u32(reason)
        .resize(4 + 18 * 4)
        .bytes(b"emulated.c")
        .resize(124)
        .build();
    Outgoing::indication(id::EXCEPTION, body)
}

/// The indication that a request brings besides its confirm. There is no air yet: scans find
/// nothing, and switches and power-save changes are over at once.
fn follow_up(message: &Received) -> Option<Outgoing> {
    let at = |offset: usize| message.body.get(offset).copied().unwrap_or(0);
    let interface = u16::from(message.id.interface()) << 6;
    let (kind, body) = match message.id.kind() {
        id::SCAN => (id::SCAN_COMPLETE, vec![0, 0, 0, 0, 0, at(9)]),
        id::SET_PM => (id::PM_CHANGED, vec![0, 0, 0, 0, at(0) & 1]),
        id::SWITCH_CHANNEL => (id::CHANNEL_SWITCHED, vec![0; 4]),
        _ => return None,
    };
    Some(Outgoing::indication(kind | interface, body))
}

/// Lets the planned faults at a confirm.
fn spoil_confirm(mut answer: Vec<Outgoing>, journal: &mut Journal) -> Vec<Outgoing> {
    if journal.fault(Fault::ConfirmMissing).is_some() {
        return Vec::new();
    }
    let Some(first) = answer.first_mut() else {
        return answer;
    };
    if let Some(fault) = journal.fault(Fault::ConfirmStatus) {
        let status = fault.value("status").to_le_bytes();
        if let Some(field) = first.body.get_mut(..4) {
            field.copy_from_slice(&status);
        }
    }
    if let Some(fault) = journal.fault(Fault::ConfirmUnknown) {
        let wanted = u16::try_from(fault.value("id")).unwrap_or(0x043F);
        first.id = Id(wanted & 0x0FFF);
    }
    if journal.fault(Fault::ConfirmOther).is_some() {
        let other = if first.id.kind() == id::RESET | id::CONFIRM {
            id::READ_MIB
        } else {
            id::RESET
        };
        first.id = Id(other | id::CONFIRM);
    }
    if journal.fault(Fault::ConfirmDuplicate).is_some() {
        let mut copy = first.clone();
        copy.releases = 0;
        answer.insert(0, copy);
    }
    answer
}
