# SPDX-License-Identifier: LGPL-2.1-or-later

"""Calls of each kind, errors included, leave nothing behind.

MOOD_TEST_CALLS says how many calls of each kind, if not the small number that is enough to see what
a call leaves each time.
"""

import asyncio
import gc
import os
import resource
import tracemalloc
import warnings

import tap
from overridden import OverrideTest, give_turn
from queues import Gio, Mood

CALLS = int(os.environ.get('MOOD_TEST_CALLS', '3000'))

# What the smallest leak would leave behind: a few bytes each time.
BYTES_A_CALL = 8

# What Python and the allocator take and give back as they see fit.
SLACK = 64 * 1024


def get_resident_size():
    with open('/proc/self/statm', encoding='ascii') as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def fails(error, call):
    """The call, which fails each time."""
    def function():
        try:
            call()
        except error:
            return
        raise AssertionError('the call did not fail')

    return function


class LeakTest(OverrideTest):
    def assert_no_leak(self, call):
        # The allocator keeps what it had, and each first call makes something that stays.
        for _ in range(CALLS // 10):
            call()
        gc.collect()

        # By what Python counts, for a part of the calls: it makes each of them slow.
        counted = CALLS // 10
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        descriptors = len(os.listdir('/proc/self/fd'))
        for _ in range(counted):
            call()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        self.assertLess(after - before, counted * BYTES_A_CALL + SLACK // 4)

        # And by what the kernel counts.
        before = get_resident_size()
        for _ in range(CALLS):
            call()
        gc.collect()
        self.assertLess(get_resident_size() - before, CALLS * BYTES_A_CALL + 16 * SLACK)
        self.assertEqual(len(os.listdir('/proc/self/fd')), descriptors)

    def test_messages(self):
        queue = self.new_queue(maxmsg=10)
        cancellable = Gio.Cancellable()
        message = b'x' * 64
        view = memoryview(message)
        many = [(message, 9999)] * 10

        def pair(send, receive):
            def call():
                send()
                receive()
            return call

        for call in (
                pair(lambda: queue.send(message), queue.recv),
                pair(lambda: queue.send(view, 32767), queue.receive),
                pair(lambda: queue.send(bytearray(5), priority=9999, timeout=1),
                     lambda: queue.receive(timeout=1)),
                pair(lambda: queue.send(message, 0, cancellable), lambda: queue.recv(cancellable)),
                pair(lambda: queue.sendall(message), queue.recv),
                fails(TimeoutError, lambda: queue.receive(cancellable, timeout=1e-6)),
                pair(lambda: queue.send_many(many), lambda: queue.receive_many(10))):
            self.assert_no_leak(call)

    def test_errors(self):
        queue = self.new_queue(os.O_RDWR | os.O_NONBLOCK, maxmsg=1)
        full = self.new_queue(os.O_RDWR | os.O_NONBLOCK, maxmsg=1)
        full.send(b'x')
        closed = self.new_queue()
        closed.close()
        receiver = self.open_again(queue, os.O_RDONLY)
        cancelled = Gio.Cancellable()
        cancelled.cancel()
        missing = self.new_name()
        for error, call in (
                (BlockingIOError, queue.recv), (BlockingIOError, queue.receive),
                (BlockingIOError, lambda: queue.receive(timeout=0)),
                (BlockingIOError, lambda: queue.receive_many(5)),
                (BlockingIOError, lambda: full.send(b'y')),
                (BlockingIOError, lambda: full.send(bytearray(5))),
                (BlockingIOError, lambda: full.sendall(b'y')),
                (BlockingIOError, lambda: full.send_many([b'y'])),
                (TimeoutError, lambda: queue.receive(timeout=1e-6)),
                (PermissionError, lambda: receiver.send(b'')),
                (OSError, lambda: queue.send(b'x' * 65, timeout=0)),
                (OSError, lambda: queue.recv(cancelled)),
                (ValueError, closed.recv), (ValueError, lambda: closed.send(b'')),
                (ValueError, lambda: queue.send(b'', -1)),
                (TypeError, lambda: queue.send('text')), (TypeError, lambda: queue.send(5)),
                (BufferError, lambda: queue.send(memoryview(b'abcd')[::2])),
                (TypeError, lambda: queue.send(bytearray(1), 1.5)),
                (TypeError, lambda: queue.send(b'', 0, 5)),
                (TypeError, lambda: queue.send(b'', timeout='x')),
                (TypeError, lambda: queue.send(b'', wrong=1)),
                (TypeError, lambda: queue.send(b'', 0, priority=1)),
                (TypeError, lambda: queue.receive(5)), (TypeError, queue.send),
                (ValueError, lambda: queue.receive_many(0)),
                (FileNotFoundError, lambda: Mood.MessageQueue(missing, os.O_RDWR)),
                (FileNotFoundError, lambda: Mood.unlink(missing))):
            self.assert_no_leak(fails(error, call))

    def test_queues(self):
        queue = self.new_queue()
        name = queue.name

        def use():
            with Mood.MessageQueue(name, os.O_RDWR) as again:
                again.send(b'x')
                again.recv()
                repr(again)

        def leave_open():
            Mood.MessageQueue(name, os.O_RDWR)

        def wait():
            with Mood.MessageQueue(name, os.O_RDWR) as again:
                fails(TimeoutError, lambda: again.receive(timeout=1e-6))()

        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            for call in use, leave_open, wait:
                self.assert_no_leak(call)

    def test_coroutines(self):
        queue = self.new_queue(maxmsg=1)
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)

        async def exchange():
            task = loop.create_task(queue.areceive())
            await give_turn()
            await queue.asend(b'x')
            await task

        async def cancel():
            task = loop.create_task(queue.areceive())
            await give_turn()
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass

        for coroutine in exchange, cancel:
            self.assert_no_leak(lambda: loop.run_until_complete(coroutine()))

        def run_a_loop():
            asyncio.run(queue.asend(b'x'))
            asyncio.run(queue.areceive())

        global CALLS
        calls = CALLS
        CALLS = min(CALLS, 3000) // 10
        try:
            self.assert_no_leak(run_a_loop)
        finally:
            CALLS = calls


tap.main()
