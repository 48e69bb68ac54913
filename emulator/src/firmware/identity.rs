// SPDX-License-Identifier: GPL-2.0-only
//! What the firmware says about itself: startup indication and configuration confirm (3.5.1, 3.4.1).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::bytes::Builder;
use crate::event::Journal;
use crate::fault::{Fault, Planned};
use crate::knobs::Knobs;
use crate::wsm::batch::Outgoing;
use crate::wsm::id;

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

/// The startup indication, unless a fault takes it away.
pub(crate) fn startup(
    identity: &Identity,
    image_label: Option<&str>,
    knobs: &Knobs,
    journal: &mut Journal,
) -> Option<Outgoing> {
    if journal.fault(Fault::StartupMissing).is_some() {
        return None;
    }
    let changed = |fault: Option<Planned>, key, normal: u16| {
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
