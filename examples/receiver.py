#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: receiver NAME

Creates the queue NAME, or takes the one there is, and subscribes to its messages: the main loop
brings each one, to be printed with its priority. Ends with an empty message, SIGINT or SIGTERM, and
removes the queue then.
"""

import os
import signal
import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import GLib, Mood  # noqa: E402

try:
    gi.require_version("GLibUnix", "2.0")
    from gi.repository.GLibUnix import signal_add
except (ImportError, ValueError):
    # An older GLib has it here.
    signal_add = GLib.unix_signal_add


def receive_messages(name: str) -> None:
    loop = GLib.MainLoop()

    def on_message(queue: Mood.MessageQueue, message: bytes, priority: int) -> bool:
        if not message:
            loop.quit()
            return GLib.SOURCE_REMOVE
        print(priority, message.decode(), flush=True)
        return GLib.SOURCE_CONTINUE

    def on_signal() -> bool:
        loop.quit()
        return GLib.SOURCE_CONTINUE

    # Before there is a queue to leave behind.
    for number in signal.SIGINT, signal.SIGTERM:
        signal_add(GLib.PRIORITY_DEFAULT, number, on_signal)

    with Mood.MessageQueue(name, os.O_RDONLY | os.O_CREAT, maxmsg=8, msgsize=256) as queue:
        queue.add_receiver(on_message)
        print("ready", flush=True)
        loop.run()

    try:
        queue.unlink()
    except FileNotFoundError:
        # Another receiver of the same queue may have removed it already.
        pass


def main() -> int:
    if len(sys.argv) != 2:
        print("Usage: receiver NAME", file=sys.stderr)
        return 2

    try:
        receive_messages(sys.argv[1])
    except OSError as error:
        print(f"receiver: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
