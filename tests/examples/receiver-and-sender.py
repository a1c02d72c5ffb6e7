# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the receiver and the sender of each language against those of every other one.

Whatever the language, they must do the same and write the same, to the letter. The first language
that is given is the measure for what the library's errors say.
"""

import collections
import ctypes
import functools
import itertools
import os
import signal
import subprocess
import sys

# For one point of the plan: far more than it takes, so that only what hangs is ended.
LIMIT_SECONDS = 120

RECEIVER_USAGE = "Usage: receiver NAME\n"
SENDER_USAGE = (
    "Usage: sender NAME PRIORITY [TEXT...]\n"
    "PRIORITY is 0 to 32767; the highest is received first.\n"
)

# Each is the command that runs the program, without the arguments of the program.
Language = collections.namedtuple("Language", "name receiver sender")

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


class Queue:
    """The name of a queue, and the receivers that were started on it, for the time of a test."""

    def __init__(self):
        self.name = next(names)
        self.receivers = []

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        for receiver in self.receivers:
            with receiver:
                receiver.kill()
        ctypes.CDLL(None).mq_unlink(self.name.encode())

    def start(self, language):
        receiver = subprocess.Popen(
            [*language.receiver, self.name],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self.receivers.append(receiver)
        expect(receiver.stdout.readline(), "ready\n")
        return receiver

    def send(self, language, *arguments):
        expect(run(language.sender, self.name, *arguments), (0, "", ""))

    def expect_gone(self, language):
        status, output, _error = run(language.sender, self.name, "0")
        expect((status, output), (1, ""))


def finish(receiver):
    """Waits for the end of a receiver: its exit status, and what it wrote after "ready"."""
    output, error = receiver.communicate()
    return receiver.returncode, output, error


def test_exchange(receiver_language, sender_language):
    with Queue() as queue:
        receiver = queue.start(receiver_language)

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
        receivers = [queue.start(language), queue.start(language)]
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


def test_signal(number, language):
    with Queue() as queue:
        receiver = queue.start(language)
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
            ("SIGINT ends the receiver", functools.partial(test_signal, signal.SIGINT)),
            ("SIGTERM ends the receiver", functools.partial(test_signal, signal.SIGTERM)),
            ("wrong usage", test_usage),
            ("errors", functools.partial(test_errors, languages[0])),
        ):
            yield f"{language.name}: {title}", functools.partial(test, language)


def parse_arguments(arguments):
    """The languages that are here, and pairs of one that is not here and the reason.

    Among the arguments are the launchers' own options, which argparse would take for its own.
    """
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
            name, *launcher, receiver, sender = details
            languages.append(Language(name, [*launcher, receiver], [*launcher, sender]))
    return languages, absent


def give_up(_number, _frame):
    raise TimeoutError(f"not done after {LIMIT_SECONDS} seconds")


def main():
    languages, absent = parse_arguments(sys.argv[1:])
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


if __name__ == "__main__":
    main()
