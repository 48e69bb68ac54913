// SPDX-License-Identifier: GPL-2.0-only
//! Rate retry policies (MIB 0x1016, 5.3.2): which rates a frame is tried at, and how often.

use crate::air::Attempt;
use crate::bytes::Reader;
use crate::firmware::rate::{self, Shape};

/// Policies in the table.
const COUNT: usize = 8;
/// Bytes of a policy.
const LEN: usize = 20;

/// A policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Most attempts of a short frame, the first one included.
    short_retries: u8,
    /// Attempts by rate id, a nibble each.
    counts: [u32; 3],
}

impl Policy {
    /// Attempts at a rate id.
    fn count(&self, id: u8) -> u8 {
        let word = self.counts.get(usize::from(id / 8)).copied().unwrap_or(0);
        let [nibble, ..] = (word >> (4 * u32::from(id % 8)) & 0xF).to_le_bytes();
        nibble
    }

    /// The attempts from rate id `first` downwards, or what is wrong with them.
    pub(crate) fn attempts(&self, first: u8, shape: Shape) -> Result<Vec<Attempt>, String> {
        if self.count(first) == 0 {
            return Err(format!("the policy has no attempt at rate {first}"));
        }
        let mut left = self.short_retries.max(1);
        let mut attempts = Vec::new();
        for id in (0..=first).rev() {
            let count = self.count(id).min(left);
            if count > 0
                && let Some(rate) = rate::of_id(id, shape)
            {
                attempts.push(Attempt { rate, count });
                left = left.saturating_sub(count);
            }
        }
        Ok(attempts)
    }
}

/// The table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies {
    entries: [Option<Policy>; COUNT],
}

impl Policies {
    /// Takes the policies of a write of the MIB.
    ///
    /// # Errors
    ///
    /// What is wrong with them; the table then keeps what it had.
    pub(crate) fn write(&mut self, value: &[u8]) -> Result<(), String> {
        let mut reader = Reader::new(value);
        let count = usize::from(reader.u8().unwrap_or(0));
        let _ = reader.take(3);
        let records = reader.rest();
        if count > COUNT || records.len() != count.saturating_mul(LEN) {
            return Err(format!("{count} policies in {} bytes", records.len()));
        }
        let mut entries = self.entries;
        for record in records.chunks_exact(LEN) {
            let (index, policy) = parse(record)?;
            if let Some(entry) = entries.get_mut(index) {
                *entry = Some(policy);
            }
        }
        self.entries = entries;
        Ok(())
    }

    /// The policy of that index, if the host has written it.
    pub(crate) fn get(&self, index: u8) -> Option<Policy> {
        self.entries.get(usize::from(index)).copied().flatten()
    }
}

fn parse(record: &[u8]) -> Result<(usize, Policy), String> {
    let short = || "the record is cut off".to_owned();
    let mut reader = Reader::new(record);
    let index = reader.u8().ok_or_else(short)?;
    let short_retries = reader.u8().ok_or_else(short)?;
    reader.take(2 + 4).ok_or_else(short)?;
    let mut counts = [0; 3];
    for word in &mut counts {
        *word = reader.u32().ok_or_else(short)?;
    }
    let policy = Policy {
        short_retries,
        counts,
    };
    if usize::from(index) >= COUNT {
        return Err(format!("policy {index}"));
    }
    let known = |id| rate::of_id(id, Shape::default()).is_some();
    if let Some(id) = (0..24).find(|id| policy.count(*id) > 0 && !known(*id)) {
        return Err(format!("policy {index} has attempts at rate {id}"));
    }
    if (0..24).all(|id| policy.count(id) == 0) {
        return Err(format!("policy {index} has no attempts"));
    }
    Ok((usize::from(index), policy))
}

#[cfg(test)]
mod tests {
    use super::Policies;
    use crate::air::{Attempt, Rate};
    use crate::firmware::rate::Shape;

    /// One policy: three attempts at 54 Mb/s, two at 24, four at 1.
    fn value(index: u8, short: u8) -> Vec<u8> {
        let mut value = vec![1, 0, 0, 0, index, short, 31, 0x0C, 0, 0, 0, 0];
        value.extend_from_slice(&4_u32.to_le_bytes());
        value.extend_from_slice(&(3_u32 << 20 | 2 << 8).to_le_bytes());
        value.extend_from_slice(&0_u32.to_le_bytes());
        value
    }

    #[test]
    fn attempts_go_downwards_and_end_with_the_retry_limit() {
        let mut policies = Policies::default();
        policies.write(&value(2, 7)).unwrap();
        assert!(policies.get(1).is_none());
        let attempts = policies.get(2).unwrap().attempts(13, Shape::default());
        let row = |rate, count| Attempt { rate, count };
        assert_eq!(
            attempts.unwrap(),
            [
                row(Rate::legacy(540), 3),
                row(Rate::legacy(240), 2),
                row(Rate::DSSS_1, 2)
            ]
        );
        assert!(
            policies
                .get(2)
                .unwrap()
                .attempts(12, Shape::default())
                .is_err()
        );
    }

    #[test]
    fn impossible_policies_are_refused() {
        let mut policies = Policies::default();
        assert!(policies.write(&value(8, 7)).is_err());
        assert!(policies.write(&value(0, 7)[..23]).is_err());
        let mut empty = value(0, 7);
        empty[12..].fill(0);
        assert!(policies.write(&empty).is_err());
        // Rate id 4 does not exist.
        let mut unknown = value(0, 7);
        unknown[14] = 1;
        assert!(policies.write(&unknown).is_err());
        assert!(policies.get(0).is_none());
    }
}
