# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the service that systemd starts by a queue, as systemd would, in each language."""

import ctypes
import fcntl
import functools
import os
import select
import subprocess

from driver import create, expect, main, names, run, unlink

USAGE = "Usage: mood-jobs SECONDS\n"

# The first that is passed.
LISTEN_FDS_START = 3

# What has been sent is there, so that nothing is waited for but the end.
SECONDS = "0.01"


def send(name, text, priority):
    """As a program would that knows nothing of who works on the jobs."""
    libc = ctypes.CDLL(None, use_errno=True)
    queue = libc.mq_open(name.encode(), os.O_WRONLY)
    expect(queue != -1, True)
    message = text.encode()
    expect(libc.mq_send(queue, message, len(message), priority), 0)
    os.close(queue)


class Socket:
    """What is to systemd a socket unit."""

    def __init__(self, language):
        self.command = language.jobs
        self.name = next(names)
        self.queue = create(self.name, maxmsg=8, msgsize=256)
        # As systemd opens it.
        os.set_blocking(self.queue, False)

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        os.close(self.queue)
        unlink(self.name)

    def is_triggered(self):
        poll = select.poll()
        poll.register(self.queue, select.POLLIN)
        return poll.poll(0) != []

    def start_service(self, *descriptors):
        """Starts the service with these descriptors, and returns what came of it."""

        def become_service():
            copies = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 64) for each in descriptors]
            for number, copy in enumerate(copies, start=LISTEN_FDS_START):
                os.dup2(copy, number)
            os.environ["LISTEN_PID"] = str(os.getpid())
            os.environ["LISTEN_FDS"] = str(len(descriptors))
            os.environ["LISTEN_FDNAMES"] = ":".join(["jobs"] * len(descriptors))

        result = subprocess.run(
            [*self.command, SECONDS],
            check=False,
            capture_output=True,
            encoding="utf-8",
            preexec_fn=become_service,
            pass_fds=range(LISTEN_FDS_START, LISTEN_FDS_START + len(descriptors)),
        )
        return result.returncode, result.stdout, result.stderr


def test_service(language):
    with Socket(language) as socket:
        expect(socket.is_triggered(), False)
        send(socket.name, "later", 1)
        send(socket.name, "größer als 100 %", 9)
        expect(socket.is_triggered(), True)
        expected = "job: 9 größer als 100 %\njob: 1 later\n"
        expect(socket.start_service(socket.queue), (0, expected, ""))

        # The queue is there without the service, and the next message starts it again.
        expect(socket.is_triggered(), False)
        send(socket.name, "the next day", 0)
        expect(socket.is_triggered(), True)
        expect(socket.start_service(socket.queue), (0, "job: 0 the next day\n", ""))


def test_unlinked(language):
    """The descriptor is all that the service needs."""
    with Socket(language) as socket:
        send(socket.name, "last", 0)
        unlink(socket.name)
        expect(socket.start_service(socket.queue), (0, "job: 0 last\n", ""))


def test_wrong_descriptors(language):
    with Socket(language) as socket, open("/dev/null", encoding="ascii") as null:
        for descriptors in [], [null.fileno()], [socket.queue, socket.queue]:
            n_queues = descriptors.count(socket.queue)
            status, output, error = socket.start_service(*descriptors)
            expect((status, output), (1, ""))
            expect(error, f"mood-jobs: one queue has to be passed, and {n_queues} are\n")


def test_not_started_by_systemd(language):
    status, output, error = run(language.jobs, SECONDS)
    expect((status, output), (1, ""))
    expect(error, "mood-jobs: one queue has to be passed, and 0 are\n")


def test_usage(language):
    for arguments in [], ["ten"], ["0"], ["-1"], ["1", "2"], ["inf"], ["nan"], [""]:
        expect(run(language.jobs, *arguments), (2, "", USAGE))


def plan(languages):
    """All tests: pairs of a title and a function."""
    for language in languages:
        for title, test in (
            ("messages start the service", test_service),
            ("a queue without a name", test_unlinked),
            ("other descriptors than a queue's", test_wrong_descriptors),
            ("not started by systemd", test_not_started_by_systemd),
            ("wrong usage", test_usage),
        ):
            yield f"{language.name}: {title}", functools.partial(test, language)


if __name__ == "__main__":
    main(["jobs"], plan)
