#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the user-space instructions of a send and a receive, in libmood and in what it calls, with
callgrind, and fails where they are more than mq_send and mq_receive alone take by more than a budget.
Unlike times, the counts are the same on every run. What the C library takes is left out: since
version 2.41 glibc's is three times what it was.

Arguments: VALGRIND PROGRAM"""

import os
import re
import subprocess
import sys
import tempfile

# What a pair of a send and the given receive of 64 bytes may cost on top of the C library's.
BUDGETS = {
    "receive_into": 160,
    "receive": 380,
}


def count(valgrind, program, send, receive, pairs):
    name = f"/mood-test-{os.getpid()}"
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(
            [
                valgrind,
                "--tool=callgrind",
                f"--callgrind-out-file={folder}/out",
                f"--toggle-collect={send}",
                f"--toggle-collect={receive}",
                program,
                name,
                receive.rstrip("*"),
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


def count_pair(valgrind, program, send, receive):
    # The difference leaves out what happens once, such as resolving symbols.
    few, many = (count(valgrind, program, send, receive, pairs) for pairs in (100, 1100))
    return (many - few) / 1000


def main():
    valgrind, program = sys.argv[1:]
    failures = 0

    results = []
    # The C library's names have their version behind them.
    raw = count_pair(valgrind, program, "mq_send*", "mq_receive*")
    for number, (receive, budget) in enumerate(BUDGETS.items(), 1):
        prefix = "mood_message_queue_"
        cost = count_pair(valgrind, program, f"{prefix}send", f"{prefix}{receive}") - raw
        verdict = "ok" if cost <= budget else "not ok"
        failures += cost > budget
        results.append(
            f"{verdict} {number} send + {receive}: {cost:g} instructions more than the {raw:g} of"
            f" mq_send + mq_receive, budget {budget}"
        )

    print(f"1..{len(results)}", *results, sep="\n")

    return 1 if failures else 0


sys.exit(main())
