# SPDX-License-Identifier: LGPL-2.1-or-later

"""The directory of queues, as introspection gives it."""

import os
import subprocess
import sys

import tap
from queues import Gio, GLib, GObject, Mood, QueueTest, remove

Code = Gio.IOErrorEnum

CREATE_LATER = '''
import ctypes, os, sys
sys.stdin.read(1)
libc = ctypes.CDLL(None)
attributes = (ctypes.c_long * 8)(0, 1, 1)
assert libc.mq_open(sys.argv[1].encode(), os.O_CREAT | os.O_RDWR, 0o600, attributes) != -1
'''


class Shadow:
    """A copy of the list, made of what the signal tells."""

    def __init__(self, test, directory):
        self.test = test
        self.infos = list(directory)
        handler = directory.connect('items-changed', self.on_items_changed)
        test.addCleanup(directory.disconnect, handler)

    def on_items_changed(self, directory, position, removed, added):
        self.infos[position:position + removed] = [
            directory.get_item(position + i) for i in range(added)]
        self.test.assertEqual(self.infos, list(directory))
        names = [os.fsencode(info.get_name()) for info in directory]
        self.test.assertEqual(names, sorted(names))


class DirectoryTest(QueueTest):
    def find(self, directory, queue):
        info = directory.lookup(queue.get_name())
        self.assertIsInstance(info, Mood.QueueInfo)
        return info

    def names(self, directory):
        """Those of this test."""
        prefix = f'/mood-test-{os.getpid()}-'
        return {info.get_name() for info in directory if info.get_name().startswith(prefix)}

    def watch_directory(self, directory):
        identifier = directory.add_watch()
        self.addCleanup(self.get_watch(identifier).destroy)

    def test_list(self):
        queues = [self.new_queue() for _ in range(3)]
        directory = Mood.QueueDirectory.new()
        self.assertIsInstance(directory, Gio.ListModel)
        self.assertEqual(directory.get_item_type(), Mood.QueueInfo.__gtype__)
        self.assertEqual(directory.props.n_items, len(directory))
        self.assertLessEqual({queue.get_name() for queue in queues}, self.names(directory))
        info = self.find(directory, queues[0])
        status = os.fstat(queues[0].fileno())
        self.assertEqual(
            (info.get_mode(), info.get_uid(), info.get_gid(), info.get_inode()),
            (status.st_mode, status.st_uid, status.st_gid, status.st_ino))
        self.assertEqual(
            [time.to_unix() for time in (info.get_atime(), info.get_mtime(), info.get_ctime())],
            [int(status.st_atime), int(status.st_mtime), int(status.st_ctime)])
        self.assertEqual(info.get_curmsgs(), -1)
        self.assertEqual(info.get_notify_pid(), -1)

    def test_refresh(self):
        queue = self.new_queue()
        directory = Mood.QueueDirectory.new()
        info = self.find(directory, queue)
        told = []
        info.connect('notify', lambda _info, pspec: told.append(pspec.name))
        queue.send(b'abc', 0)
        self.assertTrue(directory.refresh())
        self.assertEqual(
            (info.props.curmsgs, info.props.maxmsg, info.props.msgsize, info.props.queued_bytes,
             info.props.notify_pid), (1, 4, 64, 3, 0))
        self.assertLessEqual({'curmsgs', 'maxmsg', 'msgsize', 'queued-bytes', 'notify-pid'},
                             set(told))
        queue.unlink()
        directory.refresh()
        self.assertIsNone(directory.lookup(queue.get_name()))

    def test_unreadable(self):
        queue = self.new_queue()
        directory = Mood.QueueDirectory.new()
        user = os.geteuid()
        try:
            os.seteuid(54321 if user == 0 else user)
        except OSError:
            self.skipTest('there is no other user to become here')
        self.addCleanup(os.seteuid, user)
        if user != 0:
            os.fchmod(queue.fileno(), 0)
        self.assertTrue(directory.refresh())
        self.assertEqual(self.find(directory, queue).get_curmsgs(), -1)

    def test_watch(self):
        directory = Mood.QueueDirectory.new()
        shadow = Shadow(self, directory)
        self.watch_directory(directory)
        queue = self.new_queue()
        name = queue.get_name()
        self.wait_until(lambda: directory.lookup(name))
        info = directory.lookup(name)
        os.fchmod(queue.fileno(), 0o640)
        self.wait_until(lambda: info.get_mode() & 0o777 == 0o640)
        queue.unlink()
        self.wait_until(lambda: not directory.lookup(name))
        self.assertEqual(shadow.infos, list(directory))

    def test_many_come_and_go(self):
        directory = Mood.QueueDirectory.new()
        Shadow(self, directory)
        self.watch_directory(directory)
        names = [self.new_name() for _ in range(40)]
        for step in range(1000):
            name = names[step * 7 % 40]
            remove(name)
            Mood.MessageQueue.new(name, Mood.OpenFlags.RDWR | Mood.OpenFlags.CREAT, 0o600, 1, 1)
            if step % 3 == 0:
                remove(names[step * 11 % 40])
            if step % 10 == 0:
                self.run_what_is_ready()
        self.run_what_is_ready()
        self.assertEqual(self.names(directory), self.names(Mood.QueueDirectory.new()))

    def test_source(self):
        directory = Mood.QueueDirectory.new()
        calls = []
        source = directory.create_source(None)
        source.set_callback(lambda *_: calls.append(len(directory)) or True)
        source.attach(None)
        self.addCleanup(source.destroy)
        queue = self.new_queue()
        self.wait_until(lambda: calls)
        self.find(directory, queue)

    def test_source_with_closure(self):
        directory = Mood.QueueDirectory.new()
        calls = []
        source = directory.create_source(None)
        GObject.source_set_closure(source, lambda: calls.append(True))
        source.attach(None)
        self.addCleanup(source.destroy)
        self.new_queue()
        self.wait_until(lambda: calls)
        self.assertTrue(source.is_destroyed())

    def wait_for(self, directory, name, cancellable=None):
        outcomes = []

        def on_over(source, result):
            self.assertIs(source, directory)
            try:
                outcomes.append(directory.wait_for_finish(result))
            except GLib.Error as error:
                outcomes.append(error)

        directory.wait_for_async(name, GLib.PRIORITY_DEFAULT, cancellable, on_over)
        self.assertEqual(outcomes, [])
        return outcomes

    def test_wait_for_one_that_exists(self):
        directory = Mood.QueueDirectory.new()
        outcomes = self.wait_for(directory, self.new_queue().get_name())
        self.wait_until(lambda: outcomes)
        self.assertEqual(outcomes, [True])

    def test_wait_for_one_that_another_process_creates(self):
        directory = Mood.QueueDirectory.new()
        name = self.new_name()
        with subprocess.Popen([sys.executable, '-c', CREATE_LATER, name],
                              stdin=subprocess.PIPE) as process:
            outcomes = self.wait_for(directory, name)
            self.run_what_is_ready()
            self.assertEqual(outcomes, [])
            process.stdin.write(b'.')
            process.stdin.flush()
            self.wait_until(lambda: outcomes)
        self.assertEqual(outcomes, [True])

    def test_wait_for_until_cancelled(self):
        directory = Mood.QueueDirectory.new()
        cancellable = Gio.Cancellable()
        outcomes = self.wait_for(directory, self.new_name(), cancellable)
        self.run_what_is_ready()
        self.assertEqual(outcomes, [])
        cancellable.cancel()
        self.wait_until(lambda: outcomes)
        self.assert_error(outcomes[0], Code.CANCELLED)

    def test_wait_for_a_bad_name(self):
        directory = Mood.QueueDirectory.new()
        for name in '', '/', 'no-slash', '/a/b':
            with self.subTest(name):
                outcomes = self.wait_for(directory, name)
                self.wait_until(lambda outcomes=outcomes: outcomes)
                self.assert_error(outcomes[0], Code.INVALID_FILENAME)

    def test_result_of_another_call(self):
        directory = Mood.QueueDirectory.new()
        task = Gio.Task.new(directory, None, None, None)
        with self.assert_fails(Code.INVALID_ARGUMENT, 'another call'):
            directory.wait_for_finish(task)

    def test_never_opened(self):
        directory = GObject.new(Mood.QueueDirectory)
        self.assertEqual(directory.get_n_items(), 0)
        with self.assert_fails(Code.NOT_INITIALIZED, 'never opened'):
            directory.refresh()
        outcomes = self.wait_for(directory, '/mood-test-any')
        self.wait_until(lambda: outcomes)
        self.assert_error(outcomes[0], Code.NOT_INITIALIZED)
        self.assertEqual(Mood.QueueInfo().get_name(), '')


if __name__ == '__main__':
    tap.main()
