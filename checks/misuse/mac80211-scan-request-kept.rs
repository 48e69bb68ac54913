// SPDX-License-Identifier: GPL-2.0-only
//! What a scan asks for is used when the operation has returned.
// error: lifetime may not live long enough

use kernel::net::{
    cfg80211::Channel,
    mac80211::ScanRequest, //
};

/// Keeps the first channel.
pub fn keep(request: &ScanRequest<'_>) -> Option<Channel<'static>> {
    request.channels().next()
}
