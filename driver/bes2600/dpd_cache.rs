// SPDX-License-Identifier: GPL-2.0-only

//! The calibration block of the first chip, kept while the module is loaded (section 2.7).
//!
//! Measuring takes the boot firmware and half a second and more; later binds send the block
//! instead. It lives in static memory, since nothing else of a driver outlives its devices. Words
//! are atomics, so that the static needs no lock, which would need set-up: [`STATE`] says when they
//! are complete, and the checksum of the block proves it.

use super::logic::{
    crc32::crc32,
    dpd, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    },
};

const EMPTY: u32 = 0;
const FILLING: u32 = 1;
const FULL: u32 = 2;

static STATE: Atomic<u32> = Atomic::new(EMPTY);
/// Which device the block belongs to: the CRC-32 of its name. The block is a measurement of one
/// chip and no good for another.
static OWNER: Atomic<u32> = Atomic::new(0);
static WORDS: [Atomic<u32>; dpd::LEN / 4] = [const { Atomic::new(0) }; dpd::LEN / 4];

/// The block of the device called `name`, if it was kept.
pub(crate) fn get(name: &CStr) -> Result<Option<KVec<u8>>> {
    if STATE.load(Acquire) != FULL || OWNER.load(Relaxed) != crc32(name.to_bytes()) {
        return Ok(None);
    }
    let mut block = KVec::with_capacity(dpd::LEN, GFP_KERNEL)?;
    for word in &WORDS {
        block.extend_from_slice(&word.load(Relaxed).to_le_bytes(), GFP_KERNEL)?;
    }
    Ok(dpd::check(&block).is_ok().then_some(block))
}

/// Keeps `block` for the device called `name`, unless another device was first.
pub(crate) fn put(name: &CStr, block: &[u8]) {
    if STATE.cmpxchg(EMPTY, FILLING, Acquire).is_err() {
        return;
    }
    OWNER.store(crc32(name.to_bytes()), Relaxed);
    for (word, bytes) in WORDS.iter().zip(block.chunks_exact(4)) {
        word.store(
            bytes
                .first_chunk()
                .map_or(0, |bytes| u32::from_le_bytes(*bytes)),
            Relaxed,
        );
    }
    STATE.store(FULL, Release);
}

/// Forgets the block of the device called `name`: its card left, and the next one under that name
/// may be another.
pub(crate) fn forget(name: &CStr) {
    if OWNER.load(Relaxed) == crc32(name.to_bytes()) {
        // Fails when there is nothing to forget.
        let _ = STATE.cmpxchg(FULL, EMPTY, Acquire);
    }
}
