#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What becomes of messages that were taken and can go nowhere, as those that mood recv cannot write."""

import base64
import json
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


if __name__ == "__main__":
    tool.main()
