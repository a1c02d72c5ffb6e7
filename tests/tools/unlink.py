#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood unlink."""

import os

import tool


class Unlink(tool.ToolTest):
    def is_gone(self, name):
        return not tool.plain.unlink(name)

    def test_several(self):
        names = [self.new_queue().name for _ in range(3)]
        result = self.run_tool("unlink", names[0], names[1][1:])
        self.assertEqual((result.output, result.error), (b"", ""))
        self.assertEqual([self.is_gone(name) for name in names], [True, True, False])

    def test_who_has_it_open_keeps_it(self):
        queue = self.new_queue()
        queue.send(b"one")
        self.run_tool("unlink", queue.name)
        self.assertEqual(queue.receive(), (b"one", 0))
        self.assertEqual(os.fstat(queue.descriptor).st_nlink, 0)

    def test_one_failure_does_not_stop_the_others(self):
        missing, queue = self.new_name(), self.new_queue()
        self.assertIn(missing, self.run_tool("unlink", missing, queue.name, status=4).error)
        self.assertTrue(self.is_gone(queue.name))

    def test_failures_of_two_kinds(self):
        missing, queue = self.new_name(), self.new_queue()
        error = self.run_tool("unlink", missing, "/a/b", queue.name, status=1).error
        self.assertIn(missing, error)
        self.assertIn("/a/b", error)
        self.assertTrue(self.is_gone(queue.name))

    def test_force(self):
        missing, queue = self.new_name(), self.new_queue()
        for option in ("--force", "-f"):
            self.assertEqual(self.run_tool("unlink", option, missing, queue.name).error, "")
        self.assertTrue(self.is_gone(queue.name))

    def test_force_is_for_what_is_not_there(self):
        self.assertIn("/a/b", self.run_tool("unlink", "--force", "/a/b", status=1).error)

    def test_usage(self):
        self.assertIn("argument is needed", self.run_tool("unlink", status=2).error)


if __name__ == "__main__":
    tool.main()
