# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Judges a guest's console log; sourced by uml-run and vm-run.

# clean_log RAW LOG: a serial console's text without carriage returns
clean_log() {
  tr -d '\r' <"$1" >"$2"
  rm "$1"
}

# judge NAME OUT-DIR STATUS TIMEOUT EXPECT-REPORTS [REASON...]: reads
# OUT-DIR/console.log, writes results.tap and reports.txt beside it. A guest
# passes when it ended in time, kept its plan, failed no test and its kernel
# had nothing to report (unless EXPECT-REPORTS is 1). Says why not.
judge() {
  local name=$1 out=$2 status=$3 timeout=$4 expect_reports=$5
  shift 5
  local lib log=$out/console.log reasons=("$@") ok failed plan
  lib=$(dirname "${BASH_SOURCE[0]}")

  grep -aE '^(ok|not ok|1\.\.)' "$log" >"$out/results.tap" || true
  ok=$(grep -c '^ok ' "$out/results.tap" || true)
  failed=$(grep -c '^not ok ' "$out/results.tap" || true)
  plan=$(sed -nE 's/^1\.\.([0-9]+).*/\1/p' "$out/results.tap" | tail -n 1)
  [ "$status" -ne 124 ] || reasons+=("no end after $timeout seconds of real time")
  [ "$failed" -eq 0 ] || reasons+=("$failed tests failed")
  if [ -z "$plan" ]; then
    reasons+=('no plan: the guest did not reach its end')
  elif [ "$plan" -ne $((ok + failed)) ] || [ "$plan" -eq 0 ]; then
    reasons+=("the plan says $plan tests, $((ok + failed)) reported")
  fi
  if [ "$expect_reports" -ne 1 ] && ! "$lib/kernel-reports" "$log" >"$out/reports.txt"; then
    reasons+=("the kernel reported: $(head -n 1 "$out/reports.txt")")
  fi

  if [ ${#reasons[@]} -eq 0 ]; then
    echo "$ok tests passed"
    return
  fi
  {
    grep '^not ok ' "$out/results.tap" || true
    printf "$name: %s\n" "${reasons[@]}"
    echo "$name: the last lines of $log:"
    tail -n 25 "$log"
  } >&2
  return 1
}
