# SPDX-License-Identifier: LGPL-2.1-or-later

"""A queue among Python's objects: with, len(), iteration, repr(), descriptors, garbage."""

import asyncio
import contextlib
import copy
import gc
import os
import pickle
import select
import selectors
import threading
import warnings
import weakref

from gi.repository import GObject

import tap
from overridden import OverrideTest
from queues import LIMIT_SECONDS, Gio, GLib, Mood


class ObjectTest(OverrideTest):
    def test_with(self):
        with self.new_queue() as queue:
            self.assertFalse(queue.closed)
        self.assertTrue(queue.closed)
        with contextlib.suppress(ZeroDivisionError), self.new_queue() as queue:
            raise ZeroDivisionError
        self.assertTrue(queue.closed)
        # The queue itself is still there.
        Mood.MessageQueue(queue.name, os.O_RDONLY).close()
        with contextlib.closing(self.new_queue()) as queue:
            pass
        self.assertTrue(queue.closed)

    def test_length_and_truth(self):
        queue = self.new_queue()
        self.assertTrue(queue)
        for length in range(4):
            self.assertEqual(len(queue), length)
            queue.send(b'x')
        queue.close()
        self.assertTrue(queue)

    def test_in_is_refused(self):
        queue = self.new_queue()
        queue.send(b'x')
        with self.assertRaisesRegex(TypeError, 'takes it out'):
            b'x' in queue
        self.assertEqual(len(queue), 1)

    def test_identity(self):
        queue = self.new_queue()
        again = self.open_again(queue, os.O_RDWR)
        self.assertEqual(queue, queue)
        self.assertNotEqual(queue, again)
        self.assertEqual(len({queue, again, queue}), 2)
        self.assertEqual({queue: 1}[queue], 1)

    def test_repr(self):
        queue = self.new_queue(maxmsg=3, msgsize=16)
        self.assertEqual(
            repr(queue),
            f"<Mood.MessageQueue '{queue.name}' fd={queue.fd} maxmsg=3 msgsize=16>")
        queue.close()
        self.assertEqual(repr(queue), f"<Mood.MessageQueue '{queue.name}' closed>")

        class Jobs(Mood.MessageQueue):
            pass

        with Jobs(queue.name, os.O_RDWR) as jobs:
            self.assertIn('ObjectTest.test_repr.<locals>.Jobs ', repr(jobs))

    def test_no_copies(self):
        queue = self.new_queue()
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with self.assertRaisesRegex(TypeError, 'cannot pickle.*by its name'):
                pickle.dumps(queue, protocol)
        for make in copy.copy, copy.deepcopy:
            with self.assertRaises(TypeError):
                make(queue)

    def test_subclass(self):
        class Jobs(Mood.MessageQueue):
            def __init__(self, name):
                super().__init__(name, os.O_RDWR | os.O_CREAT, maxmsg=2, msgsize=8)
                self.sent = 0

            def send(self, message, *arguments, **keywords):
                self.sent += 1
                return super().send(message, *arguments, **keywords)

        with Jobs(self.new_name()) as queue:
            queue.send(b'x', 3)
            queue.sendall(b'y')
            self.assertEqual((queue.sent, queue.receive(), queue.recv()), (2, (b'x', 3), b'y'))


class IterationTest(OverrideTest):
    def test_until_closed(self):
        queue = self.new_queue()
        queue.send(b'low')
        queue.send(b'high', 9)
        queue.send(b'')
        received = []
        for message, priority in queue:
            received.append((message, priority))
            if not message:
                queue.close()
        self.assertEqual(received, [(b'high', 9), (b'low', 0), (b'', 0)])
        # A closed queue has no messages, which is no error.
        self.assertEqual([message for message in queue], [])

    def test_close_in_another_thread(self):
        for flags in os.O_RDWR, os.O_RDWR | os.O_NONBLOCK:
            queue = self.new_queue(flags)
            queue.send(b'x')
            finish = self.in_thread(lambda: list(queue))
            queue.close()
            self.assertEqual(finish(), [(b'x', 0)])

    def test_break_takes_no_message(self):
        queue = self.new_queue()
        queue.send(b'1')
        queue.send(b'2')
        for message, _ in queue:
            break
        self.assertEqual(message, b'1')
        self.assertEqual(queue.recv(), b'2')

    def test_errors_come_through(self):
        sender = self.open_again(self.new_queue(), os.O_WRONLY)
        with self.assertRaises(PermissionError):
            next(iter(sender))


class DescriptorTest(OverrideTest):
    def test_select(self):
        queue = self.new_queue()
        self.assertEqual(select.select([queue], [queue], [], 0), ([], [queue], []))
        queue.send(b'x')
        self.assertEqual(select.select([queue], [], [], 0), ([queue], [], []))
        poll = select.poll()
        poll.register(queue, select.POLLIN)
        self.assertEqual(poll.poll(0), [(queue.fileno(), select.POLLIN)])
        with select.epoll() as epoll:
            epoll.register(queue, select.EPOLLIN)
            self.assertEqual(epoll.poll(0), [(queue.fileno(), select.EPOLLIN)])

    def test_selectors(self):
        queue = self.new_queue()
        with selectors.DefaultSelector() as selector:
            selector.register(queue, selectors.EVENT_READ, 'data')
            self.assertEqual(selector.select(0), [])
            queue.send(b'x')
            (key, events), = selector.select(0)
            self.assertIs(key.fileobj, queue)
            self.assertEqual((key.data, events), ('data', selectors.EVENT_READ))

    def test_asyncio_reader(self):
        queue = self.new_queue()

        async def receive():
            future = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().add_reader(queue, lambda: future.set_result(queue.recv()))
            queue.send(b'x')
            try:
                return await asyncio.wait_for(future, LIMIT_SECONDS)
            finally:
                asyncio.get_running_loop().remove_reader(queue)

        self.assertEqual(asyncio.run(receive()), b'x')

    def test_fileno(self):
        queue = self.new_queue()
        self.assertEqual(queue.fileno(), queue.fd)
        os.fstat(queue.fileno())
        queue.close()
        self.assertEqual(queue.fileno(), -1)


class GarbageTest(OverrideTest):
    def new_garbage(self, maxmsg=4, msgsize=64):
        """A queue that nobody but the caller holds."""
        return Mood.MessageQueue(self.new_name(), os.O_RDWR | os.O_CREAT, 0o600, maxmsg, msgsize)

    def test_left_open(self):
        queue = self.new_garbage()
        fd = queue.fileno()
        name = queue.name
        gone = weakref.ref(queue)
        with self.assertWarnsRegex(ResourceWarning, f"unclosed <.*'{name}'"):
            del queue
            gc.collect()
        self.assertIsNone(gone())
        with self.assertRaises(OSError):
            os.fstat(fd)

    def test_left_open_after_waiting(self):
        """What the override keeps with the queue does not keep the queue."""
        queue = self.new_garbage()

        async def wait():
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(queue.areceive(), 0.001)

        with self.assertRaises(TimeoutError):
            queue.receive(timeout=0.001)
        asyncio.run(wait())
        gone = weakref.ref(queue)
        descriptors = len(os.listdir('/proc/self/fd'))
        with self.assertWarns(ResourceWarning):
            del queue
            gc.collect()
        self.assertIsNone(gone())
        self.assertLess(len(os.listdir('/proc/self/fd')), descriptors)

    def test_in_a_cycle(self):
        queue = self.new_garbage()
        queue.itself = queue
        gone = weakref.ref(queue)
        with self.assertWarns(ResourceWarning):
            del queue
            gc.collect()
        self.assertIsNone(gone())

    def test_closed_is_silent(self):
        with warnings.catch_warnings():
            warnings.simplefilter('error', ResourceWarning)
            queue = self.new_garbage()
            queue.close()
            del queue
            with self.assertRaises(FileNotFoundError):
                Mood.MessageQueue(self.new_name(), os.O_RDWR)
            gc.collect()

    def test_in_use_by_a_source(self):
        """Whoever holds no reference of Python's may count on the main loop's."""
        received = []
        queue = self.new_garbage()
        name = queue.name

        def on_message(queue, message, priority):
            received.append((message, priority))
            queue.close()
            return True

        queue.add_receiver(on_message)
        with warnings.catch_warnings():
            warnings.simplefilter('error', ResourceWarning)
            del queue
            gc.collect()
            with Mood.MessageQueue(name, os.O_WRONLY) as sender:
                sender.send(b'x', 3)
            self.wait_until(lambda: received)
            self.run_what_is_ready()
            gc.collect()
        self.assertEqual(received, [(b'x', 3)])

    def test_in_use_without_an_attribute(self):
        """An object that has nothing of Python's own is made anew when it is needed."""
        received = []
        name = self.new_name()
        queue = GObject.new(
            Mood.MessageQueue, name=name, maxmsg=1, msgsize=8,
            flags=Mood.OpenFlags.RDWR | Mood.OpenFlags.CREAT)
        queue.init(None)
        with warnings.catch_warnings():
            warnings.simplefilter('error', ResourceWarning)
            queue.add_receiver(lambda queue, *message: received.append(message) or queue.close())
            del queue
            gc.collect()
            with Mood.MessageQueue(name, os.O_WRONLY) as sender:
                sender.send(b'x', 3)
            self.wait_until(lambda: received)
            self.run_what_is_ready()
        self.assertEqual(received, [(b'x', 3)])

    def test_in_use_by_a_task(self):
        received = []
        queue = self.new_garbage()
        name = queue.name
        queue.receive_async(
            callback=lambda queue, result: received.append(queue.receive_finish(result)))
        del queue
        gc.collect()
        with Mood.MessageQueue(name, os.O_WRONLY) as sender:
            sender.send(b'x', 3)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            self.wait_until(lambda: received)
            gc.collect()
        self.assertEqual(received, [(b'x', 3)])

    def test_collected_in_another_thread(self):
        queues = [self.new_garbage(maxmsg=1, msgsize=8) for _ in range(4)]
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            thread = threading.Thread(target=queues.clear)
            thread.start()
            thread.join(LIMIT_SECONDS)
            gc.collect()
        self.assertEqual(queues, [])

    def test_silent_at_shutdown(self):
        code = '''if True:
            import os, sys, gi
            gi.require_version('Mood', '1.0')
            from gi.repository import Mood
            queue = Mood.MessageQueue(sys.argv[1], os.O_RDWR | os.O_CREAT, maxmsg=1, msgsize=8)
            queue.unlink()
            sys.modules['somewhere'] = queue
            queue.itself = queue
            print('end')
            '''
        self.assertEqual(self.run_python(code, self.new_name()), 'end\n')

    def test_a_loop_at_shutdown(self):
        """Daemons that wait are left alone."""
        code = '''if True:
            import os, sys, threading, gi
            gi.require_version('Mood', '1.0')
            from gi.repository import Mood
            queue = Mood.MessageQueue(sys.argv[1], os.O_RDWR | os.O_CREAT, maxmsg=1, msgsize=8)
            queue.unlink()
            for call in queue.recv, lambda: queue.receive(timeout=1000), lambda: list(queue):
                threading.Thread(target=call, daemon=True).start()
            print('end')
            '''
        self.assertEqual(self.run_python(code, self.new_name()), 'end\n')


tap.main()
