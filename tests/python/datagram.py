# SPDX-License-Identifier: LGPL-2.1-or-later

"""The queue as a Gio.DatagramBased, and the priority as a control message.

Its receive_messages() and send_messages() take pointers to memory, and are for C.
"""

import sys
import time

import tap
from queues import Gio, GLib, Mood, QueueTest

from gi.repository import GObject

Flags = Mood.OpenFlags
Code = Gio.IOErrorEnum
IN = GLib.IOCondition.IN
OUT = GLib.IOCondition.OUT
HUP = GLib.IOCondition.HUP
NVAL = GLib.IOCondition.NVAL
NOTHING = GLib.IOCondition(0)

NO_WAIT = 0
SHORT_US = 10_000
HOUR_US = 3_600_000_000


class DatagramTest(QueueTest):
    def new_full_queue(self, flags=Flags.RDWR):
        queue = self.new_queue(flags, maxmsg=1)
        queue.send(b'full', 0, None)
        return queue


class InterfaceTest(DatagramTest):
    def test_is_implemented(self):
        self.assertIsInstance(self.new_queue(), Gio.DatagramBased)
        self.assertTrue(issubclass(Mood.MessageQueue, Gio.DatagramBased))
        self.assertNotIsInstance(Mood.PriorityMessage(), Gio.DatagramBased)

    def test_no_messages_are_none_received_or_sent(self):
        queue = self.new_full_queue()
        self.assertEqual(queue.receive_messages([], 0, -1, None), 0)
        self.assertEqual(queue.send_messages([], 0, -1, None), 0)
        self.assertEqual(queue.get_curmsgs(), 1)

    def test_a_message_without_memory(self):
        queue = self.new_full_queue()
        with self.assert_fails(Code.MESSAGE_TOO_LARGE, '64 bytes'):
            queue.receive_messages([Gio.InputMessage()], 0, -1, None)
        self.assertEqual(queue.get_curmsgs(), 1)

    def test_source(self):
        """The interface's function and the class's own give the same kind of source."""
        for create in Mood.MessageQueue.create_source, Gio.DatagramBased.create_source:
            with self.subTest(create=create):
                queue = self.new_queue()
                seen = []

                def note(*arguments):
                    seen.append(arguments)
                    return GLib.SOURCE_CONTINUE

                source = create(queue, IN, None)
                GObject.source_set_closure(source, note)
                source.attach(None)
                self.addCleanup(source.destroy)
                self.run_what_is_ready()
                self.assertEqual(seen, [])
                queue.send(b'ready', 0, None)
                self.wait_until(lambda: seen)
                self.assertEqual(seen[0], (queue, IN))
                queue.recv(None)
                seen.clear()
                queue.close()
                self.wait_until(lambda: seen)
                self.run_what_is_ready()
                self.assertEqual(seen, [(queue, NVAL)])


class CheckTest(DatagramTest):
    def test_what_holds_now(self):
        queue = self.new_queue(maxmsg=2)
        sender = self.open_again(queue, Flags.WRONLY)
        receiver = self.open_again(queue, Flags.RDONLY)
        rows = [
            (0, OUT, OUT, NOTHING),
            (1, IN | OUT, OUT, IN),
            (2, IN, NOTHING, IN),
        ]
        for count, both, sending, receiving in rows:
            with self.subTest(count=count):
                while queue.get_curmsgs() < count:
                    queue.send(b'x', 0, None)
                self.assertEqual(queue.condition_check(IN | OUT), both)
                self.assertEqual(queue.condition_check(IN), both & IN)
                self.assertEqual(queue.condition_check(OUT), both & OUT)
                self.assertEqual(queue.condition_check(NOTHING), NOTHING)
                self.assertEqual(queue.condition_check(HUP | NVAL), NOTHING)
                self.assertEqual(sender.condition_check(IN | OUT), sending)
                self.assertEqual(receiver.condition_check(IN | OUT), receiving)
                self.assertIs(type(queue.condition_check(IN)), GLib.IOCondition)

    def test_what_is_not_open_has_hung_up(self):
        queue = self.new_full_queue()
        queue.close()
        for bad in queue, Mood.MessageQueue():
            for condition in IN, OUT, IN | OUT, NOTHING:
                with self.subTest(condition=condition):
                    self.assertEqual(bad.condition_check(condition), HUP)

    def test_python_refuses_what_is_no_condition(self):
        queue = self.new_queue()
        for condition in None, [], -1, 1 << 32:
            with self.subTest(condition=condition):
                with self.assertRaises((TypeError, OverflowError)):
                    queue.condition_check(condition)
                with self.assertRaises((TypeError, OverflowError)):
                    queue.condition_wait(condition, NO_WAIT, None)

    def test_what_newer_versions_take_for_a_condition(self):
        """PyGObject 3.50 refuses it, and 3.58 makes a condition of a name and of any number."""
        queue = self.new_full_queue()
        for condition in 'IN', 1.0, Flags.RDONLY:
            with self.subTest(condition=condition):
                try:
                    held = queue.condition_check(condition)
                except TypeError:
                    with self.assertRaises(TypeError):
                        queue.condition_wait(condition, NO_WAIT, None)
                else:
                    self.assertEqual(held, IN)
                    self.assertIs(queue.condition_wait(condition, NO_WAIT, None), True)

        with self.assertRaises((TypeError, GLib.Error)):
            queue.condition_wait(1 << 31, NO_WAIT, None)


class WaitTest(DatagramTest):
    def test_what_holds_already(self):
        queue = self.new_queue(maxmsg=2)
        queue.send(b'x', 0, None)
        for condition in IN, OUT, IN | OUT, IN | HUP | NVAL:
            for timeout in -1, NO_WAIT, HOUR_US, -1 << 63, (1 << 63) - 1:
                with self.subTest(condition=condition, timeout=timeout):
                    self.assertIs(queue.condition_wait(condition, timeout, None), True)
        self.assertTrue(queue.condition_wait(IN, NO_WAIT))

    def test_is_given_its_time(self):
        for flags in Flags.RDWR, Flags.RDWR | Flags.NONBLOCK:
            for cancellable in None, Gio.Cancellable():
                for queue, condition, word in (
                        (self.new_queue(flags), IN, 'empty'),
                        (self.new_full_queue(flags), OUT, 'full')):
                    with self.subTest(flags=flags, cancellable=cancellable, word=word):
                        start = time.monotonic_ns()
                        with self.assert_fails(Code.TIMED_OUT, queue.get_name(), word):
                            queue.condition_wait(condition, SHORT_US, cancellable)
                        self.assertGreaterEqual(time.monotonic_ns() - start, SHORT_US * 1000)
                        with self.assert_fails(Code.TIMED_OUT, word):
                            queue.condition_wait(condition, NO_WAIT, cancellable)

    def test_ends_with_a_message_that_stays(self):
        for timeout in -1, HOUR_US:
            with self.subTest(timeout=timeout):
                queue = self.new_queue()
                finish = self.in_thread(lambda: queue.condition_wait(IN, timeout, None))
                queue.send(b'awaited', 4, None)
                self.assertIs(finish(), True)
                self.assertEqual(queue.get_curmsgs(), 1)

    def test_ends_with_room(self):
        for timeout in -1, HOUR_US:
            with self.subTest(timeout=timeout):
                queue = self.new_full_queue()
                finish = self.in_thread(lambda: queue.condition_wait(OUT, timeout, None))
                queue.recv(None)
                self.assertIs(finish(), True)

    def test_is_ended(self):
        def cancel(_queue, cancellable):
            cancellable.cancel()

        def close(queue, _cancellable):
            queue.close()

        for end, code in (cancel, Code.CANCELLED), (close, Code.CLOSED):
            for timeout in -1, HOUR_US:
                for queue, condition in (self.new_queue(), IN), (self.new_full_queue(), OUT):
                    with self.subTest(code=code, timeout=timeout, condition=condition):
                        cancellable = Gio.Cancellable()
                        finish = self.in_thread(
                            lambda: queue.condition_wait(condition, timeout, cancellable))
                        end(queue, cancellable)
                        self.assert_error(finish(), code)

    def test_closing_ends_one_that_cannot_be_cancelled(self):
        queue = self.new_queue()
        finish = self.in_thread(lambda: queue.condition_wait(IN, -1, None))
        queue.close()
        self.assert_error(finish(), Code.CLOSED)

    def test_cancelled_before(self):
        queue = self.new_full_queue()
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        for timeout in -1, NO_WAIT, HOUR_US:
            with self.subTest(timeout=timeout), self.assert_fails(Code.CANCELLED):
                queue.condition_wait(IN, timeout, cancellable)

    def test_what_can_never_come(self):
        queue = self.new_queue()
        sender = self.open_again(queue, Flags.WRONLY)
        receiver = self.open_again(queue, Flags.RDONLY)
        for timeout in -1, NO_WAIT, HOUR_US:
            with self.subTest(timeout=timeout):
                with self.assert_fails(Code.PERMISSION_DENIED, 'RDONLY'):
                    sender.condition_wait(IN, timeout, None)
                with self.assert_fails(Code.PERMISSION_DENIED, 'WRONLY'):
                    receiver.condition_wait(OUT, timeout, None)
                for condition in NOTHING, HUP, NVAL | GLib.IOCondition.ERR:
                    with self.assert_fails(Code.INVALID_ARGUMENT, 'no condition'):
                        queue.condition_wait(condition, timeout, None)

    def test_not_open(self):
        queue = self.new_full_queue()
        queue.close()
        for timeout in -1, NO_WAIT, HOUR_US:
            for condition in IN, OUT, NOTHING:
                with self.subTest(timeout=timeout, condition=condition):
                    with self.assert_fails(Code.CLOSED, queue.get_name()):
                        queue.condition_wait(condition, timeout, None)
                    with self.assert_fails(Code.NOT_INITIALIZED):
                        Mood.MessageQueue().condition_wait(condition, timeout, None)

    def test_a_timeout_that_is_no_number_of_64_bits_is_a_python_error(self):
        queue = self.new_full_queue()
        bad = (None, TypeError), ('soon', TypeError), (1 << 63, OverflowError)
        for timeout, expected in bad:
            with self.subTest(timeout=timeout), self.assertRaises(expected):
                queue.condition_wait(IN, timeout, None)


class PriorityMessageTest(DatagramTest):
    def test_constructors(self):
        for priority in 0, 1, 32767, 32768, (1 << 32) - 1:
            with self.subTest(priority=priority):
                for message in (Mood.PriorityMessage.new(priority),
                                Mood.PriorityMessage(priority=priority)):
                    self.assertIs(type(message), Mood.PriorityMessage)
                    self.assertIsInstance(message, Gio.SocketControlMessage)
                    self.assertEqual(message.get_priority(), priority)
                    self.assertEqual(message.props.priority, priority)
        self.assertEqual(Mood.PriorityMessage().get_priority(), 0)

    def test_control_message(self):
        message = Mood.PriorityMessage.new(5)
        self.assertEqual(message.get_size(), 4)
        self.assertEqual(message.get_msg_type(), 1)
        # No level of a socket's, so that none takes it for one of its own.
        self.assertGreater(message.get_level(), 0xffff)

    def test_comes_back_from_its_bytes(self):
        level, message_type = (getattr(Mood.PriorityMessage(), f'get_{what}')()
                               for what in ('level', 'msg_type'))
        deserialize = Gio.SocketControlMessage.deserialize
        message = deserialize(level, message_type, (32767).to_bytes(4, sys.byteorder))
        self.assertIsInstance(message, Mood.PriorityMessage)
        self.assertEqual(message.get_priority(), 32767)
        for arguments in ((level, message_type, b''), (level, message_type, bytes(5)),
                          (level, message_type + 1, bytes(4)), (level + 1, message_type, bytes(4))):
            with self.subTest(arguments=arguments):
                self.assertIsNone(deserialize(*arguments))

    def test_python_refuses_what_is_no_number_of_32_bits(self):
        bad = (
            (None, TypeError), ('5', TypeError), (b'5', TypeError),
            (-1, OverflowError), (1 << 32, OverflowError), (1 << 64, OverflowError))
        for priority, expected in bad:
            with self.subTest(priority=priority):
                with self.assertRaises(expected):
                    Mood.PriorityMessage.new(priority)
                with self.assertRaises((TypeError, OverflowError)):
                    Mood.PriorityMessage(priority=priority)


if __name__ == '__main__':
    tap.main()
