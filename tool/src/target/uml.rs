// SPDX-License-Identifier: GPL-2.0-only
//! User-mode Linux with the emulated chip, by the runner `ramp-uml` (docs/ramp.md).

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Job, Target, judge};
use crate::{
    error::Result,
    process::{self, Stop},
    receipt::Receipt,
    store::Ended,
};

/// The runner.
#[derive(Debug)]
pub struct Uml {
    /// Its program.
    pub runner: PathBuf,
    /// Further options for it.
    pub options: Vec<String>,
}

impl Target for Uml {
    fn repeat(
        &mut self,
        job: &Job,
        out: &Path,
        stop: &Stop,
        line: &mut dyn FnMut(&str),
    ) -> Result<(Ended, Option<Receipt>)> {
        let mut command = Command::new(&self.runner);
        command
            .arg("--module")
            .arg(&job.variant.module)
            .args(["--load", job.load])
            .args(["--seconds", &job.seconds.to_string()])
            .args(["--seed", &job.slot.seed.to_string()])
            .args(["--variant", &job.variant.label])
            .arg("--out")
            .arg(out)
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        if let Some(rate) = job.rate_bytes_s {
            command.args(["--rate", &rate.to_string()]);
        }
        let end = process::run(&mut command, job.limit(), stop, line)?;
        judge(job, out, &end)
    }
}
