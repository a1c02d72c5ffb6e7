#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: sender NAME PRIORITY [TEXT...]

Sends each TEXT to the queue NAME, with that priority. Without a TEXT it sends one empty message,
which tells the receiver to end.
"""

import re
import signal
import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import GLib, Mood  # noqa: E402


def send_texts(name, priority, texts):
    queue = Mood.MessageQueue.new(name, Mood.OpenFlags.WRONLY, 0, -1, -1)
    # A text that is too long for one message is sent as several, and while the queue is full this
    # waits for the receiver.
    for text in texts or [""]:
        queue.sendall(text.encode(), priority, None)
    queue.close()


def main():
    if (
        len(sys.argv) < 3
        or not re.fullmatch("[0-9]+", sys.argv[2])
        or int(sys.argv[2]) > 32767
    ):
        print(
            "Usage: sender NAME PRIORITY [TEXT...]\n"
            "PRIORITY is 0 to 32767; the highest is received first.",
            file=sys.stderr,
        )
        return 2

    # Python handles a signal between two of its own instructions, so that it would not come to
    # Ctrl-C while a call waits for room in the queue. The kernel's way of handling it can end that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    try:
        send_texts(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
    except GLib.Error as error:
        print(f"sender: {error.message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
