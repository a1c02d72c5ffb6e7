# SPDX-License-Identifier: LGPL-2.1-or-later

"""What an open queue tells about itself, without a mounted file system of queues."""

import ctypes
import os
import unittest.mock

import tap
from queues import GLib, Mood, QueueTest

Flags = Mood.OpenFlags

SIGEV_NONE = 1


class SignalEvent(ctypes.Structure):
    """The struct sigevent, of which only the first members matter here."""

    _fields_ = [('sigev_value', ctypes.c_void_p), ('sigev_signo', ctypes.c_int),
                ('sigev_notify', ctypes.c_int), ('rest', ctypes.c_char * 64)]


def register(descriptor):
    """Has this process notified, in that nothing is done."""
    event = SignalEvent(sigev_notify=SIGEV_NONE)
    return ctypes.CDLL(None).mq_notify(descriptor, ctypes.byref(event))


class StatusTest(QueueTest):
    def test_queued_bytes(self):
        queue = self.new_queue()
        self.assertEqual(queue.props.queued_bytes, 0)
        queue.send(b'seven b', 1, None)
        queue.send(b'and five', 1, None)
        self.assertEqual(queue.props.queued_bytes, 15)
        queue.recv(None)
        self.assertEqual(queue.props.queued_bytes, 8)

    def test_send_only(self):
        queue = self.new_queue(Flags.WRONLY)
        self.assertEqual((queue.props.queued_bytes, queue.props.notify_pid), (-1, -1))
        self.assertEqual(queue.props.uid, os.geteuid())

    def test_notify_pid(self):
        queue = self.new_queue()
        self.assertEqual(queue.props.notify_pid, 0)
        self.assertEqual(register(queue.fileno()), 0)
        self.assertEqual(queue.props.notify_pid, os.getpid())
        queue.send(b'fires', 0, None)
        self.assertEqual(queue.props.notify_pid, 0)

    def test_unlinked(self):
        queue = self.new_queue()
        self.assertIs(queue.props.unlinked, False)
        queue.unlink()
        self.assertIs(queue.props.unlinked, True)
        another = Mood.MessageQueue.new(queue.get_name(), Flags.RDWR | Flags.CREAT, 0o600, 1, 8)
        self.assertIs(queue.props.unlinked, True)
        self.assertIs(another.props.unlinked, False)

    def test_owner(self):
        queue = self.new_queue()
        self.assertEqual((queue.props.uid, queue.props.gid), (os.geteuid(), os.getegid()))
        if os.geteuid() == 0:
            os.fchown(queue.fileno(), 4711, 4712)
            self.assertEqual((queue.props.uid, queue.props.gid), (4711, 4712))

    def test_times(self):
        # Wherever the machine is.
        with unittest.mock.patch.dict(os.environ, TZ='EST5'):
            self.assert_times()

    def assert_times(self):
        queue = self.new_queue()
        os.utime(queue.fileno(), (1000000, 2000000))
        self.assertIsInstance(queue.props.atime, GLib.DateTime)
        self.assertEqual(queue.props.atime.format_iso8601(), '1970-01-12T13:46:40Z')
        self.assertEqual(queue.props.mtime.to_unix(), 2000000)
        status = os.fstat(queue.fileno())
        self.assertEqual(queue.props.ctime.to_unix(), int(status.st_ctime))
        queue.send(b'now', 0, None)
        self.assertEqual(queue.props.mtime.to_unix(), int(os.fstat(queue.fileno()).st_mtime))
        self.assertGreater(queue.props.mtime.to_unix(), 2000000)


if __name__ == '__main__':
    tap.main()
