# SPDX-License-Identifier: LGPL-2.1-or-later

"""Being told, once, that a message has come to the empty queue."""

import gc
import os
import signal
import subprocess
import sys
import threading
import weakref

import tap
from queues import LIMIT_SECONDS, Gio, GLib, Mood, QueueTest

from gi.repository import GObject

Flags = Mood.OpenFlags
IN = GLib.IOCondition.IN
NVAL = GLib.IOCondition.NVAL
NOTHING = GLib.IOCondition(0)
Code = Gio.IOErrorEnum


class NotificationTest(QueueTest):
    def setUp(self):
        super().setUp()
        self.seen = []

    def note(self, queue, condition, *data):
        """A callback that leaves the message where it is, and stays."""
        self.seen.append((queue, condition, *data))
        return GLib.SOURCE_CONTINUE

    def add(self, queue, rearm, func, *data):
        identifier = queue.add_notification(GLib.PRIORITY_DEFAULT, rearm, func, *data)
        self.assertGreater(identifier, 0)
        self.addCleanup(self.get_watch(identifier).destroy)
        return identifier

    def add_source(self, queue, rearm, func, cancellable=None):
        source = queue.create_notification_source(rearm, cancellable)
        GObject.source_set_closure(source, func)
        source.attach(None)
        self.addCleanup(source.destroy)
        return source

    def wait(self, count=1):
        self.wait_until(lambda: len(self.seen) >= count)
        self.run_what_is_ready()
        self.assertEqual(len(self.seen), count)

    def assert_free(self, queue):
        self.assertTrue(queue.reserve_notification())
        self.assertTrue(queue.cancel_notification())

    def assert_busy(self, queue, *words):
        with self.assert_fails(Code.BUSY, queue.get_name(), *words):
            queue.reserve_notification()


class SourceTest(NotificationTest):
    def test_tells_once(self):
        queue = self.new_queue()
        identifier = self.add(queue, False, self.note)
        self.run_what_is_ready()
        self.assertEqual(self.seen, [])
        queue.send(b'x', 0, None)
        self.wait()
        self.assertEqual(self.seen, [(queue, IN)])
        self.assertIs(self.seen[0][0], queue)
        self.assertIsInstance(self.seen[0][1], GLib.IOCondition)
        self.assertIsNone(self.get_watch(identifier))
        self.assert_free(queue)

    def test_tells_of_what_another_process_sends(self):
        queue = self.new_queue()
        self.add(queue, False, self.note)
        code = ('import gi; gi.require_version("Mood", "1.0"); from gi.repository import Mood; '
                f'queue = Mood.MessageQueue.new("{queue.get_name()}", Mood.OpenFlags.WRONLY, 0, -1, -1); '
                'queue.send(b"x", 0, None)')
        with subprocess.Popen([sys.executable, '-c', code]):
            self.wait()
        self.assertEqual(self.seen, [(queue, IN)])

    def test_again_and_again(self):
        queue = self.new_queue()
        received = []

        def receive_all(queue, condition):
            while True:
                try:
                    received.append(queue.receive_with_timeout(0, None)[0])
                except GLib.Error as error:
                    if not error.matches(Gio.io_error_quark(), Code.WOULD_BLOCK):
                        raise
                    return GLib.SOURCE_CONTINUE

        # What is there already, too.
        queue.send(b'0', 0, None)
        self.add(queue, True, receive_all)
        expected = [b'0']
        for number in range(1, 6):
            for message in f'{number}'.encode(), b'more':
                queue.send(message, 0, None)
                expected.append(message)
            self.wait_until(lambda: received == expected)
        queue.send(b'left', 0, None)

    def test_not_for_what_is_in_the_queue(self):
        queue = self.new_queue()
        queue.send(b'x', 0, None)
        self.add(queue, False, self.note)
        queue.send(b'y', 0, None)
        self.run_what_is_ready()
        self.assertEqual(self.seen, [])

    def test_data(self):
        queue = self.new_queue()
        self.add(queue, False, self.note, 1, 2)
        queue.send(b'x', 0, None)
        self.wait()
        self.assertEqual(self.seen, [(queue, IN, 1, 2)])

    def test_closed(self):
        queue = self.new_queue()
        other = self.open_again(queue, Flags.RDWR)
        self.add(queue, True, self.note)
        queue.close()
        self.assert_free(other)
        self.wait()
        self.assertEqual(self.seen, [(queue, NVAL)])

    def test_closure_and_cancellable(self):
        queue = self.new_queue()
        cancellable = Gio.Cancellable()
        source = self.add_source(queue, True, self.note, cancellable)
        queue.send(b'x', 0, None)
        self.wait()
        cancellable.cancel()
        self.wait(2)
        self.assertEqual(self.seen, [(queue, IN), (queue, NOTHING)])
        self.assertTrue(source.is_destroyed())
        self.assert_free(queue)

    def test_removed(self):
        queue = self.new_queue()
        GLib.source_remove(self.add(queue, True, self.note))
        self.assert_free(queue)
        source = queue.create_notification_source(False, None)
        self.assert_busy(queue)
        del source
        gc.collect()
        self.assert_free(queue)

    def test_another_descriptor_closed(self):
        queue = self.new_queue()
        self.add(queue, False, self.note)
        os.close(os.dup(queue.fileno()))
        queue.send(b'x', 0, None)
        self.wait()
        self.assertEqual(self.seen, [(queue, IN)])

    def test_cancelled(self):
        queue = self.new_queue()
        self.add(queue, True, self.note)
        self.open_again(queue, Flags.RDONLY).cancel_notification()
        self.run_what_is_ready()
        self.assert_free(queue)
        queue.send(b'x', 0, None)
        self.run_what_is_ready()
        self.assertEqual(self.seen, [])

    def test_in_a_thread(self):
        queue = self.new_queue()
        context = GLib.MainContext.new()
        threads = []
        source = queue.create_notification_source(False, None)
        GObject.source_set_closure(
            source, lambda *call: self.seen.append(call) or threads.append(threading.get_ident()))
        source.attach(context)

        def run():
            while not threads:
                context.iteration(True)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        queue.send(b'x', 0, None)
        thread.join(LIMIT_SECONDS)
        self.assertEqual(threads, [thread.ident])
        self.assertEqual(self.seen, [(queue, IN)])


class ArrivedTest(NotificationTest):
    def test_without_a_callback(self):
        queue = self.new_queue()
        queue.connect('arrived', lambda *arguments: self.seen.append(arguments))
        for rearm in False, True:
            self.seen.clear()
            self.add(queue, rearm, None)
            queue.send(b'x', 0, None)
            self.wait()
            self.assertEqual(self.seen, [(queue,)])
            queue.recv(None)
        queue.send(b'x', 0, None)
        self.wait(2)

    def test_before_the_callback(self):
        queue = self.new_queue()
        self.add(queue, False, self.note)
        queue.connect('arrived', lambda queue: self.seen.append('arrived'))
        queue.send(b'x', 0, None)
        self.wait(2)
        self.assertEqual(self.seen, ['arrived', (queue, IN)])


class OtherWaysTest(NotificationTest):
    def test_signal(self):
        queue = self.new_queue()
        old_mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        self.addCleanup(signal.pthread_sigmask, signal.SIG_SETMASK, old_mask)
        self.assertTrue(queue.notify_by_signal(signal.SIGUSR1))
        self.assert_busy(queue, f'this process, {os.getpid()},')
        queue.send(b'x', 0, None)
        info = signal.sigtimedwait([signal.SIGUSR1], LIMIT_SECONDS)
        self.assertEqual((info.si_signo, info.si_pid), (signal.SIGUSR1, os.getpid()))
        self.assert_free(queue)

    def test_no_signals(self):
        queue = self.new_queue()
        for number in 0, -1, 32, 65:
            with self.assert_fails(Code.INVALID_ARGUMENT, '1 to 31', f'{number} is no signal'):
                queue.notify_by_signal(number)

    def test_nothing(self):
        queue = self.new_queue()
        self.assertTrue(queue.reserve_notification())
        self.assert_busy(queue, 'this process')
        queue.send(b'x', 0, None)
        self.assert_free(queue)

    def test_refused(self):
        queue = self.new_queue()
        closed = self.new_queue()
        closed.close()
        queue.reserve_notification()

        def callback(*arguments):
            return GLib.SOURCE_CONTINUE

        reference = weakref.ref(callback)
        for refusing, code in ((queue, Code.BUSY), (closed, Code.CLOSED),
                               (Mood.MessageQueue(), Code.NOT_INITIALIZED)):
            for register in (
                    lambda: refusing.add_notification(0, True, callback),
                    lambda: refusing.create_notification_source(True, None),
                    lambda: refusing.notify_by_signal(signal.SIGUSR1),
                    refusing.reserve_notification):
                with self.assert_fails(code, 'register for notification'):
                    register()
            if refusing is not queue:
                with self.assert_fails(code, 'cancel the notification'):
                    refusing.cancel_notification()
        # Nothing holds what was refused.
        del callback, register
        gc.collect()
        self.assertIsNone(reference())


tap.main()
