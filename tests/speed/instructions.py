#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the user-space instructions of a send and a receive, in libmood and in what it calls, with
callgrind, and fails past a budget. Unlike times, the counts are the same on every run.

Arguments: VALGRIND PROGRAM"""

import os
import re
import subprocess
import sys
import tempfile

# What a pair of a send and the given receive of 64 bytes may cost.
BUDGETS = {
    "receive_into": 180,
    "receive": 400,
}


def count(valgrind, program, receive, pairs):
    name = f"/mood-test-{os.getpid()}"
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(
            [
                valgrind,
                "--tool=callgrind",
                f"--callgrind-out-file={folder}/out",
                "--toggle-collect=mood_message_queue_send",
                f"--toggle-collect=mood_message_queue_{receive}",
                program,
                name,
                receive,
                str(pairs),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    if "debuginfo reader" in result.stderr:
        print("1..0 # SKIP this valgrind cannot read what this compiler writes")
        sys.exit(0)
    collected = re.search(r"Collected : (\d+)", result.stderr)
    if result.returncode != 0 or collected is None:
        sys.exit(f"Bail out! {program} {receive}: {result.stderr}")
    return int(collected.group(1))


def main():
    valgrind, program = sys.argv[1:]
    failures = 0

    results = []
    for number, (receive, budget) in enumerate(BUDGETS.items(), 1):
        # The difference leaves out what happens once, such as resolving symbols.
        few, many = (count(valgrind, program, receive, pairs) for pairs in (100, 1100))
        cost = (many - few) / 1000
        verdict = "ok" if cost <= budget else "not ok"
        failures += cost > budget
        results.append(f"{verdict} {number} send + {receive}: {cost:g} instructions, budget {budget}")

    print(f"1..{len(results)}", *results, sep="\n")

    return 1 if failures else 0


sys.exit(main())
