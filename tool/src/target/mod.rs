// SPDX-License-Identifier: GPL-2.0-only
//! Where a repetition runs.

pub mod sender;
pub mod ssh;
pub mod uml;
pub mod vm;

use std::{fs, path::Path, time::Duration};

use crate::{
    error::{Error, Result},
    process::{End, Stop},
    receipt::{Receipt, Status},
    store::{Ended, Planned, Slot},
};

/// A repetition to be made.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Its place and seed.
    pub slot: &'a Slot,
    /// The variant.
    pub variant: &'a Planned,
    /// Load.
    pub load: &'a str,
    /// Cap of the load.
    pub rate_bytes_s: Option<u64>,
    /// Seconds to measure.
    pub seconds: u64,
}

impl Job<'_> {
    /// Real time it may take: booting, joining, measuring twice, on a busy machine.
    #[must_use]
    pub fn limit(&self) -> Duration {
        Duration::from_secs(self.seconds.saturating_mul(20).saturating_add(600))
    }
}

/// Something that makes repetitions.
pub trait Target {
    /// Makes one, with the runner's files in `out`, which does not exist. Lines for people and for
    /// the progress bar go to `line`.
    ///
    /// # Errors
    ///
    /// Nothing can be measured with this target at all.
    fn repeat(
        &mut self,
        job: &Job,
        out: &Path,
        stop: &Stop,
        line: &mut dyn FnMut(&str),
    ) -> Result<(Ended, Option<Receipt>)>;
}

fn failed(kind: &str, cause: impl Into<String>) -> (Ended, Option<Receipt>) {
    let ended = Ended::Failed {
        kind: kind.to_owned(),
        cause: cause.into(),
    };
    (ended, None)
}

/// Judges what a runner left behind: a receipt that is valid, of this module, this load and seed.
fn judge(job: &Job, out: &Path, end: &End) -> Result<(Ended, Option<Receipt>)> {
    let last = end
        .last_lines
        .last()
        .map_or("it said nothing", String::as_str);
    if end.status.code() == Some(2) {
        return Err(Error::Target(format!(
            "the runner refuses its command line: {last}"
        )));
    }
    let path = out.join("receipt.json");
    if end.stopped {
        return Ok(failed("interrupted", "the user interrupted it"));
    }
    if !path.exists() {
        return Ok(if end.timed_out {
            failed(
                "timeout",
                format!("no end after {} s of real time", job.limit().as_secs()),
            )
        } else {
            failed(
                "target",
                format!("the runner left no receipt ({}): {last}", end.status),
            )
        });
    }
    let receipt = match Receipt::read(&path) {
        Ok(receipt) => receipt,
        // What one runner writes another version of it will not read either.
        Err(error) if error.to_string().contains("receipt's schema") => return Err(error),
        Err(error) => return Ok(failed("receipt", error.to_string())),
    };
    if receipt.status == Status::Failed {
        let kind = receipt.failure.as_deref().unwrap_or("target");
        return Ok(failed(kind, receipt.cause.as_deref().unwrap_or(last)));
    }
    if !end.status.success() {
        return Ok(failed(
            "target",
            format!(
                "the runner ended with {} after a receipt that says ok: {last}",
                end.status
            ),
        ));
    }
    let ran = receipt
        .module
        .as_ref()
        .and_then(|module| module.srcversion.as_deref());
    if let (Some(wanted), Some(ran)) = (job.variant.srcversion.as_deref(), ran)
        && wanted != ran
    {
        return Ok(failed(
            "module",
            format!(
                "the module that ran has srcversion {ran}, {} has {wanted}",
                job.variant.label
            ),
        ));
    }
    if receipt.load.name != job.load || receipt.seed != job.slot.seed {
        return Ok(failed("receipt", "the receipt is of another load or seed"));
    }
    Ok((Ended::Ok, Some(receipt)))
}

/// Moves what a repetition left that was interrupted out of the way: it is kept, too.
///
/// # Errors
///
/// The system refuses.
pub fn clear(out: &Path) -> Result<()> {
    if !out.exists() {
        return Ok(());
    }
    for number in 1.. {
        let mut name = out.as_os_str().to_owned();
        name.push(format!(".interrupted-{number}"));
        if !Path::new(&name).exists() {
            return fs::rename(out, &name).map_err(Error::io("move away", out));
        }
    }
    Ok(())
}
