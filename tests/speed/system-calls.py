#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the system calls of libmood's operations with strace, and fails where there are others
than the table says. Fails as well where a wait could depend on the wall clock: setting it must
change nothing, and it cannot be set in a test.

Arguments: PROGRAM [PYTHON PROGRAM_IN_PYTHON]"""

import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROUNDS = 100

# The longest timeout that the program gives.
LONGEST_WAIT_SECONDS = 120

# Where the kernel cannot lend its clock to user space, reading it is a system call.
IGNORED = {"clock_gettime", "clock_gettime64"}

SEND = {"mq_timedsend": 1}
RECEIVE = {"mq_timedreceive": 1}
EXCHANGE = {**SEND, **RECEIVE}
WAIT_TO_SEND = {"mq_timedsend": 2, "ppoll": 1}
WAIT_TO_RECEIVE = {"mq_timedreceive": 2, "ppoll": 1}

# The descriptor that libmood makes for a cancellable that is waited for, and a look at the mode of the
# queue: what the descriptor for attempts answers does not tell it.
CANCELLABLE = {"eventfd2": 1, "close": 1, "fcntl": 1}

# Whenever a source that has a descriptor begins and ends a dispatch, GLib wakes its own main
# context up.
WAKE_UPS = {"write": 2, "read": 1}

# What is done in each round, what this costs exactly, and what else GLib may do for it at most:
# that differs from one version to another. "poll" is that of the main loop, and may be ppoll.
SCENARIOS = {
    "exchange": ("send + receive", EXCHANGE, {}),
    "exchange-cancellable": ("send + receive, with a cancellable", EXCHANGE, {}),
    "exchange-timeout": ("send + receive, with a timeout", EXCHANGE, {}),
    "exchange-nonblocking": ("send + receive, nonblocking", EXCHANGE, {}),
    "try-receive": ("receive with timeout 0 from an empty queue", RECEIVE, {}),
    "try-send": ("send with timeout 0 to a full queue", SEND, {}),
    "try-receive-nonblocking": ("receive from an empty queue, nonblocking", RECEIVE, {}),
    "try-send-nonblocking": ("send to a full queue, nonblocking", SEND, {}),
    "expire-receive": ("receive that times out", {"mq_timedreceive": 1, "ppoll": 1}, {}),
    "expire-send": ("send that times out", {"mq_timedsend": 1, "ppoll": 1}, {}),
    "wait-receive": ("receive that waits", RECEIVE, {}),
    "wait-receive-timeout": ("receive that waits, with a timeout", WAIT_TO_RECEIVE, {}),
    "wait-receive-timeout-nonblocking": (
        "receive that waits, with a timeout, nonblocking",
        WAIT_TO_RECEIVE,
        {},
    ),
    "wait-receive-cancellable": (
        "receive that waits, with a cancellable",
        WAIT_TO_RECEIVE,
        CANCELLABLE,
    ),
    "wait-send": ("send that waits", SEND, {}),
    "wait-send-timeout": ("send that waits, with a timeout", WAIT_TO_SEND, {}),
    "wait-send-cancellable": ("send that waits, with a cancellable", WAIT_TO_SEND, CANCELLABLE),
    "async": ("send + receive_async", {**EXCHANGE, "poll": 1}, {"read": 1, "write": 1}),
    "async-in-callback": (
        "send + receive_async, in a callback of the main loop",
        {**EXCHANGE, "poll": 1},
        {},
    ),
    "async-wait": (
        "receive_async that waits + send",
        {**SEND, "mq_timedreceive": 2, "poll": 1},
        {"write": 2, "read": 1},
    ),
    "async-wait-in-callback": (
        "receive_async that waits, made by the callback of the one before, + send",
        {**SEND, "mq_timedreceive": 2, "poll": 1},
        {},
    ),
    "receiver": (
        "8 times send + one dispatch of a receiver",
        {"mq_timedsend": 8, "mq_timedreceive": 9, "poll": 1},
        {},
    ),
    "receiver-most": (
        "one dispatch of a receiver that takes all it may, 16, and sends as many",
        {"mq_timedsend": 16, "mq_timedreceive": 16, "poll": 1},
        {},
    ),
    "notification": (
        "send + one dispatch of a notification that is armed again, and receives",
        {**EXCHANGE, "poll": 1, "recvfrom": 1, "mq_notify": 1},
        WAKE_UPS,
    ),
    "watch": ("send + one dispatch of a watch that receives", {**EXCHANGE, "poll": 1}, {}),
    "python-exchange": ("Python's send + recv", EXCHANGE, {}),
    "python-exchange-priority": ("Python's send with a priority + receive", EXCHANGE, {}),
    "python-exchange-many": (
        "Python's send_many of 10 + receive_many of 10",
        {"mq_timedsend": 10, "mq_timedreceive": 10},
        {},
    ),
}

# No timeout, or the one that has always passed: the kernel takes it for a time of the wall clock.
MQ_TIMEOUT = re.compile(r".*, (NULL|\{tv_sec=0, tv_nsec=0\})\) += ")

# No timeout, or how long to wait.
PPOLL_TIMEOUT = re.compile(r"\w+\(\[.*\], \d+, (?:NULL|\{tv_sec=(\d+), tv_nsec=\d+\}), ")


def get_name(line):
    # The names that 32-bit machines have for the same calls with wider times.
    return line.partition("(")[0].removesuffix("_time64")


def is_of_python(scenario):
    return scenario.startswith("python-")


def trace(strace, programs, scenario):
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "trace")
        # Threads that the program makes are not followed.
        result = subprocess.run(
            [
                strace,
                "--signal=none",
                f"--output={output}",
                *programs[is_of_python(scenario)],
                f"/mood-test-{os.getpid()}",
                scenario,
                str(ROUNDS),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            sys.exit(f"Bail out! {scenario}: {result.returncode} {result.stderr}")
        with open(output, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()


def count(lines):
    """How often each system call was made in a round."""
    first, last = (i for i, line in enumerate(lines) if get_name(line) == "getppid")
    names = map(get_name, lines[first + 1 : last])
    counts = collections.Counter(name for name in names if name not in IGNORED)

    return {name: number / ROUNDS for name, number in counts.items()}


def is_as_expected(counts, exactly, at_most):
    counts = collections.Counter(counts)
    if "poll" in exactly:
        counts["poll"] += counts.pop("ppoll", 0)

    if any(counts.pop(name, 0) != number for name, number in exactly.items()):
        return False

    return all(number <= at_most.get(name, 0) for name, number in counts.items())


def depends_on_wall_clock(line):
    name = get_name(line)
    if name in ("mq_timedsend", "mq_timedreceive"):
        return not MQ_TIMEOUT.match(line)
    if name == "ppoll":
        timeout = PPOLL_TIMEOUT.match(line)
        return not timeout or int(timeout[1] or 0) > LONGEST_WAIT_SECONDS

    return False


def show(counts):
    return ", ".join(f"{counts[name]:g} {name}" for name in sorted(counts)) or "nothing"


def find_strace():
    strace = shutil.which("strace")
    if strace is None:
        print("1..0 # SKIP there is no strace")
        sys.exit(0)

    result = subprocess.run(
        [strace, f"--output={os.devnull}", sys.executable, "-c", ""],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        reason = " ".join(result.stderr.split())
        print(f"1..0 # SKIP strace may not trace a process here: {reason}")
        sys.exit(0)

    return strace


def main():
    program, *python = sys.argv[1:]
    # Where the extension is not built, nothing is counted of Python.
    scenarios = [name for name in SCENARIOS if python or not is_of_python(name)]
    programs = [program], [*python[:1], "-B", *python[1:]]
    strace = find_strace()
    failures = 0
    suspects = []

    print(f"1..{len(scenarios) + 1}")

    for number, scenario in enumerate(scenarios, 1):
        title, exactly, at_most = SCENARIOS[scenario]
        lines = trace(strace, programs, scenario)
        counts = count(lines)
        suspects += filter(depends_on_wall_clock, lines)
        if is_as_expected(counts, exactly, at_most):
            print(f"ok {number} {title}: {show(counts)}")
        else:
            failures += 1
            print(f"not ok {number} {title}: {show(counts)}")
            print(f"# expected: {show(exactly)}; at most: {show(at_most)}")

    verdict = "not ok" if suspects else "ok"
    print(f"{verdict} {len(scenarios) + 1} no wait depends on the wall clock")
    for line in suspects[:10]:
        print(f"# {line}")

    return 1 if failures or suspects else 0


sys.exit(main())
