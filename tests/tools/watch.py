#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood watch."""

import json
import os
import re
import signal
import subprocess

import plain
import tool

LINE = re.compile(
    r"\d\d:\d\d:\d\d\.\d{3}  (?P<name>\S+) +(?P<depth>\S+)  (?P<bar>\S+)"
    r"(  (?P<change>[+-]\d+)  in (?P<into>\S+)/s  out (?P<out>\S+)/s|  (?P<removed>removed))?\n")


class Watch(tool.ToolTest):
    def watch(self, *arguments, **keywords):
        return self.start_tool(
            "watch", *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            **keywords)

    def read_line(self, process):
        line = process.stdout.readline()
        match = LINE.fullmatch(line)
        self.assertIsNotNone(match, line)
        return match

    def check_end(self, process, status, error=""):
        self.assertEqual(process.stdout.read(), "")
        self.assertEqual(process.stderr.read(), error)
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), status)

    def test_each_change_has_a_line(self):
        queue = self.new_queue(maxmsg=4)
        process = self.watch(queue.name)
        line = self.read_line(process)
        self.assertEqual(line["name"], queue.name)
        self.assertEqual((line["depth"], line["bar"]), ("0/4", "░" * 10))
        self.assertIsNone(line["change"])
        queue.send(b"one")
        line = self.read_line(process)
        self.assertEqual((line["depth"], line["bar"]), ("1/4", "██" + "░" * 8))
        self.assertEqual(line["change"], "+1")
        self.assertGreater(float(line["into"]), 0)
        self.assertEqual(line["out"], "0.0")
        queue.receive()
        line = self.read_line(process)
        self.assertEqual((line["depth"], line["change"]), ("0/4", "-1"))
        self.assertGreater(float(line["out"]), 0)

    def test_json(self):
        queue = self.new_queue(maxmsg=4)
        process = self.watch("--json", queue.name[1:])
        start = json.loads(process.stdout.readline())
        self.assertRegex(start.pop("time"), r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\Z")
        self.assertEqual(start, {
            "event": "start", "name": queue.name, "curmsgs": 0, "maxmsg": 4, "change": 0,
            "in_rate": 0, "out_rate": 0})
        queue.send(b"one")
        change = json.loads(process.stdout.readline())
        self.assertEqual((change["event"], change["curmsgs"], change["change"]), ("change", 1, 1))
        # Of less than a second, no more is claimed than was seen.
        self.assertGreater(change["in_rate"], 0)
        self.assertLessEqual(change["in_rate"], 1)
        self.assertEqual(change["out_rate"], 0)
        plain.unlink(queue.name)
        removed = json.loads(process.stdout.readline())
        self.assertEqual((removed["event"], removed["curmsgs"], removed["change"]), ("removed", 1, 0))
        self.check_end(process, 4)

    def test_removal_of_one_of_several(self):
        first = self.new_queue()
        second = self.new_queue()
        process = self.watch(first.name, second.name)
        self.assertEqual(self.read_line(process)["name"], first.name)
        self.assertEqual(self.read_line(process)["name"], second.name)
        plain.unlink(first.name)
        line = self.read_line(process)
        self.assertEqual((line["name"], line["removed"]), (first.name, "removed"))
        # It is another one that has the name now.
        other = plain.Queue(first.name, maxmsg=4, msgsize=64)
        self.addCleanup(other.close)
        other.send(b"not seen")
        second.send(b"seen")
        line = self.read_line(process)
        self.assertEqual((line["name"], line["change"]), (second.name, "+1"))
        plain.unlink(second.name)
        line = self.read_line(process)
        self.assertEqual((line["name"], line["removed"]), (second.name, "removed"))
        self.check_end(process, 4)

    def test_removed_with_its_last_change(self):
        queue = self.new_queue()
        process = self.watch("--interval=0.5", queue.name)
        self.read_line(process)
        queue.send(b"one")
        plain.unlink(queue.name)
        line = self.read_line(process)
        self.assertEqual(line["change"], "+1")
        self.assertEqual(self.read_line(process)["removed"], "removed")
        self.check_end(process, 4)

    def test_one_of_several_is_missing(self):
        queue = self.new_queue()
        missing = self.new_name()
        process = self.watch(missing, queue.name)
        self.assertIn(missing, process.stderr.readline())
        self.assertEqual(self.read_line(process)["name"], queue.name)
        plain.unlink(queue.name)
        self.read_line(process)
        self.check_end(process, 4)

    def test_none_is_there(self):
        self.assertIn("no message queue", self.run_tool("watch", self.new_name(), status=4).error)

    def as_another_user(self):
        """What makes the command run as somebody to whom permissions apply."""
        if os.geteuid() != 0:
            return []
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        if subprocess.run([*prefix, tool.TOOL, "--version"], check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("another user may not run the command")
        return prefix

    def start_as_another_user(self, *arguments):
        prefix = self.as_another_user()
        if not prefix:
            return self.watch(*arguments)
        command, *rest = [*prefix, tool.TOOL, "watch", *arguments]
        return self.start_tool(*rest, executable=command, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)

    def test_queue_that_may_only_be_sent_to(self):
        queue = self.new_queue(maxmsg=4)
        os.fchmod(queue.descriptor, 0o222)
        process = self.start_as_another_user(queue.name)
        self.assertEqual(self.read_line(process)["depth"], "0/4")
        queue.send(b"one")
        self.assertEqual(self.read_line(process)["change"], "+1")

    def test_queue_that_may_not_be_opened(self):
        queue = self.new_queue()
        os.fchmod(queue.descriptor, 0)
        listing = subprocess.run([*self.as_another_user(), tool.TOOL, "list"], check=False,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if listing.returncode != 0:
            process = self.start_as_another_user(queue.name)
            self.assertIn("Permission denied", process.stderr.readline())
            self.check_end(process, 1)
            self.skipTest("there is no list of queues for another user")
        process = self.start_as_another_user(queue.name)
        self.assertRegex(process.stdout.readline(), rf"\A\S+  {queue.name}  -/-\n\Z")
        plain.unlink(queue.name)
        # Another one that is there already when it is looked at is no reason not to tell.
        other = plain.Queue(queue.name, maxmsg=4, msgsize=64)
        self.addCleanup(other.close)
        self.assertRegex(process.stdout.readline(), rf"\A\S+  {queue.name}  -/-  removed\n\Z")
        self.check_end(process, 4)

    def test_colors_on_a_terminal_only(self):
        queue = self.new_queue(maxmsg=4)
        terminal = self.run_in_terminal("watch", queue.name)
        terminal.wait_for("0/4")
        for _ in range(4):
            queue.send(b"one")
        terminal.wait_for("4/4")
        self.assertIn("\033[31m██████████\033[m".encode(), terminal.written)
        plain.unlink(queue.name)
        self.assertEqual(terminal.wait(), 4)
        self.assertIn(b"\033[31mremoved\033[m", terminal.written)
        queue = self.new_queue()
        terminal = self.run_in_terminal("watch", queue.name, environment={"NO_COLOR": "1"})
        terminal.wait_for("0/4")
        self.assertNotIn(b"\033", terminal.written)

    def test_bar_of_a_locale_without_it(self):
        queue = self.new_queue(maxmsg=4)
        queue.send(b"one")
        process = self.watch(queue.name, env={**os.environ, "LC_ALL": "C"})
        self.assertEqual(self.read_line(process)["bar"], "##........")

    def test_ctrl_c(self):
        terminal = self.run_in_terminal("watch", self.new_queue().name)
        terminal.wait_for("0/4")
        terminal.type("\x03")
        self.assertEqual(terminal.wait(), -signal.SIGINT)

    def test_reader_that_goes(self):
        queue = self.new_queue()
        # Also where nothing changes any more.
        process = self.watch(queue.name)
        self.read_line(process)
        process.stdout.close()
        self.assertEqual(process.stderr.read(), "")
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), -signal.SIGPIPE)

    def test_reader_that_was_never_there(self):
        queue = self.new_queue()
        for ignored in (False, True):
            reader, writer = os.pipe()
            os.close(reader)
            process = self.start_tool(
                "watch", queue.name, stdout=writer, stderr=subprocess.PIPE,
                restore_signals=not ignored)
            os.close(writer)
            self.assertEqual(process.stderr.read(), b"")
            self.assertEqual(process.wait(tool.LIMIT_SECONDS), -signal.SIGPIPE)

    def test_full_disk(self):
        queue = self.new_queue()
        with open("/dev/full", "wb") as full:
            process = self.start_tool("watch", queue.name, stdout=full, stderr=subprocess.PIPE)
            self.assertIn(b"Cannot write", process.stderr.read())
            self.assertEqual(process.wait(tool.LIMIT_SECONDS), 1)

    def test_usage(self):
        name = self.new_queue().name
        self.assertIn("argument is needed", self.run_tool("watch", status=2).error)
        for interval in ("0", "-1", "nan", "inf"):
            with self.subTest(interval=interval):
                self.assertIn("interval is a number", self.run_tool(
                    "watch", f"--interval={interval}", name, status=2).error)


if __name__ == "__main__":
    tool.main()
