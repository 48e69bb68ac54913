# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The suites in the kernel ran at boot, those in a module run as it is loaded;
# lib/ktap judges them from the log. Here: that the modules load at all.
export SKIP_DETECTORS=1
verdict 'vsdio loads' insmod "$MODULES/vsdio/vsdio.ko"
verdict 'bes2600 loads' insmod "$MODULES/bes2600/bes2600.ko"
verdict 'bes2600 unloads' rmmod bes2600
verdict 'vsdio unloads' rmmod vsdio
