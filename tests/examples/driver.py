# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the drivers share: the command line, names for queues, and a report in TAP."""

import collections
import ctypes
import itertools
import os
import signal
import subprocess
import sys

# For one point of the plan: far more than it takes, so that only what hangs is ended.
LIMIT_SECONDS = 120

names = (f"/mood-test-examples-{os.getpid()}-{number}" for number in itertools.count())


def run(command, *arguments):
    """Runs a program to its end: its exit status, standard output and standard error."""
    result = subprocess.run(
        [*command, *arguments], capture_output=True, encoding="utf-8", check=False
    )
    return result.returncode, result.stdout, result.stderr


def expect(actual, expected):
    if actual != expected:
        raise AssertionError(f"got      {actual!r}\nexpected {expected!r}")


def create(name, maxmsg, msgsize):
    """A descriptor of a new queue, which receives."""
    # A struct mq_attr, whose first member is for flags.
    attributes = (ctypes.c_long * 8)(0, maxmsg, msgsize)
    flags = os.O_CREAT | os.O_EXCL | os.O_RDONLY
    queue = ctypes.CDLL(None).mq_open(os.fsencode(name), flags, 0o600, attributes)
    expect(queue != -1, True)
    return queue


def unlink(name):
    """Whether there was a queue of that name to unlink."""
    return ctypes.CDLL(None).mq_unlink(os.fsencode(name)) == 0


def parse_arguments(arguments, programs):
    """The languages that are here, and pairs of one that is not here and the reason.

    A language has a name, and for each of the programs the command that runs it, without the
    program's own arguments.

    Among the arguments are the launchers' own options, which argparse would take for its own.
    """
    Language = collections.namedtuple("Language", ["name", *programs])
    groups = []
    for argument in arguments:
        if argument in ("--language", "--absent"):
            groups.append((argument, []))
        else:
            groups[-1][1].append(argument)

    languages = []
    absent = []
    for option, details in groups:
        if option == "--absent":
            absent.append(details)
        else:
            name, *launcher = details[: -len(programs)]
            paths = details[-len(programs) :]
            languages.append(Language(name, *([*launcher, path] for path in paths)))
    return languages, absent


def give_up(_number, _frame):
    raise TimeoutError(f"not done after {LIMIT_SECONDS} seconds")


def main(programs, plan):
    """Runs the tests: pairs of a title and a function, which the plan makes from the languages."""
    languages, absent = parse_arguments(sys.argv[1:], programs)
    tests = list(plan(languages))

    os.environ["LC_ALL"] = "C.UTF-8"
    signal.signal(signal.SIGALRM, give_up)

    print(f"1..{len(tests) + len(absent)}", flush=True)
    for number, (title, test) in enumerate(tests, start=1):
        signal.alarm(LIMIT_SECONDS)
        try:
            test()
            print(f"ok {number} - {title}", flush=True)
        except (AssertionError, OSError) as error:
            print(f"not ok {number} - {title}")
            print("".join(f"# {line}\n" for line in str(error).splitlines()), end="", flush=True)
        finally:
            signal.alarm(0)
    for number, (language, reason) in enumerate(absent, start=len(tests) + 1):
        print(f"ok {number} - {language} # SKIP {reason}", flush=True)
