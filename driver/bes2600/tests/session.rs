// SPDX-License-Identifier: GPL-2.0-only

//! What a run of the firmware makes of its messages, the unexpected ones above all.

use super::super::{
    counters::Counters,
    failure::Fault,
    logic::credits::Credits,
    session::{
        Pending,
        Sender,
        Session,
        Taken, //
    },
};
use kernel::prelude::*;

#[kunit_tests(bes2600_session)]
mod messages {
    use super::*;
    use kernel::faux;

    /// Write MIB, the confirm that most tests are about; join is another.
    const WRITE_MIB: u16 = 0x0406;
    const JOIN: u16 = 0x040B;

    /// A session with a chip of four buffers, of which commands have taken some.
    struct Bench {
        session: Session,
        counters: Counters,
        device: faux::Registration,
        sequence: u8,
    }

    impl Bench {
        fn new(taken: u16) -> Result<Self> {
            let mut session = Session::default();
            session.credits = Credits::new(4);
            for _ in 0..taken {
                assert!(session.credits.take());
            }
            Ok(Self {
                session,
                counters: Counters::new(),
                device: faux::Registration::new(c"bes2600_session", None)?,
                sequence: 0,
            })
        }

        fn awaits(&mut self, confirm: u16, sender: Sender) {
            self.session.pending = Some(Pending { confirm, sender });
        }

        /// A message of 8 bytes whose status is 0, with the sequence number that is due.
        fn take(&mut self, id: u16) -> Result<(), Fault> {
            let [low, high] = id.to_le_bytes();
            let message = [8, 0, low, high | self.sequence << 5, 0, 0, 0, 0];
            self.sequence = (self.sequence + 1) & 7;
            self.session
                .take(&message, &self.counters, self.device.as_ref().as_ref())
                .map(drop)
        }

        fn unexpected(&self) -> u64 {
            self.counters.unexpected_confirms.get()
        }
    }

    #[test]
    fn w_17_confirms_nobody_waits_for_change_nothing() -> Result {
        let mut bench = Bench::new(1)?;
        bench.awaits(WRITE_MIB, Sender::Task);
        assert!(bench.take(JOIN).is_ok());
        assert_eq!((bench.unexpected(), bench.session.credits.used()), (1, 1));
        assert!(bench.session.pending.is_some() && bench.session.answer.is_none());
        assert!(bench.take(WRITE_MIB).is_ok());
        assert_eq!((bench.unexpected(), bench.session.credits.used()), (1, 0));
        assert!(bench.session.pending.is_none() && bench.session.answer.is_some());
        Ok(())
    }

    #[test]
    fn w_19_an_early_confirm_is_not_kept_for_who_asks_later() -> Result {
        let mut bench = Bench::new(0)?;
        assert!(bench.take(WRITE_MIB).is_ok());
        bench.awaits(WRITE_MIB, Sender::Task);
        assert_eq!(bench.unexpected(), 1);
        assert!(bench.session.pending.is_some() && bench.session.answer.is_none());
        Ok(())
    }

    #[test]
    fn f_4_a_late_confirm_gives_its_buffer_back_once() -> Result {
        // A command that was given up: nobody waits, the chip has its buffer.
        let mut bench = Bench::new(1)?;
        for used in [0, 0] {
            assert!(bench.take(WRITE_MIB).is_ok());
            assert_eq!(bench.session.credits.used(), used);
        }
        assert_eq!(bench.unexpected(), 2);
        Ok(())
    }

    #[test]
    fn ids_and_interfaces_that_do_not_exist_are_counted() -> Result {
        let mut bench = Bench::new(1)?;
        bench.awaits(WRITE_MIB, Sender::Policies);
        assert!(bench.take(0x043F).is_ok());
        assert!(bench.take(WRITE_MIB | 5 << 6).is_ok());
        assert_eq!(bench.counters.unknown_messages.get(), 1);
        assert_eq!(bench.counters.malformed_messages.get(), 1);
        assert!(bench.session.pending.is_some());
        let taken = bench.session.take(
            &[8, 0, 0x06, 0x44, 0, 0, 0, 0],
            &bench.counters,
            bench.device.as_ref().as_ref(),
        );
        assert!(matches!(taken, Ok(Taken::Policies(Ok(())))));
        Ok(())
    }

    #[test]
    fn a_gap_is_a_fault() -> Result {
        let mut bench = Bench::new(0)?;
        assert!(bench.take(WRITE_MIB).is_ok());
        bench.sequence = 3;
        assert!(matches!(
            bench.take(WRITE_MIB),
            Err(Fault::Sequence { id: WRITE_MIB, .. })
        ));
        Ok(())
    }
}
