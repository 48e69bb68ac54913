// SPDX-License-Identifier: GPL-2.0-only
//! Status codes (3.7).

/// Done.
pub(crate) const SUCCESS: u32 = 0;
/// It did not work.
pub(crate) const FAILURE: u32 = 1;
/// The request makes no sense.
pub(crate) const INVALID: u32 = 2;
/// A received frame could not be decrypted.
pub(crate) const DECRYPT_FAILURE: u32 = 4;
/// The Michael code of a received frame is wrong.
pub(crate) const MIC_FAILURE: u32 = 5;
/// No acknowledgement came, after every attempt.
pub(crate) const RETRY_EXCEEDED: u32 = 6;
/// A frame waited too long.
pub(crate) const LIFETIME_EXCEEDED: u32 = 7;
/// The BSS was left or lost.
pub(crate) const LINK_LOST: u32 = 8;
/// There is no key for a received frame.
pub(crate) const NO_KEY: u32 = 9;
/// The host shall send the frame again.
pub(crate) const REQUEUE: u32 = 11;
/// Not in this state: a foreground scan while joined (9.4, F-6).
pub(crate) const WRONG_STATE: u32 = 13;
