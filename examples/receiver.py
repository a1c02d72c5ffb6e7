#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: receiver NAME

Creates the queue NAME, or takes the one there is, and subscribes to its messages: the main loop
brings each one, to be printed with its priority. Ends with an empty message, SIGINT or SIGTERM, and
removes the queue then.
"""

import signal
import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import Gio, GLib, Mood  # noqa: E402


def receive_messages(name):
    loop = GLib.MainLoop()

    def on_message(queue, message, *numbers):
        if not message:
            loop.quit()
            return GLib.SOURCE_REMOVE
        # Where libmood's override is not installed, the length comes before the priority.
        priority = numbers[-1]
        print(priority, message.decode(), flush=True)
        return GLib.SOURCE_CONTINUE

    def on_signal():
        loop.quit()
        return GLib.SOURCE_CONTINUE

    # Before there is a queue to leave behind.
    for number in signal.SIGINT, signal.SIGTERM:
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, on_signal)

    flags = Mood.OpenFlags.RDONLY | Mood.OpenFlags.CREAT
    queue = Mood.MessageQueue.new(name, flags, 0o600, 8, 256)
    queue.add_receiver(GLib.PRIORITY_DEFAULT, on_message)
    print("ready", flush=True)
    loop.run()

    queue.close()
    try:
        queue.unlink()
    except GLib.Error as error:
        # Another receiver of the same queue may have removed it already.
        if not error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND):
            raise


def main():
    if len(sys.argv) != 2:
        print("Usage: receiver NAME", file=sys.stderr)
        return 2

    try:
        receive_messages(sys.argv[1])
    except GLib.Error as error:
        print(f"receiver: {error.message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
