#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: mood-jobs SECONDS

Takes the queue that systemd, or whoever speaks its protocol, has opened for this process, and prints
the jobs in it. Ends when there was none for so many seconds.
"""

import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import Mood  # noqa: E402


def parse_seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 < seconds < 1e6 else None


def take_queue() -> Mood.MessageQueue:
    queues, _names = Mood.listen_queues()
    if len(queues) != 1:
        raise OSError(None, f"one queue has to be passed, and {len(queues)} are")
    return queues[0]


def work(seconds: float) -> None:
    with take_queue() as queue:
        while True:
            try:
                job, priority = queue.receive(timeout=seconds)
            except TimeoutError:
                # One that comes just now starts the service once more.
                return
            print("job:", priority, job.decode(), flush=True)


def main() -> int:
    seconds = parse_seconds(sys.argv[1]) if len(sys.argv) == 2 else None
    if seconds is None:
        print("Usage: mood-jobs SECONDS", file=sys.stderr)
        return 2

    try:
        work(seconds)
    except OSError as error:
        print(f"mood-jobs: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
