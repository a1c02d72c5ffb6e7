#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood list."""

import os
import subprocess

import tool


class List(tool.ToolTest):
    def row(self, result, name):
        rows = [line.split() for line in result.lines if line.split()[0] == name]
        self.assertEqual(len(rows), 1, result.text)
        return rows[0]

    def test_table(self):
        queue = self.new_queue(maxmsg=4, msgsize=64, mode=0o640)
        queue.send(b"one")
        queue.send(b"three")
        result = self.run_tool("list")
        self.assertEqual(
            result.lines[0].split(),
            ["NAME", "MODE", "OWNER", "DEPTH", "FILLED", "BYTES", "MSGSIZE", "NOTIFIES"])
        mode, owner, depth, bar, queued, msgsize, notifies = self.row(result, queue.name)[1:]
        self.assertEqual(mode, "rw-r-----")
        self.assertIn(":", owner)
        self.assertEqual((depth, bar, queued), ("2/4", "█████░░░░░", "8"))
        self.assertEqual((msgsize, notifies), ("64", "-"))

    def test_name_with_a_line_break(self):
        """It must not look like two queues."""
        queue = self.new_queue()
        name = self.new_queue(suffix="\nline").name
        lines = self.run_tool("list").lines
        self.assertIn(name.replace("\n", "?"), [line.split("  ")[0] for line in lines])
        self.assertIn(queue.name, [line.split("  ")[0] for line in lines])

    def test_json(self):
        queue = self.new_queue(maxmsg=4, msgsize=64, mode=0o640)
        queue.send(b"one")
        figures, = [each for each in self.run_tool("list", "--json").json
                    if each["name"] == queue.name]
        self.assertEqual(figures["mode"], "0640")
        self.assertEqual(figures["uid"], os.getuid())
        self.assertEqual((figures["curmsgs"], figures["maxmsg"], figures["msgsize"]), (1, 4, 64))
        self.assertEqual((figures["queued_bytes"], figures["notify_pid"]), (3, 0))

    def test_colors_on_a_terminal_only(self):
        queue = self.new_queue()
        queue.send(b"one")
        self.assertNotIn("\033", self.run_tool("list").text)
        terminal = self.run_in_terminal("list")
        self.assertEqual(terminal.wait(), 0)
        self.assertIn(b"\033[32m", terminal.written)
        for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            terminal = self.run_in_terminal("list", environment=environment)
            self.assertEqual(terminal.wait(), 0)
            self.assertIn(queue.name.encode(), terminal.written)
            self.assertNotIn(b"\033", terminal.written)

    def test_reader_that_goes(self):
        self.new_queue()
        process = self.start_tool("list", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertTrue(process.stdout.readline().startswith(b"NAME"))
        process.stdout.close()
        self.assertEqual(process.stderr.read(), b"")
        process.wait(tool.LIMIT_SECONDS)

    def test_usage(self):
        for option in ("--interval=1", "--interval=0.5", "-i1", "--interval=0"):
            with self.subTest(option=option):
                result = self.run_tool("list", option, status=2)
                self.assertIn("goes with --watch", result.error)
                self.assertEqual(result.output, b"")

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            process = self.start_tool("list", stdout=full, stderr=subprocess.PIPE)
            self.assertIn(b"Cannot write", process.stderr.read())
            self.assertEqual(process.wait(tool.LIMIT_SECONDS), 1)


if __name__ == "__main__":
    tool.main()
