# SPDX-License-Identifier: LGPL-2.1-or-later

"""Several messages in one call: their bytes one after the other, their sizes, their priorities."""

import os
import threading
import time

import tap
from queues import LIMIT_SECONDS, Gio, GLib, Mood, QueueTest

Flags = Mood.OpenFlags
Code = Gio.IOErrorEnum

# The limit counts, and not the mode of the queue.
MODES = Flags.RDWR, Flags.RDWR | Flags.NONBLOCK

NO_WAIT = 0
SHORT_US = 10_000
HOUR_US = 3_600_000_000

ROOM = 4


def split(received):
    """What receive_many() gives, as a list of (bytes, priority)."""
    together, sizes, priorities = received
    messages = []
    for size, priority in zip(sizes, priorities):
        messages.append((together[:size], priority))
        together = together[size:]
    assert len(sizes) == len(priorities) and not together
    return messages


class ManyTest(QueueTest):
    def new_full_queue(self, flags=Flags.RDWR):
        queue = self.new_queue(flags)
        self.assertEqual(queue.send_many(b'full', [1] * ROOM, None, NO_WAIT, None), ROOM)
        return queue

    def send(self, queue, messages, timeout=NO_WAIT, cancellable=None):
        """Sends (bytes, priority) pairs."""
        return queue.send_many(
            b''.join(message for message, _ in messages), [len(message) for message, _ in messages],
            [priority for _, priority in messages], timeout, cancellable)


class ThereAndBackTest(ManyTest):
    def test_in_the_order_of_the_queue(self):
        for flags in MODES:
            for timeout in -1, NO_WAIT, HOUR_US:
                with self.subTest(flags=flags, timeout=timeout):
                    queue = self.new_queue(flags)
                    messages = [(b'low', 0), (b'', 32767), (b'\0zero\0', 9), (b'more', 9)]
                    self.assertEqual(self.send(queue, messages, timeout), 4)
                    self.assertEqual(split(queue.receive_many(10, timeout, None)), [
                        (b'', 32767), (b'\0zero\0', 9), (b'more', 9), (b'low', 0)])

    def test_types(self):
        queue = self.new_queue()
        sent = self.send(queue, [(b'a', 1), (b'bc', 2)])
        self.assertIs(type(sent), int)
        received = queue.receive_many(10, NO_WAIT, None)
        self.assertIs(type(received[0]), bytes)
        self.assertEqual(tuple(received), (b'bca', [2, 1], [2, 1]))
        self.assertEqual((received.sizes, received.priorities), ([2, 1], [2, 1]))

    def test_every_byte(self):
        queue = self.new_queue(msgsize=256)
        message = bytes(range(256))
        self.send(queue, [(message, 1), (message[::-1], 0), (message[255:], 0)])
        self.assertEqual(split(queue.receive_many(3, NO_WAIT, None)), [
            (message, 1), (message[::-1], 0), (b'\xff', 0)])

    def test_nothing_but_empty_messages(self):
        queue = self.new_queue()
        self.assertEqual(queue.send_many(b'', [0, 0], None, NO_WAIT, None), 2)
        self.assertEqual(tuple(queue.receive_many(10, NO_WAIT, None)), (b'', [0, 0], [0, 0]))

    def test_no_message(self):
        for queue in self.new_queue(), self.new_full_queue():
            for timeout in -1, NO_WAIT, HOUR_US:
                with self.subTest(timeout=timeout):
                    before = queue.get_curmsgs()
                    self.assertEqual(queue.send_many(b'', [], None, timeout, None), 0)
                    self.assertEqual(queue.send_many(b'', [], [], timeout, None), 0)
                    self.assertEqual(queue.get_curmsgs(), before)

    def test_priorities_can_be_left_out(self):
        queue = self.new_queue()
        for priorities in None, []:
            with self.subTest(priorities=priorities):
                self.assertEqual(queue.send_many(b'ab', [1, 1], priorities, NO_WAIT, None), 2)
                self.assertEqual(tuple(queue.receive_many(10, NO_WAIT, None)),
                                 (b'ab', [1, 1], [0, 0]))

    def test_the_cancellable_can_be_left_out(self):
        queue = self.new_queue()
        self.assertEqual(queue.send_many(b'a', [1], [7], NO_WAIT), 1)
        self.assertEqual(tuple(queue.receive_many(1, NO_WAIT)), (b'a', [1], [7]))

    def test_keywords(self):
        queue = self.new_queue()
        self.assertEqual(queue.send_many(
            messages=b'a', sizes=[1], priorities=None, timeout_us=NO_WAIT), 1)
        self.assertEqual(tuple(queue.receive_many(limit=1, timeout_us=NO_WAIT)), (b'a', [1], [0]))

    def test_anything_that_is_bytes_and_numbers(self):
        queue = self.new_queue()
        for messages in b'ab', bytearray(b'ab'), memoryview(b'ab'), [97, 98]:
            for sizes in [1, 1], (1, 1), b'\1\1', range(2, 3):
                with self.subTest(messages=messages, sizes=sizes):
                    sent = queue.send_many(messages, sizes, None, NO_WAIT, None)
                    self.assertEqual(sent, len(sizes))
                    self.assertEqual(queue.receive_many(10, NO_WAIT, None)[0], b'ab')


class LimitTest(ManyTest):
    def test_what_is_above_stays(self):
        queue = self.new_queue()
        self.send(queue, [(b'a', 1), (b'b', 2), (b'c', 3), (b'd', 4)])
        self.assertEqual(split(queue.receive_many(1, -1, None)), [(b'd', 4)])
        self.assertEqual(queue.get_curmsgs(), 3)
        self.assertEqual(split(queue.receive_many(2, -1, None)), [(b'c', 3), (b'b', 2)])
        self.assertEqual(queue.get_curmsgs(), 1)
        self.assertEqual(split(queue.receive_many((1 << 32) - 1, -1, None)), [(b'a', 1)])

    def test_zero(self):
        queue = self.new_full_queue()
        for timeout in -1, NO_WAIT, HOUR_US:
            with self.subTest(timeout=timeout):
                with self.assert_fails(Code.INVALID_ARGUMENT, queue.get_name(), 'limit'):
                    queue.receive_many(0, timeout, None)
        self.assertEqual(queue.get_curmsgs(), ROOM)


class PartlySentTest(ManyTest):
    def test_only_the_first_is_waited_for(self):
        for timeout in -1, NO_WAIT, HOUR_US:
            with self.subTest(timeout=timeout):
                queue = self.new_queue()
                self.assertEqual(
                    queue.send_many(b'abcdef', [1] * 6, None, timeout, None), ROOM)
                self.assertEqual(queue.receive_many(1, NO_WAIT, None)[0], b'a')
                self.assertEqual(queue.send_many(b'ef', [1] * 2, None, timeout, None), 1)
                self.assertEqual(queue.receive_many(10, timeout, None)[0], b'bcde')


class NoWaitTest(ManyTest):
    def test_a_try(self):
        for flags in MODES:
            with self.subTest(flags=flags):
                queue = self.new_queue(flags)
                with self.assert_fails(Code.WOULD_BLOCK, queue.get_name(), 'empty'):
                    queue.receive_many(10, NO_WAIT, None)
                queue = self.new_full_queue(flags)
                with self.assert_fails(Code.WOULD_BLOCK, queue.get_name(), 'full'):
                    queue.send_many(b'ab', [1, 1], None, NO_WAIT, None)
                self.assertEqual(queue.get_curmsgs(), ROOM)

    def test_expiry(self):
        for flags in MODES:
            for cancellable in None, Gio.Cancellable():
                with self.subTest(flags=flags, cancellable=cancellable):
                    empty, full = self.new_queue(flags), self.new_full_queue(flags)
                    start = time.monotonic_ns()
                    with self.assert_fails(Code.TIMED_OUT, 'empty', str(SHORT_US)):
                        empty.receive_many(10, SHORT_US, cancellable)
                    self.assertGreaterEqual(time.monotonic_ns() - start, SHORT_US * 1000)
                    start = time.monotonic_ns()
                    with self.assert_fails(Code.TIMED_OUT, 'full', str(SHORT_US)):
                        full.send_many(b'a', [1], None, SHORT_US, cancellable)
                    self.assertGreaterEqual(time.monotonic_ns() - start, SHORT_US * 1000)

    def test_cancelled_before(self):
        queue = self.new_queue()
        self.send(queue, [(b'stays', 0)])
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        for timeout in -1, NO_WAIT, HOUR_US:
            with self.subTest(timeout=timeout):
                with self.assert_fails(Code.CANCELLED):
                    queue.receive_many(10, timeout, cancellable)
                with self.assert_fails(Code.CANCELLED):
                    queue.send_many(b'late', [4], None, timeout, cancellable)
        self.assertEqual(queue.get_curmsgs(), 1)


class WaitTest(ManyTest):
    def test_ends_with_a_message(self):
        for flags in MODES:
            for timeout in -1, HOUR_US:
                with self.subTest(flags=flags, timeout=timeout):
                    queue = self.new_queue(flags)
                    finish = self.in_thread(
                        lambda: split(queue.receive_many(10, timeout, None)))
                    queue.send(b'awaited', 4, None)
                    self.assertEqual(finish(), [(b'awaited', 4)])

    def test_ends_with_room(self):
        for flags in MODES:
            for timeout in -1, HOUR_US:
                with self.subTest(flags=flags, timeout=timeout):
                    queue = self.new_full_queue(flags)
                    finish = self.in_thread(
                        lambda: queue.send_many(b'onetwo', [3, 3], [5, 5], timeout, None))
                    self.assertEqual(queue.recv(None), b'f')
                    self.assertEqual(finish(), 1)
                    self.assertEqual(split(queue.receive_many(1, NO_WAIT, None)), [(b'one', 5)])

    def test_is_ended(self):
        def cancel(_queue, cancellable):
            cancellable.cancel()

        def close(queue, _cancellable):
            queue.close()

        for end, code in (cancel, Code.CANCELLED), (close, Code.CLOSED):
            for timeout in -1, HOUR_US:
                for receives in True, False:
                    with self.subTest(code=code, timeout=timeout, receives=receives):
                        cancellable = Gio.Cancellable()
                        if receives:
                            queue = self.new_queue()
                            finish = self.in_thread(
                                lambda: queue.receive_many(10, timeout, cancellable))
                        else:
                            queue = self.new_full_queue()
                            finish = self.in_thread(
                                lambda: queue.send_many(b'a', [1], None, timeout, cancellable))
                        end(queue, cancellable)
                        self.assert_error(finish(), code)


class RefusedTest(ManyTest):
    def assert_both_fail(self, queue, code, *words):
        for timeout in -1, NO_WAIT, HOUR_US:
            with self.subTest(timeout=timeout, code=code):
                with self.assert_fails(code, *words):
                    queue.receive_many(10, timeout, None)
                for messages, sizes in (b'message', [7]), (b'', []):
                    with self.assert_fails(code, *words):
                        queue.send_many(messages, sizes, None, timeout, None)

    def test_closed(self):
        queue = self.new_full_queue()
        queue.close()
        self.assert_both_fail(queue, Code.CLOSED, queue.get_name())

    def test_never_initialised(self):
        self.assert_both_fail(Mood.MessageQueue(), Code.NOT_INITIALIZED)

    def test_wrong_direction(self):
        with self.assert_fails(Code.PERMISSION_DENIED, 'RDONLY'):
            self.new_queue(Flags.WRONLY).receive_many(10, HOUR_US, None)
        with self.assert_fails(Code.PERMISSION_DENIED, 'WRONLY'):
            self.new_queue(Flags.RDONLY).send_many(b'a', [1], None, HOUR_US, None)

    def test_batches_of_which_nothing_is_sent(self):
        queue = self.new_queue(msgsize=8)
        too_large = Code.MESSAGE_TOO_LARGE
        rows = [
            (too_large, b'good012345678', [4, 9], None, 'message 2 of 2', '9 bytes', 'at most 8'),
            (too_large, b'ab', [(1 << 64) - 1, 3], None, 'message 1 of 2'),
            (too_large, b'ab', [1 << 63, 1 << 63, 2], None, 'message 1 of 3'),
            (Code.INVALID_ARGUMENT, b'ab', [1], None, 'add up to 1', 'there are 2'),
            (Code.INVALID_ARGUMENT, b'ab', [1, 1, 1], None, 'add up to 3', 'there are 2'),
            (Code.INVALID_ARGUMENT, b'ab', [], None, 'add up to 0', 'there are 2'),
            (Code.INVALID_ARGUMENT, b'', [1], None, 'add up to 1', 'there are 0'),
            (Code.INVALID_ARGUMENT, b'ab', [1, 1], [1], '2 sizes', '1 priorities'),
            (Code.INVALID_ARGUMENT, b'ab', [1, 1], [1, 2, 3], '2 sizes', '3 priorities'),
            (Code.INVALID_ARGUMENT, b'ab', [1, 1], [1, 32768], 'message 2 of 2', '32768', '32767'),
            (Code.INVALID_ARGUMENT, b'ab', [1, 1], [(1 << 32) - 1, 1], 'message 1 of 2'),
        ]
        for code, messages, sizes, priorities, *words in rows:
            with self.subTest(messages=messages, sizes=sizes, priorities=priorities):
                with self.assert_fails(code, queue.get_name(), *words):
                    queue.send_many(messages, sizes, priorities, NO_WAIT, None)
                self.assertEqual(queue.get_curmsgs(), 0)

    def test_python_refuses_what_is_no_number_or_array(self):
        queue = self.new_full_queue()
        receiving = [
            (TypeError, None, NO_WAIT), (TypeError, 'ten', NO_WAIT), (TypeError, [1], NO_WAIT),
            (OverflowError, -1, NO_WAIT), (OverflowError, 1 << 32, NO_WAIT),
            (OverflowError, 1 << 64, NO_WAIT),
            (TypeError, 1, None), (TypeError, 1, 'soon'), (OverflowError, 1, 1 << 63),
            (TypeError, 1, NO_WAIT, 'cancellable'), (TypeError, 1, NO_WAIT, queue),
            (TypeError, 1),
        ]
        for expected, *arguments in receiving:
            with self.subTest(arguments=arguments), self.assertRaises(expected):
                queue.receive_many(*arguments)

        empty = self.new_queue()
        sending = [
            (TypeError, None, [1, 1], None, NO_WAIT), (TypeError, 'ab', [1, 1], None, NO_WAIT),
            (TypeError, [b'one', b'two'], [3, 3], None, NO_WAIT),
            (TypeError, 5, [5], None, NO_WAIT),
            (OverflowError, [256, 0], [1, 1], None, NO_WAIT),
            (TypeError, b'ab', None, None, NO_WAIT), (TypeError, b'ab', 2, None, NO_WAIT),
            (TypeError, b'ab', '11', None, NO_WAIT), (TypeError, b'ab', ['1', '1'], None, NO_WAIT),
            (TypeError, b'ab', [1, None], None, NO_WAIT),
            (TypeError, b'ab', iter([1, 1]), None, NO_WAIT),
            (OverflowError, b'ab', [-1, 3], None, NO_WAIT),
            (OverflowError, b'ab', [1 << 64, 2], None, NO_WAIT),
            (TypeError, b'ab', [1, 1], 5, NO_WAIT), (TypeError, b'ab', [1, 1], '55', NO_WAIT),
            (TypeError, b'ab', [1, 1], [5, None], NO_WAIT),
            (OverflowError, b'ab', [1, 1], [5, -1], NO_WAIT),
            (OverflowError, b'ab', [1, 1], [5, 1 << 32], NO_WAIT),
            (TypeError, b'ab', [1, 1], None, None), (TypeError, b'ab', [1, 1], None, 'soon'),
            (OverflowError, b'ab', [1, 1], None, 1 << 63),
            (TypeError, b'ab', [1, 1], None, NO_WAIT, 'cancellable'), (TypeError, b'ab', [1, 1]),
        ]
        for expected, *arguments in sending:
            with self.subTest(arguments=arguments), self.assertRaises(expected):
                empty.send_many(*arguments)
        self.assertEqual((queue.get_curmsgs(), empty.get_curmsgs()), (ROOM, 0))


class NothingIsLostTest(ManyTest):
    COUNT = 20_000
    SENDERS = 2
    BATCH = 7

    def send_part(self, queue, sender):
        """Sends every SENDERS-th number, what was left over again with what comes next."""
        numbers = list(range(sender, self.COUNT, self.SENDERS))
        while numbers:
            batch = [(str(number).encode(), number % 3) for number in numbers[:self.BATCH]]
            del numbers[:self.send(queue, batch, -1)]

    def receive_until_closed(self, queue, limit, timeout):
        received = []
        while True:
            try:
                received += split(queue.receive_many(limit, timeout, None))
            except GLib.Error as error:
                self.assert_error(error, Code.CLOSED)
                return received

    def test_with_many_threads(self):
        queue = self.new_queue(maxmsg=8, msgsize=8)
        # A time limit, so that it is closing that ends the wait and not the queue.
        receivers = [
            self.in_thread(lambda limit=limit: self.receive_until_closed(queue, limit, HOUR_US))
            for limit in (1, 5)]
        senders = [
            threading.Thread(target=self.send_part, args=(queue, sender), daemon=True)
            for sender in range(self.SENDERS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(LIMIT_SECONDS)
            self.assertFalse(sender.is_alive(), 'the sender did not come to its end')

        deadline = time.monotonic() + LIMIT_SECONDS
        while queue.get_curmsgs() > 0:
            self.assertLess(time.monotonic(), deadline, 'the receivers do not receive')
            os.sched_yield()
        queue.close()

        received = []
        for finish in receivers:
            received += finish()
        self.assertEqual(sorted((int(message), priority) for message, priority in received),
                         [(number, number % 3) for number in range(self.COUNT)])


if __name__ == '__main__':
    tap.main()
