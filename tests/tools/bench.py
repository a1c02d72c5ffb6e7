#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood bench: what it shows and what it leaves, and no figures."""

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

    def assert_empty(self, name):
        queue = tool.plain.Queue(name)
        self.addCleanup(queue.close)
        self.assertEqual(queue.curmsgs, 0)

    def workers_of(self, process):
        """The numbers of the processes that are measured now, which change from round to round."""
        path = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        deadline = time.monotonic() + tool.LIMIT_SECONDS
        # Nothing tells that there are any, but looking.
        while time.monotonic() < deadline:
            self.assertIsNone(process.poll())
            workers = [int(number) for number in path.read_text(encoding="ascii").split()]
            if workers:
                return workers
        raise AssertionError("no process is measured")

    def state_of(self, pid):
        """A letter; see proc(5)."""
        try:
            text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            return "X"
        return text.rpartition(")")[2].split()[0]

    def stop_a_worker(self, process):
        """Stops one in the middle of its round, which lasts then."""
        deadline = time.monotonic() + tool.LIMIT_SECONDS
        while time.monotonic() < deadline:
            worker = self.workers_of(process)[0]
            try:
                os.kill(worker, signal.SIGSTOP)
            except ProcessLookupError:
                continue
            while (state := self.state_of(worker)) not in "TXZ":
                pass
            if state == "T":
                return worker
        raise AssertionError("no process could be stopped")

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
        queue = self.new_queue(maxmsg=3, msgsize=32)
        queue.close()
        found = self.run_tool("bench", "--json", "-s", "32", queue.name[1:]).json
        self.assert_figures(found)
        self.assertEqual((found["size"], found["maxmsg"]), (32, 3))
        self.assert_empty(queue.name)

    def test_queue_that_is_not_empty(self):
        queue = self.new_queue()
        queue.send(b"one")
        name = queue.name
        queue.close()
        self.assertIn(f"1 message waits in “{name}”", self.run_tool("bench", name, status=1).error)
        queue = tool.plain.Queue(name)
        self.addCleanup(queue.close)
        self.assertEqual(queue.receive_all(), [(b"one", 0)])

    def test_queue_that_somebody_has_open(self):
        queue = self.new_queue()
        error = self.run_tool("bench", queue.name, status=1).error
        self.assertIn(f"Process {os.getpid()} has “{queue.name}” open", error)

    def test_missing_queue(self):
        name = self.new_name()
        self.assertIn(name, self.run_tool("bench", name, status=4).error)

    def test_interrupted(self):
        """What is in the queue at that moment is taken away, and the processes are ended."""
        for number in (signal.SIGINT, signal.SIGTERM):
            queue = self.new_queue(maxmsg=4, msgsize=64)
            queue.close()
            process = self.start_bench(queue.name)
            worker = self.stop_a_worker(process)
            queue = tool.plain.Queue(queue.name)
            self.addCleanup(queue.close)
            while queue.curmsgs < 2:
                queue.send(b"left")
            process.send_signal(number)
            self.assertEqual(process.wait(tool.LIMIT_SECONDS), -number)
            self.assertEqual(self.state_of(worker), "X")
            self.assertEqual(queue.curmsgs, 0)
            self.assertEqual(process.stdout.read(), b"")

    def start_bench_and_steal(self):
        """It waits then for a message that another process has received, and that process's queue."""
        queue = self.new_queue(maxmsg=4, msgsize=64)
        queue.close()
        process = self.start_bench(queue.name)
        self.workers_of(process)
        thief = tool.plain.Queue(queue.name)
        self.addCleanup(thief.close)
        thief.receive()
        return process, thief

    def test_killed(self):
        """The processes that are measured go, too."""
        process, _ = self.start_bench_and_steal()
        descriptors = [os.pidfd_open(worker) for worker in self.workers_of(process)]
        process.kill()
        for descriptor in descriptors:
            self.addCleanup(os.close, descriptor)
            self.assertTrue(select.select([descriptor], [], [], tool.LIMIT_SECONDS)[0])

    def test_message_that_another_process_takes(self):
        process, thief = self.start_bench_and_steal()
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 3)
        self.assertIn(b"perhaps another process", process.stderr.read())
        self.assertEqual(thief.curmsgs, 0)

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
