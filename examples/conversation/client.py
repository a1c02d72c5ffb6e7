#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: client PREFIX

The client in Python of the conversation that clerk.c describes. Posts requests of three
priorities, and checks that each of them gets one right answer.
"""

import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import Gio, GLib, Mood  # noqa: E402

LANGUAGE = "Python"
FIRST_NUMBER = 11

POSTED = 3
LIVE = 1000
PRIORITIES = 0, 10, 20

PRIVATE = 0o600
CLERK_MAXMSG = 10
OWN_MAXMSG = 8
MSGSIZE = 64


class Client:
    def __init__(self, prefix):
        self.loop = GLib.MainLoop()
        self.error = None
        self.sequence = 0  # of the request that was posted last
        self.last_sequence = POSTED  # of the act
        self.expected = {}  # the right answer to each request that is under way
        self.waits_for_room = False
        self.sent = 0
        self.received = 0

        # Whoever comes first makes the clerk's queues. The queue for the answers is this client's.
        own = Mood.OpenFlags.CREAT | Mood.OpenFlags.NONBLOCK
        to_send = own | Mood.OpenFlags.WRONLY
        to_receive = own | Mood.OpenFlags.RDONLY | Mood.OpenFlags.EXCL
        new = Mood.MessageQueue.new
        self.door = new(f"{prefix}-door", to_send, PRIVATE, CLERK_MAXMSG, MSGSIZE)
        self.requests = new(f"{prefix}-requests", to_send, PRIVATE, CLERK_MAXMSG, MSGSIZE)
        self.answers = new(f"{prefix}-python", to_receive, PRIVATE, OWN_MAXMSG, MSGSIZE)

    def send(self, queue, text, priority):
        queue.send(text.encode(), priority, None)
        self.sent += 1

    def post_requests(self):
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
                self.send(self.requests, f"{self.answers.get_name()} {sequence} {number}", priority)
            except GLib.Error as error:
                if not error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.WOULD_BLOCK):
                    raise
                self.waits_for_room = True
                self.requests.add_watch(GLib.PRIORITY_DEFAULT, GLib.IOCondition.OUT, self.on_room)
            else:
                self.sequence = sequence
                self.expected[sequence] = number * number

    def take_answer(self):
        message, _priority = self.answers.receive(None)
        text = message.decode()
        self.received += 1
        if text == "begin":
            self.last_sequence += LIVE
            return

        sequence, square = map(int, text.split())
        if self.expected.pop(sequence, None) != square:
            raise ValueError(f"“{text}” is not a right answer to a request")

        if not self.expected and self.sequence == POSTED + LIVE:
            # This word counts as well.
            self.send(self.door, f"{LANGUAGE} out {self.sent + 1} {self.received}", 0)
            self.loop.quit()

    def attempt(self, *steps):
        """Takes steps inside the main loop, to which no exception can be thrown."""
        try:
            for step in steps:
                step()
        except (GLib.Error, ValueError) as error:
            self.error = error
            self.loop.quit()

    def on_room(self, queue, condition):
        self.waits_for_room = False
        self.attempt(self.post_requests)
        return GLib.SOURCE_REMOVE

    def on_answer(self, queue, condition):
        self.attempt(self.take_answer, self.post_requests)
        return GLib.SOURCE_CONTINUE

    def run(self):
        try:
            self.post_requests()
            self.send(self.door, f"{LANGUAGE} in {self.answers.get_name()}", 0)
            self.answers.add_watch(GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, self.on_answer)
            self.loop.run()
        finally:
            self.answers.unlink()

        if self.error:
            raise self.error


def main():
    if len(sys.argv) != 2:
        print("Usage: client PREFIX", file=sys.stderr)
        return 2

    try:
        Client(sys.argv[1]).run()
        return 0
    except GLib.Error as error:
        reason = error.message
    except ValueError as error:
        reason = error
    print(f"client in {LANGUAGE}: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
