# SPDX-License-Identifier: LGPL-2.1-or-later

"""The end of a queue: closing, unlinking, collection, and calls that wait meanwhile."""

import gc
import os
import weakref

import tap
from queues import CREATE, Gio, GLib, Mood, QueueTest

Flags = Mood.OpenFlags


def is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


class CloseTest(QueueTest):
    def test_gives_the_descriptor_back(self):
        queue = self.new_queue()
        descriptor = queue.fileno()
        self.assertTrue(is_open(descriptor))
        self.assertIs(queue.close(), True)
        self.assertFalse(is_open(descriptor))
        self.assertEqual(queue.fileno(), -1)
        self.assertEqual(queue.props.fd, -1)
        self.assertEqual(queue.props.curmsgs, -1)
        self.assertIs(queue.props.closed, True)

    def test_can_be_repeated(self):
        queue = self.new_queue()
        queue.close()
        # Whoever gets the number next must not lose it to the second close.
        other = self.new_queue()
        self.assertIs(queue.close(), True)
        self.assertTrue(is_open(other.fileno()))

    def test_notifies_once(self):
        queue = self.new_queue()
        seen = []
        queue.connect('notify::closed', lambda closing, spec: seen.append(
            (spec.name, closing.props.closed, closing.props.fd)))
        queue.connect('notify::fd', lambda closing, spec: seen.append(
            (spec.name, closing.props.closed, closing.props.fd)))
        queue.close()
        queue.close()
        self.assertEqual(sorted(seen), [('closed', True, -1), ('fd', True, -1)])

    def test_keeps_the_queue_and_its_messages(self):
        queue = self.new_queue()
        queue.send(b'kept', 0, None)
        queue.close()
        self.assertEqual(self.open_again(queue, Flags.RDONLY).recv(None), b'kept')

    def test_keeps_what_the_queue_was(self):
        queue = self.new_queue(maxmsg=2, msgsize=8)
        name = queue.get_name()
        mode = queue.props.mode
        queue.close()
        self.assertEqual(queue.props.name, name)
        self.assertEqual(queue.props.flags, Flags.RDWR | CREATE)
        self.assertEqual((queue.props.mode, queue.props.maxmsg, queue.props.msgsize), (mode, 2, 8))

    def test_in_the_notification_of_another(self):
        first, second = self.new_queue(), self.new_queue()
        first.connect('notify::closed', lambda *_: second.close())
        first.close()
        self.assertIs(second.props.closed, True)


class UnlinkTest(QueueTest):
    def test_by_name(self):
        queue = self.new_queue()
        self.assertIs(Mood.unlink(queue.get_name()), True)
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND):
            self.open_again(queue, Flags.RDWR)

    def test_leaves_those_alone_who_have_it_open(self):
        queue = self.new_queue()
        other = self.open_again(queue, Flags.RDWR)
        self.assertIs(queue.unlink(), True)
        queue.send(b'still works', 0, None)
        self.assertEqual(other.recv(None), b'still works')

    def test_makes_the_name_free(self):
        queue = self.new_queue()
        queue.unlink()
        other = Mood.MessageQueue.new(queue.get_name(), Flags.RDWR | CREATE, 0o600, 2, 8)
        queue.send(b'old', 0, None)
        self.assertEqual(other.props.curmsgs, 0)

    def test_after_closing(self):
        queue = self.new_queue()
        queue.close()
        self.assertIs(queue.unlink(), True)
        with self.assert_fails(Gio.IOErrorEnum.NOT_FOUND, queue.get_name()):
            queue.unlink()

    def test_arguments_of_a_wrong_kind_are_python_errors(self):
        for name, expected in (None, TypeError), (5, TypeError), ('/a\0b', ValueError):
            with self.subTest(name=name), self.assertRaises(expected):
                Mood.unlink(name)


class CollectionTest(QueueTest):
    def test_closes_the_descriptor(self):
        queue = self.new_queue()
        descriptor = queue.fileno()
        del queue
        gc.collect()
        self.assertFalse(is_open(descriptor))

    def test_waits_for_the_watch(self):
        receiver = self.new_queue(Flags.RDONLY)
        sender = self.open_again(receiver, Flags.WRONLY)
        descriptor = receiver.fileno()
        received = []
        identifier = receiver.add_watch(GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN,
                                        lambda queue, _: received.append(queue.recv(None)) or True)
        del receiver
        gc.collect()
        sender.send(b'heard', 0, None)
        self.wait_until(lambda: received)
        self.assertEqual(received, [b'heard'])
        GLib.source_remove(identifier)
        gc.collect()
        self.assertFalse(is_open(descriptor))

    def test_of_the_callback_when_its_watch_is_removed(self):
        class Callback:
            def __call__(self, queue, condition):
                return GLib.SOURCE_CONTINUE

        queue = self.new_queue()
        callback = Callback()
        collected = weakref.ref(callback)
        identifier = queue.add_watch(GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, callback)
        del callback
        gc.collect()
        self.assertIsNotNone(collected())
        GLib.source_remove(identifier)
        gc.collect()
        self.assertIsNone(collected())

    def test_of_what_was_never_opened(self):
        queue = Mood.MessageQueue(name='/never', flags=Flags.RDWR)
        gone = queue.weak_ref(lambda: None)
        del queue
        gc.collect()
        self.assertIsNone(gone())

    def test_disposing_does_no_harm(self):
        queue = self.new_queue()
        queue.run_dispose()
        queue.send(b'disposed', 0, None)
        self.assertEqual(queue.recv(None), b'disposed')
        queue.close()
        queue.run_dispose()
        with self.assert_fails(Gio.IOErrorEnum.CLOSED):
            queue.recv(None)


class WaitingTest(QueueTest):
    def test_other_threads_run_meanwhile(self):
        queue = self.new_queue()
        finish = self.in_thread(lambda: queue.recv(None))
        queue.send(b'awaited', 0, None)
        self.assertEqual(finish(), b'awaited')

    def test_a_sender_waits_for_room(self):
        queue = self.new_queue(maxmsg=1)
        queue.send(b'first', 0, None)
        finish = self.in_thread(lambda: queue.send(b'second', 0, Gio.Cancellable()))
        self.assertEqual(queue.recv(None), b'first')
        self.assertEqual(finish(), 6)
        self.assertEqual(queue.recv(None), b'second')

    def test_cancelling_ends_receiving(self):
        queue = self.new_queue()
        for function in queue.recv, queue.receive:
            with self.subTest(function=function):
                cancellable = Gio.Cancellable()
                finish = self.in_thread(lambda: function(cancellable))
                cancellable.cancel()
                self.assert_error(finish(), Gio.IOErrorEnum.CANCELLED)
        queue.send(b'not closed', 0, None)
        self.assertEqual(queue.recv(None), b'not closed')

    def test_cancelling_ends_sending(self):
        queue = self.new_queue(maxmsg=1)
        queue.send(b'full', 0, None)
        for function in queue.send, queue.sendall:
            with self.subTest(function=function):
                cancellable = Gio.Cancellable()
                finish = self.in_thread(lambda: function(b'no room', 0, cancellable))
                cancellable.cancel()
                self.assert_error(finish(), Gio.IOErrorEnum.CANCELLED)
        self.assertEqual(queue.props.curmsgs, 1)

    def test_closing_ends_what_has_a_cancellable(self):
        queue = self.new_queue()
        finish = self.in_thread(lambda: queue.recv(Gio.Cancellable()))
        queue.close()
        self.assert_error(finish(), Gio.IOErrorEnum.CLOSED)
        self.assertEqual(queue.fileno(), -1)


if __name__ == '__main__':
    tap.main()
