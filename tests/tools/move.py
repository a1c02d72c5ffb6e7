#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood move."""

import functools
import os
import random
import shlex
import signal
import subprocess

import safety
import tool

# Of several priorities and lengths, from none to all that there is room for, and each only once.
MESSAGES = [(b"", 3), (b"first", 0), (b"x" * 64, 2), (b"second\0", 0), (bytes(range(64)), 2),
            (b"one", 1)]
IN_ORDER = sorted(MESSAGES, key=lambda each: -each[1])


class Move(safety.SafetyTest):
    def fill(self, queue, messages=None):
        for message, priority in MESSAGES if messages is None else messages:
            queue.send(message, priority)

    def new_pair(self, maxmsg=8):
        source, target = self.new_queue(maxmsg=8), self.new_queue(maxmsg=maxmsg)
        self.fill(source)
        return source, target

    def test_order_and_priorities(self):
        source, target = self.new_pair()
        result = self.run_tool("move", source.name[1:], target.name[1:])
        self.assertIn("6 messages were moved", result.error)
        self.assertEqual(target.receive_all(), IN_ORDER)
        self.assertEqual(source.curmsgs, 0)
        self.assertEqual(self.leftovers(), [])

    def test_all_byte_values(self):
        source, target = self.new_queue(msgsize=256), self.new_queue(msgsize=256)
        messages = [(bytes(range(256)), 0), (bytes(reversed(range(256))), 0)]
        self.fill(source, messages)
        self.run_tool("move", source.name, target.name)
        self.assertEqual(target.receive_all(), messages)

    def test_name_that_is_no_text(self):
        source = self.new_queue(suffix="\udcff")
        target = self.new_queue()
        source.send(b"one", 1)
        self.run_tool("move", source.name, target.name)
        self.assertEqual(target.receive_all(), [(b"one", 1)])

    def test_count(self):
        source, target = self.new_pair()
        self.run_tool("move", source.name, target.name, "-n", "2")
        self.assertEqual(target.receive_all(), IN_ORDER[:2])
        self.run_tool("move", source.name, target.name, "--count=0", status=2)
        self.assertEqual(target.curmsgs, 0)
        self.run_tool("move", source.name, target.name, "--count=99")
        self.assertEqual(target.receive_all(), IN_ORDER[2:])
        for count in ("-1", "-2"):
            self.run_tool("move", source.name, target.name, f"--count={count}", status=2)

    def test_full_target(self):
        source, target = self.new_pair(maxmsg=2)
        for timeout in ("0", "0.01"):
            result = self.run_tool(
                "move", source.name, target.name, f"--timeout={timeout}", status=3)
            self.assertIn("stayed full", result.error)
        self.assertEqual(target.receive_all(), IN_ORDER[:2])
        self.assertEqual(source.receive_all(), IN_ORDER[2:])
        self.assertEqual(self.leftovers(), [])

    def test_waits_for_room(self):
        source, target = self.new_pair(maxmsg=1)
        process = self.start_tool("move", source.name, target.name, stderr=subprocess.PIPE)
        self.assertEqual([target.receive() for _ in MESSAGES], IN_ORDER)
        self.assertIn(b"6 messages were moved", process.stderr.read())
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)

    def test_source_is_emptied_while_waiting(self):
        source, target = self.new_pair(maxmsg=1)
        target.send(b"in its place")
        # It has waited for a while, and is about to wait on.
        process = self.start_stopped("poll", "move", source.name, target.name)
        self.assertEqual(source.receive_all(), IN_ORDER)
        process.send_signal(signal.SIGCONT)
        self.assertEqual(process.stderr.read(), b"mood: 0 messages were moved\n")
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            source, target = self.new_pair(maxmsg=1)
            # In the background of a shell, the test program may have been told to ignore it.
            process = self.start_tool(
                "move", source.name, target.name, stderr=subprocess.PIPE,
                preexec_fn=functools.partial(signal.signal, number, signal.SIG_DFL))
            received = [target.receive(), target.receive()]
            process.send_signal(number)
            self.assertRegex(process.stderr.read().decode(), r"^mood: [23] messages were moved\n$")
            self.assertEqual(process.wait(tool.LIMIT_SECONDS), -number)
            self.assertEqual(received + target.receive_all() + source.receive_all(), IN_ORDER)
            self.assertEqual(self.leftovers(), [])

    def test_ignored_signal(self):
        """As by nohup."""
        source, target = self.new_pair(maxmsg=1)
        process = self.start_tool(
            "move", source.name, target.name, stderr=subprocess.DEVNULL,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        received = [target.receive()]
        process.send_signal(signal.SIGHUP)
        received += [target.receive() for _ in MESSAGES[1:]]
        self.assertEqual(received, IN_ORDER)
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)

    def test_target_is_removed(self):
        source, target = self.new_pair(maxmsg=1)
        process = self.start_tool("move", source.name, target.name, stderr=subprocess.PIPE)
        received = [target.receive()]
        tool.plain.unlink(target.name)
        self.assertIn("was removed", process.stderr.read().decode())
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 4)
        self.assertEqual(received + target.receive_all() + source.receive_all(), IN_ORDER)
        self.assertEqual(self.leftovers(), [])

    def test_refusals(self):
        source, target = self.new_pair()
        small = self.new_queue(msgsize=63)
        missing = self.new_name()
        for arguments, status, *parts in (
                ((source.name, source.name), 1, "already"),
                ((source.name, small.name), 1, " 64 ", " 63;", "--msgsize=64"),
                ((source.name, missing), 4, missing),
                ((missing, target.name), 4, missing),
                ((source.name,), 2, "2 arguments"),
                ((source.name, target.name, "--timeout=-1"), 2, "-1")):
            result = self.run_tool("move", *arguments, status=status)
            for part in parts:
                self.assertIn(part, result.error)
        self.assertEqual(source.receive_all(), IN_ORDER)

    def test_too_few_descriptors(self):
        source, target = self.new_pair()
        errors = self.run_with_few_descriptors("move", source.name, target.name)
        self.assertIn("mood: Cannot hold signals back: Too many open files\n", errors)
        self.assertEqual(target.receive_all() + source.receive_all(), IN_ORDER)
        self.assertEqual(self.leftovers(), [])

    def test_nowhere_to_keep_a_message(self):
        source, target = self.new_pair()
        with open(self.state, "wb"):
            pass
        result = self.run_tool("move", source.name, target.name, status=1)
        self.assertIn("XDG_STATE_HOME", result.error)
        self.assertEqual(source.receive_all(), IN_ORDER)

    def test_source_is_removed(self):
        source, target = self.new_pair(maxmsg=1)
        process = self.start_stopped("mq_timedreceive", "move", source.name, target.name)
        tool.plain.unlink(source.name)
        target.send(b"in its place")
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        error = process.stderr.read().decode()
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), -signal.SIGTERM)
        self.assertIn("could not be put back", error)
        self.assertEqual(source.receive_all(), IN_ORDER[1:])
        # The queue is created again.
        self.assertEqual(len(self.obey(error)), 1)
        again = tool.plain.Queue(source.name, os.O_RDONLY)
        self.addCleanup(again.close)
        self.assertEqual(again.attributes()[1:3], [8, 64])
        self.assertEqual(again.receive_all(), IN_ORDER[:1])
        self.assertEqual(self.leftovers(), [])

    def test_target_fills_up_meanwhile(self):
        source, target = self.new_pair(maxmsg=1)
        process = self.start_stopped("mq_timedreceive", "move", source.name, target.name, "-t", "0")
        target.send(b"in its place")
        process.send_signal(signal.SIGCONT)
        error = process.stderr.read().decode()
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 3)
        self.assertIn("put back into", error)
        self.assertEqual(source.receive_all(), IN_ORDER)
        self.assertEqual(target.receive_all(), [(b"in its place", 0)])
        self.assertEqual(self.leftovers(), [])

    def test_doubts_are_told(self):
        source, target = self.new_pair()
        for moment, part in (("mq_timedreceive", "bytes at its end"),
                             ("mq_timedsend", "may have been sent before")):
            process = self.start_stopped(moment, "move", source.name, target.name)
            process.kill()
            process.wait(tool.LIMIT_SECONDS)
            line = self.run_other().splitlines()[0]
            result = self.run_tool("restore", *shlex.split(line.partition(": mood restore ")[2]))
            self.assertIn(part, result.error)

    def test_killed_at_each_moment(self):
        n_kept = n_doubled = 0
        moment = 1
        while True:
            source, target = self.new_pair()
            killed = self.run_killed(moment, "move", source.name, target.name)
            commands = self.put_leftovers_back()
            n_kept += len(commands)
            doubled = safety.extra(target.receive_all() + source.receive_all(), MESSAGES)
            # Only what may have been sent, which is said.
            self.assertLessEqual(len(doubled), 1)
            if doubled:
                self.assertIn("--continue", commands[0])
                n_doubled += 1
            self.drop(source, target)
            if not killed:
                break
            moment += 1
        # After each was received, before it was sent and after.
        self.assertEqual(n_kept, 3 * len(MESSAGES))
        self.assertEqual(n_doubled, len(MESSAGES))

    def test_killed_at_random(self):
        random.seed(os.environ.get("MOOD_TEST_SEED"))
        source, target = self.new_queue(maxmsg=8), self.new_queue(maxmsg=1)
        sent, received = [], []
        for number in range(60):
            messages = [(f"{number} {i} {'.' * random.randrange(50)}".encode(), i % 3)
                        for i in range(8 - source.curmsgs)]
            self.fill(source, messages)
            sent += messages
            process = self.start_tool("move", source.name, target.name, stderr=subprocess.DEVNULL)
            received += [target.receive() for _ in range(random.randrange(6))]
            # The moment is within the next message's way.
            for _ in range(random.randrange(100)):
                target.attributes()
            process.kill()
            process.wait(tool.LIMIT_SECONDS)
        received += target.receive_all()
        n_left = len(self.leftovers())
        received += source.receive_all()
        doubtful = 0
        for line in self.run_other().splitlines():
            doubtful += "--continue" in line
            self.obey(line)
            received += source.receive_all()
        doubled = safety.extra(received, sent)
        self.assertLessEqual(len(doubled), doubtful)
        self.assertEqual(self.leftovers(), [])
        self.assertLessEqual(doubtful, n_left)

    def test_not_touched_while_its_process_runs(self):
        source, target = self.new_pair(maxmsg=1)
        process = self.start_tool("move", source.name, target.name, stderr=subprocess.PIPE)
        target.receive()
        self.assertEqual(self.run_other(), "mood: 0 messages were moved\n")
        process.send_signal(signal.SIGTERM)
        process.wait(tool.LIMIT_SECONDS)


if __name__ == "__main__":
    tool.main()
