#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sends messages and receives them: from C, from Python by libmood, or by what else there is.

Arguments: raw|mood|ctypes|posix_ipc|objects LIBRARY_OF_RAW_CALLS|EXTENSION_FOR_OBJECTS
Requests: pairs|receives SIZE COUNT"""

import ctypes
import functools
import importlib.util
import itertools
import json
import os
import sys
import time

# As many messages are in a queue before they are received at once, and as many queues are filled
# before the clock is started: to look at it takes Python as long as a third of a message.
BATCH = 10
QUEUES = 5

NUMBERS = itertools.count()


def new_name(size):
    return f"/mood-bench-{os.getpid()}-{size}-{next(NUMBERS)}"


class ByMood:
    def __init__(self, size):
        import gi

        gi.require_version("Mood", "1.0")
        from gi.repository import Mood

        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        self.queue = Mood.MessageQueue(new_name(size), flags, 0o600, BATCH, size)
        self.queue.unlink()
        self.send = self.queue.send
        self.receive = self.queue.recv
        self.receive_batch = self.queue.receive_many


class ByCtypes:
    def __init__(self, size):
        self.queue = ByMood(size).queue
        self.descriptor = self.queue.fileno()
        library = ctypes.CDLL("librt.so.1", use_errno=True)
        self.mq_send, self.mq_receive = library.mq_send, library.mq_receive
        self.mq_send.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint)
        self.mq_receive.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t,
                                    ctypes.POINTER(ctypes.c_uint))
        self.mq_receive.restype = ctypes.c_ssize_t
        self.size = size
        self.buffer = ctypes.create_string_buffer(size)
        self.priority = ctypes.c_uint()

    def send(self, message):
        if self.mq_send(self.descriptor, message, len(message), 0) == -1:
            raise OSError(ctypes.get_errno(), "mq_send")

    def receive(self):
        length = self.mq_receive(self.descriptor, self.buffer, self.size, self.priority)
        if length == -1:
            raise OSError(ctypes.get_errno(), "mq_receive")
        return self.buffer[:length]

    def receive_batch(self, count):
        for _ in range(count):
            self.receive()


class ByPosixIpc:
    def __init__(self, size):
        import posix_ipc

        self.queue = posix_ipc.MessageQueue(new_name(size), posix_ipc.O_CREX, 0o600, BATCH, size)
        self.queue.unlink()
        self.send = self.queue.send
        self.receive = self.queue.receive

    def receive_batch(self, count):
        for _ in range(count):
            self.queue.receive()


class ByObjects:
    def __init__(self, size, module):
        self.queue = ByMood(size).queue
        self.send = self.queue.send
        self.receive_batch = functools.partial(module.receive, self.queue.fileno(), size)


def pairs(ways, message, count):
    send, receive = ways[0].send, ways[0].receive
    begin = time.perf_counter_ns()
    for _ in range(count):
        send(message)
        receive()
    return time.perf_counter_ns() - begin


def receives(ways, message, count):
    total = 0
    turns = count // (BATCH * QUEUES)
    for _ in range(turns):
        for way in ways:
            for _ in range(BATCH):
                way.send(message)
        begin = time.perf_counter_ns()
        for way in ways:
            way.receive_batch(BATCH)
        total += time.perf_counter_ns() - begin
    return total * count / (turns * BATCH * QUEUES)


def load_module(path):
    spec = importlib.util.spec_from_file_location("objects", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FUNCTIONS = {"pairs": pairs, "receives": receives}


def make_measure(mode, path):
    """The function that gives how many nanoseconds it took."""
    ways = {}

    def get_ways(size, kind):
        if size not in ways:
            # All users together have 256 queues.
            ways.clear()
            ways[size] = [kind(size) for _ in range(QUEUES)]
        return ways[size]

    if mode == "raw":
        library = ctypes.CDLL(path)

        def measure(name, size, count):
            function = library["raw_" + name]
            function.restype = ctypes.c_double
            descriptors = [way.queue.fileno() for way in get_ways(size, ByMood)]
            array = (ctypes.c_int * QUEUES)(*descriptors)
            return function(array, QUEUES, size, count) * count

    else:
        kinds = {"mood": ByMood, "ctypes": ByCtypes, "posix_ipc": ByPosixIpc}
        if mode == "objects":
            kinds[mode] = functools.partial(ByObjects, module=load_module(path))
        kind = kinds[mode]

        def measure(name, size, count):
            return FUNCTIONS[name](get_ways(size, kind), bytes(size), count)

    return measure


def main():
    mode, path = sys.argv[1:]
    is_missing = mode == "posix_ipc" and importlib.util.find_spec("posix_ipc") is None
    measure = make_measure(mode, path)
    for line in sys.stdin:
        name, size, count = line.split()
        if is_missing:
            answer = {"missing": "not installed: needs “pip install posix_ipc”"}
        else:
            answer = {"seconds": measure(name, int(size), int(count)) / 1e9}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
