#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What becomes of messages that were taken and can go nowhere, as those that mood recv cannot write."""

import base64
import errno
import functools
import json
import os
import signal
import subprocess

import safety
import tool


class Rescue(safety.SafetyTest):
    def receive_in_vain(self, queue, late):
        """With a disk that is full, and others who send when there is room: what is said."""
        with open("/dev/full", "wb") as full:
            process = self.start_stopped(
                "mq_timedreceive", "recv", queue.name, "--count=2", stdout=full)
        queue.send(late, 9)
        process.send_signal(signal.SIGCONT)
        error = process.stderr.read().decode()
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 1)
        return error

    def new_filled(self):
        queue = self.new_queue(maxmsg=2)
        queue.send(b"one", 2)
        queue.send(b"two", 1)
        return queue

    def test_back_into_the_queue(self):
        queue = self.new_filled()
        with open("/dev/full", "wb") as full:
            process = self.start_tool(
                "recv", queue.name, "--count=2", stdout=full, stderr=subprocess.PIPE)
        self.assertIn(b"2 messages were put back", process.stderr.read())
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 1)
        self.assertEqual(queue.receive_all(), [(b"one", 2), (b"two", 1)])
        self.assertEqual(self.leftovers(), [])

    def test_into_a_file(self):
        queue = self.new_filled()
        error = self.receive_in_vain(queue, b"late\xff")
        self.assertIn("1 message was put back", error)
        self.assertIn("1 message could not be put back", error)
        self.assertEqual(len(self.leftovers()), 1)
        self.assertEqual(queue.receive_all(), [(b"one", 2), (b"two", 1)])
        self.assertEqual(len(self.obey(error)), 1)
        self.assertEqual(queue.receive_all(), [(b"late\xff", 9)])
        self.assertEqual(self.leftovers(), [])

    def test_queue_that_is_removed(self):
        queue = self.new_filled()
        with open("/dev/full", "wb") as full:
            process = self.start_stopped(
                "mq_timedreceive", "recv", queue.name, "--count=2", stdout=full)
        tool.plain.unlink(queue.name)
        process.send_signal(signal.SIGCONT)
        error = process.stderr.read().decode()
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 1)
        self.assertIn("2 messages could not be put back", error)
        self.obey(error)
        again = tool.plain.Queue(queue.name)
        self.addCleanup(again.close)
        self.assertEqual(again.receive_all(), [(b"one", 2), (b"two", 1)])

    def test_no_file_either(self):
        with open(self.state, "wb"):
            pass
        queue = self.new_filled()
        error = self.receive_in_vain(queue, b"late\xff")
        self.assertIn("1 message is lost but for", error)
        line, = [json.loads(line) for line in error.splitlines() if line.startswith("{")]
        self.assertEqual(line["queue"], queue.name)
        self.assertEqual(line["priority"], 9)
        self.assertEqual(base64.b64decode(line["message_base64"]), b"late\xff")

    def test_signal_while_messages_are_put_back(self):
        """It ends the command when all is said."""
        queue = self.new_filled()
        directory = self.path("messages")
        os.mkdir(directory)
        process = self.start_stopped(
            "mq_timedreceive", "recv", queue.name, "--count=2", f"--output-dir={directory}")
        os.rmdir(directory)
        process.send_signal(signal.SIGTERM)
        error = self.finish_stopped(process, status=-signal.SIGTERM)
        self.assertIn("2 messages were put back", error)
        self.assertEqual(queue.receive_all(), [(b"one", 2), (b"two", 1)])

    def start_with_stuck_errors(self, function, *arguments, times=1, **keywords):
        """The command has stopped after its first call of the function, and will after others; nobody
        reads what it says, and there is no room for that."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        tool.fill(writer)
        with open(writer, "wb") as stuck:
            # In the background of a shell, the test program may have been told to ignore it.
            return self.start_stopped_at(
                [f"after {function}"] * times, *arguments, stderr=stuck, **keywords,
                preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL))

    def end_stuck(self, process, *numbers):
        """Lets the command go on, which the last of the signals at the latest ends."""
        for number in numbers:
            process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        self.assertIn(-process.wait(tool.LIMIT_SECONDS), numbers)

    def test_errors_that_nobody_reads(self):
        """One signal ends what has messages in its hands, and another what has none any more."""
        for numbers in ([signal.SIGTERM, signal.SIGINT], [signal.SIGINT, signal.SIGTERM]):
            queue = self.new_filled()
            with open("/dev/full", "wb") as full:
                process = self.start_with_stuck_errors(
                    "mq_timedreceive", "recv", queue.name, "--count=2", stdout=full)
            self.end_stuck(process, *numbers)
            self.assertEqual(queue.receive_all(), [(b"one", 2), (b"two", 1)])
            self.assertEqual(self.leftovers(), [])

    def test_errors_that_nobody_reads_of_what_is_kept(self):
        queue = self.new_filled()
        with open("/dev/full", "wb") as full:
            process = self.start_with_stuck_errors(
                "mq_timedreceive", "recv", queue.name, "--count=2", stdout=full)
        queue.send(b"late", 9)
        self.end_stuck(process, signal.SIGTERM, signal.SIGINT)
        self.assertEqual(queue.receive_all(), [(b"one", 2), (b"two", 1)])
        self.assertEqual(len(self.put_leftovers_back()), 1)
        self.assertEqual(queue.receive_all(), [(b"late", 9)])

    def test_errors_of_move_that_nobody_reads(self):
        for is_removed in (False, True):
            source, target = self.new_filled(), self.new_queue(maxmsg=1)
            process = self.start_with_stuck_errors(
                "mq_timedreceive", "move", source.name, target.name)
            target.send(b"in its place")
            if is_removed:
                tool.plain.unlink(source.name)
            self.end_stuck(process, signal.SIGTERM, signal.SIGINT)
            self.assertEqual(target.receive_all(), [(b"in its place", 0)])
            if not is_removed:
                self.assertEqual(source.receive_all(), [(b"one", 2), (b"two", 1)])
                self.assertEqual(self.leftovers(), [])
                continue
            self.assertEqual(source.receive_all(), [(b"two", 1)])
            self.assertEqual(len(self.put_leftovers_back()), 1)
            again = tool.plain.Queue(source.name)
            self.addCleanup(again.close)
            self.assertEqual(again.receive_all(), [(b"one", 2)])

    def check_done(self, is_done, function, *arguments, **keywords):
        """The command does all that it has to, and a signal ends it then."""
        process = self.start_with_stuck_errors(function, *arguments, **keywords)
        process.send_signal(signal.SIGCONT)
        self.wait_until(is_done)
        self.end_stuck(process, signal.SIGTERM, signal.SIGINT)
        self.assertEqual(self.leftovers(), [])

    def test_notes_that_nobody_reads(self):
        messages = [(b"one", 2), (b"two", 1)]
        file = self.path("queues.mood")
        source, target = self.new_filled(), self.new_queue(maxmsg=2)
        is_filled = lambda: target.curmsgs == 2  # noqa: E731
        self.check_done(is_filled, "mq_timedreceive", "copy", source.name, target.name)
        self.assertEqual(target.receive_all(), messages)
        self.check_done(is_filled, "mq_timedreceive", "move", source.name, target.name)
        self.assertEqual(source.curmsgs, 0)
        self.check_done(
            lambda: os.path.exists(file), "renameat2", "save", "--drain", file, target.name)
        self.assertEqual(target.curmsgs, 0)
        self.check_done(is_filled, "mq_timedsend", "restore", file)
        self.assertEqual(target.receive_all(), messages)
        # It is through with the file.
        self.check_done(is_filled, "mq_timedsend", "restore", "--remove", file)
        self.assertEqual(target.receive_all(), messages)
        self.assertFalse(os.path.exists(file))

    def check_put_back_first(self, queue, *arguments):
        """Of two messages the second cannot be taken."""
        self.check_done(lambda: queue.curmsgs == 2, "mq_timedreceive", *arguments,
                        details={"MOOD_TEST_FAIL": f"mq_timedreceive 2 {errno.EIO}"})
        self.assertEqual(queue.curmsgs, 2)

    def test_reason_that_nobody_reads(self):
        """What was taken is back before it is said why no more could be."""
        queue, target, file = self.new_filled(), self.new_queue(), self.path("queues.mood")
        self.check_put_back_first(queue, "copy", queue.name, target.name)
        self.check_put_back_first(queue, "save", file, queue.name)
        self.check_put_back_first(queue, "save", "--drain", file, queue.name)
        self.assertEqual(queue.receive_all(), [(b"one", 2), (b"two", 1)])
        self.assertEqual(target.curmsgs, 0)
        self.assertEqual(os.listdir(self.directory), ["state"])

    def test_warning_that_nobody_reads(self):
        """Of a queue that others keep sending to: first all is saved."""
        queue, file = self.new_queue(maxmsg=1), self.path("queues.mood")
        queue.send(b"one")
        process = self.start_with_stuck_errors(
            "mq_timedreceive", "save", "--drain", file, queue.name, times=2)
        queue.send(b"two")
        self.go_on(process)
        queue.send(b"three")
        process.send_signal(signal.SIGCONT)
        self.wait_until(lambda: os.path.exists(file))
        self.end_stuck(process, signal.SIGTERM, signal.SIGINT)
        self.assertEqual(queue.receive_all(), [(b"three", 0)])
        self.run_tool("restore", "--timeout=0", file, status=3)
        self.assertEqual(queue.receive_all(), [(b"one", 0)])
        self.run_tool("restore", "--continue", file)
        self.assertEqual(queue.receive_all(), [(b"two", 0)])


if __name__ == "__main__":
    tool.main()
