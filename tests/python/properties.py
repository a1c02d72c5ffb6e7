# SPDX-License-Identifier: LGPL-2.1-or-later

"""The properties of a queue, by attribute, by name and by function."""

import os
import stat

import tap
from queues import CREATE, Mood, QueueTest

from gi.repository import GLib, GObject

READ_ONLY = GObject.ParamFlags.READABLE
GIVEN_ONCE = GObject.ParamFlags.READWRITE | GObject.ParamFlags.CONSTRUCT_ONLY

ACCESS = {
    'name': GIVEN_ONCE,
    'display-name': READ_ONLY,
    'flags': GIVEN_ONCE,
    'mode': GIVEN_ONCE,
    'maxmsg': GIVEN_ONCE,
    'msgsize': GIVEN_ONCE,
    'curmsgs': READ_ONLY,
    'blocking': GObject.ParamFlags.READWRITE,
    'closed': READ_ONLY,
    'fd': READ_ONLY,
    'ownership': GIVEN_ONCE,
    'geometry-policy': GIVEN_ONCE,
    'exact-mode': GIVEN_ONCE,
    'created': READ_ONLY,
    'unlinked': READ_ONLY,
    'queued-bytes': READ_ONLY,
    'notify-pid': READ_ONLY,
    'uid': READ_ONLY,
    'gid': READ_ONLY,
    'atime': READ_ONLY,
    'mtime': READ_ONLY,
    'ctime': READ_ONLY,
}

GETTERS = {
    'name': 'get_name',
    'display-name': 'get_display_name',
    'flags': 'get_flags',
    'mode': 'get_mode',
    'maxmsg': 'get_maxmsg',
    'msgsize': 'get_msgsize',
    'curmsgs': 'get_curmsgs',
    'blocking': 'get_blocking',
    'closed': 'is_closed',
    'fd': 'fileno',
    'ownership': 'get_ownership',
    'geometry-policy': 'get_geometry_policy',
    'exact-mode': 'get_exact_mode',
    'created': 'is_created',
    'unlinked': 'is_unlinked',
    'queued-bytes': 'get_queued_bytes',
    'notify-pid': 'get_notify_pid',
    'uid': 'get_uid',
    'gid': 'get_gid',
    'atime': 'get_atime',
    'mtime': 'get_mtime',
    'ctime': 'get_ctime',
}

NEVER_OPENED = {
    'name': None,
    'display-name': None,
    'flags': 0,
    'mode': 0o600,
    'maxmsg': -1,
    'msgsize': -1,
    'curmsgs': -1,
    'blocking': False,
    'closed': False,
    'fd': -1,
    'ownership': Mood.Ownership.KEEP,
    'geometry-policy': Mood.GeometryPolicy.ACCEPT,
    'exact-mode': False,
    'created': False,
    'unlinked': False,
    'queued-bytes': -1,
    'notify-pid': -1,
    'uid': -1,
    'gid': -1,
    'atime': None,
    'mtime': None,
    'ctime': None,
}


def plain(value):
    """A value that equals another of the same meaning."""
    return value.format_iso8601() if isinstance(value, GLib.DateTime) else value


class PropertiesTest(QueueTest):
    def test_each_can_be_read_and_written_as_documented(self):
        seen = {spec.name: spec.flags & GIVEN_ONCE for spec in Mood.MessageQueue.list_properties()}
        self.assertEqual(seen, ACCESS)

    def test_values(self):
        name = self.new_name()
        flags = Mood.OpenFlags.RDWR | CREATE
        queue = Mood.MessageQueue.new(name, flags, 0o600, 3, 48)
        self.assertEqual(queue.props.name, name)
        self.assertEqual(queue.props.flags, flags)
        self.assertEqual(queue.props.mode, os.fstat(queue.props.fd).st_mode)
        self.assertEqual(queue.props.maxmsg, 3)
        self.assertEqual(queue.props.msgsize, 48)
        self.assertEqual(queue.props.curmsgs, 0)
        self.assertIs(queue.props.blocking, True)
        self.assertIs(queue.props.closed, False)
        self.assertGreaterEqual(queue.props.fd, 0)
        self.assertEqual(queue.props.ownership, Mood.Ownership.KEEP)
        self.assertEqual(queue.props.geometry_policy, Mood.GeometryPolicy.ACCEPT)
        self.assertIs(queue.props.exact_mode, False)

    def test_every_way_to_read_gives_the_same(self):
        queue = self.new_queue()
        queue.send(b'waiting', 0, None)
        closed = self.new_queue()
        closed.close()
        states = {'open': queue, 'closed': closed, 'never opened': Mood.MessageQueue()}
        for state, queue in states.items():
            for name, getter in GETTERS.items():
                with self.subTest(name=name, state=state):
                    value = plain(queue.get_property(name))
                    self.assertEqual(plain(getattr(queue.props, name.replace('-', '_'))), value)
                    self.assertEqual(plain(getattr(queue, getter)()), value)

    def test_defaults_of_an_object_not_opened(self):
        queue = Mood.MessageQueue()
        self.assertEqual({name: queue.get_property(name) for name in ACCESS}, NEVER_OPENED)

    def test_display_name_is_text(self):
        name = self.new_name()
        self.assertEqual(Mood.MessageQueue.new(name, CREATE | Mood.OpenFlags.RDWR, 0o600, 1, 8)
                         .props.display_name, name)
        bad_name = self.new_name() + os.fsdecode(b'-\xff\x1b')
        queue = Mood.MessageQueue.new(bad_name, CREATE | Mood.OpenFlags.RDWR, 0o600, 1, 8)
        queue.unlink()
        self.assertEqual(queue.get_name(), bad_name)
        self.assertEqual(queue.props.display_name, bad_name.replace('\udcff', '\ufffd')
                         .replace('\x1b', '?'))

    def test_mode_is_what_the_umask_left(self):
        self.addCleanup(os.umask, os.umask(0o026))
        queue = Mood.MessageQueue.new(self.new_name(), Mood.OpenFlags.RDWR | CREATE, 0o666, 2, 8)
        self.assertEqual(stat.S_IMODE(queue.props.mode), 0o640)
        self.assertTrue(stat.S_ISREG(queue.props.mode))

    def test_curmsgs_counts_what_waits(self):
        queue = self.new_queue()
        other = self.open_again(queue, Mood.OpenFlags.WRONLY)
        queue.send(b'one', 0, None)
        other.send(b'two', 0, None)
        self.assertEqual(queue.props.curmsgs, 2)
        self.assertEqual(other.props.curmsgs, 2)
        queue.recv(None)
        self.assertEqual(other.props.curmsgs, 1)

    def test_blocking_is_the_mode_of_the_descriptor(self):
        queue = self.new_queue()
        queue.props.blocking = False
        self.assertIs(os.get_blocking(queue.fileno()), False)
        queue.set_nonblocking(False)
        self.assertIs(os.get_blocking(queue.fileno()), True)
        os.set_blocking(queue.fileno(), False)
        self.assertIs(queue.props.blocking, False)

    def test_blocking_notifies_of_changes_only(self):
        queue = self.new_queue()
        seen = []
        queue.connect('notify::blocking', lambda changed, _: seen.append(changed.props.blocking))
        queue.props.blocking = True
        self.assertEqual(seen, [])
        queue.props.blocking = False
        queue.set_nonblocking(True)
        queue.set_nonblocking(False)
        self.assertEqual(seen, [False, True])

    def test_blocking_is_independent_between_opens(self):
        queue = self.new_queue()
        other = self.open_again(queue, Mood.OpenFlags.RDWR | Mood.OpenFlags.NONBLOCK)
        self.assertIs(queue.props.blocking, True)
        self.assertIs(other.props.blocking, False)

    def test_blocking_can_be_bound(self):
        queue = self.new_queue()
        other = self.new_queue()
        queue.bind_property('blocking', other, 'blocking', GObject.BindingFlags.SYNC_CREATE)
        queue.props.blocking = False
        self.assertIs(os.get_blocking(other.fileno()), False)

    def test_what_is_read_only_cannot_be_written(self):
        queue = self.new_queue()
        for name, access in ACCESS.items():
            if access != READ_ONLY:
                continue
            value = queue.get_property(name)
            with self.subTest(name=name), self.assertRaises(TypeError):
                setattr(queue.props, name.replace('-', '_'), value)
        self.assertIs(queue.props.closed, False)


if __name__ == '__main__':
    tap.main()
