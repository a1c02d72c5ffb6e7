#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood bench: what it shows and what it leaves, and no figures."""

import contextlib
import os
import pathlib
import select
import signal
import subprocess
import time

import tool

MEMBERS = ("pairs_per_second", "messages_per_second", "round_trip_median_us", "round_trip_p99_us")


class Bench(tool.ToolTest):
    def assert_figures(self, found):
        self.assertEqual(set(found), {"size", "maxmsg", *MEMBERS})
        for member in MEMBERS:
            self.assertEqual(set(found[member]), {"libmood", "raw", "time_ratio"})
            for figure in found[member].values():
                self.assertGreater(figure, 0)
        for way in ("libmood", "raw"):
            self.assertGreaterEqual(found["round_trip_p99_us"][way],
                                    found["round_trip_median_us"][way])

    def workers_of(self, process):
        """Descriptors of two processes that send each other messages: one is stopped, and so the
        other waits for it."""
        path = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        deadline = time.monotonic() + tool.LIMIT_SECONDS
        # Nothing tells that there are two, but looking; and the next round's are others.
        while time.monotonic() < deadline:
            self.assertIsNone(process.poll())
            numbers = path.read_text(encoding="ascii").split()
            if len(numbers) != 2:
                continue
            stack = contextlib.ExitStack()
            with stack, contextlib.suppress(ProcessLookupError):
                workers = []
                for number in numbers:
                    workers.append(os.pidfd_open(int(number)))
                    stack.callback(os.close, workers[-1])
                signal.pidfd_send_signal(workers[0], signal.SIGSTOP)
                stack.callback(self.end_worker, workers[0])
                self.addCleanup(stack.pop_all().close)
                return workers
        raise AssertionError("no two processes are measured")

    def end_worker(self, worker):
        """It may have been stopped before it had said that it goes with its parent."""
        try:
            signal.pidfd_send_signal(worker, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def start_bench(self, *arguments):
        return self.start_tool("bench", *arguments, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_table(self):
        """And that nothing is left of it."""
        text = self.run_script('"$0" bench; "$0" list', 800_000)
        self.assertRegex(text, r"\AMESSAGES +LIBMOOD +RAW +TIME\n")
        self.assertRegex(text, r"\nsent and received in one process, messages/s +\d+ +\d+ +\d+\.\d\d\n")
        self.assertRegex(text, r"\nto another and back, median, microseconds +[\d.]+ +[\d.]+ +\d+\.")
        self.assertIn("On this machine, now: messages of 64 bytes, room for ", text)
        self.assertRegex(text, r"\nNAME .*\n\Z")

    def test_json(self):
        found = self.run_tool("bench", "--json", "--size=10").json
        self.assert_figures(found)
        self.assertEqual(found["size"], 10)

    def test_named_queue(self):
        """It is as large that it is measured with, but the queue is not touched."""
        queue = self.new_queue(maxmsg=3, msgsize=32)
        queue.send(b"one", 5)
        found = self.run_tool("bench", "--json", "-s", "32", queue.name[1:]).json
        self.assert_figures(found)
        self.assertEqual((found["size"], found["maxmsg"]), (32, 3))
        self.assertEqual(queue.receive_all(), [(b"one", 5)])

    def test_missing_queue(self):
        name = self.new_name()
        self.assertIn(name, self.run_tool("bench", name, status=4).error)

    def test_ended(self):
        """The processes that are measured go with it, even one that waits for a message."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(number=number):
                process = self.start_bench()
                stopped, waiting = self.workers_of(process)
                process.send_signal(number)
                self.assertEqual(process.wait(tool.LIMIT_SECONDS), -number)
                self.assertTrue(select.select([waiting], [], [], tool.LIMIT_SECONDS)[0])
                self.end_worker(stopped)
                self.assertEqual(process.stdout.read(), b"")

    def test_worker_that_is_killed(self):
        process = self.start_bench()
        signal.pidfd_send_signal(self.workers_of(process)[1], signal.SIGKILL)
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 1)
        self.assertIn(b"has failed", process.stderr.read())

    def test_usage(self):
        queue = self.new_queue(msgsize=64)
        queue.close()
        for arguments, text in (
                (("--size=-1",), "not negative"), (("one", "other"), "one argument too many"),
                (("--size=65", queue.name), "at most 64 bytes")):
            self.assertIn(text, self.run_tool("bench", *arguments, status=2).error)

    def test_size_that_cannot_be(self):
        self.assertIn("16777217", self.run_tool("bench", "--size=16777217", status=1).error)


if __name__ == "__main__":
    tool.main()
