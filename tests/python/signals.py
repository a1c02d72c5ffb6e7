# SPDX-License-Identifier: LGPL-2.1-or-later

"""Ctrl-C ends a call that waits; handlers of other signals run while it waits, and do not end it."""

import os
import signal
import subprocess
import threading
import time
from queue import Empty, SimpleQueue

import tap
from overridden import PYTHON, OverrideTest
from queues import LIMIT_SECONDS, Gio, GLib, Mood

HUGE = 3600


MAIN_THREAD = threading.get_native_id()


def get_system_call(thread_id):
    """The number of the system call that a thread waits in, or "running"."""
    with open(f'/proc/self/task/{thread_id}/syscall', encoding='utf-8') as file:
        return file.read().split()[0]


def get_system_call_of_locks():
    """The one in which a thread waits for a lock, that of the interpreter for instance."""
    lock = threading.Lock()
    with lock:
        thread = threading.Thread(target=lock.acquire)
        thread.start()
        # It may have to wait for the interpreter before, but that is a lock, too.
        while get_system_call(thread.native_id) == 'running':
            os.sched_yield()
        return get_system_call(thread.native_id)


SYSTEM_CALL_OF_LOCKS = get_system_call_of_locks()


class SignalsTest(OverrideTest):
    def setUp(self):
        self.queue = self.new_queue(maxmsg=1)
        self.full = self.new_queue(maxmsg=1)
        self.full.send(b'x')
        self.received = []
        # What a handler may put something into, whatever it interrupts.
        self.handled = SimpleQueue()
        self.addCleanup(signal.signal, signal.SIGUSR1, signal.getsignal(signal.SIGUSR1))
        self.addCleanup(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def calls(self):
        """All that wait, with what they return in the end."""
        queue, full = self.queue, self.full
        cancellable = Gio.Cancellable()
        return {
            'recv': (queue.recv, b'late'),
            'recv with cancellable': (lambda: queue.recv(cancellable), b'late'),
            'receive': (queue.receive, (b'late', 3)),
            'receive with timeout': (lambda: queue.receive(timeout=HUGE), (b'late', 3)),
            'receive_many': (lambda: queue.receive_many(2), [(b'late', 3)]),
            'receive_with_timeout': (lambda: queue.receive_with_timeout(-1), (b'late', 3)),
            'next': (lambda: next(iter(queue)), (b'late', 3)),
            'condition_wait': (
                lambda: queue.condition_wait(GLib.IOCondition.IN, -1, None), True),
            'send': (lambda: full.send(b'y'), 1),
            'send with timeout': (lambda: full.send(b'y', timeout=HUGE), 1),
            'send with cancellable': (lambda: full.send(b'y', 0, cancellable), 1),
            'sendall': (lambda: full.sendall(b'y'), None),
            'send_many': (lambda: full.send_many([b'y']), 1),
        }

    def while_it_waits(self, *actions):
        """Does each of them, from a thread, when the main thread waits."""
        def act():
            for action in actions:
                deadline = time.monotonic() + LIMIT_SECONDS
                while get_system_call(MAIN_THREAD) in ('running', SYSTEM_CALL_OF_LOCKS):
                    if time.monotonic() > deadline:
                        os.abort()
                    os.sched_yield()
                action()

        thread = threading.Thread(target=act)
        thread.start()
        return thread

    def handle(self, *_):
        self.received.append(1)
        self.handled.put(None)

    def wait_for_handler(self):
        """Until it has run once more."""
        try:
            self.handled.get(timeout=LIMIT_SECONDS)
        except Empty:
            # The call has to go on to fail.
            pass

    def serve(self):
        """Lets the call go on."""
        if len(self.full) == 1:
            self.full.recv()
        self.queue.send(b'late', 3)

    def reset(self):
        for queue in self.queue, self.full:
            while len(queue):
                queue.recv()
        self.full.send(b'x')

    def test_keyboard_interrupt(self):
        for name, (call, _) in self.calls().items():
            with self.subTest(name):
                before = len(self.queue), len(self.full)
                thread = self.while_it_waits(lambda: os.kill(os.getpid(), signal.SIGINT))
                with self.assertRaises(KeyboardInterrupt) as caught:
                    call()
                thread.join(LIMIT_SECONDS)
                # It is not the consequence of anything that is inside.
                self.assertTrue(caught.exception.__context__ is None
                                or caught.exception.__suppress_context__)
                self.assertEqual((len(self.queue), len(self.full)), before)

    def test_other_handlers_run_and_the_call_goes_on(self):
        signal.signal(signal.SIGUSR1, self.handle)
        for name, (call, expected) in self.calls().items():
            with self.subTest(name):
                self.received.clear()
                thread = self.while_it_waits(
                    lambda: os.kill(os.getpid(), signal.SIGUSR1),
                    self.wait_for_handler,
                    lambda: os.kill(os.getpid(), signal.SIGUSR1),
                    self.wait_for_handler,
                    self.serve)
                self.assertEqual(call(), expected)
                thread.join(LIMIT_SECONDS)
                self.assertEqual(len(self.received), 2)
                self.reset()

    def test_what_a_handler_raises_ends_the_call(self):
        class Stop(Exception):
            pass

        def stop(*_):
            raise Stop

        signal.signal(signal.SIGUSR1, stop)
        for name, (call, _) in self.calls().items():
            with self.subTest(name):
                thread = self.while_it_waits(lambda: os.kill(os.getpid(), signal.SIGUSR1))
                with self.assertRaises(Stop):
                    call()
                thread.join(LIMIT_SECONDS)

    def test_handler_closes_the_queue(self):
        """As one for SIGTERM does."""
        names = self.calls()
        for name in names:
            with self.subTest(name):
                queues = self.queue, self.full = self.new_queue(maxmsg=1), self.new_queue(maxmsg=1)
                self.full.send(b'x')
                signal.signal(signal.SIGUSR1, lambda *_: [queue.close() for queue in queues])
                call, _ = self.calls()[name]
                thread = self.while_it_waits(lambda: os.kill(os.getpid(), signal.SIGUSR1))
                with self.assertRaises((ValueError, StopIteration)):
                    call()
                thread.join(LIMIT_SECONDS)

    def test_handler_uses_the_same_queue(self):
        """Calls within calls."""
        def serve(*_):
            self.queue.send(b'1')
            self.assertEqual(self.queue.recv(), b'1')
            with self.assertRaises(BlockingIOError):
                self.queue.receive(timeout=0)
            with self.assertRaises(TimeoutError):
                self.queue.receive(timeout=0.001)
            self.handle()

        signal.signal(signal.SIGUSR1, serve)
        thread = self.while_it_waits(
            lambda: os.kill(os.getpid(), signal.SIGUSR1),
            self.wait_for_handler,
            self.serve)
        self.assertEqual(self.queue.receive(), (b'late', 3))
        thread.join(LIMIT_SECONDS)

    def test_time_goes_on(self):
        """A signal neither ends the wait nor makes it longer."""
        signal.signal(signal.SIGUSR1, lambda *_: self.received.append(1))
        signal.signal(signal.SIGALRM, lambda *_: self.received.append(1))
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        begin = time.monotonic()
        with self.assertRaises(TimeoutError):
            self.queue.receive(timeout=0.1)
        elapsed = time.monotonic() - begin
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.assertGreaterEqual(elapsed, 0.099)
        self.assertLess(elapsed, LIMIT_SECONDS)
        self.assertTrue(self.received)

    def test_handlers_run_in_the_main_thread_only(self):
        """A call that waits in another thread is not ended, whatever handler there is."""
        finish = self.in_thread(lambda: self.queue.receive(timeout=HUGE))
        with self.assertRaises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        self.queue.send(b'x')
        self.assertEqual(finish(), (b'x', 0))

    def test_as_a_user_sees_it(self):
        """Ctrl-C in a terminal ends a program that receives."""
        code = '''if True:
            import os, sys, gi
            gi.require_version('Mood', '1.0')
            from gi.repository import Mood
            with Mood.MessageQueue(sys.argv[1], os.O_RDWR) as queue:
                print('ready', flush=True)
                for message, priority in queue:
                    print(message.decode(), flush=True)
            '''
        self.full.recv()
        process = subprocess.Popen(
            [*PYTHON, '-c', code, self.queue.name], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), 'ready\n')
        self.queue.send(b'hello')
        self.assertEqual(process.stdout.readline(), 'hello\n')
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=LIMIT_SECONDS)
        self.assertEqual(output, '')
        self.assertTrue(errors.endswith('KeyboardInterrupt\n'), errors)
        self.assertNotIn('During handling', errors)
        self.assertEqual(process.returncode, -signal.SIGINT)


tap.main()
