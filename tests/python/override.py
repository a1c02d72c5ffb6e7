# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the override adds: the constructor, attributes and default arguments of mood.mqueue."""

import os
import stat

from gi.repository import Gio, GLib, GObject

import tap
from queues import Mood, QueueTest

Flags = Mood.OpenFlags


class ConstructorTest(QueueTest):
    def test_flags_are_those_of_os(self):
        name = self.new_name()
        rows = {
            os.O_RDONLY | os.O_CREAT | os.O_EXCL: Flags.RDONLY | Flags.CREAT | Flags.EXCL,
            os.O_WRONLY: Flags.WRONLY,
            os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC:
                Flags.RDWR | Flags.NONBLOCK | Flags.CLOEXEC,
        }
        for given, meant in rows.items():
            with self.subTest(flags=given):
                queue = Mood.MessageQueue(name, given, maxmsg=1, msgsize=8)
                self.assertEqual(queue.flags, meant)
                queue.close()

    def test_open_flags_are_themselves(self):
        queue = Mood.MessageQueue(self.new_name(), Flags.RDWR | Flags.CREAT, 0o640, 2, 16)
        self.assertEqual(queue.flags, Flags.RDWR | Flags.CREAT)
        self.assertEqual((queue.maxmsg, queue.msgsize), (2, 16))

    def test_other_bits_are_refused(self):
        name = self.new_name()
        for flags in os.O_RDWR | os.O_CREAT | os.O_APPEND, os.O_ACCMODE:
            with self.subTest(flags=flags), self.assertRaises(ValueError):
                Mood.MessageQueue(name, flags)
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND):
            Mood.unlink(name)

    def test_other_types_are_refused(self):
        with self.assertRaisesRegex(TypeError, 'os.O_.*, not str'):
            Mood.MessageQueue(self.new_name(), 'r')
        for name in None, b'/jobs':
            with self.subTest(name=name), self.assertRaisesRegex(TypeError, 'is a str, not'):
                Mood.MessageQueue(name, os.O_RDWR)

    def test_null_character_is_refused(self):
        name = self.new_name()
        with self.assertRaises(ValueError):
            Mood.MessageQueue(name + '\0x', os.O_RDWR | os.O_CREAT, maxmsg=1, msgsize=8)
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND):
            Mood.unlink(name)

    def test_keywords(self):
        queue = Mood.MessageQueue(
            name=self.new_name(), flags=os.O_RDWR | os.O_CREAT, mode=0o600, maxmsg=3, msgsize=24)
        self.assertEqual((queue.maxmsg, queue.msgsize), (3, 24))

    def test_error(self):
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND, 'CREAT'):
            Mood.MessageQueue(self.new_name(), os.O_RDWR)

    def test_subclass(self):
        class Jobs(Mood.MessageQueue):
            pass

        queue = Jobs(self.new_name(), os.O_RDWR | os.O_CREAT, maxmsg=1, msgsize=8)
        self.assertIs(type(queue), Jobs)
        queue.send(b'x')
        self.assertEqual(queue.recv(), b'x')

    def test_other_constructors_give_the_same_class(self):
        self.assertIs(type(self.new_queue()), Mood.MessageQueue)
        self.assertIs(type(GObject.new(Mood.MessageQueue)), Mood.MessageQueue)


class AttributesTest(QueueTest):
    def test_life(self):
        name = self.new_name()
        queue = Mood.MessageQueue(name, os.O_RDWR | os.O_CREAT, 0o600, 2, 8)
        queue.send(b'x')
        self.assertEqual(queue.name, name)
        self.assertEqual(queue.fd, queue.fileno())
        self.assertTrue(stat.S_ISREG(queue.mode))
        self.assertEqual((queue.curmsgs, queue.closed, queue.blocking), (1, False, True))
        queue.close()
        self.assertEqual((queue.name, queue.maxmsg, queue.msgsize), (name, 2, 8))
        self.assertEqual((queue.curmsgs, queue.closed, queue.blocking), (-1, True, False))

    def test_blocking_can_be_set(self):
        queue = self.new_queue()
        queue.blocking = False
        self.assertFalse(os.get_blocking(queue.fileno()))
        with self.assert_fails(Gio.IOErrorEnum.WOULD_BLOCK):
            queue.recv()
        queue.close()
        with self.assert_fails(Gio.IOErrorEnum.CLOSED):
            queue.blocking = True

    def test_others_cannot_be_set(self):
        queue = self.new_queue()
        for name in ('name', 'flags', 'mode', 'maxmsg', 'msgsize', 'curmsgs', 'closed',
                     'fd'):
            with self.subTest(name=name), self.assertRaises(AttributeError):
                setattr(queue, name, getattr(queue, name))

    def test_with(self):
        with self.new_queue() as queue:
            self.assertFalse(queue.closed)
        self.assertTrue(queue.closed)


class ArgumentsTest(QueueTest):
    def test_send(self):
        queue = self.new_queue(msgsize=8)
        self.assertEqual(queue.send(b'low'), 3)
        self.assertEqual(queue.send(b'high', 9), 4)
        self.assertEqual(queue.send(b'higher', priority=10, cancellable=None), 6)
        self.assertEqual(queue.send(b'too long'[:7] + b'xx'), 8)
        self.assertEqual([queue.receive() for _ in range(4)], [
            (b'higher', 10), (b'high', 9), (b'low', 0), (b'too lonx', 0)])

    def test_sendall(self):
        queue = self.new_queue(msgsize=8)
        self.assertIsNone(queue.sendall(b'x' * 9))
        self.assertIsNone(queue.sendall(b'urgent', 7))
        self.assertEqual([queue.receive() for _ in range(3)], [
            (b'urgent', 7), (b'x' * 8, 0), (b'x', 0)])

    def test_cancellable(self):
        queue = self.new_queue()
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        for send in queue.send, queue.sendall:
            with self.assert_fails(Gio.IOErrorEnum.CANCELLED):
                send(b'x', cancellable=cancellable)
        self.assertEqual(queue.curmsgs, 0)

    def test_many(self):
        """What has no override works as introspection has it."""
        queue = self.new_queue()
        self.assertEqual(queue.send_many(b'highlow', [4, 3], [9, 0], 0), 2)
        self.assertEqual(queue.send_many(b'low', [3], None, 0, None), 1)
        received = queue.receive_many(10, 0)
        self.assertEqual(tuple(received), (b'highlowlow', [4, 3, 3], [9, 0, 0]))
        self.assertIsInstance(queue, Gio.DatagramBased)
        self.assertEqual(queue.condition_check(GLib.IOCondition.IN), GLib.IOCondition(0))
        with self.assert_fails(Gio.IOErrorEnum.WOULD_BLOCK):
            queue.receive_many(10, 0)

    def test_watch(self):
        queue = self.new_queue()
        calls = []

        def on_ready(*arguments):
            calls.append((*arguments, queue.recv()))
            return GLib.SOURCE_REMOVE

        queue.send(b'x')
        self.watch(queue, GLib.IOCondition.IN, on_ready)
        self.wait_until(lambda: calls)
        self.assertEqual(calls, [(queue, GLib.IOCondition.IN, b'x')])

    def test_priorities_of_the_loop(self):
        queue = self.new_queue()
        calls = []

        def on_ready(*arguments):
            calls.append(arguments)
            return GLib.SOURCE_REMOVE

        queue.send(b'x')
        for arguments, priority in (
                ((GLib.IOCondition.IN, on_ready, 'data'), GLib.PRIORITY_DEFAULT),
                ((GLib.PRIORITY_HIGH, GLib.IOCondition.IN, on_ready, 'data'), GLib.PRIORITY_HIGH)):
            with self.subTest(priority=priority):
                watch = self.get_watch(queue.add_watch(*arguments))
                self.assertEqual(watch.get_priority(), priority)
                self.wait_until(lambda: calls)
                self.assertEqual(calls.pop(), (queue, GLib.IOCondition.IN, 'data'))

        for arguments, priority in (
                ((on_ready, 1, 2), GLib.PRIORITY_DEFAULT),
                ((GLib.PRIORITY_LOW, on_ready, 1, 2), GLib.PRIORITY_LOW)):
            with self.subTest(priority=priority):
                queue.send(b'a\0b', 5)
                queue.send(b'')
                receiver = self.get_watch(queue.add_receiver(*arguments))
                self.assertEqual(receiver.get_priority(), priority)
                self.wait_until(lambda: calls)
                self.assertEqual(calls.pop(), (queue, b'a\0b', 5, 1, 2))

    def test_receiver_gets_bytes(self):
        queue = self.new_queue()
        received = []

        def on_message(queue, message, priority):
            received.append((message, priority))
            return True

        queue.add_receiver(on_message)
        queue.send(b'')
        queue.send(b'x', 1)
        self.wait_until(lambda: len(received) == 2)
        self.assertEqual(received, [(b'x', 1), (b'', 0)])
        queue.close()
        self.run_what_is_ready()


tap.main()
