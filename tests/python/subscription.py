# SPDX-License-Identifier: LGPL-2.1-or-later

"""Subscription: messages that come to a callback, by add_receiver() or by a source."""

import contextlib
import gc
import sys
import threading
import weakref

import tap
from queues import LIMIT_SECONDS, Gio, GLib, Mood, QueueTest

from gi.repository import GObject

Flags = Mood.OpenFlags

# One dispatch takes no more, so that a fast sender leaves the main loop to others, too.
MESSAGES_PER_DISPATCH = 16


class SubscriptionTest(QueueTest):
    """Everything that can be subscribed to, in one way."""

    def setUp(self):
        super().setUp()
        self.seen = []

    def note(self, queue, message, *numbers):
        """A callback that keeps what it is given, and stays."""
        # Plain introspection may hand over the length beside the bytes.
        *length, priority = numbers
        self.assertIn(length, ([], [len(message)]))
        self.seen.append((queue, message, priority))
        return GLib.SOURCE_CONTINUE

    def note_once(self, *arguments):
        self.note(*arguments)
        return GLib.SOURCE_REMOVE

    def subscribe(self, queue, func, *data, priority=GLib.PRIORITY_DEFAULT):
        identifier = queue.add_receiver(priority, func, *data)
        self.assertGreater(identifier, 0)
        self.addCleanup(self.get_watch(identifier).destroy)
        return identifier

    def add_source(self, queue, func, cancellable=None):
        source = queue.create_receiver_source(cancellable)
        GObject.source_set_closure(source, func)
        source.attach(None)
        self.addCleanup(source.destroy)
        return source

    def send(self, queue, *messages):
        for message, priority in messages:
            queue.send(message, priority, None)

    def wait(self, count=1):
        self.wait_until(lambda: len(self.seen) >= count)

    def messages(self):
        return [(message, priority) for _, message, priority in self.seen]

    def assert_left(self, queue, *messages):
        """These messages are in the queue, and no others."""
        left = [tuple(queue.receive(None)) for _ in range(queue.props.curmsgs)]
        self.assertEqual(left, list(messages))


class ReceiverTest(SubscriptionTest):
    def test_gets_queue_message_and_priority(self):
        for flags in Flags.RDWR, Flags.RDWR | Flags.NONBLOCK:
            with self.subTest(flags=flags):
                self.seen.clear()
                queue = self.new_queue(flags)
                self.subscribe(queue, self.note)
                self.run_what_is_ready()
                self.assertEqual(self.seen, [])
                self.send(queue, (b'low', 0), (b'old', 7), (b'new', 7), (b'top', 32767))
                self.wait(4)
                self.send(queue, (b'later', 1))
                self.wait(5)
                self.run_what_is_ready()
                self.assertEqual(self.messages(), [(b'top', 32767), (b'old', 7), (b'new', 7),
                                                   (b'low', 0), (b'later', 1)])
                for seen, _, _ in self.seen:
                    self.assertIs(seen, queue)
                self.assertEqual(queue.props.curmsgs, 0)

    def test_bytes_come_out_as_they_went_in(self):
        queue = self.new_queue(msgsize=256)
        messages = [bytes(range(256)), b'', b'\0', b'a\0b\0']
        self.subscribe(queue, self.note)
        self.send(queue, *((message, 0) for message in messages))
        self.wait(len(messages))
        self.run_what_is_ready()
        # All that were kept: the next message must not have been written over one.
        self.assertEqual(self.messages(), [(message, 0) for message in messages])
        for _, message, _ in self.seen:
            self.assertIs(type(message), bytes)

    def test_gets_the_data(self):
        queue = self.new_queue()
        self.subscribe(queue, lambda *arguments: self.seen.append(arguments[-3:]), 'some', 'data')
        self.send(queue, (b'message', 6))
        self.wait()
        self.assertEqual(self.seen, [(6, 'some', 'data')])

    def test_receives_what_another_sends(self):
        receiver = self.new_queue(Flags.RDONLY)
        sender = self.open_again(receiver, Flags.WRONLY)
        self.subscribe(receiver, self.note)
        for count, message in enumerate([b'one', b'two', b'three'], 1):
            self.send(sender, (message, 0))
            self.wait(count)
        self.assertEqual(self.messages(), [(b'one', 0), (b'two', 0), (b'three', 0)])

    def test_receives_what_was_there_before(self):
        queue = self.new_queue()
        self.send(queue, (b'early', 2))
        self.subscribe(queue, self.note)
        self.wait()
        self.assertEqual(self.messages(), [(b'early', 2)])

    def test_wakes_the_loop_when_another_thread_sends(self):
        queue = self.new_queue()
        self.subscribe(queue, self.note)
        thread = threading.Thread(target=self.send, args=(queue, (b'from afar', 0)))
        thread.start()
        self.wait()
        thread.join(LIMIT_SECONDS)
        self.assertEqual(self.messages(), [(b'from afar', 0)])

    def test_each_message_comes_once_to_one_of_several(self):
        queue = self.new_queue()
        others = self.open_again(queue, Flags.RDONLY), queue.reopen(Flags.RDONLY)
        for receiver in queue, *others:
            self.subscribe(receiver, self.note)
        sent = [(bytes([number]), 0) for number in range(8)]
        for count in 4, 8:
            self.send(queue, *sent[count - 4:count])
            self.wait(count)
        self.run_what_is_ready()
        self.assertEqual(sorted(self.messages()), sent)

    def test_a_fast_sender_does_not_keep_the_loop(self):
        queue = self.new_queue(maxmsg=2)

        def refill(receiving, *_):
            self.seen.append(receiving)
            self.send(receiving, (b'again', 0))
            return GLib.SOURCE_CONTINUE

        self.subscribe(queue, refill)
        self.send(queue, (b'first', 0))
        self.assertTrue(GLib.MainContext.default().iteration(False))
        self.assertEqual(len(self.seen), MESSAGES_PER_DISPATCH)

    def test_the_priority_in_the_loop_decides_who_is_first(self):
        priorities = [GLib.PRIORITY_LOW, GLib.PRIORITY_HIGH, GLib.PRIORITY_DEFAULT]
        queues = [self.new_queue() for _ in priorities]
        for queue, priority in zip(queues, priorities):
            self.send(queue, (b'message', 0))
            self.subscribe(queue, self.note, priority=priority)
        self.wait(3)
        low, high, default = queues
        self.assertEqual([queue for queue, _, _ in self.seen], [high, default, low])

    def test_running_the_loop_in_the_callback(self):
        queue = self.new_queue()

        def run(*arguments):
            # It is not called from within itself: that would turn the order of messages round.
            seen = len(self.seen)
            while GLib.MainContext.default().iteration(False):
                pass
            self.assertEqual(len(self.seen), seen)
            return self.note(*arguments)

        self.subscribe(queue, run)
        self.send(queue, (b'one', 0), (b'two', 0), (b'three', 0))
        self.wait(3)
        self.assertEqual(self.messages(), [(b'one', 0), (b'two', 0), (b'three', 0)])

    def test_sending_from_the_callback(self):
        first, second = self.new_queue(), self.new_queue()

        def relay(queue, message, *numbers):
            self.send(second, (b'relayed ' + message, numbers[-1]))
            return GLib.SOURCE_CONTINUE

        self.subscribe(first, relay)
        self.subscribe(second, self.note)
        self.send(first, (b'message', 5))
        self.wait()
        self.assertEqual(self.messages(), [(b'relayed message', 5)])

    def test_receiving_from_the_callback(self):
        queue = self.new_queue()

        def take_two(queue, message, *numbers):
            self.note(queue, message, *numbers)
            self.note(queue, *queue.receive_with_timeout(0, None))
            return GLib.SOURCE_CONTINUE

        self.subscribe(queue, take_two)
        self.send(queue, (b'one', 4), (b'two', 3), (b'three', 2), (b'four', 1))
        self.wait(4)
        self.run_what_is_ready()
        self.assertEqual(self.messages(), [(b'one', 4), (b'two', 3), (b'three', 2), (b'four', 1)])

    def test_needs_a_function(self):
        with self.assertRaises(TypeError):
            self.new_queue().add_receiver(GLib.PRIORITY_DEFAULT, None)


class EndTest(SubscriptionTest):
    """Whatever ends a receiver, it has handed over every message that it took."""

    def assert_ended(self, identifier):
        self.run_what_is_ready()
        self.assertIsNone(self.get_watch(identifier))

    def test_when_the_callback_says_so(self):
        for answer in GLib.SOURCE_REMOVE, None:
            with self.subTest(answer=answer):
                self.seen.clear()
                queue = self.new_queue()

                def answer_once(*arguments):
                    self.note(*arguments)
                    return answer

                self.send(queue, (b'taken', 2), (b'stays', 1), (b'stays, too', 0))
                identifier = self.subscribe(queue, answer_once)
                self.wait()
                self.assert_ended(identifier)
                self.assertEqual(self.messages(), [(b'taken', 2)])
                self.assert_left(queue, (b'stays', 1), (b'stays, too', 0))

    def test_when_the_callback_fails(self):
        queue = self.new_queue()
        errors = []

        def fail(queue, message, *_):
            raise ValueError(message)

        self.addCleanup(setattr, sys, 'excepthook', sys.excepthook)
        sys.excepthook = lambda kind, error, traceback: errors.append(error)
        self.send(queue, (b'taken', 1), (b'stays', 0))
        identifier = self.subscribe(queue, fail)
        self.wait_until(lambda: errors)
        self.assert_ended(identifier)
        self.assertEqual([error.args for error in errors], [(b'taken',)])
        self.assert_left(queue, (b'stays', 0))

    def test_when_it_is_removed(self):
        queue = self.new_queue()
        identifier = self.subscribe(queue, self.note)
        self.send(queue, (b'taken', 0))
        self.wait()
        self.assertTrue(GLib.source_remove(identifier))
        self.send(queue, (b'stays', 0))
        self.assert_ended(identifier)
        self.assertEqual(self.messages(), [(b'taken', 0)])
        self.assert_left(queue, (b'stays', 0))

    def test_when_it_is_removed_by_its_callback(self):
        queue = self.new_queue()

        def remove(*arguments):
            GLib.source_remove(identifier)
            return self.note(*arguments)

        self.send(queue, (b'taken', 1), (b'stays', 0))
        identifier = self.subscribe(queue, remove)
        self.wait()
        self.assert_ended(identifier)
        self.assertEqual(self.messages(), [(b'taken', 1)])
        self.assert_left(queue, (b'stays', 0))

    def test_when_the_queue_is_closed(self):
        queue = self.new_queue()
        other = self.open_again(queue, Flags.RDONLY)
        identifier = self.subscribe(queue, self.note)
        self.send(queue, (b'stays', 0))
        queue.close()
        self.assert_ended(identifier)
        self.assertEqual(self.seen, [])
        self.assert_left(other, (b'stays', 0))

    def test_when_the_queue_is_closed_by_the_callback(self):
        queue = self.new_queue()
        other = self.open_again(queue, Flags.RDONLY)

        def close(closing, *arguments):
            closing.close()
            return self.note(closing, *arguments)

        self.send(queue, (b'taken', 1), (b'stays', 0))
        identifier = self.subscribe(queue, close)
        self.wait()
        self.assert_ended(identifier)
        self.assertEqual(self.messages(), [(b'taken', 1)])
        self.assert_left(other, (b'stays', 0))

    def test_when_the_queue_is_closed_by_another_thread(self):
        queue = self.new_queue()
        identifier = self.subscribe(queue, self.note)
        thread = threading.Thread(target=queue.close)
        thread.start()
        self.wait_until(lambda: self.get_watch(identifier) is None)
        thread.join(LIMIT_SECONDS)
        self.assertEqual(self.seen, [])

    def test_when_the_queue_was_closed_before_or_never_opened(self):
        closed = self.new_queue()
        closed.close()
        for state, queue in ('closed', closed), ('never opened', Mood.MessageQueue()):
            with self.subTest(state):
                self.assert_ended(self.subscribe(queue, self.note))
        self.assertEqual(self.seen, [])

    def test_of_one_that_cannot_receive(self):
        sender = self.new_queue(Flags.WRONLY)
        receiver = self.open_again(sender, Flags.RDONLY)
        identifier = self.subscribe(sender, self.note)
        self.send(sender, (b'stays', 0))
        self.run_what_is_ready()
        self.assertIsNotNone(self.get_watch(identifier))
        sender.close()
        self.assert_ended(identifier)
        self.assertEqual(self.seen, [])
        self.assert_left(receiver, (b'stays', 0))


class CollectionTest(SubscriptionTest):
    @contextlib.contextmanager
    def assert_collected(self, queue, answer=GLib.SOURCE_CONTINUE):
        """What the block does with a receiver's ID must end it, and let go of its callback."""
        class Callback:
            def __call__(self, *arguments):
                return answer

        callback = Callback()
        collected = weakref.ref(callback)
        identifier = self.subscribe(queue, callback)
        del callback
        gc.collect()
        self.assertIsNotNone(collected())
        yield identifier
        self.run_what_is_ready()
        gc.collect()
        self.assertIsNone(collected())

    def test_of_the_callback(self):
        queue = self.new_queue()
        with self.assert_collected(queue) as identifier:
            GLib.source_remove(identifier)
        with self.assert_collected(queue, GLib.SOURCE_REMOVE):
            self.send(queue, (b'ends it', 0))
        with self.assert_collected(queue):
            queue.close()
        with self.assert_collected(queue):
            # It was closed before.
            pass

    def test_of_the_queue_waits_for_the_receiver(self):
        receiver = self.new_queue(Flags.RDONLY)
        sender = self.open_again(receiver, Flags.WRONLY)
        gone = []
        messages = []
        receiver.weak_ref(lambda: gone.append(True))
        receiver.add_receiver(GLib.PRIORITY_DEFAULT,
                              lambda queue, message, *_: messages.append(message))
        del receiver
        gc.collect()
        self.assertEqual(gone, [])
        self.send(sender, (b'heard', 0))
        self.wait_until(lambda: messages)
        gc.collect()
        self.assertEqual((messages, gone), ([b'heard'], [True]))


class SourceTest(SubscriptionTest):
    def note_closure(self, queue, message, priority):
        self.assertIsInstance(message, GLib.Bytes)
        # To be read here: a closure of PyGObject's does not own the boxed values that it is given.
        self.seen.append((queue, message.get_data() or b'', priority))
        return GLib.SOURCE_CONTINUE

    def test_closure_gets_queue_bytes_and_priority(self):
        queue = self.new_queue()
        source = self.add_source(queue, self.note_closure)
        self.run_what_is_ready()
        self.assertEqual(self.seen, [])
        self.send(queue, (b'a\0b\0', 9), (b'', 3))
        self.wait(2)
        self.assertEqual(self.seen, [(queue, b'a\0b\0', 9), (queue, b'', 3)])
        self.assertIs(self.seen[0][0], queue)
        self.assertFalse(source.is_destroyed())

    def test_closure_ends_it(self):
        queue = self.new_queue()

        def note_once(*arguments):
            self.note_closure(*arguments)
            return GLib.SOURCE_REMOVE

        source = self.add_source(queue, note_once)
        self.send(queue, (b'taken', 1), (b'stays', 0))
        self.wait()
        self.run_what_is_ready()
        self.assertTrue(source.is_destroyed())
        self.assertEqual(self.messages(), [(b'taken', 1)])
        self.assert_left(queue, (b'stays', 0))

    def test_cancelling(self):
        queue = self.new_queue()
        cancellable = Gio.Cancellable()
        source = self.add_source(queue, self.note_closure, cancellable)
        self.send(queue, (b'taken', 0))
        self.wait()
        self.send(queue, (b'stays', 0))
        cancellable.cancel()
        self.run_what_is_ready()
        self.assertTrue(source.is_destroyed())
        self.assertEqual(self.messages(), [(b'taken', 0)])
        self.assert_left(queue, (b'stays', 0))

    def test_cancelling_in_the_callback(self):
        queue = self.new_queue()
        cancellable = Gio.Cancellable()

        def cancel(*arguments):
            cancellable.cancel()
            return self.note_closure(*arguments)

        source = self.add_source(queue, cancel, cancellable)
        self.send(queue, (b'taken', 1), (b'stays', 0))
        self.wait()
        self.run_what_is_ready()
        self.assertTrue(source.is_destroyed())
        self.assertEqual(self.messages(), [(b'taken', 1)])
        self.assert_left(queue, (b'stays', 0))

    def test_cancelling_from_another_thread(self):
        # Also where no message can come.
        queue = self.new_queue(Flags.WRONLY)
        cancellable = Gio.Cancellable()
        source = self.add_source(queue, self.note_closure, cancellable)
        thread = threading.Thread(target=cancellable.cancel)
        thread.start()
        self.wait_until(source.is_destroyed)
        thread.join(LIMIT_SECONDS)
        self.assertEqual(self.seen, [])

    def test_closing(self):
        queue = self.new_queue()
        source = self.add_source(queue, self.note_closure, Gio.Cancellable())
        queue.close()
        self.run_what_is_ready()
        self.assertTrue(source.is_destroyed())
        self.assertEqual(self.seen, [])

    def test_in_another_context(self):
        context = GLib.MainContext.new()
        queue = self.new_queue()
        source = queue.create_receiver_source(None)
        GObject.source_set_closure(source, self.note_closure)
        source.attach(context)
        self.send(queue, (b'elsewhere', 0))
        self.run_what_is_ready()
        self.assertEqual(self.seen, [])
        self.assertTrue(context.iteration(False))
        self.assertEqual(self.messages(), [(b'elsewhere', 0)])
        source.destroy()

    def test_that_was_never_attached(self):
        queue = self.new_queue()
        self.send(queue, (b'stays', 0))
        source = queue.create_receiver_source()
        del source
        gc.collect()
        self.run_what_is_ready()
        self.assert_left(queue, (b'stays', 0))


if __name__ == '__main__':
    tap.main()
