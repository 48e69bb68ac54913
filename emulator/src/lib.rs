// SPDX-License-Identifier: GPL-2.0-only
//! The BES2600 Wi-Fi chip as a library: the card that a virtual SDIO host talks to.
#![forbid(unsafe_code)]
