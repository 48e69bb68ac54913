// SPDX-License-Identifier: GPL-2.0-only
//! What can go wrong, and the exit status of each.

use std::{io, path::Path};

/// Exit status of a promise that was broken: files that differ, a verdict that was not to be.
pub const BROKEN: u8 = 1;

/// A failure; its text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is right by its form only.
    #[error("{0}")]
    Usage(String),
    /// A file is not what it should be.
    #[error("{0}")]
    Input(String),
    /// Something could not be built.
    #[error("{0}")]
    Build(String),
    /// The target cannot be measured, or went away.
    #[error("{0}")]
    Target(String),
    /// The operating system refused.
    #[error("{what}: {source}{}", hint(source))]
    Io {
        /// What was to be done, with the path.
        what: String,
        /// The refusal.
        source: io::Error,
    },
    /// The user interrupted.
    #[error("interrupted{0}")]
    Interrupted(String),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; what was measured so far is kept: make room and go on with --resume"
        }
        _ => "",
    }
}

impl Error {
    /// The exit status, as the manual has it.
    #[must_use]
    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Input(_) => 3,
            Self::Build(_) => 4,
            Self::Target(_) => 5,
            Self::Io { .. } => 6,
            Self::Interrupted(_) => 130,
        }
    }

    /// Says what was done with which file when the system refused.
    pub fn io(action: &str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let what = format!("cannot {action} {}", path.display());
        move |source| Self::Io { what, source }
    }
}

/// A result with [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_says_what_to_do() {
        let error =
            Error::io("write", Path::new("run.json"))(io::Error::from(io::ErrorKind::StorageFull));
        assert!(error.to_string().starts_with("cannot write run.json: "));
        assert!(error.to_string().ends_with("go on with --resume"));
        assert_eq!(error.status(), 6);
    }
}
