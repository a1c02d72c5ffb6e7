# SPDX-License-Identifier: LGPL-2.1-or-later

"""Watching a queue from the main loop: by add_watch(), by a source, until it is closed."""

import threading

import tap
from queues import LIMIT_SECONDS, Gio, GLib, Mood, QueueTest

from gi.repository import GObject

Flags = Mood.OpenFlags
IN = GLib.IOCondition.IN
OUT = GLib.IOCondition.OUT
NVAL = GLib.IOCondition.NVAL
NOTHING = GLib.IOCondition(0)


class ReadinessTest(QueueTest):
    """Everything that can be watched, watched in one way."""

    def setUp(self):
        super().setUp()
        self.seen = []

    def note(self, queue, condition):
        """A callback that leaves the message where it is, and stays."""
        self.seen.append((queue, condition))
        return GLib.SOURCE_CONTINUE

    def note_once(self, queue, condition):
        self.note(queue, condition)
        return GLib.SOURCE_REMOVE

    def add_source(self, queue, condition, func, cancellable=None):
        source = queue.create_source(condition, cancellable)
        GObject.source_set_closure(source, func)
        source.attach(None)
        self.addCleanup(source.destroy)
        return source

    def wait(self, count=1):
        self.wait_until(lambda: len(self.seen) >= count)


class WatchTest(ReadinessTest):
    def test_gets_queue_and_condition(self):
        queue = self.new_queue()
        self.watch(queue, IN, self.note_once)
        self.run_what_is_ready()
        self.assertEqual(self.seen, [])
        queue.send(b'ready', 0, None)
        self.wait()
        self.assertEqual(self.seen, [(queue, IN)])
        self.assertIs(self.seen[0][0], queue)
        self.assertIsInstance(self.seen[0][1], GLib.IOCondition)

    def test_gets_the_data(self):
        queue = self.new_queue()
        self.watch(queue, OUT, lambda _, condition, *data: self.seen.append(data), 'some', 'data')
        self.wait()
        self.assertEqual(self.seen, [('some', 'data')])

    def test_receives_what_another_sends(self):
        receiver = self.new_queue(Flags.RDONLY | Flags.NONBLOCK)
        sender = self.open_again(receiver, Flags.WRONLY)
        received = []

        def receive(queue, condition):
            received.append(queue.recv(None))
            return GLib.SOURCE_CONTINUE

        self.watch(receiver, IN, receive)
        for message in b'one', b'two', b'three':
            sender.send(message, 0, None)
            self.wait_until(lambda: message in received)
        self.run_what_is_ready()
        self.assertEqual(received, [b'one', b'two', b'three'])

    def test_stays_ready_while_the_message_waits(self):
        queue = self.new_queue()
        queue.send(b'waits', 0, None)
        self.watch(queue, IN, self.note)
        self.wait(3)
        queue.recv(None)
        self.seen.clear()
        self.run_what_is_ready()
        self.assertEqual(self.seen, [])

    def test_room_to_send(self):
        queue = self.new_queue(maxmsg=1)
        queue.send(b'full', 0, None)
        self.watch(queue, OUT, self.note_once)
        self.run_what_is_ready()
        self.assertEqual(self.seen, [])
        queue.recv(None)
        self.wait()
        self.assertEqual(self.seen, [(queue, OUT)])

    def test_both_conditions(self):
        queue = self.new_queue(maxmsg=2)
        queue.send(b'one', 0, None)
        self.watch(queue, IN | OUT, self.note)
        self.wait()
        self.assertEqual(self.seen[0], (queue, IN | OUT))

    def test_ends_when_the_callback_says_so(self):
        queue = self.new_queue()
        for answer in GLib.SOURCE_REMOVE, None:
            with self.subTest(answer=answer):
                self.seen.clear()

                def callback(*arguments):
                    self.seen.append(arguments)
                    return answer

                identifier = self.watch(queue, OUT, callback)
                self.wait()
                self.run_what_is_ready()
                self.assertEqual(len(self.seen), 1)
                self.assertIsNone(self.get_watch(identifier))

    def test_can_be_removed(self):
        queue = self.new_queue()
        identifier = self.watch(queue, OUT, self.note)
        self.wait()
        self.assertTrue(GLib.source_remove(identifier))
        self.seen.clear()
        self.run_what_is_ready()
        self.assertEqual(self.seen, [])

    def test_can_be_removed_by_its_callback(self):
        queue = self.new_queue()

        def remove(*arguments):
            self.seen.append(arguments)
            GLib.source_remove(identifier)
            return GLib.SOURCE_CONTINUE

        identifier = self.watch(queue, OUT, remove)
        self.wait()
        self.run_what_is_ready()
        self.assertEqual(len(self.seen), 1)

    def test_the_priority_decides_who_is_first(self):
        queue = self.new_queue()
        for priority in GLib.PRIORITY_LOW, GLib.PRIORITY_HIGH, GLib.PRIORITY_DEFAULT:
            identifier = queue.add_watch(
                priority, OUT, lambda _, condition, which: self.seen.append(which), priority)
            self.addCleanup(self.get_watch(identifier).destroy)
        self.wait(3)
        self.assertEqual(self.seen,
                         [GLib.PRIORITY_HIGH, GLib.PRIORITY_DEFAULT, GLib.PRIORITY_LOW])

    def test_sending_from_the_callback(self):
        first, second = self.new_queue(), self.new_queue()

        def relay(queue, condition):
            second.send(b'relayed ' + queue.recv(None), 0, None)
            return GLib.SOURCE_CONTINUE

        self.watch(first, IN, relay)
        self.watch(second, IN, lambda queue, _: self.seen.append(queue.recv(None)) or True)
        first.send(b'message', 0, None)
        self.wait()
        self.assertEqual(self.seen, [b'relayed message'])

    def test_needs_a_function(self):
        with self.assertRaises(TypeError):
            self.new_queue().add_watch(GLib.PRIORITY_DEFAULT, IN, None)


class WrongDirectionTest(ReadinessTest):
    """The kernel reports a queue as ready for both, whatever it was opened for."""

    def test_send_only_is_not_ready_to_receive(self):
        queue = self.new_queue(Flags.WRONLY)
        queue.send(b'waits', 0, None)
        self.watch(queue, IN, self.note)
        self.run_what_is_ready()
        self.assertEqual(self.seen, [])
        queue.close()
        self.wait()
        self.assertEqual(self.seen, [(queue, NVAL)])

    def test_receive_only_is_not_ready_to_send(self):
        queue = self.new_queue(Flags.RDONLY)
        self.watch(queue, OUT, self.note)
        self.run_what_is_ready()
        self.assertEqual(self.seen, [])
        queue.close()
        self.wait()
        self.assertEqual(self.seen, [(queue, NVAL)])

    def test_of_both_conditions_the_possible_one_counts(self):
        queue = self.new_queue(Flags.WRONLY)
        queue.send(b'waits', 0, None)
        self.watch(queue, IN | OUT, self.note_once)
        self.wait()
        self.assertEqual(self.seen, [(queue, OUT)])


class CloseTest(ReadinessTest):
    def test_tells_every_watch_once(self):
        queue = self.new_queue()
        self.watch(queue, IN, self.note)
        self.watch(queue, OUT, self.note)
        queue.close()
        self.wait(2)
        self.run_what_is_ready()
        self.assertEqual(self.seen, [(queue, NVAL), (queue, NVAL)])

    def test_wins_over_a_message(self):
        queue = self.new_queue()
        self.watch(queue, IN, self.note)
        queue.send(b'waits', 0, None)
        queue.close()
        self.wait()
        self.run_what_is_ready()
        self.assertEqual(self.seen, [(queue, NVAL)])

    def test_before_the_watch(self):
        queue = self.new_queue()
        queue.close()
        self.watch(queue, IN, self.note)
        self.wait()
        self.run_what_is_ready()
        self.assertEqual(self.seen, [(queue, NVAL)])

    def test_from_the_callback(self):
        queue = self.new_queue()

        def close(closing, condition):
            self.seen.append((closing, condition))
            closing.close()
            return GLib.SOURCE_CONTINUE

        self.watch(queue, OUT, close)
        self.wait(2)
        self.run_what_is_ready()
        self.assertEqual(self.seen, [(queue, OUT), (queue, NVAL)])

    def test_wakes_the_loop_from_another_thread(self):
        queue = self.new_queue()
        self.watch(queue, IN, self.note)
        thread = threading.Thread(target=queue.close)
        thread.start()
        self.wait()
        thread.join(LIMIT_SECONDS)
        self.assertEqual(self.seen, [(queue, NVAL)])

    def test_watch_on_what_was_never_opened(self):
        queue = Mood.MessageQueue()
        self.watch(queue, IN, self.note)
        self.wait()
        self.run_what_is_ready()
        self.assertEqual(self.seen, [(queue, NVAL)])


class SourceTest(ReadinessTest):
    def test_closure_gets_queue_and_condition(self):
        queue = self.new_queue()
        self.add_source(queue, IN, self.note_once)
        self.run_what_is_ready()
        self.assertEqual(self.seen, [])
        queue.send(b'ready', 0, None)
        self.wait()
        self.assertEqual(self.seen, [(queue, IN)])
        self.assertIs(self.seen[0][0], queue)

    def test_closure_is_called_again_if_it_says_so(self):
        queue = self.new_queue()
        self.add_source(queue, OUT, self.note)
        self.wait(3)

    def test_closure_that_returns_nothing_ends_the_source(self):
        queue = self.new_queue()
        source = self.add_source(queue, OUT, lambda *arguments: self.seen.append(arguments))
        self.wait()
        self.assertTrue(source.is_destroyed())
        self.assertEqual(len(self.seen), 1)

    def test_plain_callback_gets_its_data(self):
        queue = self.new_queue()
        source = queue.create_source(OUT, None)
        source.set_callback(lambda data: self.seen.append(data), 'some data')
        source.attach(None)
        self.addCleanup(source.destroy)
        self.wait()
        self.assertEqual(self.seen, ['some data'])

    def test_cancelling(self):
        queue = self.new_queue()
        cancellable = Gio.Cancellable()
        self.add_source(queue, IN, self.note_once, cancellable)
        self.run_what_is_ready()
        self.assertEqual(self.seen, [])
        cancellable.cancel()
        self.wait()
        self.assertEqual(self.seen, [(queue, NOTHING)])

    def test_cancelling_from_another_thread(self):
        queue = self.new_queue(Flags.WRONLY)
        cancellable = Gio.Cancellable()
        self.add_source(queue, IN, self.note_once, cancellable)
        thread = threading.Thread(target=cancellable.cancel)
        thread.start()
        self.wait()
        thread.join(LIMIT_SECONDS)
        self.assertEqual(self.seen, [(queue, NOTHING)])

    def test_closing_tells_once(self):
        queue = self.new_queue()
        cancellable = Gio.Cancellable()
        source = self.add_source(queue, IN, self.note, cancellable)
        queue.close()
        self.wait()
        self.run_what_is_ready()
        self.assertEqual(self.seen, [(queue, NVAL)])
        self.assertFalse(source.is_destroyed())
        cancellable.cancel()
        self.wait(2)
        self.assertEqual(self.seen[1], (queue, NOTHING))

    def test_in_another_context(self):
        context = GLib.MainContext.new()
        queue = self.new_queue()
        source = queue.create_source(OUT, None)
        GObject.source_set_closure(source, self.note_once)
        source.attach(context)
        self.run_what_is_ready()
        self.assertEqual(self.seen, [])
        while not self.seen:
            self.assertTrue(context.iteration(False))
        self.assertEqual(self.seen, [(queue, OUT)])

    def test_that_was_never_attached(self):
        queue = self.new_queue()
        source = queue.create_source(IN, None)
        del source
        queue.close()
        self.run_what_is_ready()


if __name__ == '__main__':
    tap.main()
