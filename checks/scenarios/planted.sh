# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Loads the module that plants $DEFECT; lib/uml-run's caller looks for the report.
export SKIP_DETECTORS=1
verdict "planted $DEFECT" insmod "$MODULE" "defect=$DEFECT"
if [ "$DEFECT" = leak ]; then
  sleep 6
  echo scan >/sys/kernel/debug/kmemleak
  sleep 1
  echo scan >/sys/kernel/debug/kmemleak
  head -n 12 /sys/kernel/debug/kmemleak
fi
sleep 1
diag "debug_locks $(awk '/debug_locks:/{print $2}' /proc/lockdep_stats)"
