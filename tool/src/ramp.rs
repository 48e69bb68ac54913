// SPDX-License-Identifier: GPL-2.0-only
//! The experiment: every slot of a plan, in order, and a record of each.

use std::time::{Instant, SystemTime};

use crate::{
    error::{Error, Result},
    metrics,
    process::Stop,
    progress::Progress,
    store::{Ended, Record, Run, VERSION},
    target::{self, Job, Target},
};

/// So many repetitions one after the other without a sign of life, and the target is gone.
const GONE: usize = 2;

/// The wall clock as RFC 3339, in seconds.
#[must_use]
pub fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// Makes what is still open of a run. Every repetition that ended is kept, the failed ones with
/// their cause; the run is valid whenever this ends.
///
/// # Errors
///
/// The user interrupts, the disk is full, or the target is gone: nothing more can be measured now.
pub fn execute(
    run: &mut Run,
    target: &mut dyn Target,
    stop: &Stop,
    progress: &Progress,
) -> Result<()> {
    let total = run.plan.order.len();
    let open = run.open();
    let mut done = total.saturating_sub(open.len());
    let mut silent = 0;
    progress.skip(done);
    for slot in open {
        if stop.asked() {
            return Err(interrupted(run, done, total));
        }
        let Some(variant) = run
            .plan
            .variants
            .iter()
            .find(|variant| variant.label == slot.label)
            .cloned()
        else {
            return Err(Error::Input(format!(
                "{} has a repetition of {}, which it does not list",
                run.folder.display(),
                slot.label
            )));
        };
        let out = run.files(&slot);
        target::clear(&out)?;
        progress.at(&format!(
            "{}/{total} {} round {}",
            done.saturating_add(1),
            slot.label,
            slot.round
        ));
        let (began, clock) = (now(), Instant::now());
        let job = Job {
            slot: &slot,
            variant: &variant,
            load: &run.plan.load,
            rate_bytes_s: run.plan.rate_bytes_s,
            seconds: run.plan.seconds,
        };
        let (ended, receipt) =
            target.repeat(&job, &out, stop, &mut |line| progress.line(done, line))?;
        let took_s = (clock.elapsed().as_secs_f64() * 10.0).round() / 10.0;

        let figure = metrics::primary(&run.plan.load);
        let value = receipt.as_ref().and_then(|receipt| receipt.metric(figure));
        let told = match (&ended, value) {
            (Ended::Ok, Some(value)) => format!("{figure} {value:.3}"),
            (Ended::Ok, None) => "measured".to_owned(),
            (Ended::Failed { kind, cause }, _) => format!("failed ({kind}): {cause}"),
        };
        run.keep(
            Record {
                format: "besser-repetition".to_owned(),
                version: VERSION,
                slot: slot.clone(),
                began,
                took_s,
                ended: ended.clone(),
            },
            receipt,
        )?;
        done = done.saturating_add(1);
        progress.done(done);
        progress.say(&format!(
            "{done}/{total} {} round {}: {told} ({took_s} s)",
            slot.label, slot.round
        ));

        match ended {
            Ended::Failed { kind, cause } => match kind.as_str() {
                "interrupted" => return Err(interrupted(run, done.saturating_sub(1), total)),
                "missing" => return Err(Error::Target(cause)),
                "disk" => {
                    return Err(Error::Io {
                        what: format!("a repetition of {} failed", slot.label),
                        source: std::io::ErrorKind::StorageFull.into(),
                    });
                }
                "target" => {
                    silent += 1;
                    if silent == GONE {
                        return Err(Error::Target(format!(
                            "the target is gone: {cause}. {} is valid, and --resume goes on with it",
                            run.folder.display()
                        )));
                    }
                }
                _ => silent = 0,
            },
            Ended::Ok => silent = 0,
        }
    }
    Ok(())
}

fn interrupted(run: &Run, done: usize, total: usize) -> Error {
    Error::Interrupted(format!(
        ": {done} of {total} repetitions are in {}, which is valid; --resume goes on with it",
        run.folder.display()
    ))
}
