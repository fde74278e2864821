#!/usr/bin/env bash
# How long the reading of attachments takes, on one core, the process that opens them included.
#
#   benches/attachments/run.sh [SLUSS] [RUNS]
#
# Makes the mails once (make.py, needs the Debian packages it names), then checks each RUNS times (11) with
# `sluss check --json` and prints the medians of reading alone and with detection, and what was not read. Every run starts the
# program and its process anew.
set -euo pipefail
cd "$(dirname "$0")/../.."
sluss=${1:-target/release/sluss}
runs=${2:-11}
mails=target/bench-attachments
[ -d "$mails" ] || /usr/bin/python3 benches/attachments/make.py "$mails"

for mail in "$mails"/*.eml; do
  for _ in $(seq "$runs"); do
    taskset -c 0 "$sluss" check --json "$mail" || [ $? = 1 ]
  done | /usr/bin/python3 -c '
import json, statistics, sys
lines = [json.loads(line) for line in sys.stdin]
reading = sorted(line["reading_us"] / 1000 for line in lines)
whole = sorted(line["elapsed_us"] / 1000 for line in lines)
unread = sorted({part["reason"] for part in lines[0]["uninspectable"]})
name = lines[0]["file"].rsplit("/", 1)[1]
print(f"{name}: read in {statistics.median(reading):.0f} ms (slowest {reading[-1]:.0f}), "
      f"judged in {statistics.median(whole):.0f} ms, not read: {unread or 0}")
'
done
