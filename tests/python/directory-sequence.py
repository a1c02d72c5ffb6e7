# SPDX-License-Identifier: LGPL-2.1-or-later

"""The directory of queues as the override makes it: a sequence of Python's kind."""

import datetime
import errno
import gc
import os

import tap
from overridden import OverrideTest
from queues import Gio, GLib, Mood

# A program that has neither a mount nor the right to one.
WITHOUT_MOUNT = '''
import ctypes, os
import gi
gi.require_version('Mood', '1.0')
from gi.repository import Gio, GLib, Mood

CLONE_NEWNS, MS_PRIVATE, MS_REC = 0x20000, 1 << 18, 1 << 14
libc = ctypes.CDLL(None, use_errno=True)
if (libc.unshare(CLONE_NEWNS) or libc.mount(b'none', b'/', b'none', MS_REC | MS_PRIVATE, None)
        or libc.mount(b'none', b'/dev', b'tmpfs', 0, None)):
    print('skipped')
    raise SystemExit
try:
    os.setresuid(54321, 54321, 54321)
except OSError:
    print('skipped')
    raise SystemExit
try:
    Mood.QueueDirectory()
except OSError as error:
    assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_MOUNTED)
    print(error)
'''


class DirectorySequenceTest(OverrideTest):
    def test_sequence(self):
        queue = self.new_queue()
        directory = Mood.QueueDirectory()
        infos = list(directory)
        self.assertGreater(len(directory), 0)
        self.assertEqual(len(directory), len(infos))
        self.assertIs(directory[0], infos[0])
        self.assertIs(directory[-1], infos[-1])
        self.assertEqual(directory[:], infos)
        with self.assertRaises(IndexError):
            directory[len(directory)]
        self.assertIn(directory.lookup(queue.name), directory)
        self.assertEqual([info.name for info in directory],
                         sorted((info.name for info in directory), key=os.fsencode))
        self.assertEqual(type(Mood.QueueDirectory.new()), Mood.QueueDirectory)
        self.assertIn(f'of {len(directory)} queues', repr(directory))

    def test_attributes(self):
        queue = self.new_queue()
        queue.send(b'abc')
        directory = Mood.QueueDirectory()
        info = directory.lookup(queue.name)
        status = os.fstat(queue.fileno())
        shown = f'<Mood.QueueInfo {queue.name!r} mode=0o600 uid={status.st_uid}'
        self.assertEqual(repr(info), f'{shown}>')
        self.assertTrue(directory.refresh())
        self.assertEqual(
            (info.name, info.mode, info.uid, info.gid, info.inode),
            (queue.name, status.st_mode, status.st_uid, status.st_gid, status.st_ino))
        self.assertEqual((info.curmsgs, info.maxmsg, info.msgsize, info.queued_bytes,
                          info.notify_pid), (1, 4, 64, 3, 0))
        self.assertEqual(info.mtime,
                         datetime.datetime.fromtimestamp(status.st_mtime, datetime.timezone.utc))
        for time in info.atime, info.ctime:
            self.assertLess(abs(time - info.mtime), datetime.timedelta(minutes=5))
        self.assertIsInstance(info.props.mtime, GLib.DateTime)
        self.assertEqual(repr(info), f'{shown} curmsgs=1 maxmsg=4>')
        with self.assertRaises(AttributeError):
            info.curmsgs = 0

    def test_names(self):
        name = os.fsencode(f'/mood-test-{os.getpid()}-') + b'\xff'
        queue = Mood.MessageQueue(name, os.O_RDWR | os.O_CREAT, 0o600, 1, 1)
        self.addCleanup(Mood.unlink, name)
        directory = Mood.QueueDirectory()
        for same in name, os.fsdecode(name):
            self.assertEqual(os.fsencode(directory.lookup(same).name), name)
        self.assertEqual(directory.lookup(name).display_name,
                         name.decode(errors='replace'))
        self.assertIn('mood-test', repr(directory.lookup(name)))
        self.assertIsNone(directory.lookup('/mood-test-none'))
        with self.assertRaises(TypeError):
            directory.lookup(1)
        with self.assertRaisesRegex(TypeError, 'lookup'):
            directory['/mood-test-none']
        with self.assertRaises(ValueError):
            directory.lookup('/a\0b')
        queue.close()

    def test_list_that_changes_while_it_is_gone_through(self):
        for _ in range(5):
            self.new_queue()
        directory = Mood.QueueDirectory()
        prefix = f'/mood-test-{os.getpid()}-'
        seen = []
        for info in directory:
            if info.name.startswith(prefix):
                seen.append(info.name)
                Mood.unlink(info.name)
                directory.refresh()
        self.assertGreater(len(seen), 1)
        self.assertEqual(len(seen), len(set(seen)))

    def test_watch_without_anybody_who_holds_the_directory(self):
        directory = Mood.QueueDirectory()
        changes = []
        directory.connect('items-changed', lambda *arguments: changes.append(arguments[1:]))
        identifier = directory.add_watch()
        self.addCleanup(GLib.source_remove, identifier)
        del directory
        gc.collect()
        self.new_queue()
        self.wait_until(lambda: changes)

    def test_source(self):
        directory = Mood.QueueDirectory()
        cancellable = Gio.Cancellable()
        source = directory.create_source(cancellable)
        source.attach()
        cancellable.cancel()
        self.wait_until(source.is_destroyed)
        directory.create_source()
        with self.assertRaises(TypeError):
            directory.create_source(1)

    def wait_for(self, directory, name, *arguments, **keywords):
        outcomes = []

        def on_over(source, result, *user_data):
            self.assertIs(source, directory)
            try:
                outcomes.append((source.wait_for_finish(result), *user_data))
            except OSError as error:
                outcomes.append(error)

        if arguments:
            directory.wait_for_async(name, GLib.PRIORITY_DEFAULT, None, on_over, *arguments)
        else:
            directory.wait_for_async(name, callback=on_over, **keywords)
        return outcomes

    def test_wait_for(self):
        directory = Mood.QueueDirectory()
        name = self.new_name()
        outcomes = self.wait_for(directory, name)
        with_data = self.wait_for(directory, name.encode(), 'data', 2)
        self.run_what_is_ready()
        self.assertEqual(outcomes + with_data, [])
        with Mood.MessageQueue(name, os.O_RDWR | os.O_CREAT, 0o600, 1, 1):
            self.wait_until(lambda: outcomes and with_data)
        self.assertEqual(outcomes, [(True,)])
        self.assertEqual(with_data, [(True, 'data', 2)])

    def test_errors(self):
        directory = Mood.QueueDirectory()
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        outcomes = self.wait_for(directory, self.new_name(), cancellable=cancellable)
        self.wait_until(lambda: outcomes)
        self.assertEqual(outcomes[0].errno, errno.ECANCELED)

        outcomes = self.wait_for(directory, 'no-slash')
        self.wait_until(lambda: outcomes)
        self.assertIsInstance(outcomes[0], ValueError)
        self.assertIsInstance(outcomes[0], GLib.Error)

        with self.assertRaises(ValueError):
            directory.wait_for_finish(Gio.Task.new(directory, None, None, None))
        with self.assertRaises(TypeError):
            directory.wait_for_async(1)
        with self.assertRaises(TypeError):
            directory.wait_for_async('/mood-test-any', 1.5)
        with self.assertRaises(TypeError):
            directory.wait_for_async('/mood-test-any', 0, 'soon')

    def test_without_mount(self):
        output = self.run_python(WITHOUT_MOUNT)
        if output == 'skipped\n':
            self.skipTest('a mount namespace cannot be made here, or no other user become')
        self.assertIn(f'[Errno {errno.EOPNOTSUPP}] Cannot open the directory', output)
        self.assertIn('mkdir -p /dev/mqueue && mount -t mqueue none /dev/mqueue', output)

    def test_subclass(self):
        class Listed(Mood.QueueDirectory):
            def __init__(self, title):
                super().__init__()
                self.title = title

        queue = self.new_queue()
        directory = Listed('queues')
        self.assertEqual(directory.title, 'queues')
        self.assertIsNotNone(directory.lookup(queue.name))


if __name__ == '__main__':
    tap.main()
