#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: client PREFIX

The client in Python of the conversation that clerk.c describes. Posts requests of three
priorities, and checks that each of them gets one right answer.
"""

import os
import sys
from collections.abc import Callable

import gi

gi.require_version("Mood", "1.0")
from gi.repository import GLib, Mood  # noqa: E402

LANGUAGE = "Python"
FIRST_NUMBER = 11

POSTED = 3
LIVE = 1000
PRIORITIES = 0, 10, 20

CLERK_MAXMSG = 10
OWN_MAXMSG = 8
MSGSIZE = 64


class Client:
    def __init__(self, prefix: str) -> None:
        self.loop = GLib.MainLoop()
        self.error: OSError | ValueError | None = None
        self.sequence = 0  # of the request that was posted last
        self.last_sequence = POSTED  # of the act
        self.expected: dict[int, int] = {}  # the right answer to each request that is under way
        self.waits_for_room = False
        self.sent = 0
        self.received = 0

        # Whoever comes first makes the clerk's queues. The queue for the answers is this client's.
        own = os.O_CREAT | os.O_NONBLOCK
        to_send = own | os.O_WRONLY
        to_receive = own | os.O_RDONLY | os.O_EXCL
        self.door = Mood.MessageQueue(
            f"{prefix}-door", to_send, maxmsg=CLERK_MAXMSG, msgsize=MSGSIZE
        )
        self.requests = Mood.MessageQueue(
            f"{prefix}-requests", to_send, maxmsg=CLERK_MAXMSG, msgsize=MSGSIZE
        )
        self.answers = Mood.MessageQueue(
            f"{prefix}-python", to_receive, maxmsg=OWN_MAXMSG, msgsize=MSGSIZE
        )

    def send(self, queue: Mood.MessageQueue, text: str, priority: int = 0) -> None:
        queue.send(text.encode(), priority)
        self.sent += 1

    def post_requests(self) -> None:
        # As many under way as there is room for answers, so that the clerk never has to wait.
        while (
            self.sequence < self.last_sequence
            and len(self.expected) < OWN_MAXMSG
            and not self.waits_for_room
        ):
            sequence = self.sequence + 1
            number = FIRST_NUMBER + self.sequence
            priority = PRIORITIES[self.sequence % len(PRIORITIES)]
            try:
                self.send(self.requests, f"{self.answers.name} {sequence} {number}", priority)
            except BlockingIOError:
                self.waits_for_room = True
                self.requests.add_watch(GLib.IOCondition.OUT, self.on_room)
            else:
                self.sequence = sequence
                self.expected[sequence] = number * number

    def take_answer(self) -> None:
        text = self.answers.recv().decode()
        self.received += 1
        if text == "begin":
            self.last_sequence += LIVE
            return

        sequence, square = map(int, text.split())
        if self.expected.pop(sequence, None) != square:
            raise ValueError(f"“{text}” is not a right answer to a request")

        if not self.expected and self.sequence == POSTED + LIVE:
            # This word counts as well.
            self.send(self.door, f"{LANGUAGE} out {self.sent + 1} {self.received}")
            self.loop.quit()

    def attempt(self, *steps: Callable[[], None]) -> None:
        """Takes steps inside the main loop, to which no exception can be thrown."""
        try:
            for step in steps:
                step()
        except (OSError, ValueError) as error:
            self.error = error
            self.loop.quit()

    def on_room(self, queue: Mood.MessageQueue, condition: GLib.IOCondition) -> bool:
        self.waits_for_room = False
        self.attempt(self.post_requests)
        return GLib.SOURCE_REMOVE

    def on_answer(self, queue: Mood.MessageQueue, condition: GLib.IOCondition) -> bool:
        self.attempt(self.take_answer, self.post_requests)
        return GLib.SOURCE_CONTINUE

    def run(self) -> None:
        try:
            self.post_requests()
            self.send(self.door, f"{LANGUAGE} in {self.answers.name}")
            self.answers.add_watch(GLib.IOCondition.IN, self.on_answer)
            self.loop.run()
        finally:
            self.answers.unlink()

        if self.error:
            raise self.error


def main() -> int:
    if len(sys.argv) != 2:
        print("Usage: client PREFIX", file=sys.stderr)
        return 2

    try:
        Client(sys.argv[1]).run()
        return 0
    except OSError as error:
        reason = error.strerror
    except ValueError as error:
        reason = str(error)
    print(f"client in {LANGUAGE}: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
