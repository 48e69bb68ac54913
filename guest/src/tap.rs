// SPDX-License-Identifier: GPL-2.0-only

//! The Test Anything Protocol on standard output.

/// Counts the tests it reports.
#[derive(Default)]
pub(crate) struct Tap {
    tests: usize,
}

impl Tap {
    /// A test that passed.
    pub(crate) fn ok(&mut self, text: &str) {
        self.verdict(true, text);
    }

    /// A test that failed.
    pub(crate) fn fail(&mut self, text: &str) {
        self.verdict(false, text);
    }

    /// A test with its result.
    pub(crate) fn verdict(&mut self, passed: bool, text: &str) {
        self.tests += 1;
        println!(
            "{} {} - {text}",
            if passed { "ok" } else { "not ok" },
            self.tests
        );
    }

    /// Says how many tests there were. A reader that misses this line knows of a lost end.
    pub(crate) fn plan(&self) {
        println!("1..{}", self.tests);
    }
}
