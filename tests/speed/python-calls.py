# SPDX-License-Identifier: LGPL-2.1-or-later

"""What instructions.py and system-calls.py count of Python's extension: does something again and again,
between two system calls that nothing else makes.

Arguments: NAME_OF_QUEUE SCENARIO NUMBER_OF_ROUNDS"""

import gc
import os
import signal
import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import Mood  # noqa: E402

MAXMSG = 10
MESSAGE = bytes(64)
BATCH = [MESSAGE] * MAXMSG

# A call that waits for ever is seen by its end.
LIMIT_SECONDS = 120

WARM_UP_ROUNDS = 10


def exchange(queue):
    queue.send(MESSAGE)
    queue.recv()


def exchange_priority(queue):
    queue.send(MESSAGE, 9)
    queue.receive()


def exchange_many(queue):
    queue.send_many(BATCH)
    queue.receive_many(MAXMSG)


SCENARIOS = {
    "python-exchange": exchange,
    "python-exchange-priority": exchange_priority,
    "python-exchange-many": exchange_many,
}


def perform(scenario, queue, rounds):
    for _ in range(rounds):
        scenario(queue)


def main():
    name, scenario, rounds = sys.argv[1:]
    signal.alarm(LIMIT_SECONDS)
    queue = Mood.MessageQueue(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600, MAXMSG, len(MESSAGE))
    queue.unlink()
    gc.disable()
    perform(SCENARIOS[scenario], queue, WARM_UP_ROUNDS)
    os.getppid()
    perform(SCENARIOS[scenario], queue, int(rounds))
    os.getppid()


main()
