#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the user-space instructions of libmood's operations with callgrind, and fails where they
are more than a budget. Unlike times, the counts are the same on every run.

What the C library's mq_* functions take is left out: since version 2.41 glibc's are three times what
they were. All else counts that the calls cause, in libmood, in GLib and in the C library; and in
Python, where it is the calls of the extension that count.

Arguments: VALGRIND VERSION_OF_GLIB PROGRAM [PYTHON PROGRAM_IN_PYTHON]"""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

ROUNDS = 1000

# What is counted in the program in C. A call of one of these inside another would not be.
FUNCTIONS = (
    "mood_message_queue_send",
    "mood_message_queue_send_with_timeout",
    "mood_message_queue_send_many",
    "mood_message_queue_receive",
    "mood_message_queue_receive_into",
    "mood_message_queue_receive_with_timeout",
    "mood_message_queue_receive_many",
    "mood_message_queue_receive_each",
    "mood_message_queue_receive_async",
    "g_main_context_iteration",
)

# What is done with messages of 64 bytes, how many of them in each round, and how many instructions
# one of them may cost. Each budget is 1 to 3 in a hundred above the highest count on x86-64, which
# is that of
#
#   (c) clang 14, where gcc's is lower;
#   (t) gcc 14 with GLib 2.84;
#   (s) GLib 2.74 with the string functions that the C library has for any processor.
#
# The main loop of GLib 2.84 takes a fifth more than that of 2.74, which has a budget of its own.
BUDGETS = {
    "exchange-into": ("send + receive_into", 1, 157),
    "exchange-into-cancellable": ("send + receive_into, with a cancellable", 1, 188),  # t
    "exchange": ("send + receive", 1, 241),  # t
    "exchange-cancellable": ("send + receive, with a cancellable", 1, 273),  # t
    "exchange-now": ("send + receive, with timeout 0", 1, 255),  # t
    "exchange-in-time": ("send + receive, with a timeout", 1, 261),  # t
    "send-many": ("send_many of 10, each", 10, 64),  # c
    "receive-many": ("receive_many of 10, each", 10, 127),  # c
    "receive-each": ("receive_each of 10, each", 10, 49),
    "receiver": ("a main loop's round with a receiver that takes 16, each", 16, 234, 271),  # c, t
    "watch": ("a main loop's round with a watch", 1, 1670, 2290),  # t
    "try-receive": ("receive with timeout 0 from an empty queue", 1, 4250),  # s
    "try-receive-without-error": ("the same, where nobody asks for the error", 1, 247),
    "send-closed": ("send to a closed queue", 1, 2800),  # s
    "async": (
        "receive_async of a message that waits, and the main loop's round",
        1,
        2610,
        3370,
    ),  # t
    # All that Python does counts, and that differs by its version: these are a quarter above the
    # count with 3.13, which is more than that with 3.11. Without the extension it is eight times
    # as much.
    "python-exchange": ("Python's send + recv", 1, 1700),
    "python-exchange-priority": ("Python's send with a priority + receive", 1, 1950),
    "python-exchange-many": ("Python's send_many of 10 + receive_many of 10, each", 10, 980),
}

# Up to which GLib the first of two budgets counts.
OLD_GLIB = (2, 74)

# The memory allocator, GLib and the C library all ask the environment: it is the same everywhere,
# and without the random MALLOC_PERTURB_ that Meson sets.
KEPT_ENVIRONMENT = ("GI_TYPELIB_PATH", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "VALGRIND_LIB")


class Unreadable(Exception):
    """Valgrind ends where it does not know the format of the debugging information."""


def is_of_python(scenario):
    return scenario.startswith("python-")


def run(valgrind, programs, scenario, folder):
    # Always of the same length, as it is part of the text of errors.
    name = f"/mood-test-{os.getpid():07}-{list(BUDGETS).index(scenario):02}"
    functions = () if is_of_python(scenario) else FUNCTIONS
    environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}

    return subprocess.run(
        [
            valgrind,
            "--tool=callgrind",
            f"--callgrind-out-file={folder}/out",
            "--compress-strings=no",
            # The program's marks.
            "--dump-before=getppid*",
            *(f"--toggle-collect={function}" for function in functions),
            *programs[is_of_python(scenario)],
            name,
            scenario,
            str(ROUNDS),
        ],
        capture_output=True,
        check=False,
        env={**environment, "PYTHONHASHSEED": "0"},
        text=True,
    )


def read_counts(path):
    """How many instructions were counted, and how many of them in the C library's mq_*."""
    total = 0
    inside = 0
    caller = callee = ""
    is_call = False

    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            key, _, value = line.partition("=")
            if key == "fn":
                caller = value
            elif key == "cfn":
                callee = value
            elif key == "calls":
                is_call = True
            elif is_call:
                # The line after says what the calls took, with all that they called in turn.
                is_call = False
                if is_of_c_library(callee) and not is_of_c_library(caller):
                    inside += int(line.split()[-1])
            elif line.startswith(("summary:", "totals:")):
                total = int(line.split()[-1])

    return total, inside


def is_of_c_library(function):
    # Its names have their version behind them.
    return re.match(r"_*mq_(timed)?(send|receive)", function) is not None


def count(valgrind, programs, scenario):
    """The instructions of a message, and of those of the C library besides."""
    n_messages = BUDGETS[scenario][1] * ROUNDS

    with tempfile.TemporaryDirectory() as folder:
        result = run(valgrind, programs, scenario, folder)
        if "debuginfo reader" in result.stderr:
            raise Unreadable
        if result.returncode != 0:
            sys.exit(f"Bail out! {scenario}: {result.returncode} {result.stderr}")
        # From the first mark to the second.
        total, inside = read_counts(f"{folder}/out.2")

    return (total - inside) / n_messages, inside / n_messages


def get_budget(scenario, glib_version):
    budgets = BUDGETS[scenario][2:]

    return budgets[0] if glib_version[:2] <= OLD_GLIB else budgets[-1]


def main():
    valgrind, version, program, *python = sys.argv[1:]
    # Where the extension is not built, nothing is counted of Python.
    scenarios = [name for name in BUDGETS if python or not is_of_python(name)]
    programs = [program], [*python[:1], "-B", *python[1:]]
    glib_version = tuple(map(int, version.split(".")))
    failures = 0

    # Each in a process of its own, so that none depends on what another left behind.
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as executor:
        try:
            counts = list(executor.map(lambda each: count(valgrind, programs, each), scenarios))
        except Unreadable:
            print("1..0 # SKIP this valgrind cannot read what this compiler writes")
            return 0

    print(f"1..{len(scenarios)}")
    for number, (scenario, (cost, inside)) in enumerate(zip(scenarios, counts), 1):
        title = BUDGETS[scenario][0]
        budget = get_budget(scenario, glib_version)
        verdict = "ok" if cost <= budget else "not ok"
        failures += cost > budget
        print(
            f"{verdict} {number} {title}: {cost:.1f} instructions besides the C library's"
            f" {inside:.1f}, budget {budget}"
        )

    return 1 if failures else 0


sys.exit(main())
