# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the documentation of mood.mqueue says, line by line, in its order.

What it says of notify() is not here: libmood has other ways to be told of a message. Where libmood
differs on purpose, the test says so.
"""

import os
import stat
import subprocess
import sys

import tap
from overridden import OverrideTest
from queues import Mood

MessageQueue = Mood.MessageQueue


def read_limit(name):
    with open(f'/proc/sys/fs/mqueue/{name}', encoding='ascii') as file:
        return int(file.read())


class ModelTest(OverrideTest):
    def open(self, *arguments, **keywords):
        queue = MessageQueue(*arguments, **keywords)
        self.addCleanup(queue.close)
        return queue

    def create(self, *arguments, flags=0, **keywords):
        return self.open(
            self.new_name(), os.O_RDWR | os.O_CREAT | os.O_EXCL | flags, *arguments, **keywords)

    # MessageQueue(name, flags[, mode=0o600, maxmsg=-1, msgsize=-1])

    def test_signature(self):
        queue = self.open(self.new_name(), os.O_RDWR | os.O_CREAT, 0o600, 2, 8)
        self.open(name=queue.name, flags=os.O_RDWR, mode=0o600, maxmsg=-1, msgsize=-1)
        for arguments in (), ('/jobs',), ('/jobs', os.O_RDWR, 0o600, -1, -1, 0):
            with self.subTest(arguments=arguments), self.assertRaises(TypeError):
                MessageQueue(*arguments)

    # name: an initial slash, followed by one or more characters, none of which are slashes

    def test_name_of_the_form_somename(self):
        for name in 'jobs', '/', '', '/jobs/urgent', '//':
            with self.subTest(name=name), self.assertRaises((ValueError, OSError)):
                MessageQueue(name, os.O_RDWR | os.O_CREAT)

    def test_two_processes_operate_on_the_same_queue_by_the_same_name(self):
        queue = self.create(maxmsg=2, msgsize=8)
        self.run_python('''if True:
            import os, sys, gi
            gi.require_version('Mood', '1.0')
            from gi.repository import Mood
            with Mood.MessageQueue(sys.argv[1], os.O_WRONLY) as queue:
                queue.send(b'hello')
            ''', queue.name)
        self.assertEqual(queue.recv(), b'hello')

    # flags: exactly one of O_RDONLY, O_WRONLY, O_RDWR

    def test_exactly_one_access_mode(self):
        queue = self.create(maxmsg=2, msgsize=8)
        with self.assertRaises(ValueError):
            MessageQueue(queue.name, os.O_WRONLY | os.O_RDWR)

    def test_o_rdonly_receives_only(self):
        queue = self.create(maxmsg=2, msgsize=8)
        queue.send(b'x')
        receiver = self.open(queue.name, os.O_RDONLY)
        self.assertEqual(receiver.recv(), b'x')
        with self.assertRaises(OSError):
            receiver.send(b'x')

    def test_o_wronly_sends_only(self):
        queue = self.create(maxmsg=2, msgsize=8)
        sender = self.open(queue.name, os.O_WRONLY)
        sender.send(b'x')
        with self.assertRaises(OSError):
            sender.recv()

    def test_o_rdwr_does_both(self):
        queue = self.create(maxmsg=2, msgsize=8)
        queue.send(b'x')
        self.assertEqual(queue.recv(), b'x')

    # and zero or more of O_CLOEXEC, O_NONBLOCK, O_CREAT, O_EXCL

    def test_o_cloexec(self):
        queue = self.create(maxmsg=2, msgsize=8, flags=os.O_CLOEXEC)
        self.assertFalse(os.get_inheritable(queue.fileno()))
        path = f'/proc/self/fd/{queue.fileno()}'
        found = subprocess.run(['test', '-e', path], check=False, close_fds=False).returncode
        self.assertEqual(found, 1)

    def test_o_nonblock_raises_blocking_io_error(self):
        queue = self.create(maxmsg=1, msgsize=8, flags=os.O_NONBLOCK)
        for receive in queue.recv, queue.receive:
            with self.assertRaises(BlockingIOError):
                receive()
        queue.send(b'x')
        with self.assertRaises(BlockingIOError):
            queue.send(b'x')

    def test_o_creat_creates_if_it_does_not_exist(self):
        name = self.new_name()
        with self.assertRaises(FileNotFoundError):
            MessageQueue(name, os.O_RDWR)
        self.open(name, os.O_RDWR | os.O_CREAT, 0o600, 2, 8)
        self.open(name, os.O_RDWR | os.O_CREAT)
        self.open(name, os.O_RDWR)

    def test_o_excl_raises_file_exists_error(self):
        queue = self.create(maxmsg=2, msgsize=8)
        with self.assertRaises(FileExistsError):
            MessageQueue(queue.name, os.O_RDWR | os.O_CREAT | os.O_EXCL)

    # mode: the permissions, masked against the process umask

    def test_mode(self):
        umask = os.umask(0o027)
        self.addCleanup(os.umask, umask)
        for mode, masked in (
                (stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO, 0o750),
                (stat.S_IRUSR | stat.S_IWUSR, 0o600), (stat.S_IRUSR | stat.S_IRGRP, 0o440),
                (0o600 | stat.S_IROTH | stat.S_IWOTH | stat.S_IXOTH, 0o600)):
            with self.subTest(mode=oct(mode)):
                queue = self.create(mode, 1, 8)
                self.assertEqual(stat.S_IMODE(queue.mode), masked)
        self.assertEqual(stat.S_IMODE(self.create(maxmsg=1, msgsize=8).mode), 0o600)

    # maxmsg, msgsize: if omitted or negative, the value in msg_default, msgsize_default; the maximum
    # is in msg_max, msgsize_max

    def test_defaults(self):
        maxmsg = min(read_limit('msg_default'), read_limit('msg_max'))
        msgsize = min(read_limit('msgsize_default'), read_limit('msgsize_max'))
        for arguments in {}, {'maxmsg': -1, 'msgsize': -1}, {'maxmsg': -5}, {'msgsize': -2**40}:
            with self.subTest(arguments=arguments):
                queue = self.create(**arguments)
                self.assertEqual((queue.maxmsg, queue.msgsize), (maxmsg, msgsize))
                queue.close()
                queue.unlink()
        self.assertEqual(self.create(maxmsg=2, msgsize=-1).msgsize, msgsize)
        self.assertEqual(self.create(maxmsg=-1, msgsize=8).maxmsg, maxmsg)

    def test_maxima(self):
        for arguments in ({'maxmsg': 2**40, 'msgsize': 8}, {'maxmsg': 1, 'msgsize': 2**40},
                          {'maxmsg': 0, 'msgsize': 8}, {'maxmsg': 1, 'msgsize': 0}):
            with self.subTest(arguments=arguments), self.assertRaises(OSError):
                self.create(**arguments)

    # len(mq)

    def test_len(self):
        queue = self.create(maxmsg=3, msgsize=8)
        for length in range(3):
            self.assertEqual(len(queue), length)
            queue.send(b'')

    # close()

    def test_close(self):
        queue = self.create(maxmsg=2, msgsize=8)
        queue.close()
        queue.close()
        for call in queue.recv, lambda: queue.send(b''):
            with self.assertRaises((ValueError, OSError)):
                call()
        # As the text has it, and other than the model's code does it: the queue is still there.
        self.open(queue.name, os.O_RDWR)

    # fileno() -> int

    def test_fileno(self):
        queue = self.create(maxmsg=2, msgsize=8)
        self.assertIsInstance(queue.fileno(), int)
        self.assertTrue(os.fstat(queue.fileno()))

    # send(message[, priority]) -> int

    def test_send(self):
        queue = self.create(maxmsg=4, msgsize=8)
        for message in b'', b'x', bytearray(b'12345678'), memoryview(b'1234'):
            self.assertEqual(queue.send(message), len(message))
            self.assertEqual(queue.recv(), bytes(message))
        with self.assertRaises(TypeError):
            queue.send('text')
        # Returns the number of bytes sent.
        self.assertEqual(queue.send(b'123456789'), 8)

    def test_priorities(self):
        queue = self.create(maxmsg=10, msgsize=8)
        highest = os.sysconf('SC_MQ_PRIO_MAX') - 1
        for message, priority in ((b'1', 0), (b'2', highest), (b'3', 5), (b'4', 5), (b'5', 0)):
            queue.send(message, priority)
        queue.send(b'6')
        # Highest first, newer ones after older ones with the same priority.
        received = [queue.recv() for _ in range(6)]
        self.assertEqual(received, [b'2', b'3', b'4', b'1', b'5', b'6'])
        queue.send(b'7', priority=highest)
        for priority in -1, highest + 1:
            with self.assertRaises((ValueError, OSError)):
                queue.send(b'8', priority)

    # sendall(message[, priority])

    def test_sendall(self):
        queue = self.create(maxmsg=4, msgsize=8)
        self.assertIsNone(queue.sendall(b'12345678123456781'))
        self.assertEqual([queue.recv() for _ in range(3)], [b'12345678', b'12345678', b'1'])
        queue.sendall(bytearray(b'x'), 7)
        self.assertEqual(queue.receive(), (b'x', 7))

    # receive() -> bytes, of which libmood's name is recv(); its receive() gives the priority, too

    def test_recv(self):
        queue = self.create(maxmsg=4, msgsize=8)
        queue.send(b'a\0b', 3)
        received = queue.recv()
        self.assertEqual(received, b'a\0b')
        self.assertIs(type(received), bytes)

    # name, flags, mode, maxmsg, msgsize, closed (read only)

    def test_attributes(self):
        name = self.new_name()
        flags = os.O_RDWR | os.O_CREAT | os.O_NONBLOCK
        queue = self.open(name, flags, 0o640, 3, 16)
        self.assertEqual(queue.name, name)
        self.assertEqual(queue.flags, flags)
        self.assertEqual((queue.maxmsg, queue.msgsize), (3, 16))
        self.assertIs(queue.closed, False)
        self.assertEqual(stat.S_IFMT(queue.mode), stat.S_IFREG)
        self.assertEqual(queue.mode, os.fstat(queue.fileno()).st_mode)
        for attribute in 'name', 'flags', 'mode', 'maxmsg', 'msgsize', 'closed':
            with self.subTest(attribute=attribute):
                with self.assertRaises(AttributeError):
                    setattr(queue, attribute, getattr(queue, attribute))
                with self.assertRaises(AttributeError):
                    delattr(queue, attribute)
        queue.close()
        self.assertIs(queue.closed, True)

    # blocking

    def test_blocking(self):
        for flags, blocking in ((0, True), (os.O_NONBLOCK, False)):
            queue = self.create(maxmsg=2, msgsize=8, flags=flags)
            self.assertIs(queue.blocking, blocking)
            queue.blocking = False
            self.assertIs(queue.blocking, False)
            with self.assertRaises(BlockingIOError):
                queue.recv()
            queue.blocking = True
            self.assertIs(queue.blocking, True)
            with self.assertRaises(AttributeError):
                del queue.blocking


tap.main()
