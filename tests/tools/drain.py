#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood drain."""

import tool


class Drain(tool.ToolTest):
    def test_all_goes(self):
        queue = self.new_queue(maxmsg=4)
        for priority in range(3):
            queue.send(b"x" * priority, priority)
        result = self.run_tool("drain", queue.name)
        self.assertEqual(result.output, b"")
        self.assertEqual(
            result.error, f"mood: 3 messages of “{queue.name}” were thrown away\n")
        self.assertEqual(queue.curmsgs, 0)

    def test_empty(self):
        queue = self.new_queue()
        self.assertIn("0 messages", self.run_tool("drain", queue.name).error)

    def test_one_of_several_is_missing(self):
        queues = [self.new_queue(), self.new_queue()]
        missing = self.new_name()
        for queue in queues:
            queue.send(b"x")
        result = self.run_tool("drain", queues[0].name, missing, queues[1].name[1:], status=4)
        self.assertIn(missing, result.error)
        self.assertEqual(result.error.count("1 message of"), 2)
        self.assertEqual([queue.curmsgs for queue in queues], [0, 0])

    def test_ends_while_others_send(self):
        """Without end, and more of them than are there to take turns with."""
        queue = self.new_queue(maxmsg=1)
        for _ in range(4):
            self.start_tool("send", queue.name, "--null", "--file=/dev/zero")
        for _ in range(20):
            queue.receive()
            error = self.run_tool("drain", queue.name).error
            self.assertLessEqual(int(error.split()[1]), 2, error)

    def test_usage(self):
        self.run_tool("drain", status=2)


if __name__ == "__main__":
    tool.main()
