# SPDX-License-Identifier: LGPL-2.1-or-later

"""Queues from descriptors, and descriptors from queues."""

import os
import socket
import stat

import tap
from queues import Gio, Mood, QueueTest

Flags = Mood.OpenFlags


def is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


class FromDescriptorTest(QueueTest):
    def test_is_the_same_queue(self):
        queue = self.new_queue()
        descriptor = queue.dup_fd()
        same = Mood.MessageQueue.new_from_fd(descriptor)
        self.assertIsInstance(same, Mood.MessageQueue)
        self.assertEqual(same.fileno(), descriptor)
        self.assertEqual(same.get_name(), queue.get_name())
        self.assertEqual(same.props.flags, Flags.RDWR | Flags.CLOEXEC)
        self.assertEqual(same.props.mode, stat.S_IFREG | 0o600)
        self.assertEqual((same.props.maxmsg, same.props.msgsize), (4, 64))
        self.assertIs(same.props.created, False)
        same.send(b'by descriptor', 3, None)
        self.assertEqual(tuple(queue.receive(None)), (b'by descriptor', 3))

    def test_takes_the_descriptor(self):
        queue = self.new_queue()
        descriptor = queue.dup_fd()
        Mood.MessageQueue.new_from_fd(descriptor).close()
        self.assertFalse(is_open(descriptor))
        descriptor = queue.dup_fd()
        Mood.MessageQueue.new_from_fd(descriptor)
        self.assertFalse(is_open(descriptor))
        self.assertTrue(is_open(queue.fileno()))

    def test_flags_are_found_out(self):
        for flags in Flags.RDONLY, Flags.WRONLY, Flags.RDWR, Flags.RDWR | Flags.NONBLOCK:
            with self.subTest(flags=flags):
                queue = self.new_queue(flags)
                same = Mood.MessageQueue.new_from_fd(queue.dup_fd())
                self.assertEqual(same.props.flags, flags | Flags.CLOEXEC)
                self.assertIs(same.props.blocking, not flags & Flags.NONBLOCK)

    def test_is_not_inherited(self):
        descriptor = self.new_queue().dup_fd()
        os.set_inheritable(descriptor, True)
        same = Mood.MessageQueue.new_from_fd(descriptor)
        self.assertIs(os.get_inheritable(same.fileno()), False)

    def test_unlinked(self):
        queue = self.new_queue()
        queue.unlink()
        same = Mood.MessageQueue.new_from_fd(queue.dup_fd())
        self.assertEqual(same.get_name(), queue.get_name())
        self.assertIs(same.props.unlinked, True)

    def test_name_that_is_no_utf8(self):
        name = self.new_name() + os.fsdecode(b'-\xff')
        queue = Mood.MessageQueue.new(name, Flags.RDWR | Flags.CREAT, 0o600, 1, 8)
        queue.unlink()
        self.assertEqual(Mood.MessageQueue.new_from_fd(queue.dup_fd()).get_name(), name)

    def test_what_is_no_queue_is_refused(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        end, _other = socket.socketpair()
        with end, _other, open('/dev/null', encoding='ascii') as null:
            for descriptor, what in (
                    (reader, 'a pipe'), (end.fileno(), 'a socket'), (null.fileno(), '/dev/null'),
                    (-1, 'not open'), (-7, 'not open')):
                with self.subTest(what), \
                        self.assert_fails(Gio.IOErrorEnum.INVALID_ARGUMENT, what, str(descriptor)):
                    Mood.MessageQueue.new_from_fd(descriptor)
            # They are still the caller's.
            self.assertTrue(is_open(reader) and is_open(end.fileno()) and is_open(null.fileno()))

    def test_arguments_of_a_wrong_kind_are_python_errors(self):
        for descriptor, expected in (None, TypeError), ('3', TypeError), (1 << 40, OverflowError):
            with self.subTest(descriptor=descriptor), self.assertRaises(expected):
                Mood.MessageQueue.new_from_fd(descriptor)

    def test_passed_over_a_socket(self):
        queue = Mood.MessageQueue.new_anonymous(Flags.RDWR, 2, 16)
        here, there = socket.socketpair()
        with here, there:
            socket.send_fds(here, [b'queue'], [queue.fileno()])
            _data, [descriptor], _flags, _address = socket.recv_fds(there, 16, 1)
        same = Mood.MessageQueue.new_from_fd(descriptor)
        same.send(b'passed', 1, None)
        self.assertEqual(tuple(queue.receive(None)), (b'passed', 1))


class DuplicateTest(QueueTest):
    def test_is_the_callers(self):
        queue = self.new_queue()
        descriptor = queue.dup_fd()
        self.addCleanup(os.close, descriptor)
        self.assertNotEqual(descriptor, queue.fileno())
        self.assertIs(os.get_inheritable(descriptor), False)
        queue.close()
        self.assertTrue(is_open(descriptor))

    def test_shares_the_blocking_mode(self):
        queue = self.new_queue()
        descriptor = queue.dup_fd()
        self.addCleanup(os.close, descriptor)
        os.set_blocking(descriptor, False)
        self.assertIs(queue.props.blocking, False)

    def test_errors(self):
        with self.assert_fails(Gio.IOErrorEnum.NOT_INITIALIZED):
            Mood.MessageQueue().dup_fd()
        queue = self.new_queue()
        queue.close()
        with self.assert_fails(Gio.IOErrorEnum.CLOSED, queue.get_name()):
            queue.dup_fd()


if __name__ == '__main__':
    tap.main()
