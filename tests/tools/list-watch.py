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

    def let_look(self):
        """Most probably looks have been taken at what has not changed when this is done."""
        self.run_tool("top", "--interval=0.3")

    def depth(self, text, queue):
        """As the table has it; None if the queue is not in it. Other tests have queues, too."""
        for line in text.splitlines():
            if line.startswith(queue.name + " "):
                return line.split()[3]
        return None

    def wait_for_depth(self, terminal, queue, depth):
        return terminal.wait_for(lambda text: self.depth(text, queue) == depth)

    def test_screen(self):
        queue = self.new_queue(maxmsg=4)
        terminal = self.run_in_terminal("list", "--watch", "--interval=0.05")
        self.wait_for_depth(terminal, queue, "0/4")
        self.assertTrue(terminal.screen.cursor.hidden)
        queue.send(b"one")
        text = self.wait_for_depth(terminal, queue, "1/4")
        self.assertEqual(text.count(queue.name), 1)
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
        lines = [process.stdout.readline()]

        def read_until(depth):
            while self.depth(lines[-1], queue) != depth:
                lines.append(process.stdout.readline())

        read_until("0/4")
        self.let_look()
        queue.send(b"one")
        read_until("1/4")
        queue.receive()
        read_until("0/4")
        tables = "".join(lines).split("\n\n")
        self.assertGreaterEqual(len(tables), 3)
        for table in tables:
            self.assertTrue(table.startswith("NAME"), table)
        # Nothing is written again that has not changed.
        for one, following in zip(tables, tables[1:]):
            self.assertNotEqual(one, following)

    def test_json_lines(self):
        queue = self.new_queue(maxmsg=4)
        process = self.watch("--json")
        shown = []

        def read_until(curmsgs):
            while True:
                everything = json.loads(process.stdout.readline())
                for figures in everything:
                    # Looking changes them.
                    for member in ("atime", "mtime", "ctime"):
                        figures.pop(member)
                shown.append(everything)
                if [each["curmsgs"] for each in everything if each["name"] == queue.name] == [curmsgs]:
                    return

        read_until(0)
        self.let_look()
        queue.send(b"one")
        read_until(1)
        queue.send(b"two")
        read_until(2)
        # Nothing is written again that has not changed.
        for one, following in zip(shown, shown[1:]):
            self.assertNotEqual(one, following)

    def test_json_on_a_terminal_is_no_screen(self):
        self.new_queue()
        terminal = self.run_in_terminal("list", "--watch", "--json")
        terminal.wait_for(lambda _: b"curmsgs" in terminal.written)
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
