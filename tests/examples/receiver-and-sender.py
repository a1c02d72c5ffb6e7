# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the receiver and the sender of each language against those of every other one.

Whatever the language, they must do the same and write the same, to the letter. The first language
that is given is the measure for what the library's errors say.
"""

import functools
import itertools
import os
import signal
import subprocess

from driver import create, expect, main, names, run, unlink

RECEIVER_USAGE = "Usage: receiver NAME\n"
SENDER_USAGE = (
    "Usage: sender NAME PRIORITY [TEXT...]\n"
    "PRIORITY is 0 to 32767; the highest is received first.\n"
)


class Queue:
    """The name of a queue, and the processes that were started on it, for the time of a test."""

    def __init__(self):
        self.name = next(names)
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        for process in self.processes:
            with process:
                process.kill()
        unlink(self.name)

    def start(self, *command):
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )
        self.processes.append(process)
        return process

    def start_receiver(self, language):
        receiver = self.start(*language.receiver, self.name)
        expect(receiver.stdout.readline(), "ready\n")
        return receiver

    def send(self, language, *arguments):
        expect(run(language.sender, self.name, *arguments), (0, "", ""))

    def expect_gone(self, language):
        status, output, _error = run(language.sender, self.name, "0")
        expect((status, output), (1, ""))


def finish(process):
    """Waits for the end of a process: its exit status, and what it wrote since the last look."""
    output, error = process.communicate()
    return process.returncode, output, error


def test_exchange(receiver_language, sender_language):
    with Queue() as queue:
        receiver = queue.start_receiver(receiver_language)

        # What comes while the receiver is stopped is in the queue, all of it, when it goes on.
        receiver.send_signal(signal.SIGSTOP)
        os.waitpid(receiver.pid, os.WUNTRACED)
        queue.send(sender_language, "1", "low", "größer als 100 %")
        queue.send(sender_language, "7", "two words", "%s")
        queue.send(sender_language, "32767", "urgent")
        receiver.send_signal(signal.SIGCONT)

        # More than the queue holds, and longer than a message can be.
        numbers = [str(number) for number in range(20)]
        queue.send(sender_language, "0", *numbers, "x" * 300)
        queue.send(sender_language, "0")

        expected = ["32767 urgent", "7 two words", "7 %s", "1 low", "1 größer als 100 %"]
        expected += [f"0 {number}" for number in numbers]
        expected += ["0 " + "x" * 256, "0 " + "x" * 44]
        expect(finish(receiver), (0, "".join(line + "\n" for line in expected), ""))
        queue.expect_gone(sender_language)


def test_shared_queue(language):
    """Two receivers race for each message, so that one of them often finds that it is gone."""
    with Queue() as queue:
        receivers = [queue.start_receiver(language), queue.start_receiver(language)]
        texts = [f"{number:03}" for number in range(200)]
        queue.send(language, "5", *texts, "", "")

        received = []
        for receiver in receivers:
            status, output, error = finish(receiver)
            expect((status, error), (0, ""))
            lines = output.splitlines()
            expect(lines, sorted(lines))
            received += lines
        expect(sorted(received), [f"5 {text}" for text in texts])
        queue.expect_gone(language)


def is_asleep(process):
    """Whether it waits for something inside the kernel, or has ended."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(") ")[2][0] in "SZ"


def test_interrupted_sender(language):
    """Ctrl-C ends a sender that waits for room, without a word and by the signal itself."""
    with Queue() as queue:
        descriptor = create(queue.name, maxmsg=1, msgsize=8)
        try:
            sender = queue.start(*language.sender, queue.name, "0", "first", "second")
            # Until the first text is in the queue, and the second waits for room.
            while b"QSIZE:0 " in os.pread(descriptor, 64, 0) or not is_asleep(sender):
                os.sched_yield()
            sender.send_signal(signal.SIGINT)
            expect(finish(sender), (-signal.SIGINT, "", ""))
        finally:
            os.close(descriptor)


def test_signal(number, language):
    with Queue() as queue:
        receiver = queue.start_receiver(language)
        receiver.send_signal(number)
        expect(finish(receiver), (0, "", ""))
        queue.expect_gone(language)


def test_usage(language):
    for arguments in [], ["/a", "/b"]:
        expect(run(language.receiver, *arguments), (2, "", RECEIVER_USAGE))
    for arguments in [], ["/a"], ["/a", "high"], ["/a", "-1"], ["/a", " 1"], ["/a", "32768"]:
        expect(run(language.sender, *arguments), (2, "", SENDER_USAGE))


def test_errors(measure, language):
    for arguments in ["no-slash"], ["/"]:
        status, output, error = run(language.receiver, *arguments)
        expect((status, output), (1, ""))
        expect(error, run(measure.receiver, *arguments)[2])
        expect(error.startswith("receiver: "), True)
    for arguments in [next(names), "0"], ["no-slash", "0", "text"]:
        status, output, error = run(language.sender, *arguments)
        expect((status, output), (1, ""))
        expect(error, run(measure.sender, *arguments)[2])
        expect(error.startswith("sender: "), True)


def plan(languages):
    """All tests: pairs of a title and a function."""
    for receiver, sender in itertools.product(languages, repeat=2):
        yield (
            f"{receiver.name} receives from {sender.name}",
            functools.partial(test_exchange, receiver, sender),
        )
    for language in languages:
        for title, test in (
            ("two receivers share a queue", test_shared_queue),
            ("SIGINT ends a sender that waits", test_interrupted_sender),
            ("SIGINT ends the receiver", functools.partial(test_signal, signal.SIGINT)),
            ("SIGTERM ends the receiver", functools.partial(test_signal, signal.SIGTERM)),
            ("wrong usage", test_usage),
            ("errors", functools.partial(test_errors, languages[0])),
        ):
            yield f"{language.name}: {title}", functools.partial(test, language)


if __name__ == "__main__":
    main(["receiver", "sender"], plan)
