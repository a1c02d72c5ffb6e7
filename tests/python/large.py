# SPDX-License-Identifier: LGPL-2.1-or-later

"""Messages larger than what is received by way of the stack.

The limit of a machine mostly is just that size, so this is done where the limit is ours: in an IPC
namespace of our own.
"""

import ctypes
import os
import threading

import tap
from overridden import OverrideTest
from queues import LIMIT_SECONDS

CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000

MSGSIZE_MAX = 65_536


def write(path, text):
    with open(path, 'w', encoding='ascii') as file:
        file.write(text)


def enter_namespace():
    """Whether there is one, with a limit of ours."""
    unshare = ctypes.CDLL(None).unshare
    user, group = os.geteuid(), os.getegid()
    try:
        if unshare(CLONE_NEWIPC) != 0:
            if unshare(CLONE_NEWUSER | CLONE_NEWIPC) != 0:
                return False
            # Its limits are for its root to set.
            write('/proc/self/setgroups', 'deny')
            write('/proc/self/uid_map', f'0 {user} 1')
            write('/proc/self/gid_map', f'0 {group} 1')
        write('/proc/sys/fs/mqueue/msgsize_max', str(MSGSIZE_MAX))
    except OSError:
        return False
    return True


HAS_NAMESPACE = enter_namespace()


class LargeTest(OverrideTest):
    def setUp(self):
        if not HAS_NAMESPACE:
            self.skipTest('an IPC namespace of its own cannot be made here')

    def test_lengths(self):
        for msgsize in 8193, 20_000, MSGSIZE_MAX:
            queue = self.new_queue(maxmsg=2, msgsize=msgsize)
            for length in 0, 1, 8192, msgsize - 1, msgsize:
                with self.subTest(msgsize=msgsize, length=length):
                    message = os.urandom(length)
                    for each in message, bytearray(message), memoryview(message):
                        self.assertEqual(queue.send(each, 3), length)
                        self.assertEqual(queue.send(each, timeout=0), length)
                        self.assertEqual(queue.receive(), (message, 3))
                        self.assertEqual(queue.recv(), message)
                    queue.send_many([message, (message, 5)])
                    self.assertEqual(queue.receive_many(5), [(message, 5), (message, 0)])
            with self.assertRaises(BlockingIOError):
                queue.receive(timeout=0)
            with self.assertRaises(TimeoutError):
                queue.receive(timeout=1e-6)
            with self.assertRaises(OSError):
                queue.send(b'x' * (msgsize + 1), timeout=0)
            self.assertEqual(queue.send(b'x' * (msgsize + 1)), msgsize)

    def test_others_run_meanwhile(self):
        queue = self.new_queue(maxmsg=1, msgsize=MSGSIZE_MAX)
        message = os.urandom(20 * MSGSIZE_MAX)
        thread = threading.Thread(target=queue.sendall, args=(message,))
        thread.start()
        received = b''.join(queue.recv() for _ in range(20))
        thread.join(LIMIT_SECONDS)
        self.assertTrue(received == message)

    def test_they_are_not_kept(self):
        """What is received is as large as the message, and not as the largest there may be."""
        queue = self.new_queue(maxmsg=2, msgsize=MSGSIZE_MAX)
        received = []
        before = resident_size()
        for _ in range(2000):
            queue.send(b'x')
            received.append(queue.recv())
        self.assertLess(resident_size() - before, 2000 * MSGSIZE_MAX // 8)


def resident_size():
    with open('/proc/self/statm', encoding='ascii') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGESIZE')


tap.main()
