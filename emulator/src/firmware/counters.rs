// SPDX-License-Identifier: GPL-2.0-only
//! The counters table (MIB 0x100C, 3.8.2).

use crate::bytes::Builder;

/// What is counted, under the names of the page. What the air does not tell stays 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    pub(crate) tx_packets: u32,
    pub(crate) rx_packets: u32,
    pub(crate) rx_packet_errors: u32,
    pub(crate) rx_decrypt_failures: u32,
    pub(crate) rx_mic_failures: u32,
    pub(crate) rx_no_key: u32,
    pub(crate) tx_multicast: u32,
    pub(crate) tx_success: u32,
    pub(crate) tx_failures: u32,
    pub(crate) tx_retried: u32,
    pub(crate) tx_multi_retried: u32,
    pub(crate) rx_duplicates: u32,
    pub(crate) ack_failures: u32,
    pub(crate) rx_multicast: u32,
    pub(crate) rx_success: u32,
    pub(crate) rx_cmac_icv_errors: u32,
    pub(crate) rx_cmac_replays: u32,
    pub(crate) rx_ccmp_replays: u32,
}

impl Counters {
    /// A frame of the host was sent, or given up after `tries`.
    pub(crate) fn sent(&mut self, acked: bool, tries: u8, is_group: bool) {
        let add = |counter: &mut u32, more: bool| {
            *counter = counter.wrapping_add(u32::from(more));
        };
        let good = acked || is_group;
        add(&mut self.tx_packets, true);
        add(&mut self.tx_multicast, is_group);
        add(&mut self.tx_success, good);
        add(&mut self.tx_failures, !good);
        add(&mut self.tx_retried, tries == 2);
        add(&mut self.tx_multi_retried, tries > 2);
        let failures = if good { tries.saturating_sub(1) } else { tries };
        self.ack_failures = self.ack_failures.wrapping_add(u32::from(failures));
    }

    /// The table as it is read.
    pub(crate) fn encode(&self) -> Vec<u8> {
        [
            0,
            0,
            self.tx_packets,
            self.rx_packets,
            self.rx_packet_errors,
            self.rx_decrypt_failures,
            self.rx_mic_failures,
            self.rx_no_key,
            self.tx_multicast,
            self.tx_success,
            self.tx_failures,
            self.tx_retried,
            self.tx_multi_retried,
            self.rx_duplicates,
            0,
            0,
            self.ack_failures,
            self.rx_multicast,
            self.rx_success,
            self.rx_cmac_icv_errors,
            self.rx_cmac_replays,
            self.rx_ccmp_replays,
        ]
        .into_iter()
        .fold(Builder::new(), Builder::u32)
        .build()
    }
}

/// Counts one more.
pub(crate) const fn count(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}

#[cfg(test)]
mod tests {
    use super::Counters;

    #[test]
    fn the_table_has_the_size_of_the_page() {
        let mut counters = Counters::default();
        counters.sent(true, 3, false);
        counters.sent(false, 7, false);
        counters.sent(false, 1, true);
        let table = counters.encode();
        assert_eq!(table.len(), 88);
        let at = |index: usize| table[index * 4];
        // Packets, multicast, success, failures, multi-retried, acknowledgement failures.
        assert_eq!(
            [at(2), at(8), at(9), at(10), at(12), at(16)],
            [3, 1, 2, 1, 2, 9]
        );
    }
}
