// SPDX-License-Identifier: GPL-2.0-only

//! Frames on their way out and in, rate retry policies, and the table of frames in flight.

use super::{
    super::logic::{
        channel::Band,
        flight::{
            Flight,
            Landing,
            PacketId,
            Place, //
        },
        rate_policy::{
            Attempts,
            Cache,
            Limits,
            Plan, //
        },
        slots::{
            Offer,
            Packer, //
        },
        wsm::{
            header::Interface,
            rate::RateId,
            receive::{
                Decryption,
                Indication,
                Refusal, //
            },
            transmit::{
                is_block_ack,
                Descriptor,
                Queue,
                Records, //
            },
        },
    },
    golden,
    must, //
};
use kernel::prelude::*;

fn table<T>(places: usize) -> Result<Flight<KVec<Place<T>>>> {
    let mut free = KVec::with_capacity(places, GFP_KERNEL)?;
    for _ in 0..places {
        free.push(Place::default(), GFP_KERNEL)?;
    }
    Ok(Flight::new(free))
}

fn plan(attempts: &[(u8, u8)]) -> Plan {
    let wanted = attempts.iter().filter_map(|(rate, count)| {
        Some(Attempts {
            rate: RateId::new(*rate)?,
            count: *count,
        })
    });
    Plan::new(wanted, Band::Two, Limits::default())
}

#[kunit_tests(bes2600_transmit)]
mod transmit {
    use super::*;

    fn head(frame_len: usize) -> Result<[u8; 24]> {
        must(
            Descriptor {
                packet: PacketId::from_bits(0x0403_0201),
                interface: Interface::First,
                queue: Queue::Voice,
                rate: RateId::from_mcs(7).ok_or(EINVAL)?,
                policy: 5,
                frame_len,
            }
            .encode(),
        )
    }

    #[test]
    fn request() -> Result {
        assert_eq!(head(100)?, golden::TRANSMIT_HEAD);
        Ok(())
    }

    #[test]
    fn pieces() -> Result {
        let mut buffer = KVec::from_elem(0xAAu8, 3264, GFP_KERNEL)?;
        let mut packer = Packer::new(&mut buffer);
        let head = head(1530)?;
        for _ in 0..2 {
            let taken = packer.offer_parts(&[&head, &[3; 1522], &[0; 8]], 9);
            assert_eq!(taken, Ok(Offer::Taken));
        }
        let refused = packer.offer_parts(&[&head, &[3; 1522]], 9);
        assert!(refused.is_err());
        assert_eq!(packer.finish(), Some((3264, 3)));
        assert!(buffer[1632..1656] == head && buffer[1656..3178].iter().all(|byte| *byte == 3));
        assert_eq!(buffer[3178..3190], [0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0]);
        Ok(())
    }

    #[test]
    fn confirms() -> Result {
        let body = &golden::TRANSMIT_CONFIRM[4..];
        let record = must(Records::single(body))?.next().ok_or(EINVAL)?;
        assert!(record.packet.bits() == 0x0403_0201 && record.delivered());
        assert_eq!(record.attempts(), 3);
        let mut multi = [0; 44];
        multi[4..24].copy_from_slice(body);
        multi[24..].copy_from_slice(body);
        for (count, accepted) in [(0u32, false), (1, true), (2, true), (3, false), (!0, false)] {
            multi[..4].copy_from_slice(&count.to_le_bytes());
            assert_eq!(Records::multi(&multi).is_ok(), accepted);
        }
        Ok(())
    }

    #[test]
    fn block_ack() {
        let mut frame = [0; 30];
        frame[0] = 0xD0;
        frame[24] = 3;
        assert!(is_block_ack(&frame, 0));
        assert!(!is_block_ack(&frame, 5) && !is_block_ack(&frame, 8));
    }
}

#[kunit_tests(bes2600_receive)]
mod receive {
    use super::*;

    /// A data frame on channel 6 at 1 Mb/s with -50 dBm.
    fn body() -> [u8; 68] {
        let mut body = [0; 68];
        body[4] = 6;
        body[7] = 120;
        body[28] = 0x08;
        body
    }

    fn refusal(body: &[u8]) -> Option<Refusal> {
        Indication::decode(body)?.accept().err()
    }

    #[test]
    fn accepted() -> Result {
        let body = body();
        let indication = Indication::decode(&body).ok_or(EINVAL)?;
        let accepted = must(indication.accept())?;
        assert_eq!((accepted.frequency, accepted.signal), (2437, Some(-50)));
        assert!(accepted.frame.len() == 40 && accepted.decryption == Decryption::None);
        Ok(())
    }

    #[test]
    fn impossible() {
        let with = |at: usize, value: u8| {
            let mut body = body();
            body[at] = value;
            refusal(&body)
        };
        assert_eq!(with(4, 0), Some(Refusal::Channel));
        assert_eq!(with(5, 1), Some(Refusal::Channel));
        assert_eq!(with(4, 36), Some(Refusal::Rate));
        assert_eq!(with(6, 22), Some(Refusal::Rate));
        assert_eq!(with(8, 6), Some(Refusal::Encryption));
        assert_eq!(with(0, 4), Some(Refusal::Decrypt));
        assert_eq!(with(0, 5), Some(Refusal::Mic));
        assert_eq!(with(0, 9), Some(Refusal::NoKey));
        for len in 28..52 {
            assert_eq!(refusal(&body()[..len]), Some(Refusal::TooShort));
        }
        assert!(Indication::decode(&body()[..27]).is_none());
    }
}

#[kunit_tests(bes2600_flight)]
mod flight {
    use super::*;

    #[test]
    fn stale_duplicate_and_forged() -> Result {
        let mut flight = table(2)?;
        let id = flight.next_id(2, 0).ok_or(EINVAL)?;
        must(flight.launch(id, 1))?;
        for bit in 0..32 {
            let forged = PacketId::from_bits(id.bits() ^ (1 << bit));
            assert_eq!(flight.land(forged), Landing::Unknown);
        }
        assert_eq!(flight.land(id), Landing::Frame(1));
        assert_eq!(flight.land(id), Landing::Unknown);
        Ok(())
    }

    #[test]
    fn given_up() -> Result {
        let mut flight = table(1)?;
        let id = flight.next_id(0, 0).ok_or(EINVAL)?;
        must(flight.launch(id, 1))?;
        assert_eq!(flight.abandon(), Some(1));
        assert_eq!(flight.abandon(), None);
        assert!(!flight.has_room() && flight.next_id(0, 0).is_none());
        assert_eq!(flight.land(id), Landing::Abandoned);
        assert!(flight.has_room());
        Ok(())
    }
}

#[kunit_tests(bes2600_rates)]
mod rates {
    use super::*;

    #[test]
    fn ids() {
        assert_eq!((0..=255).filter_map(RateId::new).count(), 20);
        assert!(RateId::from_mcs(8).is_none() && RateId::from_index(Band::Five, 8).is_none());
    }

    #[test]
    fn outcomes() -> Result {
        let plan = plan(&[(21, 2), (20, 3)]);
        let [first, second, ..] = plan.outcome(RateId::new(20), 4);
        let first = first.ok_or(EINVAL)?;
        assert_eq!((first.rate.number(), first.count), (21, 2));
        let second = second.ok_or(EINVAL)?;
        assert_eq!((second.rate.number(), second.count), (20, 2));
        Ok(())
    }

    #[test]
    fn uploads() -> Result {
        let mut cache = Cache::default();
        for count in 1..=8 {
            let index = cache.acquire(plan(&[(3, count)]).policy());
            assert_eq!(index, Some(count - 1));
        }
        assert_eq!(cache.acquire(plan(&[(3, 9)]).policy()), None);
        let value = cache.upload().ok_or(EINVAL)?;
        assert_eq!(value.bytes().len(), 164);
        cache.uploaded();
        assert!(cache.ready(0) && cache.upload().is_none());
        cache.forget_uploads();
        assert!(!cache.ready(0) && cache.upload().is_some());
        Ok(())
    }
}

#[kunit_tests(bes2600_gate)]
mod gate {
    use super::{
        super::super::wifi::{
            Gate,
            Pause, //
        },
        *, //
    };
    use kernel::net::ieee80211::Ac;

    fn gate() -> Result<Pin<KBox<Gate>>> {
        KBox::pin_init(Gate::new(), GFP_KERNEL)
    }

    #[test]
    fn w_28_pauses_are_a_set() -> Result {
        let gate = gate()?;
        assert!(!gate.resume(Pause::Scan) && !gate.is_paused());
        gate.pause(Pause::Scan);
        gate.pause(Pause::Scan);
        gate.pause(Pause::Firmware);
        gate.set_blocked(true);
        assert!(!gate.resume(Pause::Scan) && gate.is_paused());
        assert!(gate.resume(Pause::Firmware) && !gate.is_paused());
        assert!(!gate.resume(Pause::Firmware));
        Ok(())
    }

    #[test]
    fn nobody_is_told_twice() -> Result {
        let gate = gate()?;
        assert!(gate.raise(Ac::Be) && gate.is_waiting());
        gate.attend();
        assert!(!gate.raise(Ac::Vo));
        assert!(gate.take(Ac::Vo) && gate.take(Ac::Be) && !gate.take(Ac::Be));
        assert!(!gate.leave());
        assert!(gate.raise(Ac::Bk));
        Ok(())
    }

    #[test]
    fn what_comes_while_leaving_is_seen() -> Result {
        let gate = gate()?;
        gate.attend();
        gate.raise(Ac::Be);
        assert!(gate.leave());
        gate.set_blocked(true);
        assert!(!gate.raise(Ac::Be) && !gate.leave());
        gate.set_blocked(false);
        assert!(gate.leave());
        Ok(())
    }
}
