#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: sender NAME PRIORITY [TEXT...]

Sends each TEXT to the queue NAME, with that priority. Without a TEXT it sends one empty message,
which tells the receiver to end.
"""

import os
import re
import signal
import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import Mood  # noqa: E402


def send_texts(name: str, priority: int, texts: list[str]) -> None:
    with Mood.MessageQueue(name, os.O_WRONLY) as queue:
        # A text that is too long for one message is sent as several, and while the queue is full
        # this waits for the receiver.
        for text in texts or [""]:
            queue.sendall(text.encode(), priority)


def main() -> int:
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

    try:
        send_texts(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
    except OSError as error:
        print(f"sender: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        # Without a traceback, but by the signal: the shell has to learn that it was Ctrl-C.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
