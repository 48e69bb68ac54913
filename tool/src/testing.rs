// SPDX-License-Identifier: GPL-2.0-only
//! What tests have in common.

/// A manifest with a parent and a child.
pub(crate) const MANIFEST: &str = r#"
schema = 1

[roles.receive_work]
about = "reads a batch"
function = "run$"

[variants.head]
title = "the driver as it stands"
description = "As it is."
patches = []
letters = []
sources = []

[variants.patch-c-v3]
title = "no relay"
description = "Delivers each frame by itself."
patches = ["relay.patch"]
letters = ["C"]
sources = ["field notes"]
recorded = ["patch-c-v3"]

[variants.patch-b]
title = "with relay"
description = "A work item for everything."
parent = "patch-c-v3"
patches = ["patch-b.patch"]
letters = ["A", "B"]
sources = ["field notes"]
"#;

/// A receipt with this rate, in samples that swing around it.
pub(crate) fn receipt(srcversion: &str, rate: f64, seed: u64) -> String {
    let times: Vec<f64> = (1..=20).map(|i| f64::from(i) * 0.5).collect();
    let bytes: Vec<f64> = (0..20)
        .map(|i| rate * (1.0 + 0.1 * f64::from(i % 3 - 1)) * 524_288.0)
        .collect();
    serde_json::json!({
        "schema": 1,
        "kind": "ramp",
        "status": "ok",
        "failure": null,
        "cause": null,
        "target": "uml",
        "module": {"path": "/m/bes2600.ko", "srcversion": srcversion},
        "kernel": {"release": "7.3.4", "version": "#1", "machine": "x86_64"},
        "chip": {"emulated": true},
        "load": {"name": "stream", "rate_bytes_s": 4_194_304, "seconds": 10},
        "seed": seed,
        "began": "2026-05-07T23:08:00Z",
        "uptime_s": {"kernel": 5.0, "chip": 2.0},
        "clock": "virtual",
        "elapsed_s": 10.0,
        "samples": {"interval_s": 0.5, "t_s": times, "rx_bytes": bytes, "tx_bytes": bytes},
        "reports": [],
        "breaches": [],
        "metrics": {"rx_mb_s": rate, "receive_work_s": 86.4, "cpu_us_per_frame": null}
    })
    .to_string()
}

/// The receipt of a repetition that could not be measured.
pub(crate) fn failure(kind: &str, cause: &str) -> String {
    serde_json::json!({
        "schema": 1,
        "kind": "ramp",
        "status": "failed",
        "failure": kind,
        "cause": cause,
        "target": "uml",
        "module": null,
        "load": {"name": "stream", "rate_bytes_s": 4_194_304, "seconds": 10},
        "seed": 1
    })
    .to_string()
}
