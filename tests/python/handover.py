# SPDX-License-Identifier: LGPL-2.1-or-later

"""Descriptors that a queue is made of, and those that are made of a queue."""

import errno
import gc
import os
import socket
import subprocess
import sys

import tap
from overridden import CREATE, PYTHON, OverrideTest
from queues import LIMIT_SECONDS, Gio, GLib, Mood

Flags = Mood.OpenFlags


def is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


class FromDescriptorTest(OverrideTest):
    def from_fd(self, descriptor):
        queue = Mood.MessageQueue.new_from_fd(descriptor)
        self.addCleanup(queue.close)
        return queue

    def test_is_the_same_queue(self):
        queue = self.new_queue()
        descriptor = queue.dup_fd()
        same = self.from_fd(descriptor)
        self.assertIs(type(same), Mood.MessageQueue)
        self.assertEqual((same.fd, same.name), (descriptor, queue.name))
        self.assertEqual(same.flags, Flags.RDWR | Flags.CLOEXEC)
        self.assertEqual(
            repr(same), f"<Mood.MessageQueue '{queue.name}' fd={descriptor} maxmsg=4 msgsize=64>")
        same.send(b'by descriptor', 3)
        self.assertEqual(queue.receive(timeout=0), (b'by descriptor', 3))
        # It can do what any queue can.
        queue.send_many([b'a', b'b'])
        self.assertEqual([message for message, _ in same.receive_many(8)], [b'a', b'b'])

    def test_takes_the_descriptor(self):
        descriptor = self.new_queue().dup_fd()
        with Mood.MessageQueue.new_from_fd(descriptor):
            self.assertTrue(is_open(descriptor))
        self.assertFalse(is_open(descriptor))

    def test_left_open(self):
        queue = self.new_queue()
        descriptor = queue.dup_fd()
        same = Mood.MessageQueue.new_from_fd(descriptor)
        with self.assertWarnsRegex(ResourceWarning, f"unclosed <.*'{queue.name}' fd={descriptor}"):
            del same
            gc.collect()
        self.assertFalse(is_open(descriptor))

    def test_called_on_a_subclass(self):
        class Jobs(Mood.MessageQueue):
            pass

        with Jobs.new_from_fd(self.new_queue().dup_fd()) as queue:
            self.assertIs(type(queue), Mood.MessageQueue)

    def test_numbers_like_ints(self):
        class Index:
            def __init__(self, number):
                self.number = number

            def __index__(self):
                return self.number

        queue = self.new_queue()
        self.assertEqual(self.from_fd(Index(queue.dup_fd())).name, queue.name)

    def test_name_that_is_no_utf8(self):
        name = self.new_name().encode() + b'-\xff'
        self.addCleanup(lambda: Mood.unlink(name))
        queue = Mood.MessageQueue(name, os.O_RDWR | CREATE, 0o600, 1, 8)
        self.addCleanup(queue.close)
        same = self.from_fd(queue.dup_fd())
        self.assertEqual(os.fsencode(same.name), name)
        self.assertIn('udcff', repr(same))

    def test_what_is_no_queue_is_refused(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        for descriptor, what in (
                (reader, r'descriptor \d+: it is a pipe \(pipe:\['), (-1, 'not open'),
                (-7, 'not open'), (2**31 - 1, 'not open'), (2**31, 'not open'),
                (2**64, 'not open'), (-2**64, 'not open')):
            with self.subTest(descriptor=descriptor), \
                    self.assertRaisesRegex(ValueError, what) as caught:
                Mood.MessageQueue.new_from_fd(descriptor)
            error = caught.exception
            self.assertIsInstance(error, OSError)
            self.assertIsInstance(error, GLib.Error)
            self.assertEqual((error.errno, error.filename), (errno.EINVAL, None))
            self.assertTrue(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_ARGUMENT))
        self.assertTrue(is_open(reader))

    def test_other_types_are_refused(self):
        queue = self.new_queue()
        for descriptor in None, 1.5, '3', b'3', [3]:
            with self.subTest(descriptor=descriptor), self.assertRaisesRegex(TypeError, 'is an int'):
                Mood.MessageQueue.new_from_fd(descriptor)
        # Both would close it.
        for owner in queue, sys.stdout:
            with self.subTest(owner=owner), self.assertRaisesRegex(TypeError, r'fileno\(\)'):
                Mood.MessageQueue.new_from_fd(owner)
        self.assertTrue(is_open(queue.fileno()))

    def test_is_opened_once(self):
        queue = self.from_fd(self.new_queue().dup_fd())
        name = self.new_name()
        with self.assertRaisesRegex(TypeError, 'once'):
            queue.__init__(name, os.O_RDWR | os.O_CREAT, 0o600, 1, 8)
        self.assertEqual(queue.flags, Flags.RDWR | Flags.CLOEXEC)

    def test_passed_to_another_process(self):
        code = '''if True:
            import os, socket, sys, gi
            gi.require_version('Mood', '1.0')
            from gi.repository import Mood
            with socket.socket(fileno=int(sys.argv[1])) as connection:
                _data, descriptors, _flags, _address = socket.recv_fds(connection, 16, 1)
            with Mood.MessageQueue.new_from_fd(*descriptors) as queue:
                message, priority = queue.receive()
                queue.send(message.upper(), priority + 1)
            '''
        here, there = socket.socketpair()
        with here, there, Mood.MessageQueue.new_anonymous(maxmsg=1, msgsize=16) as queue:
            queue.send(b'there', 3)
            process = subprocess.Popen(
                [*PYTHON, '-c', code, str(there.fileno())], pass_fds=[there.fileno()])
            with process:
                socket.send_fds(here, [b'queue'], [queue.fileno()])
                self.assertEqual(process.wait(LIMIT_SECONDS), 0)
            self.assertEqual(queue.receive(timeout=0), (b'THERE', 4))


class DuplicateTest(OverrideTest):
    def test_is_the_callers(self):
        queue = self.new_queue()
        descriptor = queue.dup_fd()
        self.addCleanup(os.close, descriptor)
        self.assertIs(type(descriptor), int)
        self.assertIs(os.get_inheritable(descriptor), False)
        queue.blocking = False
        self.assertIs(os.get_blocking(descriptor), False)
        queue.close()
        self.assertTrue(is_open(descriptor))

    def test_errors(self):
        queue = self.new_queue()
        queue.close()
        with self.assertRaises(ValueError) as caught:
            queue.dup_fd()
        self.assertIsInstance(caught.exception, OSError)
        self.assertEqual((caught.exception.errno, caught.exception.filename),
                         (errno.EBADF, queue.name))


class ListenTest(OverrideTest):
    def test_queues(self):
        queue = self.new_queue()
        queue.send(b'before the service', 3)
        code = '''if True:
            from queues import Mood
            [queue], [name] = Mood.listen_queues()
            print(type(queue) is Mood.MessageQueue, name, queue.name, int(queue.flags))
            print(queue.receive(timeout=0))
            try:
                queue.__init__('/mood-test-another', 0)
            except TypeError as error:
                print(error)
            queue.close()
            print(*Mood.listen_queues())
            '''
        output = self.run_as_service(code, [queue.fileno()], LISTEN_FDNAMES='jobs')
        flags = int(Flags.RDWR | Flags.CLOEXEC)
        self.assertEqual(output, f"True jobs {queue.name} {flags}\n"
                                 "(b'before the service', 3)\n"
                                 "a queue is opened once, by its constructor\n[] []\n")

    def test_none(self):
        queues, names = Mood.listen_queues()
        self.assertEqual((queues, names), ([], []))

    def test_contradiction(self):
        code = '''if True:
            from queues import GLib, Mood
            try:
                Mood.listen_queues()
            except ValueError as error:
                print(isinstance(error, OSError), isinstance(error, GLib.Error), error)
            '''
        queue = self.new_queue()
        for environment, word in (({'LISTEN_FDS': 'x'}, 'LISTEN_FDS is “x”'),
                                  ({'LISTEN_FDNAMES': 'a:b'}, 'LISTEN_FDNAMES'),
                                  ({'LISTEN_FDS': '1000'}, 'is not open')):
            with self.subTest(word):
                output = self.run_as_service(code, [queue.fileno()], **environment)
                self.assertTrue(output.startswith('True True [Errno 22] '), output)
                self.assertIn(word, output)

    def test_each_goes_once(self):
        """The list has a reference to each queue, and the library none."""
        code = '''if True:
            import gc, os, warnings
            warnings.simplefilter('ignore', ResourceWarning)
            from queues import Mood
            queues, names = Mood.listen_queues()
            before = len(os.listdir('/proc/self/fd'))
            kept = queues.pop()
            del queues
            gc.collect()
            print(before - len(os.listdir('/proc/self/fd')), kept.receive(timeout=0))
            del kept
            gc.collect()
            print(before - len(os.listdir('/proc/self/fd')))
            '''
        queue = self.new_queue()
        queue.send(b'x')
        self.assertEqual(
            self.run_as_service(code, 100 * [queue.fileno()]), "99 (b'x', 0)\n100\n")


tap.main()
