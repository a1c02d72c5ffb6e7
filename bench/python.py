#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What it costs to send a message and to receive it from Python, with the extension and without it,
against the two system calls in C.

The programs run all the time, each with a queue of its own, and are told when it is their turn:
whatever else the machine does meets each of them.

Arguments: LIBRARY_OF_RAW_CALLS"""

import ctypes
import os
import subprocess
import sys
import time

ROUNDS = 41
WARM_UP = 3
COUNT = 5000
BATCH = 10

# What is measured: how many bytes a message has, and in which of the functions below.
TURNS = [(64, "pairs"), (1024, "pairs"), (64, "receives"), (1024, "receives")]

TITLES = {
    "pairs": ("mq_send(3) and mq_receive(3), in C", "send(message) and recv()"),
    "receives": ("mq_receive(3), ten times, in C", "receive_many(10)"),
}


def pairs(queue, message, count):
    begin = time.perf_counter_ns()
    for _ in range(count):
        queue.send(message)
        queue.recv()
    return (time.perf_counter_ns() - begin) / count


def receives(queue, message, count):
    total = 0
    for _ in range(count // BATCH):
        for _ in range(BATCH):
            queue.send(message)
        begin = time.perf_counter_ns()
        queue.receive_many(BATCH)
        total += time.perf_counter_ns() - begin
    return total / count


def new_queue(size):
    import gi

    gi.require_version("Mood", "1.0")
    from gi.repository import Mood

    name = f"/mood-bench-{os.getpid()}-{size}"
    queue = Mood.MessageQueue(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600, BATCH, size)
    queue.unlink()
    return queue


def take_turns():
    """For each line on the standard input, writes how many nanoseconds a message took."""
    queues = {size: new_queue(size) for size, _ in TURNS}
    for line in sys.stdin:
        size, function = TURNS[int(line)]
        print(globals()[function](queues[size], bytes(size), COUNT), flush=True)


class Peer:
    """A program that takes turns."""

    def __init__(self, native):
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__],
            env={**os.environ, "MOOD_NATIVE": native},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def measure(self, turn):
        self.process.stdin.write(f"{turn}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.communicate()


class Raw:
    """The system calls, done here."""

    def __init__(self, path):
        self.raw_calls = ctypes.CDLL(path)
        self.queues = {size: new_queue(size) for size, _ in TURNS}

    def measure(self, turn):
        size, name = TURNS[turn]
        function = self.raw_calls["raw_" + name]
        function.restype = ctypes.c_double
        time_of_message = function(self.queues[size].fileno(), size, COUNT)
        assert time_of_message > 0
        return time_of_message

    def close(self):
        for queue in self.queues.values():
            queue.close()


def get_quantile(values, part):
    return sorted(values)[round(part * (len(values) - 1))]


def compare(path):
    # Both sides of a pair, and all who take turns, are on one core.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    ways = [("", Raw(path)), (", with the extension", Peer("1")), (", MOOD_NATIVE=0", Peer("0"))]
    times = [[[] for _ in TURNS] for _ in ways]
    for number in range(-WARM_UP, ROUNDS):
        for turn, _ in enumerate(TURNS):
            for way, (_, peer) in enumerate(ways):
                measured = peer.measure(turn)
                if number >= 0:
                    times[way][turn].append(measured)
    for _, peer in ways:
        peer.close()

    print(
        "Messages sent and received on one core, from C and from Python. Less is better. Medians of\n"
        f"{ROUNDS} rounds, in each of which all take their turn."
    )
    for turn, (size, function) in enumerate(TURNS):
        print(f"\n{f'{size} bytes':<60} ns a message  times the first (4 of 5 rounds)")
        for way, (suffix, _) in enumerate(ways):
            ratios = [mine / raw for mine, raw in zip(times[way][turn], times[0][turn])]
            print(
                f"  {TITLES[function][way > 0] + suffix:<58} {get_quantile(times[way][turn], 0.5):12.0f}"
                f"  {get_quantile(ratios, 0.5):.2f}"
                f" ({get_quantile(ratios, 0.1):.2f} to {get_quantile(ratios, 0.9):.2f})"
            )


if __name__ == "__main__":
    if len(sys.argv) == 2:
        compare(sys.argv[1])
    else:
        take_turns()
