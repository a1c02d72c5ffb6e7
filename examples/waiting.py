#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: waiting NAME

Creates the queue NAME and shows the ways to wait for a message on it, one after the other: to try,
to limit the time, to cancel, to await, to subscribe, and to take several at once.
"""

import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import Gio, GLib, Mood  # noqa: E402


class Waiting:
    def __init__(self, queue):
        self.queue = queue
        self.loop = GLib.MainLoop()
        self.error = None

    def run_loop(self):
        """Runs the main loop until a callback ends it, and raises what the callback could not."""
        self.loop.run()
        if self.error:
            raise self.error

    def try_to_receive(self):
        try:
            message, _priority = self.queue.receive_with_timeout(0, None)
            print("try:", message.decode())
        except GLib.Error as error:
            if not error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.WOULD_BLOCK):
                raise
            print("try: nothing there")

    def receive_within_limit(self):
        try:
            # In microseconds.
            message, _priority = self.queue.receive_with_timeout(10000, None)
            print("limit:", message.decode())
        except GLib.Error as error:
            if not error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT):
                raise
            print("limit: nothing within 10 milliseconds")

    def on_received_or_cancelled(self, queue, result):
        try:
            message, _priority = queue.receive_finish(result)
            print("cancel:", message.decode())
        except GLib.Error as error:
            if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED):
                print("cancel: given up")
            else:
                self.error = error
        self.loop.quit()

    def receive_until_cancelled(self):
        cancellable = Gio.Cancellable()
        GLib.timeout_add(10, cancellable.cancel)
        self.queue.receive_async(GLib.PRIORITY_DEFAULT, cancellable, self.on_received_or_cancelled)
        self.run_loop()

    def on_received(self, queue, result):
        try:
            message, _priority = queue.receive_finish(result)
            print("await:", message.decode())
        except GLib.Error as error:
            self.error = error
        self.loop.quit()

    def await_message(self):
        self.queue.receive_async(GLib.PRIORITY_DEFAULT, None, self.on_received)
        # In the place of another process, which sends while this one awaits the message.
        self.queue.send(b"first", 0, None)
        self.run_loop()

    def on_message(self, queue, message, *numbers):
        if not message:
            self.loop.quit()
            return GLib.SOURCE_REMOVE
        # Where libmood's override is not installed, the length comes before the priority.
        priority = numbers[-1]
        print("subscribe:", priority, message.decode())
        return GLib.SOURCE_CONTINUE

    def subscribe(self):
        self.queue.send(b"later", 1, None)
        self.queue.send(b"urgent", 9, None)
        self.queue.send(b"", 0, None)
        self.queue.add_receiver(GLib.PRIORITY_DEFAULT, self.on_message)
        self.run_loop()

    def receive_batch(self):
        messages = [b"a", b"", b"bcd"]
        self.queue.send_many(b"".join(messages), [len(each) for each in messages], None, -1, None)
        # Waits for the first message without a limit, and takes up to 8 of those that are there.
        _bytes, sizes, _priorities = self.queue.receive_many(8, -1, None)
        print("batch:", len(sizes), "messages,", " + ".join(map(str, sizes)), "bytes")


def show_ways(name):
    flags = Mood.OpenFlags.RDWR | Mood.OpenFlags.CREAT | Mood.OpenFlags.EXCL
    queue = Mood.MessageQueue.new(name, flags, 0o600, 8, 64)
    try:
        waiting = Waiting(queue)
        waiting.try_to_receive()
        waiting.receive_within_limit()
        waiting.receive_until_cancelled()
        waiting.await_message()
        waiting.subscribe()
        waiting.receive_batch()
    finally:
        queue.unlink()


def main():
    if len(sys.argv) != 2:
        print("Usage: waiting NAME", file=sys.stderr)
        return 2

    try:
        show_ways(sys.argv[1])
    except GLib.Error as error:
        print(f"waiting: {error.message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
