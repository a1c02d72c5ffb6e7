# SPDX-License-Identifier: LGPL-2.1-or-later

"""The limits on message queues, and what fits in them."""

import resource
import subprocess
import sys

import tap
from queues import CREATE, Gio, GLib, LIMIT_SECONDS, Mood, QueueTest

FILES = 'msg_default', 'msg_max', 'msgsize_default', 'msgsize_max', 'queues_max'

# In a process of its own, which cannot get back what it gave up.
UNDER_A_LIMIT = '''
import resource
from queues import Mood

resource.setrlimit(resource.RLIMIT_MSGQUEUE, (1234, 5678))
limits = Mood.Limits.get()
print(limits.rlimit_soft, limits.rlimit_hard, limits.fit(12))
'''


def read_file(name):
    with open(f'/proc/sys/fs/mqueue/{name}', encoding='ascii') as file:
        return int(file.read())


def to_figure(limit):
    return GLib.MAXINT64 if limit == resource.RLIM_INFINITY else limit


class LimitsTest(QueueTest):
    def other_limits(self, **figures):
        """Limits as they could be elsewhere."""
        limits = Mood.Limits.get()
        figures = {'msg_default': 10, 'msg_max': 100, 'msgsize_default': 40, 'msgsize_max': 8192,
                   'rlimit_soft': 10_000, **figures}
        for name, figure in figures.items():
            setattr(limits, name, figure)
        return limits

    def test_figures_are_those_of_the_kernel(self):
        limits = Mood.Limits.get()
        for name in FILES:
            with self.subTest(name):
                self.assertEqual(getattr(limits, name), read_file(name))
        soft, hard = resource.getrlimit(resource.RLIMIT_MSGQUEUE)
        self.assertEqual(limits.rlimit_soft, to_figure(soft))
        self.assertEqual(limits.rlimit_hard, to_figure(hard))

    def test_they_are_read_anew(self):
        output = subprocess.run([sys.executable, '-B', '-c', UNDER_A_LIMIT], check=True,
                                cwd=sys.path[0], timeout=LIMIT_SECONDS,
                                stdout=subprocess.PIPE, encoding='utf-8').stdout
        self.assertEqual(output, '1234 5678 10\n')

    def test_required_bytes(self):
        limits = self.other_limits()
        self.assertEqual(limits.required_bytes(3, 40), 408)
        self.assertEqual(limits.required_bytes(-1, -1), 1360)
        self.assertEqual(limits.required_bytes(65536, 16777216), 65536 * 16777264 + 32768 * 48)
        self.assertEqual(limits.required_bytes(2**62, 2**62), 2**64 - 1)
        with self.assertRaises(OverflowError):
            limits.required_bytes(1, 2**63)

    def test_fit(self):
        limits = self.other_limits()
        self.assertEqual(limits.fit(40), 73)
        self.assertEqual(limits.fit(-1), 73)
        self.assertEqual(limits.fit(1), 100)
        self.assertEqual(limits.fit(8192), 1)
        self.assertEqual(limits.fit(8193), 0)

    def test_what_would_be_possible(self):
        limits = self.other_limits(rlimit_soft=GLib.MAXINT64, msg_max=GLib.MAXINT64)
        self.assertEqual(limits.rlimit_soft, GLib.MAXINT64)
        self.assertEqual(limits.fit(8192), 65536)
        self.assertEqual(Mood.Limits.get().msg_max, read_file('msg_max'))

    def test_what_is_not_known(self):
        limits = self.other_limits(msgsize_max=-1)
        self.assertEqual(limits.fit(1), -1)
        self.assertEqual(limits.required_bytes(1, -1), 2**64 - 1)

    def test_a_copy_is_independent(self):
        limits = self.other_limits()
        copy = limits.copy()
        self.assertEqual(copy.msg_max, 100)
        copy.msg_max = 7
        self.assertEqual(limits.msg_max, 100)

    def test_what_fits_nowhere_is_refused(self):
        """The kernel says so as well."""
        limits = Mood.Limits.get()
        size = limits.msgsize_max
        if limits.required_bytes(limits.msg_max, size) > limits.rlimit_soft:
            maxmsg, code = limits.fit(size) + 1, Gio.IOErrorEnum.TOO_MANY_OPEN_FILES
        else:
            maxmsg, code = 65537, Gio.IOErrorEnum.INVALID_ARGUMENT
        with self.assert_fails(code):
            Mood.MessageQueue.new(self.new_name(), Mood.OpenFlags.RDWR | CREATE, 0o600, maxmsg, size)


if __name__ == '__main__':
    tap.main()
