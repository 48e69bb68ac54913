// SPDX-License-Identifier: GPL-2.0-only

//! What the driver counts, shown in debugfs.

use kernel::{
    debugfs,
    fmt,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// A number that any context may raise and any reader may see.
pub(crate) struct Counter(Atomic<u64>);

impl Counter {
    const fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Adds `count` and returns the sum.
    pub(crate) fn add(&self, count: usize) -> u64 {
        let count = count as u64;
        self.0.fetch_add(count, Relaxed).wrapping_add(count)
    }

    /// Adds one and returns the sum.
    pub(crate) fn bump(&self) -> u64 {
        self.add(1)
    }

    /// Adds one and tells whether this is the first, second, fourth, eighth... time: how often a
    /// line about it may enter the log.
    pub(crate) fn bump_and_log(&self) -> bool {
        self.bump().is_power_of_two()
    }

    /// Sets a number that goes both ways.
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    /// The number.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The counters of one chip.
        pub(crate) struct Counters {
            $($(#[$doc])* pub(crate) $name: Counter,)*
        }

        impl Counters {
            /// All zero.
            pub(crate) const fn new() -> Self {
                Self { $($name: Counter::new(),)* }
            }
        }

        impl debugfs::Writer for Counters {
            fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                $(writeln!(f, concat!(stringify!($name), ": {}"), self.$name.get())?;)*
                Ok(())
            }
        }
    };
}

counters! {
    /// CMD52 issued, retries included.
    cmd52,
    /// CMD53 issued, retries included.
    cmd53,
    /// Bytes read by CMD53, padding included.
    bytes_read,
    /// Bytes written by CMD53, padding included.
    bytes_written,
    /// Commands repeated because the chip was busy or did not answer.
    busy_retries,
    /// Commands repeated because of a CRC error.
    crc_retries,
    /// Downloads started again.
    download_retries,
    /// Times a chip that died was brought back.
    restarts,
    /// Attempts at that which failed.
    failed_restarts,
    /// Interrupts handled.
    interrupts,
    /// Interrupts with nothing behind them.
    spurious_interrupts,
    /// Data found by polling that no interrupt had announced.
    lost_interrupts,
    /// Batches read.
    batches,
    /// Batches without a message.
    empty_batches,
    /// Messages received.
    messages,
    /// Readings of the control register that still showed the batch before.
    stale_announcements,
    /// Messages whose id means nothing.
    unknown_messages,
    /// Messages too short for their id, or for an interface that does not exist.
    malformed_messages,
    /// Confirms nobody waits for.
    unexpected_confirms,
    /// Indications without a receiver.
    ignored_indications,
    /// Commands sent.
    commands,
    /// Commands that failed, be it for the firmware's refusal.
    failed_commands,
    /// Requests of scans that the firmware refused.
    refused_scans,
    /// Requests of scans that never ended.
    stuck_scans,
    /// Joins that failed.
    refused_joins,
    /// Changes of channel that the firmware confirmed and never said to have done.
    silent_switches,
    /// Keys that the firmware refused.
    refused_keys,
    /// Times the access point was not heard any more.
    beacon_losses,
    /// Times so many frames could not be decrypted that the link was made anew.
    decrypt_storms,
    /// Runs of the work item that begins to transmit. There is none that receives or that relays.
    sdio_tx_work,
    /// Frames sent.
    tx_frames,
    /// CMD53 that carried frames.
    tx_batches,
    /// Uploads of rate retry policies.
    tx_policy_uploads,
    /// Frames sent by another policy than theirs, whose upload was not confirmed yet.
    tx_substituted,
    /// Uploads of rate retry policies that the chip refused.
    refused_policies,
    /// Frames confirmed.
    tx_confirms,
    /// Confirmed frames that were not delivered.
    tx_failures,
    /// Frames the chip gave back to be sent again.
    tx_requeues,
    /// Action frames of block acknowledgement, which the firmware makes itself.
    tx_block_ack,
    /// Frames that no message can carry, or that came when too many were waiting.
    tx_refused,
    /// Frames received and handed on.
    rx_frames,
    /// Times the payload of a received frame was copied.
    rx_copies,
    /// Packets that reached the network stack as part of the one before them.
    rx_merged,
    /// Frames that mac80211 had no use or the host no memory for.
    rx_dropped,
    /// Received frames too short for their header, or encrypted in no known way.
    rx_malformed,
    /// Received frames with a rate that does not exist.
    rx_bad_rate,
    /// Received frames with a channel that does not exist.
    rx_bad_channel,
    /// Received frames with another status.
    rx_bad_status,
    /// Received frames the chip could not decrypt.
    rx_decrypt_failures,
    /// Received frames the chip has no key for.
    rx_no_key,
    /// Received frames with a wrong MIC.
    rx_mic_failures,
    /// Messages the chip has not confirmed yet.
    credits_used,
    /// Messages the chip can hold.
    credits_limit,
}
