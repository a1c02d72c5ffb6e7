# SPDX-License-Identifier: LGPL-2.1-or-later

"""The constructor and the attributes of mood.mqueue, and the subscriptions of the main loop."""

import errno
import gc
import os
import pathlib
import signal
import stat
import tempfile
import weakref

from gi.repository import GObject

import tap
from overridden import OverrideTest
from queues import Gio, GLib, Mood

Flags = Mood.OpenFlags

CREATE = os.O_CREAT | os.O_EXCL


class ConstructorTest(OverrideTest):
    def test_flags_are_those_of_os(self):
        name = self.new_name()
        rows = {
            os.O_RDONLY | os.O_CREAT | os.O_EXCL: Flags.RDONLY | Flags.CREAT | Flags.EXCL,
            os.O_WRONLY: Flags.WRONLY,
            os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC:
                Flags.RDWR | Flags.NONBLOCK | Flags.CLOEXEC,
        }
        for given, meant in rows.items():
            with self.subTest(flags=given):
                queue = Mood.MessageQueue(name, given, maxmsg=1, msgsize=8)
                self.assertEqual(queue.props.flags, meant)
                # As they were given.
                self.assertEqual(queue.flags, given)
                self.assertIs(type(queue.flags), int)
                queue.close()

    def test_open_flags_are_themselves(self):
        queue = Mood.MessageQueue(self.new_name(), Flags.RDWR | Flags.CREAT, 0o640, 2, 16)
        self.assertEqual(queue.flags, Flags.RDWR | Flags.CREAT)
        self.assertEqual((queue.maxmsg, queue.msgsize), (2, 16))

    def test_other_bits_are_refused(self):
        name = self.new_name()
        for flags in os.O_RDWR | os.O_CREAT | os.O_APPEND, os.O_ACCMODE:
            with self.subTest(flags=flags), self.assertRaises(ValueError):
                Mood.MessageQueue(name, flags)
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND):
            Mood.unlink(name)

    def test_other_types_are_refused(self):
        with self.assertRaisesRegex(TypeError, 'os.O_.*, not str'):
            Mood.MessageQueue(self.new_name(), 'r')
        for name in None, 5, ['/jobs']:
            with self.subTest(name=name), self.assertRaisesRegex(TypeError, 'str, bytes or os'):
                Mood.MessageQueue(name, os.O_RDWR)
        with self.assertRaisesRegex(TypeError, r"^MessageQueue\(\) missing .*'flags'"):
            Mood.MessageQueue(self.new_name())
        with self.assertRaisesRegex(TypeError, r"^MessageQueue\(\) .*'max_messages'"):
            Mood.MessageQueue(self.new_name(), os.O_RDWR, max_messages=2)
        with self.assertRaises(TypeError):
            Mood.MessageQueue(self.new_name(), os.O_RDWR, 0o600, -1, -1, 5)

    def test_names(self):
        text = self.new_name() + '-é'
        self.addCleanup(lambda: Mood.unlink(text))
        queue = Mood.MessageQueue(text, os.O_RDWR | CREATE, 0o600, 1, 8)
        for name in text.encode(), pathlib.Path(text), pathlib.PosixPath(text):
            with self.subTest(name=name):
                again = Mood.MessageQueue(name, os.O_RDWR)
                self.assertEqual(again.name, text)
                queue.send(b'x')
                self.assertEqual(again.recv(), b'x')
                again.close()

    def test_name_that_is_no_utf8(self):
        name = self.new_name().encode() + b'-\xff'
        self.addCleanup(lambda: Mood.unlink(name))
        for flags in os.O_RDWR | CREATE, Flags.RDWR:
            queue = Mood.MessageQueue(name, flags, maxmsg=1, msgsize=8)
            self.addCleanup(queue.close)
            self.assertIs(type(queue), Mood.MessageQueue)
            self.assertEqual(queue.name, os.fsdecode(name))
            self.assertIn('udcff', repr(queue))
            self.assertEqual(queue.flags, flags)
        queue.send(b'x')
        with self.assertRaises(TimeoutError) as caught:
            queue.send(b'x', timeout=0.001)
        self.assertEqual(os.fsencode(caught.exception.filename), name)
        self.assertIn('\ufffd', str(caught.exception))

        with self.assertRaises(FileNotFoundError):
            Mood.MessageQueue(name + b'x', flags)

        class Jobs(Mood.MessageQueue):
            pass

        with self.assertRaises(ValueError):
            Jobs(name, flags)

    def test_numbers_are_integers(self):
        name = self.new_name()
        for numbers in ({'mode': 1.5}, {'maxmsg': 1.5}, {'msgsize': '8'}, {'maxmsg': None}):
            with self.subTest(numbers=numbers), self.assertRaisesRegex(TypeError, 'is an int'):
                Mood.MessageQueue(name, os.O_RDWR | os.O_CREAT, **numbers)
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND):
            Mood.unlink(name)

    def test_it_is_called_once(self):
        queue = self.new_queue()
        for again in queue, queue.reopen(os.O_RDONLY):
            with self.assertRaisesRegex(TypeError, 'once'):
                again.__init__(self.new_name(), os.O_WRONLY)
            again.close()

    def test_null_character_is_refused(self):
        name = self.new_name()
        with self.assertRaises(ValueError):
            Mood.MessageQueue(name + '\0x', os.O_RDWR | os.O_CREAT, maxmsg=1, msgsize=8)
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND):
            Mood.unlink(name)

    def test_keywords(self):
        queue = Mood.MessageQueue(
            name=self.new_name(), flags=os.O_RDWR | os.O_CREAT, mode=0o600, maxmsg=3, msgsize=24)
        self.assertEqual((queue.maxmsg, queue.msgsize), (3, 24))

    def test_error(self):
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND, 'CREAT'):
            Mood.MessageQueue(self.new_name(), os.O_RDWR)

    def test_subclass(self):
        class Jobs(Mood.MessageQueue):
            pass

        queue = Jobs(self.new_name(), os.O_RDWR | os.O_CREAT, maxmsg=1, msgsize=8)
        self.assertIs(type(queue), Jobs)
        queue.send(b'x')
        self.assertEqual(queue.recv(), b'x')

    def test_other_constructors_give_the_same_class(self):
        self.assertIs(type(self.new_queue()), Mood.MessageQueue)
        self.assertIs(type(GObject.new(Mood.MessageQueue)), Mood.MessageQueue)


class ImportTest(OverrideTest):
    def test_extension_is_the_one_that_is_tested(self):
        is_native = type(Mood.MessageQueue.recv).__name__ == 'method_descriptor'
        self.assertEqual(is_native, os.environ.get('MOOD_NATIVE') != '0')

    def test_broken_extension(self):
        """Python goes on without it, and says so."""
        code = '''if True:
            import os, sys, warnings, gi
            gi.require_version('Mood', '1.0')
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter('always', RuntimeWarning)
                from gi.repository import Mood
            print(*(each.message for each in caught if each.category is RuntimeWarning))
            with Mood.MessageQueue(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600, 1, 8) as queue:
                queue.send(b'x')
                print(queue.recv())
            '''
        with tempfile.TemporaryDirectory() as folder:
            broken = pathlib.Path(folder, 'gi', 'overrides', 'Mood', '_native.so')
            broken.parent.mkdir(parents=True)
            broken.write_text('not what it should be')
            path = os.pathsep.join([os.environ['PYTHONPATH'].split(os.pathsep)[0], folder])
            output = self.run_python(code, self.new_name(), PYTHONPATH=path, MOOD_NATIVE='1')
        self.assertRegex(output, r"^Mood goes on without its extension: .*_native\.so.*\nb'x'\n$")

    def test_asyncio_is_not_imported_for_all(self):
        code = 'import gi; gi.require_version("Mood", "1.0"); from gi.repository import Mood\n' \
            'import sys; print("asyncio" in sys.modules)'
        before = self.run_python('from gi.repository import GLib; import sys; '
                                 'print("asyncio" in sys.modules)')
        self.assertEqual(self.run_python(code), before)


class AttributesTest(OverrideTest):
    def test_life(self):
        name = self.new_name()
        queue = Mood.MessageQueue(name, os.O_RDWR | os.O_CREAT, 0o600, 2, 8)
        queue.send(b'x')
        self.assertEqual(queue.name, name)
        self.assertEqual(queue.fd, queue.fileno())
        self.assertTrue(stat.S_ISREG(queue.mode))
        self.assertEqual((queue.curmsgs, queue.closed, queue.blocking), (1, False, True))
        queue.close()
        self.assertEqual((queue.name, queue.maxmsg, queue.msgsize), (name, 2, 8))
        self.assertEqual((queue.curmsgs, queue.closed, queue.blocking), (-1, True, False))

    def test_blocking_can_be_set(self):
        queue = self.new_queue()
        queue.blocking = False
        self.assertFalse(os.get_blocking(queue.fileno()))
        with self.assert_fails(Gio.IOErrorEnum.WOULD_BLOCK):
            queue.recv()
        queue.close()
        with self.assert_fails(Gio.IOErrorEnum.CLOSED):
            queue.blocking = True

    def test_others_cannot_be_set(self):
        queue = self.new_queue()
        for name in ('name', 'flags', 'mode', 'maxmsg', 'msgsize', 'curmsgs', 'closed',
                     'fd'):
            with self.subTest(name=name), self.assertRaises(AttributeError):
                setattr(queue, name, getattr(queue, name))

    def test_with(self):
        with self.new_queue() as queue:
            self.assertFalse(queue.closed)
        self.assertTrue(queue.closed)


class ReopenTest(OverrideTest):
    def test_reopen(self):
        queue = self.new_queue()
        again = queue.reopen(os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(again.close)
        self.assertEqual(again.flags, os.O_RDONLY | os.O_NONBLOCK)
        self.assertTrue(queue.blocking)
        queue.send(b'x', 3)
        self.assertEqual(again.receive(), (b'x', 3))
        with self.assertRaises(PermissionError):
            again.send(b'x')
        with self.assertRaises(ValueError):
            queue.reopen(os.O_ACCMODE)
        queue.close()
        with self.assertRaises(ValueError):
            queue.reopen(os.O_RDONLY)


class LoopTest(OverrideTest):
    def test_watch(self):
        queue = self.new_queue()
        calls = []

        def on_ready(*arguments):
            calls.append((*arguments, queue.recv()))
            return GLib.SOURCE_REMOVE

        queue.send(b'x')
        self.watch(queue, GLib.IOCondition.IN, on_ready)
        self.wait_until(lambda: calls)
        self.assertEqual(calls, [(queue, GLib.IOCondition.IN, b'x')])

    def test_priorities_of_the_loop(self):
        queue = self.new_queue()
        calls = []

        def on_ready(*arguments):
            calls.append(arguments)
            return GLib.SOURCE_REMOVE

        queue.send(b'x')
        for arguments, priority in (
                ((GLib.IOCondition.IN, on_ready, 'data'), GLib.PRIORITY_DEFAULT),
                ((GLib.PRIORITY_HIGH, GLib.IOCondition.IN, on_ready, 'data'), GLib.PRIORITY_HIGH)):
            with self.subTest(priority=priority):
                watch = self.get_watch(queue.add_watch(*arguments))
                self.assertEqual(watch.get_priority(), priority)
                self.wait_until(lambda: calls)
                self.assertEqual(calls.pop(), (queue, GLib.IOCondition.IN, 'data'))

        for arguments, priority in (
                ((on_ready, 1, 2), GLib.PRIORITY_DEFAULT),
                ((GLib.PRIORITY_LOW, on_ready, 1, 2), GLib.PRIORITY_LOW)):
            with self.subTest(priority=priority):
                queue.send(b'a\0b', 5)
                queue.send(b'')
                receiver = self.get_watch(queue.add_receiver(*arguments))
                self.assertEqual(receiver.get_priority(), priority)
                self.wait_until(lambda: calls)
                self.assertEqual(calls.pop(), (queue, b'a\0b', 5, 1, 2))

    def test_notification(self):
        queue = self.new_queue()
        calls = []
        arrived = []
        queue.connect('arrived', arrived.append)

        def on_arrived(*arguments):
            calls.append(arguments)
            while queue:
                try:
                    queue.recv(timeout=0)
                except BlockingIOError:
                    return GLib.SOURCE_CONTINUE

        high = GLib.PRIORITY_HIGH
        for arguments, keywords, priority, rearm in (
                ((), {}, 0, False),
                ((), {'rearm': True}, 0, True),
                ((None,), {'rearm': False}, 0, False),
                ((high,), {'rearm': True}, high, True),
                ((high, None), {}, high, False),
                ((on_arrived,), {}, 0, False),
                ((on_arrived, 1, 2), {'rearm': True}, 0, True),
                ((high, on_arrived, 1, 2), {}, high, False)):
            with self.subTest(arguments=arguments, **keywords):
                callback = on_arrived in arguments
                identifier = queue.add_notification(*arguments, **keywords)
                source = self.get_watch(identifier)
                self.addCleanup(source.destroy)
                self.assertEqual(source.get_priority(), priority)
                for count in range(1, 4 if rearm else 2):
                    queue.send(b'x')
                    self.wait_until(lambda: len(arrived) == count)
                    self.assertEqual(len(queue), 0 if callback else 1)
                    if not callback:
                        queue.recv()
                self.assertEqual(self.get_watch(identifier) is not None, rearm)
                data = (1, 2) if 1 in arguments else ()
                self.assertEqual(
                    calls, [(queue, GLib.IOCondition.IN, *data)] * len(arrived) * callback)
                source.destroy()
                calls.clear()
                arrived.clear()

    def test_notification_source(self):
        queue = self.new_queue()
        cancellable = Gio.Cancellable()
        for arguments in (), (True,), (False, cancellable):
            with self.subTest(arguments=arguments):
                calls = []
                source = queue.create_notification_source(*arguments)
                GObject.source_set_closure(source, lambda *call: calls.append(call))
                source.attach()
                queue.send(b'x')
                self.wait_until(lambda: calls)
                self.assertEqual(calls, [(queue, GLib.IOCondition.IN)])
                self.assertTrue(source.is_destroyed())
                queue.recv()

    def test_notification_errors(self):
        queue = self.new_queue()
        queue.add_notification()
        for register in (queue.add_notification, queue.create_notification_source,
                         queue.reserve_notification,
                         lambda: queue.notify_by_signal(signal.SIGUSR1)):
            with self.assertRaises(OSError) as caught:
                register()
            self.assertEqual(caught.exception.errno, errno.EBUSY)
            self.assertIn(f'this process, {os.getpid()},', str(caught.exception))
        queue.cancel_notification()
        for number in 0, -1, 32, 65:
            with self.assertRaises(ValueError):
                queue.notify_by_signal(number)
        for wrong in None, 'SIGUSR1', 1.5:
            with self.assertRaises(TypeError):
                queue.notify_by_signal(wrong)
        with self.assertRaises(TypeError):
            queue.create_notification_source(True, 'no cancellable')
        for wrong in Gio.Cancellable(), None, 1, 'no':
            with self.subTest(rearm=wrong):
                with self.assertRaisesRegex(TypeError, 'rearm'):
                    queue.create_notification_source(wrong)
                with self.assertRaisesRegex(TypeError, 'rearm'):
                    queue.add_notification(print, rearm=wrong)
        for arguments in (
                ('x',), (0, 'x'), (1.5, print), (True,), (True, print), (print, print, print, 5)):
            with self.subTest(arguments=arguments):
                if arguments[-1] == 5:
                    # Data may be anything.
                    self.get_watch(queue.add_notification(*arguments)).destroy()
                    continue
                with self.assertRaises(TypeError):
                    queue.add_notification(*arguments)
        queue.close()
        for register in (queue.add_notification, queue.create_notification_source,
                         queue.reserve_notification, queue.cancel_notification,
                         lambda: queue.notify_by_signal(signal.SIGUSR1)):
            with self.assertRaises(ValueError):
                register()

    def test_notification_refused_keeps_nothing(self):
        queue = self.new_queue()
        queue.reserve_notification()

        def on_arrived(queue, condition):
            return GLib.SOURCE_CONTINUE

        reference = weakref.ref(on_arrived)
        for _ in range(100):
            with self.assertRaises(OSError):
                queue.add_notification(on_arrived, rearm=True)
        del on_arrived
        gc.collect()
        self.assertIsNone(reference())

    def test_wrong_arguments(self):
        queue = self.new_queue()
        for arguments in ((), (GLib.IOCondition.IN,), (GLib.PRIORITY_LOW, GLib.IOCondition.IN),
                          (GLib.IOCondition.IN, 'x'), (print, GLib.IOCondition.IN)):
            with self.subTest(arguments=arguments):
                with self.assertRaisesRegex(TypeError, r'add_watch\('):
                    queue.add_watch(*arguments)
        for arguments in (), (GLib.PRIORITY_LOW,), (None,), (GLib.PRIORITY_LOW, 'x'):
            with self.subTest(arguments=arguments):
                with self.assertRaisesRegex(TypeError, r'add_receiver\('):
                    queue.add_receiver(*arguments)

    def test_await_with_callbacks(self):
        """The arguments of introspection, each of which may be left out."""
        queue = self.new_queue(maxmsg=1)
        calls = []

        def on_received(queue, result, *data):
            calls.append((queue.receive_finish(result), *data))

        def on_sent(queue, result, *data):
            calls.append((queue.send_finish(result), *data))

        queue.receive_async(GLib.PRIORITY_DEFAULT, None, on_received, 1, 2)
        queue.send_async(b'x', 3, GLib.PRIORITY_DEFAULT, None, on_sent, 4)
        self.wait_until(lambda: len(calls) == 2)
        self.assertEqual(sorted(calls, key=len), [(True, 4), ((b'x', 3), 1, 2)])
        calls.clear()
        queue.receive_async(callback=on_received)
        queue.send_async(bytearray(b'y'), callback=on_sent)
        self.wait_until(lambda: len(calls) == 2)
        self.assertIn(((b'y', 0),), calls)
        self.assertIn((True,), calls)

        def on_failed(queue, result):
            try:
                queue.receive_finish(result)
            except ValueError as error:
                calls.append(error)

        calls.clear()
        queue.receive_async(callback=on_failed)
        queue.close()
        self.wait_until(lambda: calls)
        self.assert_error(calls[0], Gio.IOErrorEnum.CLOSED)

    def test_receiver_gets_bytes(self):
        queue = self.new_queue()
        received = []

        def on_message(queue, message, priority):
            received.append((message, priority))
            return True

        queue.add_receiver(on_message)
        queue.send(b'')
        queue.send(b'x', 1)
        self.wait_until(lambda: len(received) == 2)
        self.assertEqual(received, [(b'x', 1), (b'', 0)])
        queue.close()
        self.run_what_is_ready()


tap.main()
