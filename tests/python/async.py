# SPDX-License-Identifier: LGPL-2.1-or-later

"""Asynchronous calls, with callbacks."""

import tap
from queues import Gio, GLib, Mood, QueueTest

Code = Gio.IOErrorEnum


class AsyncTest(QueueTest):
    def receive(self, queue, outcomes, cancellable=None, io_priority=GLib.PRIORITY_DEFAULT):
        def on_received(source, result):
            self.assertIs(source, queue)
            try:
                outcomes.append(tuple(queue.receive_finish(result)))
            except GLib.Error as error:
                outcomes.append(error)

        queue.receive_async(io_priority, cancellable, on_received)

    def send(self, queue, outcomes, message, priority=0):
        def on_sent(_source, result):
            try:
                outcomes.append(queue.send_finish(result))
            except GLib.Error as error:
                outcomes.append(error)

        queue.send_async(message, priority, GLib.PRIORITY_DEFAULT, None, on_sent)

    def assert_error(self, outcome, code):
        self.assertIsInstance(outcome, GLib.Error)
        self.assertTrue(outcome.matches(Gio.io_error_quark(), code), outcome)

    def test_receive_at_once(self):
        queue = self.new_queue()
        outcomes = []
        queue.send(b'a\0b', 7)
        queue.send(b'', 1)
        self.receive(queue, outcomes)
        self.receive(queue, outcomes)
        self.assertEqual(outcomes, [])
        self.wait_until(lambda: len(outcomes) == 2)
        self.assertEqual(outcomes, [(b'a\0b', 7), (b'', 1)])

    def test_receive_later_in_the_order_asked(self):
        queue = self.new_queue()
        outcomes = [], [], []
        for outcome, io_priority in zip(outcomes, (300, 0, -100)):
            self.receive(queue, outcome, io_priority=io_priority)
        self.run_what_is_ready()
        self.assertEqual(outcomes, ([], [], []))
        for message in b'1', b'2', b'3':
            queue.send(message, 0)
        self.wait_until(lambda: all(outcomes))
        self.assertEqual(outcomes, ([(b'1', 0)], [(b'2', 0)], [(b'3', 0)]))

    def test_cancelled_leaves_its_message_to_the_next(self):
        queue = self.new_queue()
        cancellable = Gio.Cancellable()
        cancelled, served = [], []
        self.receive(queue, cancelled, cancellable)
        self.receive(queue, served)
        cancellable.cancel()
        queue.send(b'x', 0)
        self.wait_until(lambda: cancelled and served)
        self.assert_error(cancelled[0], Code.CANCELLED)
        self.assertEqual(served, [(b'x', 0)])

    def test_what_was_taken_is_delivered(self):
        queue = self.new_queue()
        cancellable = Gio.Cancellable()
        outcomes = []
        queue.send(b'x', 0)
        self.receive(queue, outcomes, cancellable)
        cancellable.cancel()
        self.wait_until(lambda: outcomes)
        self.assertEqual(outcomes, [(b'x', 0)])

    def test_close_ends_all(self):
        queue = self.new_queue()
        outcomes = []
        for _ in range(3):
            self.receive(queue, outcomes)
        queue.close()
        self.receive(queue, outcomes)
        self.wait_until(lambda: len(outcomes) == 4)
        for outcome in outcomes:
            self.assert_error(outcome, Code.CLOSED)

    def test_send_waits_for_room(self):
        queue = self.new_queue(maxmsg=1)
        outcomes = []
        for message in b'1', b'2', b'3':
            self.send(queue, outcomes, message, 5)
        self.wait_until(lambda: outcomes)
        self.run_what_is_ready()
        self.assertEqual(outcomes, [True])
        for number in 1, 2, 3:
            self.assertEqual(queue.receive_with_timeout(0), (str(number).encode(), 5))
            self.wait_until(lambda expected=min(number + 1, 3): len(outcomes) == expected)
        self.assertEqual(outcomes, [True] * 3)

    def test_errors(self):
        queue = self.new_queue()
        outcomes = []
        self.receive(self.open_again(queue, Mood.OpenFlags.WRONLY), outcomes)
        self.send(self.open_again(queue, Mood.OpenFlags.RDONLY), outcomes, b'x')
        self.send(queue, outcomes, b'x' * 65)
        self.send(queue, outcomes, b'x', 32768)
        self.receive(Mood.MessageQueue(), outcomes)
        self.wait_until(lambda: len(outcomes) == 5)
        for outcome, code in zip(outcomes, (Code.PERMISSION_DENIED, Code.PERMISSION_DENIED,
                                            Code.MESSAGE_TOO_LARGE, Code.INVALID_ARGUMENT,
                                            Code.NOT_INITIALIZED)):
            self.assert_error(outcome, code)

    def test_result_of_another_call(self):
        queue = self.new_queue()
        caught = []

        def on_sent(_source, result):
            with self.assert_fails(Code.INVALID_ARGUMENT, 'another call'):
                queue.receive_finish(result)
            caught.append(True)

        queue.send_async(b'x', 0, GLib.PRIORITY_DEFAULT, None, on_sent)
        self.wait_until(lambda: caught)

    def test_result_is_kept(self):
        queue = self.new_queue()
        results = []
        queue.send(b'x', 3)
        queue.receive_async(GLib.PRIORITY_DEFAULT, None, lambda _, result: results.append(result))
        self.wait_until(lambda: results)
        outcomes = []
        queue.send(b'y', 0)
        self.receive(queue, outcomes)
        self.wait_until(lambda: outcomes)
        self.assertEqual(outcomes, [(b'y', 0)])
        queue.close()
        self.assertIsInstance(results[0], Gio.AsyncResult)
        self.assertIs(results[0].get_source_object(), queue)
        self.assertEqual(tuple(queue.receive_finish(results[0])), (b'x', 3))


tap.main()
