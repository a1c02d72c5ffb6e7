# SPDX-License-Identifier: LGPL-2.1-or-later

"""Opening and creating queues, by function and by the object's construction."""

import os
import stat

import tap
from queues import CREATE, Gio, Mood, QueueTest

Flags = Mood.OpenFlags


def read_limit(name):
    with open(f'/proc/sys/fs/mqueue/{name}', encoding='ascii') as file:
        return int(file.read())


class Mailbox(Mood.MessageQueue):
    """As a program would derive its own queue."""

    def __init__(self, owner, **properties):
        super().__init__(**properties)
        self.owner = owner
        self.init(None)

    def deliver(self, letter):
        return self.send(f'{self.owner}: {letter}'.encode(), 0, None)


class NewTest(QueueTest):
    def test_creates_what_does_not_exist(self):
        name = self.new_name()
        queue = Mood.MessageQueue.new(name, Flags.RDWR | Flags.CREAT, 0o600, 2, 16)
        self.assertIsInstance(queue, Mood.MessageQueue)
        self.assertEqual((queue.props.maxmsg, queue.props.msgsize), (2, 16))
        self.assertEqual(stat.S_IMODE(queue.props.mode) & ~0o600, 0)
        self.assertEqual(os.readlink(f'/proc/self/fd/{queue.fileno()}'), name)

    def test_opens_what_exists(self):
        queue = self.new_queue()
        other = self.open_again(queue, Flags.RDWR)
        queue.send(b'the same queue', 0, None)
        self.assertEqual(other.recv(None), b'the same queue')

    def test_one_that_exists_keeps_its_geometry_and_mode(self):
        queue = self.new_queue(maxmsg=2, msgsize=16)
        other = Mood.MessageQueue.new(queue.get_name(), Flags.RDWR | Flags.CREAT, 0o444, 3, 32)
        self.assertEqual((other.props.maxmsg, other.props.msgsize), (2, 16))
        self.assertEqual(other.props.mode, queue.props.mode)

    def test_exclusive_creation(self):
        queue = self.new_queue()
        with self.assert_fails(Gio.IOErrorEnum.EXISTS, queue.get_name(), 'EXCL'):
            Mood.MessageQueue.new(queue.get_name(), Flags.RDWR | CREATE, 0o600, 2, 16)

    def test_default_geometry(self):
        name = self.new_name()
        queue = Mood.MessageQueue.new(name, Flags.RDWR | CREATE, 0o600, -1, -1)
        Mood.unlink(name)
        self.assertEqual(queue.props.maxmsg,
                         min(read_limit('msg_default'), read_limit('msg_max')))
        self.assertEqual(queue.props.msgsize,
                         min(read_limit('msgsize_default'), read_limit('msgsize_max')))

    def test_default_for_one_figure(self):
        queue = self.new_queue(maxmsg=-7, msgsize=16)
        self.assertEqual(queue.props.maxmsg,
                         min(read_limit('msg_default'), read_limit('msg_max')))
        self.assertEqual(queue.props.msgsize, 16)
        queue = self.new_queue(maxmsg=1, msgsize=-7)
        self.assertEqual(queue.props.maxmsg, 1)
        self.assertEqual(queue.props.msgsize,
                         min(read_limit('msgsize_default'), read_limit('msgsize_max')))

    def test_longest_name(self):
        name = self.new_name().ljust(256, 'x')
        queue = Mood.MessageQueue.new(name, Flags.RDWR | CREATE, 0o600, 1, 8)
        queue.unlink()
        self.assertEqual(queue.get_name(), name)

    def test_name_that_is_not_utf8(self):
        name = self.new_name() + os.fsdecode(b'-\xff')
        queue = Mood.MessageQueue.new(name, Flags.RDWR | CREATE, 0o600, 1, 8)
        queue.unlink()
        self.assertEqual(queue.get_name(), name)
        # The message of an error is text, whatever the name.
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND):
            Mood.MessageQueue.new(name, Flags.RDWR, 0, -1, -1)

    def test_arguments_of_a_wrong_kind_are_python_errors(self):
        name = self.new_name()
        good = name, Flags.RDWR | CREATE, 0o600, 2, 8
        bad = {
            'no name': ((None, *good[1:]), TypeError),
            'a number as name': ((7, *good[1:]), TypeError),
            'a NUL in the name': (('/mood\0test', *good[1:]), ValueError),
            'a lone surrogate': (('/mood-\ud800', *good[1:]), UnicodeEncodeError),
            'negative mode': ((*good[:2], -1, 2, 8), OverflowError),
            'huge maxmsg': ((*good[:3], 1 << 64, 8), OverflowError),
            'too few': (good[:4], TypeError),
        }
        for what, (arguments, expected) in bad.items():
            with self.subTest(what), self.assertRaises(expected):
                Mood.MessageQueue.new(*arguments)
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND):
            Mood.unlink(name)


class FlagsTest(QueueTest):
    def test_values_are_the_same_everywhere(self):
        self.assertEqual(
            [int(flag) for flag in (Flags.RDONLY, Flags.WRONLY, Flags.RDWR, Flags.CLOEXEC,
                                    Flags.NONBLOCK, Flags.CREAT, Flags.EXCL)],
            [1, 2, 3, 4, 8, 16, 32])

    def test_are_kept_as_given(self):
        for flags in (Flags.RDWR, Flags.RDONLY | Flags.CLOEXEC,
                      Flags.WRONLY | Flags.NONBLOCK | Flags.CLOEXEC):
            with self.subTest(flags=flags):
                self.assertEqual(self.new_queue(flags).props.flags, flags | CREATE)

    def test_descriptor_is_never_inherited(self):
        for flags in Flags.RDWR, Flags.RDWR | Flags.CLOEXEC:
            with self.subTest(flags=flags):
                queue = self.new_queue(flags)
                self.assertFalse(os.get_inheritable(queue.fileno()))

    def test_access_mode_is_required(self):
        with self.assert_fails(Gio.IOErrorEnum.INVALID_ARGUMENT, 'RDONLY', 'WRONLY', 'RDWR'):
            Mood.MessageQueue.new(self.new_name(), CREATE, 0o600, 2, 8)

    def test_unknown_bits_are_refused(self):
        name = self.new_name()
        with self.assert_fails(Gio.IOErrorEnum.INVALID_ARGUMENT, '0x40'):
            Mood.MessageQueue.new(name, Flags(Flags.RDWR | CREATE | 64), 0o600, 2, 8)
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND):
            Mood.unlink(name)

    def test_flags_of_os_are_refused_by_init(self):
        # os.O_RDWR | os.O_CREAT has the bit of WRONLY: it must not open the queue for that.
        name = self.new_queue().props.name
        queue = Mood.MessageQueue(name=name, flags=os.O_RDWR | os.O_CREAT)
        with self.assert_fails(Gio.IOErrorEnum.INVALID_ARGUMENT, '0x40'):
            queue.init(None)


class ConstructionTest(QueueTest):
    def construct(self, **properties):
        return Mood.MessageQueue(name=self.new_name(), flags=Flags.RDWR | CREATE, **properties)

    def test_is_opened_by_init(self):
        queue = self.construct(mode=0o600, maxmsg=2, msgsize=16)
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND):
            Mood.unlink(queue.props.name)
        self.assertTrue(queue.init(None))
        self.assertEqual((queue.props.maxmsg, queue.props.msgsize), (2, 16))
        queue.send(b'opened', 0, None)
        self.assertEqual(queue.recv(None), b'opened')

    def test_default_mode(self):
        self.addCleanup(os.umask, os.umask(0))
        queue = self.construct(maxmsg=2, msgsize=16)
        queue.init(None)
        self.assertEqual(stat.S_IMODE(queue.props.mode), 0o600)

    def test_init_can_be_repeated(self):
        queue = self.construct(maxmsg=2, msgsize=16)
        queue.init(None)
        descriptor = queue.fileno()
        queue.send(b'still there', 0, None)
        self.assertTrue(queue.init(None))
        self.assertEqual(queue.fileno(), descriptor)
        self.assertEqual(queue.recv(None), b'still there')

    def test_init_does_not_open_what_was_closed(self):
        queue = self.construct(maxmsg=2, msgsize=16)
        queue.init(None)
        queue.close()
        self.assertTrue(queue.init(None))
        self.assertTrue(queue.props.closed)
        self.assertEqual(queue.fileno(), -1)

    def test_init_can_be_tried_again_after_an_error(self):
        name = self.new_name()
        late = Mood.MessageQueue(name=name, flags=Flags.RDONLY)
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND, name, 'CREAT'):
            late.init(None)
        Mood.MessageQueue.new(name, Flags.WRONLY | CREATE, 0o600, 2, 8).send(b'now', 0, None)
        self.assertTrue(late.init(None))
        self.assertEqual(late.recv(None), b'now')

    def test_init_that_was_cancelled(self):
        queue = self.construct(maxmsg=2, msgsize=16)
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        with self.assert_fails(Gio.IOErrorEnum.CANCELLED):
            queue.init(cancellable)
        self.assertEqual(queue.fileno(), -1)
        self.assertTrue(queue.init(None))

    def test_subclass(self):
        box = Mailbox('ann', name=self.new_name(), flags=Flags.RDWR | CREATE, maxmsg=2, msgsize=32)
        self.assertIsInstance(box, Mood.MessageQueue)
        self.assertIsInstance(box, Gio.Initable)
        self.assertEqual(box.deliver('hello'), 10)
        self.assertEqual(box.recv(None), b'ann: hello')

    def test_subclass_gets_the_error(self):
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND):
            Mailbox('nobody', name=self.new_name(), flags=Flags.RDWR)


class ReopenTest(QueueTest):
    def test_is_the_same_queue_though_the_name_leads_elsewhere(self):
        queue = self.new_queue(maxmsg=2, msgsize=16)
        queue.unlink()
        impostor = Mood.MessageQueue.new(queue.get_name(), Flags.RDWR | CREATE, 0o600, 1, 8)
        again = queue.reopen(Flags.RDWR)
        self.assertIsInstance(again, Mood.MessageQueue)
        self.assertIsNot(again, queue)
        self.assertNotEqual(again.fileno(), queue.fileno())
        for name in 'name', 'maxmsg', 'msgsize', 'mode':
            with self.subTest(name):
                self.assertEqual(again.get_property(name), queue.get_property(name))
        queue.send(b'there', 3, None)
        self.assertEqual(tuple(again.receive(None)), (b'there', 3))
        again.send(b'back', 4, None)
        self.assertEqual(tuple(queue.receive(None)), (b'back', 4))
        self.assertEqual(impostor.props.curmsgs, 0)

    def test_mode_and_access_are_its_own(self):
        queue = self.new_queue()
        flags = Flags.RDONLY | Flags.NONBLOCK
        again = queue.reopen(flags)
        self.assertEqual(again.props.flags, flags)
        self.assertIs(again.props.blocking, False)
        self.assertIs(queue.props.blocking, True)
        with self.assert_fails(Gio.IOErrorEnum.WOULD_BLOCK):
            again.recv(None)
        with self.assert_fails(Gio.IOErrorEnum.PERMISSION_DENIED, 'WRONLY'):
            again.send(b'not sent', 0, None)
        queue.set_nonblocking(True)
        again.set_nonblocking(False)
        self.assertIs(os.get_blocking(queue.fileno()), False)
        self.assertIs(os.get_blocking(again.fileno()), True)

    def test_can_do_more_than_the_first(self):
        receiver = self.new_queue(Flags.RDONLY)
        receiver.reopen(Flags.WRONLY).send(b'from the other end', 0, None)
        self.assertEqual(receiver.recv(None), b'from the other end')

    def test_does_not_create(self):
        queue = self.new_queue()
        again = queue.reopen(Flags.RDWR | CREATE)
        queue.send(b'the same queue', 0, None)
        self.assertEqual(again.recv(None), b'the same queue')

    def test_each_is_closed_for_itself(self):
        queue = self.new_queue()
        again = queue.reopen(Flags.RDWR)
        queue.close()
        self.assertIs(again.props.closed, False)
        again.send(b'open', 0, None)
        self.assertEqual(again.recv(None), b'open')

    def test_descriptor_is_never_inherited(self):
        again = self.new_queue().reopen(Flags.RDWR)
        self.assertFalse(os.get_inheritable(again.fileno()))

    def test_errors(self):
        queue = self.new_queue()
        name = queue.get_name()
        with self.assert_fails(Gio.IOErrorEnum.INVALID_ARGUMENT, name, 'access mode'):
            queue.reopen(Flags.NONBLOCK)
        with self.assert_fails(Gio.IOErrorEnum.INVALID_ARGUMENT, name, '0x40'):
            queue.reopen(Flags(Flags.RDWR | 64))
        with self.assert_fails(Gio.IOErrorEnum.NOT_INITIALIZED):
            Mood.MessageQueue().reopen(Flags.RDWR)
        queue.close()
        with self.assert_fails(Gio.IOErrorEnum.CLOSED, name):
            queue.reopen(Flags.RDWR)
        with self.assertRaises(TypeError):
            queue.reopen(None)


if __name__ == '__main__':
    tap.main()
