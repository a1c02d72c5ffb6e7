# SPDX-License-Identifier: LGPL-2.1-or-later

"""Who may use a queue: its mode and its owner, changed by an open queue and by its name."""

import os
import stat

import tap
from queues import Gio, Mood, QueueTest

Flags = Mood.OpenFlags
Code = Gio.IOErrorEnum


class PermissionsTest(QueueTest):
    def assert_permissions(self, queue, permissions):
        self.assertEqual(stat.S_IMODE(os.fstat(queue.fileno()).st_mode), permissions)

    def test_chmod(self):
        queue = self.new_queue()
        told = []
        queue.connect('notify::mode', lambda queue, _pspec: told.append(queue.props.mode))
        self.assertIs(queue.chmod(0o622), True)
        self.assert_permissions(queue, 0o622)
        self.assertIs(queue.chmod(queue.props.mode | 0o040), True)
        self.assertIs(queue.chmod(queue.props.mode | 0o001), True)
        self.assert_permissions(queue, 0o663)
        self.assertEqual(told, [stat.S_IFREG | mode for mode in (0o622, 0o662, 0o663)])
        self.assertIs(queue.chmod(0), True)
        self.assert_permissions(queue, 0)

    def test_chown(self):
        queue = self.new_queue()
        self.assertIs(queue.chown(-1, -1), True)
        self.assertIs(queue.chown(os.geteuid(), os.getegid()), True)
        self.assertEqual((queue.props.uid, queue.props.gid), (os.geteuid(), os.getegid()))
        if os.geteuid() == 0:
            self.assertIs(queue.chown(4711, -1), True)
            self.assertEqual((queue.props.uid, queue.props.gid), (4711, os.getegid()))
            self.assertIs(queue.chown(-1, 2**32 - 2), True)
            self.assertEqual((queue.props.uid, queue.props.gid), (4711, 2**32 - 2))

    def test_by_name(self):
        queue = self.new_queue()
        name = queue.get_name()
        for is_open in True, False:
            with self.subTest(is_open=is_open):
                self.assertIs(Mood.chmod(name, 0o640 + is_open), True)
                self.assertIs(Mood.chown(name, -1, -1), True)
                if os.geteuid() == 0:
                    self.assertIs(Mood.chown(name, 4711 + is_open, -1), True)
                    self.assertIs(Mood.chown(name, -1, 4712 + is_open), True)
                found = queue if is_open else self.open_again(queue, Flags.RDONLY)
                self.assert_permissions(found, 0o640 + is_open)
                if os.geteuid() == 0:
                    self.assertEqual((found.props.uid, found.props.gid),
                                     (4711 + is_open, 4712 + is_open))
            queue.close()

    def test_refused(self):
        queue = self.new_queue()
        name = queue.get_name()
        for chmod in queue.chmod, lambda mode: Mood.chmod(name, mode):
            with self.assert_fails(Code.INVALID_ARGUMENT, name, '0 to 07777'):
                chmod(0o10000)
            with self.assert_fails(Code.INVALID_ARGUMENT, name, '0 to 07777'):
                chmod(stat.S_IFDIR | 0o600)
        for chown in queue.chown, lambda uid, gid: Mood.chown(name, uid, gid):
            for ids in (-2, -1), (-1, -2), (2**32 - 1, -1), (-1, 2**63 - 1):
                with self.assert_fails(Code.INVALID_ARGUMENT, name, '-1 to 4294967294'):
                    chown(*ids)
        self.assert_permissions(queue, 0o600)
        queue.close()
        with self.assert_fails(Code.CLOSED, name):
            queue.chmod(0o600)
        with self.assert_fails(Code.CLOSED, name):
            queue.chown(-1, -1)
        queue.unlink()
        with self.assert_fails(Code.NOT_FOUND, name):
            Mood.chmod(name, 0o600)
        with self.assert_fails(Code.NOT_FOUND, name):
            Mood.chown(name, -1, -1)
        with self.assert_fails(Code.INVALID_FILENAME, 'jobs'):
            Mood.chmod('jobs', 0o600)
        with self.assert_fails(Code.INVALID_FILENAME, 'jobs'):
            Mood.chown('jobs', -1, -1)
        with self.assert_fails(Code.NOT_INITIALIZED):
            Mood.MessageQueue().chmod(0o600)
        with self.assert_fails(Code.NOT_INITIALIZED):
            Mood.MessageQueue().chown(-1, -1)


if __name__ == '__main__':
    tap.main()
