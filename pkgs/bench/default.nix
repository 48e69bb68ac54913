# SPDX-License-Identifier: GPL-2.0-only
#
# Tells what the check bench measured.
{
  writeShellApplication,
  checks,
  jq,
  python3,
}:
writeShellApplication {
  name = "bench";
  runtimeInputs = [jq python3];
  text = ''
    summary=${checks.bench}/bench.json
    case ''${1:-} in
      --json) cat "$summary" ;;
      "") python3 ${../../checks/lib/bench-report} table "$summary" ;;
      *) echo "usage: bench [--json]" >&2 && exit 2 ;;
    esac
    # A target that is missed is a failure.
    jq -e .met "$summary" >/dev/null
  '';
  meta.description = "Measures what the driver makes of a bus that takes time";
}
