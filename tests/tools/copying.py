#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood copy."""

import os
import random
import signal
import subprocess
import sys

import plain
import safety
import tool

MESSAGES = [(b"", 3), (b"first", 0), (b"x" * 64, 2), (b"second\0", 0), (bytes(range(64)), 2),
            (b"one", 1)]
SENDERS = """
import ctypes, os, plain, signal, sys
parent = os.getpid()
for _ in range(8):
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            sys.exit()
        break
queue = plain.Queue(sys.argv[1])
while True:
    queue.send(b"other")
"""
IN_ORDER = sorted(MESSAGES, key=lambda each: -each[1])


class Copy(safety.SafetyTest):
    def new_pair(self, maxmsg=8, source_maxmsg=8):
        source, target = self.new_queue(maxmsg=source_maxmsg), self.new_queue(maxmsg=maxmsg)
        for message, priority in MESSAGES:
            source.send(message, priority)
        return source, target

    def test_order_and_priorities(self):
        source, target = self.new_pair()
        result = self.run_tool("copy", source.name[1:], target.name[1:])
        self.assertIn("6 messages were copied", result.error)
        self.assertEqual(target.receive_all(), IN_ORDER)
        self.assertEqual(source.receive_all(), IN_ORDER)
        self.assertEqual(self.leftovers(), [])

    def test_full_target(self):
        source, target = self.new_pair(maxmsg=2)
        result = self.run_tool("copy", source.name, target.name, "-t", "0", status=3)
        self.assertIn("stayed full", result.error)
        self.assertIn("2 messages were copied", result.error)
        self.assertEqual(target.receive_all(), IN_ORDER[:2])
        self.assertEqual(source.receive_all(), IN_ORDER)
        self.assertEqual(self.leftovers(), [])

    def test_source_is_whole_while_waiting(self):
        source, target = self.new_pair(maxmsg=1)
        process = self.start_tool("copy", source.name, target.name, stderr=subprocess.PIPE)
        copied = [target.receive()]
        self.assertEqual(source.receive_all(), IN_ORDER)
        copied += [target.receive() for _ in MESSAGES[1:]]
        self.assertEqual(copied, IN_ORDER)
        self.assertIn(b"6 messages were copied", process.stderr.read())
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)

    def test_signal(self):
        source, target = self.new_pair(maxmsg=1)
        process = self.start_tool("copy", source.name, target.name, stderr=subprocess.PIPE)
        copied = [target.receive()]
        process.send_signal(signal.SIGTERM)
        self.assertRegex(process.stderr.read().decode(), "^mood: [12] messages? w(as|ere) copied\n$")
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), -signal.SIGTERM)
        copied += target.receive_all()
        self.assertEqual(copied, IN_ORDER[:len(copied)])
        self.assertEqual(source.receive_all(), IN_ORDER)

    def test_refusals(self):
        source, target = self.new_pair()
        small = self.new_queue(msgsize=63)
        missing = self.new_name()
        for arguments, status, *parts in (
                ((source.name, source.name), 1, "already"),
                ((source.name, small.name), 1, " 64 ", " 63;"),
                ((source.name, missing), 4, missing),
                ((missing, target.name), 4, missing)):
            result = self.run_tool("copy", *arguments, status=status)
            for part in parts:
                self.assertIn(part, result.error)
        self.assertEqual(source.receive_all(), IN_ORDER)

    def test_killed_at_each_moment(self):
        n_kept = 0
        moment = 1
        while True:
            source, target = self.new_pair()
            killed = self.run_killed(moment, "copy", source.name, target.name)
            n_kept += len(self.put_leftovers_back())
            self.assertLessEqual(len(safety.extra(source.receive_all(), MESSAGES)), 1)
            copied = target.receive_all()
            self.assertEqual(copied, IN_ORDER[:len(copied)])
            self.drop(source, target)
            if not killed:
                break
            moment += 1
        self.assertEqual(len(copied), len(MESSAGES))
        self.assertGreater(n_kept, 2 * len(MESSAGES))

    def test_killed_at_random(self):
        random.seed(os.environ.get("MOOD_TEST_SEED"))
        for _ in range(60):
            source, target = self.new_pair()
            process = self.start_tool("copy", source.name, target.name, stderr=subprocess.DEVNULL)
            # Until it has been seen at work, and some more.
            while source.curmsgs == len(MESSAGES) and process.poll() is None:
                pass
            for _ in range(random.randrange(40)):
                source.attributes()
            process.kill()
            process.wait(tool.LIMIT_SECONDS)
            self.put_leftovers_back()
            self.assertLessEqual(len(safety.extra(source.receive_all(), MESSAGES)), 1)
            copied = target.receive_all()
            self.assertEqual(copied, IN_ORDER[:len(copied)])
            self.drop(source, target)

    def test_waits_for_room_in_the_source(self):
        source, target = self.new_pair(source_maxmsg=len(MESSAGES))
        process = self.start_stopped("mq_timedsend", "copy", source.name, target.name)
        # All were taken, and one is back: the last one will find no room.
        self.assertEqual(source.curmsgs, 1)
        source.send(b"late", 9)
        process.send_signal(signal.SIGCONT)
        while source.curmsgs < len(MESSAGES) and process.poll() is None:
            pass
        received = [source.receive()]
        self.assertEqual(received, [(b"late", 9)])
        self.assertIn(b"6 messages were copied", process.stderr.read())
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)
        self.assertEqual(source.receive_all(), IN_ORDER)
        self.assertEqual(target.receive_all(), IN_ORDER)
        self.assertEqual(self.leftovers(), [])

    def test_takes_its_turn_among_others(self):
        """Room that somebody waits for in the kernel is never seen by who looks for room."""
        source, target = self.new_pair(source_maxmsg=len(MESSAGES))
        # All are taken, and one is back.
        process = self.start_stopped("mq_timedsend", "copy", source.name, target.name)
        # So many that there are always some who wait.
        self.start_program([sys.executable, "-B", "-c", SENDERS, source.name],
                           env={**os.environ, "PYTHONPATH": os.path.dirname(plain.__file__)})
        self.wait_until(lambda: source.curmsgs == len(MESSAGES))
        process.send_signal(signal.SIGCONT)
        received = []
        while process.poll() is None:
            received.append(source.receive())
        self.assertEqual(
            (process.returncode, process.stderr.read()), (0, b"mood: 6 messages were copied\n"))
        self.assertIn((b"other", 0), received)
        self.assertEqual(self.leftovers(), [])
        self.assertEqual(target.receive_all(), IN_ORDER)

    def test_others_fill_the_source(self):
        source, target = self.new_pair(source_maxmsg=len(MESSAGES))
        process = self.start_stopped("mq_timedreceive", "copy", source.name, target.name)
        source.send(b"other", 9)
        # Also ends the wait for room.
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        error = process.stderr.read().decode()
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), -signal.SIGTERM)
        self.assertIn("1 message could not be put back. It is kept", error)
        self.assertEqual(source.receive_all(), [(b"other", 9), *IN_ORDER[1:]])
        self.assertEqual(len(self.obey(error)), 1)
        self.assertEqual(source.receive_all(), IN_ORDER[:1])
        self.assertEqual(self.leftovers(), [])


if __name__ == "__main__":
    tool.main()
