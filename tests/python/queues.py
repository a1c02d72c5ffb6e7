# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the tests share: queues that are gone after the test, errors, the loop, calls that wait."""

import contextlib
import itertools
import os
import sys
import threading
import time
import unittest

import gi

# What is tested without the override must not find one that is installed either.
if 'MOOD_TEST_OVERRIDE' not in os.environ:
    sys.modules['gi.overrides.Mood'] = None

gi.require_version('Mood', '1.0')

from gi.repository import Gio, GLib, GObject, Mood

# Far longer than any event takes, also on a busy machine.
LIMIT_SECONDS = 30

CREATE = Mood.OpenFlags.CREAT | Mood.OpenFlags.EXCL

numbers = itertools.count()


def remove(name):
    try:
        Mood.unlink(name)
    except GLib.Error as error:
        if not error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND):
            raise


def sleeps(thread):
    """Whether a thread waits for something inside the kernel, or has ended."""
    try:
        with open(f'/proc/self/task/{thread.native_id}/stat', encoding='utf-8') as file:
            # The name in front, in parentheses, may contain anything.
            return file.read().rpartition(') ')[2].startswith('S')
    except (FileNotFoundError, ProcessLookupError):
        return True


class QueueTest(unittest.TestCase):
    def new_name(self):
        """The name of a queue that does not exist, and will not after the test."""
        name = f'/mood-test-{os.getpid()}-{next(numbers)}'
        # A process of the same number that was killed may have left it.
        remove(name)
        self.addCleanup(remove, name)
        return name

    def new_queue(self, flags=Mood.OpenFlags.RDWR, maxmsg=4, msgsize=64):
        """A new queue, small, because all the queues of a user share one limit."""
        return Mood.MessageQueue.new(self.new_name(), flags | CREATE, 0o600, maxmsg, msgsize)

    def open_again(self, queue, flags):
        return Mood.MessageQueue.new(queue.get_name(), flags, 0, -1, -1)

    @contextlib.contextmanager
    def assert_fails(self, code, *words):
        """The block must raise this error of GIO's, with each of the words in its message."""
        with self.assertRaises(GLib.Error) as caught:
            yield
        error = caught.exception
        self.assertTrue(error.matches(Gio.io_error_quark(), code), f'not {code}: {error}')
        for word in words:
            self.assertIn(word, error.message)

    def run_as_service(self, code, descriptors, **environment):
        """What Python code writes that runs in a process of its own, which is started with these
        descriptors as systemd would start a service."""
        launcher = Gio.SubprocessLauncher.new(
            Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_MERGE)
        for number, descriptor in enumerate(descriptors, start=3):
            launcher.take_fd(os.dup(descriptor), number)
        path = os.pathsep.join([os.path.dirname(__file__), os.environ.get('PYTHONPATH', '')])
        environment = {'PYTHONPATH': path, 'LISTEN_FDS': str(len(descriptors)), **environment}
        for name, value in environment.items():
            launcher.setenv(name, value, True)
        # Only the process itself knows the number that it will have.
        service = launcher.spawnv(
            ['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh', sys.executable, '-B', '-c', code])
        _ok, output, _error = service.communicate_utf8(None, None)
        self.assertTrue(service.get_successful(), output)
        return output

    def wait_until(self, condition):
        """Runs the main loop until condition() holds."""
        expired = []
        watchdog = GLib.timeout_source_new_seconds(LIMIT_SECONDS)
        watchdog.set_callback(lambda *_: expired.append(True))
        watchdog.attach()
        self.addCleanup(watchdog.destroy)
        while not condition():
            self.assertFalse(expired, f'not seen within {LIMIT_SECONDS} s')
            GLib.MainContext.default().iteration(True)
        watchdog.destroy()

    def run_what_is_ready(self):
        """Runs the main loop until it has nothing better to do.

        A source of the lowest priority is dispatched only when no other is ready. So after this,
        a source that was not dispatched was not ready.
        """
        idle = []
        GLib.idle_add(idle.append, True, priority=GLib.PRIORITY_LOW)
        self.wait_until(lambda: idle)

    def watch(self, queue, condition, func, *data):
        identifier = queue.add_watch(GLib.PRIORITY_DEFAULT, condition, func, *data)
        self.assertGreater(identifier, 0)
        self.addCleanup(self.get_watch(identifier).destroy)
        return identifier

    def get_watch(self, identifier):
        """The source behind an ID, or None if it was removed."""
        return GLib.MainContext.default().find_source_by_id(identifier)

    def in_thread(self, function):
        """Calls function() in a thread; returns a function that waits for what becomes of it.

        A thread keeps the interpreter from the announcement that it is about to call until the
        call itself lets go of it. So one that sleeps after that waits in the call, or is back.
        """
        outcome = []
        calling = threading.Event()

        def call():
            calling.set()
            try:
                outcome.append(function())
            except GLib.Error as error:
                outcome.append(error)

        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        self.assertTrue(calling.wait(LIMIT_SECONDS))
        deadline = time.monotonic() + LIMIT_SECONDS
        while not sleeps(thread):
            self.assertLess(time.monotonic(), deadline, 'the call neither waits nor returns')
            os.sched_yield()

        def finish():
            thread.join(LIMIT_SECONDS)
            self.assertFalse(thread.is_alive(), 'the call did not return')
            return outcome[0]

        return finish

    def assert_error(self, outcome, code):
        self.assertIsInstance(outcome, GLib.Error)
        self.assertTrue(outcome.matches(Gio.io_error_quark(), code), str(outcome))
