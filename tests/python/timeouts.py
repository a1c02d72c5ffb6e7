# SPDX-License-Identifier: LGPL-2.1-or-later

"""Calls with a time limit: tries, waits that expire, and waits that end in another way."""

import time

import tap
from queues import Gio, Mood, QueueTest

Flags = Mood.OpenFlags
Code = Gio.IOErrorEnum

# The limit counts, and not the mode of the queue.
MODES = Flags.RDWR, Flags.RDWR | Flags.NONBLOCK

NO_WAIT = 0
SHORT_US = 10_000
HOUR_US = 3_600_000_000

# Without end, and with an end so far away that counting to it would overflow.
ENDLESS_US = -1, -1 << 63, (1 << 63) - 1, 1 << 62, HOUR_US


class TimeoutsTest(QueueTest):
    def new_full_queue(self, flags=Flags.RDWR):
        queue = self.new_queue(flags, maxmsg=1)
        queue.send(b'full', 0, None)
        return queue


class TryTest(TimeoutsTest):
    def test_goes_through_where_nothing_stands_in_the_way(self):
        for flags in MODES:
            with self.subTest(flags=flags):
                queue = self.new_queue(flags)
                self.assertEqual(queue.send_with_timeout(b'two', 2, NO_WAIT, None), 3)
                self.assertEqual(queue.send_with_timeout(b'three', 3, NO_WAIT, None), 5)
                message, priority = queue.receive_with_timeout(NO_WAIT, None)
                self.assertEqual((message, priority), (b'three', 3))
                self.assertEqual(queue.receive_with_timeout(NO_WAIT, None).priority, 2)

    def test_does_not_wait_for_a_message(self):
        for flags in MODES:
            with self.subTest(flags=flags):
                queue = self.new_queue(flags)
                with self.assert_fails(Code.WOULD_BLOCK, queue.get_name(), 'empty'):
                    queue.receive_with_timeout(NO_WAIT, None)
                with self.assert_fails(Code.WOULD_BLOCK):
                    queue.receive_with_timeout(NO_WAIT, Gio.Cancellable())

    def test_does_not_wait_for_room(self):
        for flags in MODES:
            with self.subTest(flags=flags):
                queue = self.new_full_queue(flags)
                with self.assert_fails(Code.WOULD_BLOCK, queue.get_name(), 'full'):
                    queue.send_with_timeout(b'no room', 0, NO_WAIT, None)
                self.assertEqual(queue.props.curmsgs, 1)


class ExpiryTest(TimeoutsTest):
    def assert_expires(self, function, *words):
        start = time.monotonic_ns()
        with self.assert_fails(Code.TIMED_OUT, str(SHORT_US), *words):
            function()
        self.assertGreaterEqual(time.monotonic_ns() - start, SHORT_US * 1000)

    def test_receiving_is_given_its_time(self):
        for flags in MODES:
            for cancellable in None, Gio.Cancellable():
                with self.subTest(flags=flags, cancellable=cancellable):
                    queue = self.new_queue(flags)
                    self.assert_expires(
                        lambda: queue.receive_with_timeout(SHORT_US, cancellable),
                        queue.get_name(), 'empty')

    def test_sending_is_given_its_time(self):
        for flags in MODES:
            for cancellable in None, Gio.Cancellable():
                with self.subTest(flags=flags, cancellable=cancellable):
                    queue = self.new_full_queue(flags)
                    self.assert_expires(
                        lambda: queue.send_with_timeout(b'late', 0, SHORT_US, cancellable),
                        queue.get_name(), 'full')
                    self.assertEqual(queue.props.curmsgs, 1)

    def test_what_is_there_comes_however_short_the_time(self):
        queue = self.new_queue()
        self.assertEqual(queue.send_with_timeout(b'at once', 1, 1, None), 7)
        self.assertEqual(tuple(queue.receive_with_timeout(1, None)), (b'at once', 1))


class WaitTest(TimeoutsTest):
    def test_ends_with_a_message(self):
        for flags in MODES:
            for timeout in ENDLESS_US:
                with self.subTest(flags=flags, timeout=timeout):
                    queue = self.new_queue(flags)
                    finish = self.in_thread(
                        lambda: tuple(queue.receive_with_timeout(timeout, None)))
                    queue.send(b'awaited', 4, None)
                    self.assertEqual(finish(), (b'awaited', 4))

    def test_ends_with_room(self):
        for flags in MODES:
            for timeout in ENDLESS_US:
                with self.subTest(flags=flags, timeout=timeout):
                    queue = self.new_full_queue(flags)
                    finish = self.in_thread(
                        lambda: queue.send_with_timeout(b'patient', 4, timeout, None))
                    self.assertEqual(queue.recv(None), b'full')
                    self.assertEqual(finish(), 7)
                    self.assertEqual(tuple(queue.receive(None)), (b'patient', 4))

    def test_can_be_cancelled(self):
        empty, full = self.new_queue(), self.new_full_queue()
        for timeout in -1, HOUR_US:
            for what, function in (
                    ('receive', empty.receive_with_timeout),
                    ('send', lambda *arguments: full.send_with_timeout(b'late', 0, *arguments))):
                with self.subTest(what, timeout=timeout):
                    cancellable = Gio.Cancellable()
                    finish = self.in_thread(lambda: function(timeout, cancellable))
                    cancellable.cancel()
                    self.assert_error(finish(), Code.CANCELLED)
        self.assertEqual((empty.props.curmsgs, full.props.curmsgs), (0, 1))

    def test_cancelled_before(self):
        queue = self.new_queue()
        queue.send(b'stays', 0, None)
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        for timeout in -1, NO_WAIT, HOUR_US:
            with self.subTest(timeout=timeout):
                with self.assert_fails(Code.CANCELLED):
                    queue.receive_with_timeout(timeout, cancellable)
                with self.assert_fails(Code.CANCELLED):
                    queue.send_with_timeout(b'late', 0, timeout, cancellable)
        self.assertEqual(queue.props.curmsgs, 1)

    def test_ends_when_the_queue_is_closed(self):
        queue = self.new_queue()
        finish = self.in_thread(lambda: queue.receive_with_timeout(HOUR_US, None))
        queue.close()
        self.assert_error(finish(), Code.CLOSED)

        queue = self.new_full_queue()
        finish = self.in_thread(lambda: queue.send_with_timeout(b'late', 0, HOUR_US, None))
        queue.close()
        self.assert_error(finish(), Code.CLOSED)


class MessageTest(TimeoutsTest):
    def test_bytes_come_out_as_they_went_in(self):
        queue = self.new_queue(msgsize=256)
        for message in bytes(range(256)), b'', b'\0', b'a\0b\0':
            with self.subTest(message=message):
                self.assertEqual(queue.send_with_timeout(message, 32767, NO_WAIT, None),
                                 len(message))
                received, priority = queue.receive_with_timeout(NO_WAIT, None)
                self.assertIs(type(received), bytes)
                self.assertEqual((received, priority), (message, 32767))

    def test_one_that_is_too_long_is_refused_and_not_cut(self):
        queue = self.new_queue(msgsize=8)
        for timeout in -1, NO_WAIT, HOUR_US:
            with self.subTest(timeout=timeout):
                with self.assert_fails(Code.MESSAGE_TOO_LARGE, '9 bytes', 'at most 8'):
                    queue.send_with_timeout(b'012345678', 0, timeout, None)
        self.assertEqual(queue.props.curmsgs, 0)
        self.assertEqual(queue.send_with_timeout(b'01234567', 0, NO_WAIT, None), 8)

    def test_the_cancellable_can_be_left_out(self):
        queue = self.new_queue()
        self.assertEqual(queue.send_with_timeout(b'short', 1, NO_WAIT), 5)
        self.assertEqual(tuple(queue.receive_with_timeout(NO_WAIT)), (b'short', 1))


class BadInputTest(TimeoutsTest):
    def assert_both_fail(self, queue, code, *words):
        for timeout in -1, NO_WAIT, HOUR_US:
            with self.subTest(timeout=timeout, code=code):
                with self.assert_fails(code, *words):
                    queue.receive_with_timeout(timeout, None)
                with self.assert_fails(code, *words):
                    queue.send_with_timeout(b'message', 0, timeout, None)

    def test_closed(self):
        queue = self.new_queue()
        queue.close()
        self.assert_both_fail(queue, Code.CLOSED, queue.get_name())

    def test_never_initialised(self):
        self.assert_both_fail(Mood.MessageQueue(), Code.NOT_INITIALIZED)

    def test_wrong_direction(self):
        with self.assert_fails(Code.PERMISSION_DENIED, 'RDONLY'):
            self.new_queue(Flags.WRONLY).receive_with_timeout(HOUR_US, None)
        with self.assert_fails(Code.PERMISSION_DENIED, 'WRONLY'):
            self.new_queue(Flags.RDONLY).send_with_timeout(b'message', 0, HOUR_US, None)

    def test_priority_out_of_range(self):
        queue = self.new_queue()
        with self.assert_fails(Code.INVALID_ARGUMENT, '32768', '32767'):
            queue.send_with_timeout(b'message', 32768, NO_WAIT, None)
        self.assertEqual(queue.props.curmsgs, 0)

    def test_a_timeout_that_is_no_number_of_64_bits_is_a_python_error(self):
        queue = self.new_queue()
        queue.send(b'stays', 0, None)
        bad = (None, TypeError), ('soon', TypeError), (1 << 63, OverflowError)
        for timeout, expected in bad:
            with self.subTest(timeout=timeout):
                with self.assertRaises(expected):
                    queue.receive_with_timeout(timeout, None)
                with self.assertRaises(expected):
                    queue.send_with_timeout(b'message', 0, timeout, None)
        self.assertEqual(queue.props.curmsgs, 1)


if __name__ == '__main__':
    tap.main()
