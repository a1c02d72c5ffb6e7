# SPDX-License-Identifier: LGPL-2.1-or-later

"""Sending and receiving with the arguments and the results that Python's users expect."""

import array
import decimal
import fractions
import inspect
import math
import mmap
import os
import sys
import threading
import time
import unittest

from gi.repository import GObject

import tap
from overridden import OverrideTest
from queues import LIMIT_SECONDS, Gio, GLib, Mood

try:
    import _testcapi
except ImportError:
    _testcapi = None

Code = Gio.IOErrorEnum

MODES = os.O_RDWR, os.O_RDWR | os.O_NONBLOCK

# Longer than what a busy machine may add to the wait itself.
SHORT = 0.01


class SendTest(OverrideTest):
    def test_arguments(self):
        queue = self.new_queue(maxmsg=10)
        self.assertEqual(queue.send(b'0'), 1)
        self.assertEqual(queue.send(b'', 1), 0)
        self.assertEqual(queue.send(b'two', 2, None), 3)
        self.assertEqual(queue.send(message=b'three', priority=3, cancellable=None), 5)
        self.assertEqual(queue.send(b'four', timeout=0, priority=4), 4)
        self.assertEqual(queue.send(b'5', 5, timeout=None), 1)
        self.assertEqual(queue.send(b'6', 32767, Gio.Cancellable(), timeout=1.5), 1)
        self.assertEqual(queue.receive_many(10), [
            (b'6', 32767), (b'5', 5), (b'four', 4), (b'three', 3), (b'two', 2), (b'', 1), (b'0', 0)])

    def test_functions(self):
        """What C has for languages in which a function costs less than a method."""
        queue = self.new_queue()
        self.assertEqual(Mood.send(queue, b'x'), 1)
        self.assertEqual(Mood.send(queue, bytearray(b'yz'), 9), 2)
        self.assertEqual([Mood.recv(queue), Mood.recv(queue)], [b'yz', b'x'])
        with self.assertRaises(TypeError):
            Mood.send(queue, 'text')

    def test_wrong_arguments(self):
        queue = self.new_queue()
        for arguments, keywords in (
                ((), {}), ((b'', 0, None, None), {}), ((b'',), {'message': b''}),
                ((), {'priority': 0}), ((b'',), {'wrong': 0}), ((b'', 0), {'priority': 0})):
            with self.subTest(arguments=arguments, keywords=keywords):
                with self.assertRaises(TypeError):
                    queue.send(*arguments, **keywords)
        self.assertEqual(len(queue), 0)

    def test_bytes_like(self):
        queue = self.new_queue()
        with mmap.mmap(-1, 5) as memory:
            memory[:] = b'a\0b\0c'
            for message in (b'a\0b\0c', bytearray(b'a\0b\0c'), memoryview(b'a\0b\0c'), memory,
                            memoryview(b'-a\0b\0c-')[1:-1], memoryview(memory),
                            array.array('B', b'a\0b\0c')):
                for timeout in None, 0:
                    with self.subTest(message=message, timeout=timeout):
                        self.assertEqual(queue.send(message, timeout=timeout), 5)
                        self.assertEqual(queue.recv(), b'a\0b\0c')
        numbers = array.array('i', [1, 2**30])
        self.assertEqual(queue.send(numbers), len(numbers.tobytes()))
        self.assertEqual(queue.recv(), numbers.tobytes())
        for empty in b'', bytearray(), memoryview(b''), array.array('d'):
            with self.subTest(empty=empty):
                self.assertEqual(queue.send(empty), 0)
                self.assertEqual(queue.recv(), b'')

    def test_bytes_of_a_subclass(self):
        class Message(bytes):
            pass

        queue = self.new_queue()
        self.assertEqual(queue.send(Message(b'x')), 1)
        self.assertIs(type(queue.recv()), bytes)

    def test_no_text_by_accident(self):
        queue = self.new_queue()
        for call in (queue.send, queue.sendall, lambda text: queue.send_many([text]),
                     lambda text: queue.send_async(text), queue.send_many,
                     lambda text: queue.send_with_timeout(text, 0, 0)):
            with self.subTest(call=call), self.assertRaisesRegex(TypeError, r'\.encode\(\)'):
                call('text')
        self.assertEqual(len(queue), 0)

    def test_what_is_no_message(self):
        queue = self.new_queue()
        for message in None, 5, 1.5, [1, 2], (b'x', 1), object():
            for call in queue.send, queue.sendall:
                with self.subTest(message=message, call=call):
                    with self.assertRaisesRegex(TypeError, 'bytes-like'):
                        call(message)
        with self.assertRaises(BufferError):
            queue.send(memoryview(b'abcd')[::2])
        with self.assertRaises(BufferError):
            queue.sendall(memoryview(b'abcd')[::2])
        self.assertEqual(len(queue), 0)

    def test_priority(self):
        class Urgent:
            def __index__(self):
                return 9

        queue = self.new_queue()
        for priority in Urgent(), True, 32767:
            with self.subTest(priority=priority):
                queue.send(b'x', priority)
                expected = priority.__index__()
                self.assertEqual(queue.receive(), (b'x', expected))
        for priority in 1.5, '1', None, b'1':
            with self.subTest(priority=priority), self.assertRaisesRegex(TypeError, 'is an int'):
                queue.send(b'x', priority)
        for priority in -1, 32768, 2**32, 2**64, -2**64:
            with self.subTest(priority=priority):
                with self.assert_fails(Code.INVALID_ARGUMENT, str(priority), '32767', queue.name):
                    queue.send(b'x', priority)
                with self.assertRaises(ValueError):
                    queue.send(b'x', priority, timeout=0)
        self.assertEqual(len(queue), 0)

    def test_what_an_index_raises_comes_through(self):
        class Broken:
            def __index__(self):
                raise ZeroDivisionError

        queue = self.new_queue()
        with self.assertRaises(ZeroDivisionError):
            queue.send(b'x', Broken())
        with self.assertRaises(ZeroDivisionError):
            queue.receive_many(Broken())

    def test_too_long(self):
        """As the model has it, send() cuts; with a timeout it refuses."""
        queue = self.new_queue(msgsize=8)
        self.assertEqual(queue.send(b'123456789'), 8)
        self.assertEqual(queue.recv(), b'12345678')
        for message in b'123456789', b'x' * 100_000:
            with self.subTest(length=len(message)):
                with self.assert_fails(Code.MESSAGE_TOO_LARGE, 'msgsize'):
                    queue.send(message, timeout=0)
                with self.assert_fails(Code.MESSAGE_TOO_LARGE):
                    queue.send(message, timeout=1)
        self.assertEqual(queue.send(bytearray(b'x' * 100_000)), 8)

    def test_cut_while_full(self):
        queue = self.new_queue(os.O_RDWR | os.O_NONBLOCK, maxmsg=1, msgsize=8)
        queue.send(b'x')
        for message in b'y', b'123456789':
            with self.subTest(message=message), self.assertRaises(BlockingIOError):
                queue.send(message)

    def test_sendall(self):
        queue = self.new_queue(maxmsg=4, msgsize=8)
        for message in b'', b'x', bytearray(b'x' * 8), memoryview(b'x' * 9), b'x' * 32:
            with self.subTest(message=message):
                self.assertIsNone(queue.sendall(message, 3))
                received = queue.receive_many(10)
                self.assertEqual(b''.join(message for message, _ in received), bytes(message))
                self.assertEqual({priority for _, priority in received}, {3})
        numbers = array.array('i', range(5))
        queue.sendall(numbers)
        self.assertEqual(b''.join(message for message, _ in queue.receive_many(9)),
                         numbers.tobytes())

    def test_sendall_tells_how_much_went(self):
        queue = self.new_queue(os.O_RDWR | os.O_NONBLOCK, maxmsg=2, msgsize=8)
        with self.assertRaises(BlockingIOError) as caught:
            queue.sendall(b'x' * 20)
        self.assertEqual(caught.exception.bytes_sent, 16)
        with self.assertRaises(BlockingIOError) as caught:
            queue.sendall(b'x')
        self.assertEqual(caught.exception.bytes_sent, 0)

    def test_sendall_waits(self):
        queue = self.new_queue(maxmsg=1, msgsize=8)
        finish = self.in_thread(lambda: queue.sendall(b'x' * 20))
        self.assertEqual([len(queue.recv()) for _ in range(3)], [8, 8, 4])
        self.assertIsNone(finish())

    def test_with_timeout(self):
        """In GIO's manner, in microseconds."""
        queue = self.new_queue(maxmsg=1)
        self.assertEqual(queue.send_with_timeout(b'x', 7, 0, None), 1)
        with self.assertRaises(BlockingIOError):
            queue.send_with_timeout(b'x', 7, 0)
        with self.assertRaises(TimeoutError):
            queue.send_with_timeout(b'x', 7, 1000)
        self.assertEqual(queue.receive_with_timeout(0), (b'x', 7))
        self.assertEqual(queue.send_with_timeout(b'y', 0, -1), 1)
        self.assertEqual(queue.receive_with_timeout(-1, None), (b'y', 0))
        with self.assertRaises(BlockingIOError):
            queue.receive_with_timeout(0)
        with self.assertRaises(TimeoutError):
            queue.receive_with_timeout(1000)
        for call in queue.receive_with_timeout, lambda time: queue.send_with_timeout(b'', 0, time):
            with self.subTest(call=call), self.assertRaisesRegex(TypeError, 'microseconds'):
                call(0.5)


class SendManyTest(OverrideTest):
    def test_messages(self):
        queue = self.new_queue(maxmsg=10)
        self.assertEqual(queue.send_many([b'a', (b'b', 4), bytearray(b'c'), (b'', 9)]), 4)
        self.assertEqual(queue.send_many((memoryview(b'd'),), None, timeout=0), 1)
        self.assertEqual(queue.send_many((each for each in [b'e']), cancellable=None), 1)
        self.assertEqual(queue.receive_many(10), [
            (b'', 9), (b'b', 4), (b'a', 0), (b'c', 0), (b'd', 0), (b'e', 0)])

    def test_none(self):
        queue = self.new_queue(maxmsg=1)
        self.assertEqual(queue.send_many([]), 0)
        queue.send(b'x')
        self.assertEqual(queue.send_many([]), 0)

    def test_what_fits(self):
        for mode in MODES:
            for timeout in None, 0, 1:
                with self.subTest(mode=mode, timeout=timeout):
                    queue = self.new_queue(mode, maxmsg=2)
                    self.assertEqual(queue.send_many([b'1', b'2', b'3'], timeout=timeout), 2)
                    self.assertEqual(queue.receive_many(3), [(b'1', 0), (b'2', 0)])

    def test_all_are_checked_first(self):
        queue = self.new_queue(msgsize=8)
        for wrong in 'text', 5, (b'x', -1), (b'x', 32768), (b'x', 1.5), (b'x',), b'x' * 9:
            with self.subTest(wrong=wrong):
                with self.assertRaises((TypeError, ValueError, OSError)) as caught:
                    queue.send_many([b'right', wrong])
                self.assertEqual(caught.exception.messages_sent, 0)
        with self.assertRaises(TypeError):
            queue.send_many(b'bytes')
        self.assertEqual(len(queue), 0)

    def test_full(self):
        queue = self.new_queue(maxmsg=1)
        queue.send(b'x')
        with self.assertRaises(BlockingIOError) as caught:
            queue.send_many([b'y'], timeout=0)
        self.assertEqual(caught.exception.messages_sent, 0)
        with self.assertRaises(TimeoutError):
            queue.send_many([b'y'], timeout=SHORT)
        finish = self.in_thread(lambda: queue.send_many([b'y', b'z']))
        self.assertEqual(queue.recv(), b'x')
        self.assertEqual(finish(), 1)


class ReceiveTest(OverrideTest):
    def test_arguments(self):
        queue = self.new_queue()
        cancellable = Gio.Cancellable()
        for call in (queue.recv, lambda: queue.recv(None), lambda: queue.recv(cancellable=None),
                     lambda: queue.recv(cancellable), lambda: queue.recv(timeout=0),
                     lambda: queue.recv(cancellable, timeout=1.5)):
            queue.send(b'a\0b', 7)
            self.assertEqual(call(), b'a\0b')
        for call in (queue.receive, lambda: queue.receive(None), lambda: queue.receive(cancellable),
                     lambda: queue.receive(timeout=None), lambda: queue.receive(timeout=0),
                     lambda: queue.receive(cancellable, timeout=1.5)):
            queue.send(b'a\0b', 7)
            received = call()
            self.assertEqual(received, (b'a\0b', 7))
            self.assertIs(type(received), tuple)
        for call in (lambda: queue.recv(None, None), lambda: queue.receive(None, 0),
                     lambda: queue.receive(0),
                     lambda: queue.recv(5), lambda: queue.receive(object()),
                     lambda: queue.receive_many(), lambda: queue.receive_many(1, 0),
                     lambda: queue.receive_many(1, None, 0)):
            with self.subTest(inspect.getsource(call)), self.assertRaises(TypeError):
                call()

    def test_a_number_for_a_cancellable(self):
        """Introspection has the timeout there; whoever expects that is told."""
        queue = self.new_queue()
        for call in (lambda: queue.receive_many(1, -1), lambda: queue.receive(0),
                     lambda: queue.send_many([b'x'], 0), lambda: queue.send(b'x', 0, 0)):
            with self.subTest(inspect.getsource(call)):
                with self.assertRaisesRegex(TypeError, 'timeout=SECONDS'):
                    call()

    def test_many(self):
        queue = self.new_queue(maxmsg=10)
        messages = [(bytes([number]) * number, number % 3) for number in range(10)]
        for limit in 1, 3, 10, 2**31, 2**40:
            with self.subTest(limit=limit):
                queue.send_many(messages)
                received = []
                while len(received) < 10:
                    part = queue.receive_many(limit)
                    self.assertIs(type(part), list)
                    self.assertLessEqual(len(part), limit)
                    received += part
                self.assertEqual(received, sorted(messages, key=lambda pair: -pair[1]))

    def test_others_wait_to_send(self):
        """A call takes no more than the queue holds, or it might never end."""
        queue = self.new_queue(maxmsg=2)
        queue.send_many([b'1', b'2'])
        finishes = [self.in_thread(lambda: queue.send(b'w')) for _ in range(4)]
        for _ in range(3):
            deadline = time.monotonic() + LIMIT_SECONDS
            while len(queue) < 2 and time.monotonic() < deadline:
                os.sched_yield()
            self.assertEqual(len(queue.receive_many(100)), 2)
        self.assertEqual([finish() for finish in finishes], [1] * 4)
        self.assertEqual(len(queue), 0)

    def test_never_opened_after_a_full_message(self):
        """What was received from one queue means nothing to another."""
        queue = self.new_queue(msgsize=8)
        for unopened in (GObject.new(Mood.MessageQueue),
                         GObject.new(Mood.MessageQueue, msgsize=8),
                         GObject.new(Mood.MessageQueue, maxmsg=2**62, msgsize=2**62)):
            queue.send(b'12345678')
            self.assertEqual(queue.recv(), b'12345678')
            for call in (unopened.recv, unopened.receive, lambda: unopened.receive_many(5),
                         lambda: unopened.receive_many(2**32),
                         lambda: unopened.receive(timeout=0)):
                with self.assert_fails(Code.NOT_INITIALIZED):
                    call()

    def test_full_messages_and_others(self):
        queue = self.new_queue(msgsize=8)
        for message in (b'12345678', b'', b'x', b'12345678', b'12345678', b'1234567', b''):
            queue.send(message, 3)
            queue.send(message, 2)
            queue.send(message, 1)
            self.assertEqual(queue.recv(), message)
            self.assertEqual(queue.receive(), (message, 2))
            self.assertEqual(queue.receive_many(1), [(message, 1)])

    def test_limit(self):
        queue = self.new_queue()
        queue.send(b'x')
        for limit in 0, -1, -2**40:
            with self.subTest(limit=limit):
                with self.assert_fails(Code.INVALID_ARGUMENT, 'at least 1'):
                    queue.receive_many(limit)
                with self.assertRaises(ValueError):
                    queue.receive_many(limit)
        for limit in 1.5, None, '1':
            with self.subTest(limit=limit), self.assertRaises(TypeError):
                queue.receive_many(limit)
        self.assertEqual(len(queue), 1)


class TimeoutTest(OverrideTest):
    def calls(self, queue):
        return (lambda **keywords: queue.receive(**keywords),
                lambda **keywords: queue.recv(**keywords),
                lambda **keywords: queue.receive_many(2, **keywords))

    def test_zero_tries(self):
        for mode in MODES:
            queue = self.new_queue(mode, maxmsg=1)
            for call in self.calls(queue):
                for timeout in 0, 0.0, -0.0, False:
                    with self.subTest(mode=mode, timeout=timeout):
                        with self.assertRaises(BlockingIOError):
                            call(timeout=timeout)
            queue.send(b'x', timeout=0)
            with self.assertRaises(BlockingIOError):
                queue.send(b'x', timeout=0)

    def test_expiry(self):
        """An explicit timeout wins over the mode."""
        for mode in MODES:
            queue = self.new_queue(mode, maxmsg=1)
            for call in self.calls(queue):
                with self.subTest(mode=mode):
                    begin = time.monotonic()
                    with self.assert_fails(Code.TIMED_OUT, '10000 microseconds'):
                        call(timeout=SHORT)
                    self.assertGreaterEqual(time.monotonic() - begin, SHORT * 0.99)
            queue.send(b'x')
            with self.assert_fails(Code.TIMED_OUT, 'full'):
                queue.send(b'y', timeout=SHORT)

    def test_numbers(self):
        queue = self.new_queue()
        for timeout in (1, True, 0.5, 1e-9, 1e300, math.inf, decimal.Decimal('0.5'),
                        fractions.Fraction(1, 2), 2**62):
            with self.subTest(timeout=timeout):
                queue.send(b'x', timeout=timeout)
                self.assertEqual(queue.receive(timeout=timeout), (b'x', 0))
                queue.send(b'x')
                self.assertEqual(queue.receive_many(1, timeout=timeout), [(b'x', 0)])
        # It is little, but not nothing.
        for timeout in 1e-9, 5e-324:
            with self.subTest(timeout=timeout), self.assertRaises(TimeoutError):
                queue.receive(timeout=timeout)

    def test_what_is_no_timeout(self):
        queue = self.new_queue()
        queue.send(b'x')
        for timeout, error in ((-1, ValueError), (-1e-9, ValueError), (math.nan, ValueError),
                               (-math.inf, ValueError), ('1', TypeError), (b'1', TypeError),
                               ([], TypeError), (1j, TypeError)):
            for call in (*self.calls(queue), lambda **keywords: queue.send(b'y', **keywords),
                         lambda **keywords: queue.send_many([b'y'], **keywords)):
                with self.subTest(timeout=timeout), self.assertRaises(error):
                    call(timeout=timeout)
        self.assertEqual(len(queue), 1)

    def test_infinity_waits_in_nonblocking_mode(self):
        queue = self.new_queue(os.O_RDWR | os.O_NONBLOCK)
        finish = self.in_thread(lambda: queue.receive(timeout=math.inf))
        queue.send(b'x')
        self.assertEqual(finish(), (b'x', 0))

    def test_none_follows_the_mode(self):
        queue = self.new_queue(os.O_RDWR | os.O_NONBLOCK)
        for call in queue.recv, *self.calls(queue):
            with self.assert_fails(Code.WOULD_BLOCK, 'empty'):
                call()
        queue.blocking = True
        for call, expected in ((queue.recv, b'x'), (queue.receive, (b'x', 0)),
                               (lambda: queue.receive_many(2), [(b'x', 0)])):
            finish = self.in_thread(call)
            queue.send(b'x')
            self.assertEqual(finish(), expected)

    def test_condition_wait(self):
        """In GIO's manner, in microseconds."""
        queue = self.new_queue()
        self.assertTrue(queue.condition_wait(GLib.IOCondition.OUT, 0))
        for timeout in 0, 1000:
            with self.subTest(timeout=timeout), self.assert_fails(Code.TIMED_OUT):
                queue.condition_wait(GLib.IOCondition.IN, timeout, None)
        finish = self.in_thread(lambda: queue.condition_wait(GLib.IOCondition.IN, -1, None))
        queue.send(b'x')
        self.assertTrue(finish())
        self.assertEqual(queue.condition_check(GLib.IOCondition.IN), GLib.IOCondition.IN)


class WaitingTest(OverrideTest):
    def test_another_thread_may_send(self):
        """The interpreter belongs to others while a call waits."""
        for limits in ({}, {'timeout': LIMIT_SECONDS}, {'cancellable': Gio.Cancellable()}):
            with self.subTest(limits=limits):
                queue = self.new_queue(maxmsg=1)
                finish = self.in_thread(lambda: queue.receive(**limits))
                queue.send(b'x', 5)
                self.assertEqual(finish(), (b'x', 5))
                queue.send(b'1')
                finish = self.in_thread(lambda: queue.send(b'2', **limits))
                self.assertEqual(queue.recv(), b'1')
                self.assertEqual(finish(), 1)
                self.assertEqual(queue.recv(), b'2')

    def test_long_messages(self):
        queue = self.new_queue(maxmsg=1, msgsize=8192)
        finish = self.in_thread(lambda: queue.sendall(b'x' * 50_000))
        received = 0
        while received < 50_000:
            received += len(queue.recv())
        self.assertIsNone(finish())

    def test_cancel(self):
        for call in (lambda queue, cancellable: queue.recv(cancellable),
                     lambda queue, cancellable: queue.receive(cancellable, timeout=LIMIT_SECONDS),
                     lambda queue, cancellable: queue.receive_many(2, cancellable),
                     lambda queue, cancellable: queue.condition_wait(
                         GLib.IOCondition.IN, -1, cancellable)):
            queue = self.new_queue()
            cancellable = Gio.Cancellable()
            finish = self.in_thread(lambda: call(queue, cancellable))
            cancellable.cancel()
            self.assert_error(finish(), Code.CANCELLED)
            queue.send(b'x')
            with self.assert_fails(Code.CANCELLED):
                call(queue, cancellable)
            self.assertEqual(len(queue), 1)

    def test_cancel_a_send(self):
        queue = self.new_queue(maxmsg=1)
        queue.send(b'x')
        for call in (lambda cancellable: queue.send(b'y', 0, cancellable),
                     lambda cancellable: queue.sendall(b'y', 0, cancellable),
                     lambda cancellable: queue.send_many([b'y'], cancellable)):
            cancellable = Gio.Cancellable()
            finish = self.in_thread(lambda: call(cancellable))
            cancellable.cancel()
            self.assert_error(finish(), Code.CANCELLED)
        self.assertEqual(queue.receive_many(2), [(b'x', 0)])

    def test_cancellable_without_an_object(self):
        class Cancellable(Gio.Cancellable):
            def __init__(self):
                pass

        queue = self.new_queue()
        queue.send(b'x')
        for call in (queue.recv, queue.receive, lambda each: queue.receive_many(1, each),
                     lambda each: queue.send(b'y', 0, each)):
            with self.assertRaises(RuntimeError):
                call(Cancellable())
        self.assertEqual(queue.receive_many(4), [(b'x', 0)])

    def test_cancel_needs_descriptors(self):
        """GLib would end the process."""
        code = '''if True:
            import os, resource, sys, gi
            gi.require_version('Mood', '1.0')
            from gi.repository import Gio, GLib, Mood
            queue = Mood.MessageQueue(sys.argv[1], os.O_RDWR | os.O_CREAT, maxmsg=1, msgsize=8)
            queue.unlink()
            try:
                queue.receive(timeout=0.001)
            except TimeoutError:
                pass
            last = os.dup(0)
            resource.setrlimit(resource.RLIMIT_NOFILE, (last + 1, last + 1))
            try:
                queue.receive(Gio.Cancellable(), timeout=1)
            except GLib.Error as error:
                print(error.errno, error.filename == queue.name)
            queue.close()
            '''
        self.assertEqual(self.run_python(code, self.new_name()), '24 True\n')

    def test_close(self):
        """What waits by poll is ended by closing; that is every call with a limit, and iteration."""
        for call in (lambda queue: queue.receive(timeout=LIMIT_SECONDS),
                     lambda queue: queue.receive_many(2, timeout=math.inf),
                     lambda queue: queue.recv(Gio.Cancellable()),
                     lambda queue: queue.receive_with_timeout(-1),
                     lambda queue: queue.condition_wait(GLib.IOCondition.IN, -1)):
            queue = self.new_queue()
            finish = self.in_thread(lambda: call(queue))
            queue.close()
            self.assert_error(finish(), Code.CLOSED)

    def test_close_ends_all_who_wait(self):
        queue = self.new_queue()
        finishes = [self.in_thread(lambda: queue.receive(timeout=LIMIT_SECONDS)) for _ in range(4)]
        queue.close()
        for finish in finishes:
            self.assert_error(finish(), Code.CLOSED)

    def in_child(self, function):
        """Calls it in a child process, which has to return."""
        pid = os.fork()
        if pid == 0:
            try:
                function()
                os._exit(0)
            finally:
                os._exit(1)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)

    def test_child_that_closes_its_copy(self):
        """It does not disturb the parent, which would otherwise never sleep again."""
        queue = self.new_queue()
        with self.assertRaises(TimeoutError):
            queue.receive(timeout=1e-6)
        self.in_child(queue.close)
        begin = time.thread_time()
        with self.assertRaises(TimeoutError):
            queue.receive(timeout=0.1)
        self.assertLess(time.thread_time() - begin, 0.05)

    def test_child_waits_on_its_own(self):
        queue = self.new_queue()
        with self.assertRaises(TimeoutError):
            queue.receive(timeout=1e-6)

        def wait_until_closed():
            finish = self.in_thread(lambda: queue.receive(timeout=LIMIT_SECONDS))
            queue.close()
            self.assert_error(finish(), Code.CLOSED)

        self.in_child(wait_until_closed)
        queue.send(b'x')
        self.assertEqual(queue.recv(), b'x')

    def test_messages_go_to_one_each(self):
        queue = self.new_queue(maxmsg=10)
        received = []

        def receive():
            while True:
                message, _ = queue.receive()
                if not message:
                    return
                received.append(int(message))

        threads = [threading.Thread(target=receive) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(1000):
            queue.send(b'%d' % number, 1)
        for _ in threads:
            queue.send(b'')
        for thread in threads:
            thread.join(LIMIT_SECONDS)
        self.assertEqual(sorted(received), list(range(1000)))


@unittest.skipIf(os.environ.get('MOOD_NATIVE') == '0', 'without the extension all are in Python')
class ExtensionTest(OverrideTest):
    """A function in Python costs as much as the system call."""

    def get_entered(self, function, *arguments):
        """The functions in Python that were entered meanwhile."""
        entered = []

        def note(frame, event, _):
            if event == 'call':
                entered.append(frame.f_code.co_name)

        sys.setprofile(note)
        try:
            function(*arguments)
        finally:
            sys.setprofile(None)
        return entered

    def test_no_python_for_a_call(self):
        queue = self.new_queue(maxmsg=10)
        for call, *arguments in (
                (queue.send, b'x'), (queue.recv,),
                (queue.send, b'x', 9), (queue.receive,),
                (queue.send, bytearray(b'x'), 9, Gio.Cancellable()), (queue.recv, Gio.Cancellable()),
                (queue.send, b'x'), (queue.send, b'x'), (queue.receive_many, 10)):
            with self.subTest(call=call.__name__, arguments=arguments):
                self.assertEqual(self.get_entered(call, *arguments), [])
        self.assertEqual(len(queue), 0)

    def test_no_python_for_a_message(self):
        for messages in ([b'x'] * 10, [(b'x', 9)] * 10, [bytearray(b'x')] * 10):
            with self.subTest(messages=messages):
                queue = self.new_queue(maxmsg=10)
                self.assertEqual(self.get_entered(queue.send_many, messages), ['send_many'])
                self.assertEqual(len(queue), 10)


    @unittest.skipIf(_testcapi is None, 'this Python has no _testcapi, which takes memory away')
    def test_no_memory(self):
        """What there is no memory for stays in the queue."""
        queue = self.new_queue(maxmsg=8)
        # Priorities that are ints of their own, and other ones each time.
        for allocation in range(40):
            messages = [(b'%d' % i, 300 + 8 * allocation + i) for i in range(8)]
            queue.send_many(messages)
            received = []
            _testcapi.set_nomemory(allocation, allocation + 1)
            try:
                received = queue.receive_many(8)
            except MemoryError:
                pass
            finally:
                _testcapi.remove_mem_hooks()
            with self.subTest(allocation=allocation):
                rest = queue.receive_many(8) if len(queue) > 0 else []
                self.assertEqual(sorted(received + rest), sorted(messages))
                self.assertEqual(received, messages[::-1][:len(received)])


class SignatureTest(OverrideTest):
    def test_signatures(self):
        for name, signature in {
            'send': '(self, message, priority=0, cancellable=None, *, timeout=None)',
            'sendall': '(self, message, priority=0, cancellable=None)',
            'recv': '(self, cancellable=None, *, timeout=None)',
            'receive': '(self, cancellable=None, *, timeout=None)',
            'receive_many': '(self, limit, cancellable=None, *, timeout=None)',
            'send_many': '(self, messages, cancellable=None, *, timeout=None)',
            'asend': '(self, message, priority=0)',
            'areceive': '(self)',
        }.items():
            with self.subTest(name):
                method = getattr(Mood.MessageQueue, name)
                # What is written in C cannot be called with self as a keyword.
                self.assertEqual(str(inspect.signature(method)).replace(', /', ''), signature)
                self.assertTrue(method.__doc__)


tap.main()
