#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood info."""

import os
import time

import tool


class Info(tool.ToolTest):
    def test_text(self):
        queue = self.new_queue(maxmsg=4, msgsize=64)
        queue.send(b"one")
        result = self.run_tool("info", queue.name)
        self.assertEqual(result.lines[0], queue.name)
        details = dict(line.strip().split("  ", 1) for line in result.lines[1:])
        details = {title: value.strip() for title, value in details.items()}
        self.assertEqual(details["messages"], "1/4  █████░░░░░░░░░░░░░░░")
        self.assertEqual(details["bytes"], "3")
        self.assertEqual(details["msgsize"], "64")
        self.assertEqual(details["mode"], "rw------- (0600)")
        self.assertEqual(details["notifies"], "nobody")
        self.assertIn(f"{os.getpid()} (", details["open in"])

    def test_json(self):
        queue = self.new_queue(maxmsg=4, msgsize=64)
        figures, = self.run_tool("info", "--json", queue.name).json
        self.assertEqual(figures["name"], queue.name)
        self.assertEqual(figures["charged_bytes"], 4 * 96 + 4 * 64)
        self.assertIn({"pid": os.getpid(), "reads": True, "writes": True}, figures["open_in"])

    def test_time_of_the_last_message(self):
        queue = self.new_queue()
        queue.send(b"one")
        # Seconds are all that the kernel keeps, and its clock may be a tick behind.
        sent = os.stat(queue.descriptor).st_mtime
        figures, = self.run_tool("info", "--json", queue.name).json
        expected = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(sent))
        self.assertEqual(figures["mtime"], expected)

    def test_looking_is_not_seen_by_itself(self):
        queue = self.new_queue()
        os.utime(queue.descriptor, (1000000000, 1000000000))
        figures, = self.run_tool("info", "--json", queue.name).json
        self.assertEqual(figures["atime"], "2001-09-09T01:46:40Z")
        self.assertEqual(figures["mtime"], "2001-09-09T01:46:40Z")

    def test_access_of_who_has_it_open(self):
        queue = self.new_queue()
        reader = tool.plain.Queue(queue.name, os.O_RDONLY)
        self.addCleanup(reader.close)
        queue.close()
        figures, = self.run_tool("info", "--json", queue.name).json
        self.assertEqual(
            figures["open_in"], [{"pid": os.getpid(), "reads": True, "writes": False}])

    def test_one_that_may_only_be_sent_to(self):
        queue = self.new_queue(maxmsg=4, msgsize=64, mode=0o200)
        queue.send(b"one")
        figures, = self.run_tool("info", "--json", queue.name).json
        self.assertEqual((figures["mode"], figures["curmsgs"], figures["msgsize"]), ("0200", 1, 64))

    def test_name_without_slash(self):
        queue = self.new_queue()
        self.assertEqual(self.run_tool("info", queue.name[1:]).lines[0], queue.name)

    def test_one_of_several_is_missing(self):
        queue = self.new_queue()
        missing = self.new_name()
        result = self.run_tool("info", missing, queue.name, status=4)
        self.assertEqual(result.lines[0], queue.name)
        self.assertIn(missing, result.error)

    def test_bad_name(self):
        self.assertIn("more than one slash", self.run_tool("info", "/a/b", status=1).error)

    def test_usage(self):
        self.assertIn("argument is needed", self.run_tool("info", status=2).error)


if __name__ == "__main__":
    tool.main()
