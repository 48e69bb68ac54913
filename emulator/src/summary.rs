// SPDX-License-Identifier: GPL-2.0-only
//! What a chip has been through, for `--summary`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::firmware::TrafficSummary;
use crate::image::Loaded;

/// Bus commands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BusSummary {
    /// All commands.
    pub commands: u64,
    /// CMD52 of function 0.
    pub cmd52_function_0: u64,
    /// CMD52 of function 1.
    pub cmd52_function_1: u64,
    /// CMD53 reads.
    pub cmd53_reads: u64,
    /// CMD53 writes.
    pub cmd53_writes: u64,
    /// Bytes read by CMD53, with padding.
    pub bytes_read: u64,
    /// Bytes written by CMD53, with padding.
    pub bytes_written: u64,
    /// Commands that ended with an error of the bus.
    pub errors: u64,
    /// Interrupts raised.
    pub interrupts: u64,
    /// Microseconds on the bus, by the timing model.
    pub busy_us: u64,
}

/// The download phase.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DownloadSummary {
    /// Frames served.
    pub frames: u64,
    /// Bytes of data in them.
    pub bytes: u64,
    /// Bus commands of function 1 before the main image ran, the last time.
    pub commands: u64,
    /// Images started.
    pub runs: u64,
    /// The different images.
    pub images: Vec<Loaded>,
    /// Whether a factory block came.
    pub factory: bool,
}

/// The running phase.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WsmSummary {
    /// Messages of the host.
    pub messages: u64,
    /// Transfers that brought them.
    pub transfers: u64,
    /// Batches read by the host.
    pub batches: u64,
    /// Messages of the host by name.
    pub requests: BTreeMap<String, u64>,
}

/// Frames on the air.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RadioSummary {
    /// Frames of the host that were sent or given up.
    pub transmitted: u64,
    /// Those of them that were acknowledged, or for a group.
    pub acknowledged: u64,
    /// Those of them that went in an A-MPDU.
    pub aggregated: u64,
    /// Tries of them after each one's first.
    pub repeated: u64,
    /// PS-Poll frames, which ask the access point for one frame that it keeps.
    pub polls: u64,
    /// Null function frames that begin a service period of U-APSD.
    pub triggers: u64,
    /// Service periods of U-APSD, whatever frame began them, that brought data.
    pub service_periods: u64,
    /// Frames that arrived.
    pub received: u64,
    /// Receive indications for the host.
    pub indicated: u64,
    /// Frames that were lost because the host had too many unread.
    pub dropped: u64,
}

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BreachSummary {
    /// Name of the rule.
    pub rule: &'static str,
    /// Section of the protocol page.
    pub section: &'static str,
    /// What happened.
    pub detail: String,
    /// When, in microseconds since the chip was made.
    pub time_us: u64,
}

/// A planned fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultSummary {
    /// The fault with its parameters.
    pub fault: String,
    /// How often it happened.
    pub fired: u32,
}

/// One chip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// `rom`, `boot` or `main`.
    pub phase: &'static str,
    /// Register 0x10C.
    pub status: u8,
    /// Label of the image that runs.
    pub label: Option<String>,
    /// Bus commands.
    pub bus: BusSummary,
    /// Download.
    pub download: DownloadSummary,
    /// Messages.
    pub wsm: WsmSummary,
    /// The radio.
    pub radio: RadioSummary,
    /// Source and sink.
    pub traffic: TrafficSummary,
    /// Broken rules.
    pub breaches: Vec<BreachSummary>,
    /// Planned faults.
    pub faults: Vec<FaultSummary>,
    /// Messages for the host that were changed, by the way how.
    pub mutations: BTreeMap<&'static str, u64>,
    /// Microseconds since the chip was made.
    pub time_us: u64,
}
