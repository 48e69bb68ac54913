// SPDX-License-Identifier: GPL-2.0-only

//! KUnit suites of the parts that need no chip.
