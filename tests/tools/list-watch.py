#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood list --watch."""

import json
import signal
import subprocess
import termios

import plain
import tool


class ListWatch(tool.ToolTest):
    def watch(self, *arguments):
        return self.start_tool("list", "--watch", "--interval=0.05", *arguments,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def read_table(self, process):
        """The lines up to the next empty one, which comes only with the next table."""
        return list(iter(process.stdout.readline, "\n"))

    def test_screen(self):
        queue = self.new_queue(maxmsg=4)
        terminal = self.run_in_terminal("list", "--watch", "--interval=0.05")
        terminal.wait_for("0/4")
        self.assertTrue(terminal.screen.cursor.hidden)
        queue.send(b"one")
        text = terminal.wait_for("1/4")
        self.assertNotIn("0/4", text)
        self.assertTrue(terminal.screen.display[0].startswith("NAME"))
        other = self.new_queue(maxmsg=5)
        terminal.wait_for(other.name)
        # What is drawn over a longer frame leaves nothing of it.
        plain.unlink(other.name)
        terminal.wait_for(lambda text: other.name not in text)
        terminal.type("q")
        self.assertEqual(terminal.wait(), 0)
        self.assertFalse(terminal.screen.cursor.hidden)
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.settings)

    def test_ctrl_c(self):
        self.new_queue()
        terminal = self.run_in_terminal("list", "--watch")
        terminal.wait_for("NAME")
        terminal.type("\x03")
        self.assertEqual(terminal.wait(), -signal.SIGINT)
        self.assertTrue(terminal.written.endswith(b"\033[?1049l"))
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.settings)

    def test_resize(self):
        queue = self.new_queue()
        terminal = self.run_in_terminal("list", "--watch", "--interval=3600", columns=20)
        terminal.wait_for("NAME")
        self.assertNotIn("MSGSIZE", terminal.text)
        terminal.set_size(100, 30)
        terminal.wait_for("MSGSIZE")
        self.assertIn(queue.name, terminal.text)

    def test_tables(self):
        queue = self.new_queue(maxmsg=4)
        process = self.watch()
        self.assertTrue(process.stdout.readline().startswith("NAME"))
        queue.send(b"one")
        self.assertNotIn("1/4", "".join(self.read_table(process)))
        queue.receive()
        table = self.read_table(process)
        self.assertTrue(table[0].startswith("NAME"))
        row, = [line.split() for line in table if line.startswith(queue.name + " ")]
        self.assertEqual(row[3], "1/4")

    def test_json_lines(self):
        queue = self.new_queue(maxmsg=4)
        process = self.watch("--json")

        def read():
            figures, = [each for each in json.loads(process.stdout.readline())
                        if each["name"] == queue.name]
            return figures["curmsgs"]

        self.assertEqual(read(), 0)
        queue.send(b"one")
        # Nothing is written again that has not changed.
        self.assertEqual(read(), 1)
        queue.send(b"two")
        self.assertEqual(read(), 2)

    def test_json_on_a_terminal_is_no_screen(self):
        self.new_queue()
        terminal = self.run_in_terminal("list", "--watch", "--json")
        terminal.wait_for("curmsgs")
        self.assertNotIn(b"\033", terminal.written)

    def test_dumb_terminal(self):
        queue = self.new_queue()
        terminal = self.run_in_terminal("list", "--watch", environment={"TERM": "dumb"})
        terminal.wait_for(queue.name)
        self.assertNotIn(b"\033", terminal.written)

    def test_reader_that_goes(self):
        self.new_queue()
        process = self.watch()
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.stderr.read(), "")
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), -signal.SIGPIPE)

    def test_full_disk(self):
        self.new_queue()
        with open("/dev/full", "wb") as full:
            process = self.start_tool("list", "--watch", stdout=full, stderr=subprocess.PIPE)
            self.assertIn(b"Cannot write", process.stderr.read())
            self.assertEqual(process.wait(tool.LIMIT_SECONDS), 1)

    def test_usage(self):
        self.assertIn("interval is a number", self.run_tool(
            "list", "--watch", "--interval=0", status=2).error)


if __name__ == "__main__":
    tool.main()
