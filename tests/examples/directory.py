# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets the example of the directory of queues show those of the test, in each language.

Whatever the language, it must do the same and write the same, to the letter. Others create and
unlink queues meanwhile, of which nothing is said here.
"""

import contextlib
import ctypes
import functools
import os
import signal
import subprocess

from driver import create, expect, main, names, run, unlink

USAGE = "Usage: directory\n"

def send(queue_name, *messages):
    libc = ctypes.CDLL(None)
    queue = libc.mq_open(queue_name.encode(), os.O_WRONLY)
    for message in messages:
        expect(libc.mq_send(queue, message, len(message), 0), 0)
    os.close(queue)


@contextlib.contextmanager
def new_queue(maxmsg=2, mode=0o600, name=None):
    name = name or next(names)
    queue = create(name, maxmsg=maxmsg, msgsize=16)
    os.fchmod(queue, mode)
    os.close(queue)
    try:
        yield name
    finally:
        unlink(name)


@contextlib.contextmanager
def running(language):
    with subprocess.Popen(
        language.directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def expect_line(process, line):
    """Among lines about the queues of others."""
    seen = process.stdout.readline()
    name = line.removeprefix("gone: ").removeprefix("new: ").partition(":")[0]
    while seen and name not in seen:
        seen = process.stdout.readline()
    expect(seen, line + "\n")


def test_list(language):
    owner = os.geteuid()
    with new_queue() as first, new_queue(3, 0o640) as second:
        send(second, b"a", b"")
        with running(language) as process:
            expect_line(process, f"{first}: mode 0600, owner {owner}, 0 of 2 messages")
            expect_line(process, f"{second}: mode 0640, owner {owner}, 2 of 3 messages")


def test_changes(language):
    with new_queue() as first, running(language) as process:
        expect_line(process, f"{first}: mode 0600, owner {os.geteuid()}, 0 of 2 messages")
        for _ in range(3):
            with new_queue() as second:
                expect_line(process, f"new: {second}")
            expect_line(process, f"gone: {second}")
        unlink(first)
        expect_line(process, f"gone: {first}")


def test_odd_name(language):
    """Anybody can give a queue a name that is no text, and one that plays with the terminal."""
    with new_queue() as first, running(language) as process:
        expect_line(process, f"{first}: mode 0600, owner {os.geteuid()}, 0 of 2 messages")
        name = next(names)
        with new_queue(name=name.encode() + b"-\xff\x1b[2J"):
            expect_line(process, f"new: {name}-\ufffd?[2J")
        expect_line(process, f"gone: {name}-\ufffd?[2J")


def test_end(language, number):
    with new_queue() as first, running(language) as process:
        # The signal is handled by then.
        expect_line(process, f"{first}: mode 0600, owner {os.geteuid()}, 0 of 2 messages")
        with new_queue() as second:
            expect_line(process, f"new: {second}")
            process.send_signal(number)
            expect((process.wait(), process.stderr.read()), (0, ""))


def test_usage(language):
    expect(run(language.directory, "/jobs"), (2, "", USAGE))


def plan(languages):
    """All tests: pairs of a title and a function."""
    for language in languages:
        for title, test in (
            ("a list", test_list),
            ("what comes and goes", test_changes),
            ("an odd name", test_odd_name),
            ("SIGINT", functools.partial(test_end, number=signal.SIGINT)),
            ("SIGTERM", functools.partial(test_end, number=signal.SIGTERM)),
            ("wrong usage", test_usage),
        ):
            yield f"{language.name}: {title}", functools.partial(test, language)


if __name__ == "__main__":
    main(["directory"], plan)
