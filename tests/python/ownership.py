# SPDX-License-Identifier: LGPL-2.1-or-later

"""What becomes of the name of a queue, and with which mode it is created."""

import gc
import os
import stat

import tap
from queues import Gio, GLib, Mood, QueueTest

Flags = Mood.OpenFlags
Ownership = Mood.Ownership

CREAT = Flags.RDWR | Flags.CREAT


def exists(name):
    try:
        Mood.MessageQueue.new(name, Flags.RDONLY, 0, -1, -1).close()
    except GLib.Error as error:
        if not error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND):
            raise
        return False
    return True


def new_full(name, ownership, flags=CREAT, mode=0o600, exact_mode=False):
    return Mood.MessageQueue.new_full(
        name, flags, mode, 2, 16, ownership, Mood.GeometryPolicy.ACCEPT, exact_mode)


class OwnershipTest(QueueTest):
    def test_created(self):
        name = self.new_name()
        self.assertIs(new_full(name, Ownership.KEEP).props.created, True)
        self.assertIs(new_full(name, Ownership.KEEP).props.created, False)
        self.assertIs(new_full(name, Ownership.KEEP, Flags.RDWR).props.created, False)

    def test_keep(self):
        name = self.new_name()
        queue = new_full(name, Ownership.KEEP)
        self.assertEqual(queue.props.ownership, Ownership.KEEP)
        queue.close()
        self.assertTrue(exists(name))

    def test_unlink_on_close(self):
        name = self.new_name()
        queue = new_full(name, Ownership.UNLINK_ON_CLOSE)
        self.assertEqual(queue.props.ownership, Ownership.UNLINK_ON_CLOSE)
        other = new_full(name, Ownership.KEEP, Flags.RDWR)
        queue.send(b'last', 0, None)
        self.assertIs(other.props.unlinked, False)
        queue.close()
        self.assertFalse(exists(name))
        self.assertIs(other.props.unlinked, True)
        self.assertEqual(other.recv(None), b'last')

    def test_unlink_on_collection(self):
        name = self.new_name()
        queue = new_full(name, Ownership.UNLINK_ON_CLOSE)
        self.assertTrue(exists(name))
        del queue
        gc.collect()
        self.assertFalse(exists(name))

    def test_by_properties(self):
        name = self.new_name()
        queue = Mood.MessageQueue(
            name=name, flags=CREAT, maxmsg=2, msgsize=16, ownership=Ownership.UNLINK_ON_CLOSE)
        queue.init(None)
        queue.close()
        self.assertFalse(exists(name))

    def test_what_existed_is_left(self):
        name = self.new_name()
        new_full(name, Ownership.KEEP).close()
        new_full(name, Ownership.UNLINK_ON_CLOSE).close()
        new_full(name, Ownership.UNLINK_ON_CLOSE, Flags.RDWR).close()
        self.assertTrue(exists(name))

    def test_anothers_queue_is_left(self):
        name = self.new_name()
        queue = new_full(name, Ownership.UNLINK_ON_CLOSE)
        Mood.unlink(name)
        self.assertIs(new_full(name, Ownership.KEEP).props.created, True)
        queue.close()
        self.assertTrue(exists(name))

    def test_a_child_unlinks_nothing(self):
        name = self.new_name()
        queue = new_full(name, Ownership.UNLINK_ON_CLOSE)
        child = os.fork()
        if child == 0:
            os._exit(0 if queue.close() else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertTrue(exists(name))
        queue.close()
        self.assertFalse(exists(name))

    def test_temporary(self):
        queue = Mood.MessageQueue.new_temporary(Flags.RDWR, 0o640, 3, 24)
        name = queue.get_name()
        self.assertRegex(name, '^/mood-[0-9a-f-]{36}$')
        self.assertEqual(queue.props.ownership, Ownership.UNLINK_ON_CLOSE)
        self.assertEqual((queue.props.maxmsg, queue.props.msgsize), (3, 24))
        self.assertEqual(stat.S_IMODE(queue.props.mode) & ~0o640, 0)
        other = self.open_again(queue, Flags.WRONLY)
        other.send(b'by name', 2, None)
        self.assertEqual(tuple(queue.receive(None)), (b'by name', 2))
        queue.close()
        self.assertFalse(exists(name))

    def test_anonymous(self):
        queue = Mood.MessageQueue.new_anonymous(Flags.RDWR, 3, 24)
        self.assertEqual(queue.props.ownership, Ownership.ANONYMOUS)
        self.assertIs(queue.props.unlinked, True)
        self.assertFalse(exists(queue.get_name()))
        queue.reopen(Flags.WRONLY).send(b'from nowhere', 2, None)
        self.assertEqual(tuple(queue.receive(None)), (b'from nowhere', 2))
        self.assertIs(queue.close(), True)

    def test_refused(self):
        name = self.new_name()
        invalid = Gio.IOErrorEnum.INVALID_ARGUMENT
        for arguments, code, word in (
                ((name, Ownership.ANONYMOUS), invalid, 'anonymous'),
                ((None, Ownership.ANONYMOUS, Flags.RDWR), invalid, 'CREAT'),
                ((None, Ownership.UNLINK_ON_CLOSE, Flags.RDWR), invalid, 'CREAT'),
                ((None, Ownership.KEEP), Gio.IOErrorEnum.INVALID_FILENAME, 'no name')):
            with self.subTest(arguments=arguments), self.assert_fails(code, word):
                new_full(*arguments)
        self.assertFalse(exists(name))

    def test_arguments_of_a_wrong_kind_are_python_errors(self):
        name = self.new_name()
        # A newer PyGObject knows the members by their names as well.
        for ownership in None, 'none-such':
            with self.subTest(ownership=ownership), self.assertRaises(TypeError):
                new_full(name, ownership)
        self.assertFalse(exists(name))

    def test_exact_mode(self):
        self.addCleanup(os.umask, os.umask(0o027))
        for exact_mode, mode in (False, 0o640), (True, 0o666):
            with self.subTest(exact_mode=exact_mode):
                queue = new_full(self.new_name(), Ownership.KEEP, CREAT, 0o666, exact_mode)
                self.assertIs(queue.props.exact_mode, exact_mode)
                self.assertEqual(queue.props.mode, stat.S_IFREG | mode)
                self.assertEqual(os.fstat(queue.fileno()).st_mode, stat.S_IFREG | mode)


if __name__ == '__main__':
    tap.main()
