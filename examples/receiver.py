#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: receiver NAME

Creates the queue NAME and prints its messages, each with its priority, from a main loop. Ends
with an empty message, SIGINT or SIGTERM.
"""

import signal
import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import Gio, GLib, Mood  # noqa: E402


class Receiver:
    def __init__(self):
        self.loop = GLib.MainLoop()
        self.error = None

    def on_message(self, queue, condition):
        try:
            # One turn takes no more than the queue holds: a fast sender must not keep the main
            # loop from everything else. What is left makes the queue ready again.
            for _ in range(queue.get_maxmsg()):
                message, priority = queue.receive(None)
                if not message:
                    self.loop.quit()
                    return GLib.SOURCE_REMOVE
                print(priority, message.decode(), flush=True)
        except GLib.Error as error:
            # All is taken, by this receiver or by another one that was faster.
            if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.WOULD_BLOCK):
                return GLib.SOURCE_CONTINUE
            self.error = error
            self.loop.quit()
            return GLib.SOURCE_REMOVE
        return GLib.SOURCE_CONTINUE

    def on_signal(self):
        self.loop.quit()
        return GLib.SOURCE_CONTINUE

    def receive_messages(self, name):
        # Before there is a queue to leave behind.
        for number in signal.SIGINT, signal.SIGTERM:
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, self.on_signal)

        flags = Mood.OpenFlags.RDONLY | Mood.OpenFlags.CREAT | Mood.OpenFlags.NONBLOCK
        queue = Mood.MessageQueue.new(name, flags, 0o600, 8, 256)
        queue.add_watch(GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, self.on_message)
        print("ready", flush=True)
        self.loop.run()

        queue.close()
        try:
            queue.unlink()
        except GLib.Error as error:
            # Another receiver of the same queue may have removed it already.
            if not error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND):
                self.error = self.error or error

        if self.error:
            raise self.error


def main():
    if len(sys.argv) != 2:
        print("Usage: receiver NAME", file=sys.stderr)
        return 2

    try:
        Receiver().receive_messages(sys.argv[1])
    except GLib.Error as error:
        print(f"receiver: {error.message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
