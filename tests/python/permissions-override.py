# SPDX-License-Identifier: LGPL-2.1-or-later

"""Who may use a queue, as Python's users write it: with defaults, and with Python's own errors."""

import errno
import os
import pathlib
import stat

import tap
from queues import Gio, GLib, Mood, QueueTest

Code = Gio.IOErrorEnum


class PermissionsTest(QueueTest):
    def new_queue(self, **keywords):
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        queue = Mood.MessageQueue(self.new_name(), flags, maxmsg=2, msgsize=16, **keywords)
        self.addCleanup(queue.close)
        return queue

    def assert_invalid(self, function, *words):
        with self.assertRaises(ValueError) as caught:
            function()
        error = caught.exception
        self.assertIsInstance(error, OSError)
        self.assertEqual(error.errno, errno.EINVAL)
        self.assertTrue(error.matches(Gio.io_error_quark(), Code.INVALID_ARGUMENT))
        for word in words:
            self.assertIn(word, str(error))

    def test_chmod(self):
        queue = self.new_queue()
        self.assertIs(queue.chmod(queue.mode | 0o040), True)
        queue.chmod(mode=queue.mode | 0o004)
        self.assertEqual(queue.mode, stat.S_IFREG | 0o644)
        self.assertEqual(os.fstat(queue.fileno()).st_mode, queue.mode)

    def test_chown(self):
        queue = self.new_queue()
        self.assertIs(queue.chown(), True)
        self.assertIs(queue.chown(os.geteuid()), True)
        self.assertIs(queue.chown(gid=os.getegid()), True)
        self.assertEqual((queue.uid, queue.gid), (os.geteuid(), os.getegid()))
        if os.geteuid() == 0:
            queue.chown(gid=4712)
            self.assertEqual((queue.uid, queue.gid), (0, 4712))
            queue.chown(uid=4711)
            self.assertEqual((queue.uid, queue.gid), (4711, 4712))

    def test_by_name(self):
        queue = self.new_queue()
        self.assertIs(Mood.chmod(queue.name, 0o640), True)
        Mood.chmod(queue.name.encode(), mode=queue.mode | 0o020)
        self.assertEqual(os.fstat(queue.fileno()).st_mode, stat.S_IFREG | 0o620)
        Mood.chmod(pathlib.PurePath(queue.name), 0o604)
        self.assertEqual(os.fstat(queue.fileno()).st_mode, stat.S_IFREG | 0o604)
        self.assertIs(Mood.chown(queue.name), True)
        self.assertIs(Mood.chown(pathlib.PurePath(queue.name)), True)
        Mood.chown(queue.name, os.geteuid(), os.getegid())
        self.assertEqual((queue.uid, queue.gid), (os.geteuid(), os.getegid()))
        if os.geteuid() == 0:
            Mood.chown(queue.name, gid=4712)
            Mood.chown(queue.name, uid=4711)
            self.assertEqual((queue.uid, queue.gid), (4711, 4712))

    def test_name_that_is_not_utf8(self):
        name = self.new_name() + '-\udcff'
        queue = Mood.MessageQueue(name, os.O_RDWR | os.O_CREAT, maxmsg=2, msgsize=16)
        self.addCleanup(Mood.unlink, name)
        self.addCleanup(queue.close)
        queue.chmod(0o640)
        Mood.chown(os.fsencode(name))
        Mood.chmod(os.fsencode(name), 0o644)
        self.assertEqual(os.fstat(queue.fileno()).st_mode, stat.S_IFREG | 0o644)

    def test_out_of_range(self):
        queue = self.new_queue()
        name = queue.name
        for mode in -1, 0o10000, stat.S_IFIFO, 2**32, 2**80:
            self.assert_invalid(lambda: queue.chmod(mode), name, 'mode', '0 to 0')
            self.assert_invalid(lambda: Mood.chmod(name, mode), name, 'mode', '0 to 0')
        for number in -2, 2**32 - 1, -2**63 - 1, 2**80:
            for kind, key in ('user', 'uid'), ('group', 'gid'):
                words = name, kind, str(number), '-1 to 4294967294'
                self.assert_invalid(lambda: queue.chown(**{key: number}), *words)
                self.assert_invalid(lambda: Mood.chown(name, **{key: number}), *words)
        self.assertEqual(os.fstat(queue.fileno()).st_mode, stat.S_IFREG | 0o600)

    def test_of_a_wrong_kind(self):
        queue = self.new_queue()
        for value in None, '640', 1.5, queue:
            for call in (
                    lambda: queue.chmod(value), lambda: Mood.chmod(queue.name, value),
                    lambda: queue.chown(value), lambda: queue.chown(gid=value),
                    lambda: Mood.chown(queue.name, value),
                    lambda: Mood.chown(queue.name, gid=value)):
                with self.subTest(value=value), self.assertRaises(TypeError):
                    call()
        for call in lambda: Mood.chmod(None, 0o600), lambda: Mood.chown(5):
            with self.assertRaises(TypeError):
                call()
        self.assertRaises(ValueError, Mood.chmod, queue.name + '\0x', 0o600)
        self.assertRaises(ValueError, Mood.chown, queue.name + '\0x')
        self.assertEqual(os.fstat(queue.fileno()).st_mode, stat.S_IFREG | 0o600)

    def test_of_another_user(self):
        if os.geteuid() != 0:
            self.skipTest('only root may become another user')
        queue = self.new_queue()
        os.seteuid(65534)
        self.addCleanup(os.seteuid, 0)
        for call in (lambda: queue.chmod(0o666), lambda: queue.chown(uid=65534),
                     lambda: Mood.chmod(queue.name, 0o666),
                     lambda: Mood.chown(queue.name, uid=65534)):
            with self.assertRaises(PermissionError) as caught:
                call()
            self.assertIsInstance(caught.exception, GLib.Error)
            self.assertEqual(caught.exception.filename, queue.name)


if __name__ == '__main__':
    tap.main()
