#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood send."""

import os
import subprocess
import tempfile
import threading

import tool

ALL_BYTES = bytes(range(256))


class Send(tool.ToolTest):
    def check_sent(self, queue, *messages):
        self.assertEqual(queue.receive_all(), [(message, 0) for message in messages])

    def test_arguments(self):
        queue = self.new_queue()
        self.run_tool("send", queue.name, "one", "", b"\xff\xfe", "--", "-n")
        self.check_sent(queue, b"one", b"", b"\xff\xfe", b"-n")
        self.run_tool("send", queue.name, "--", "--help", "-h")
        self.check_sent(queue, b"--help", b"-h")

    def test_priority(self):
        queue = self.new_queue()
        self.run_tool("send", queue.name, "one", "two", "-p", "32767")
        self.run_tool("send", queue.name, "--priority=0", "three")
        self.assertEqual(
            queue.receive_all(), [(b"one", 32767), (b"two", 32767), (b"three", 0)])
        for priority in ("-1", "32768"):
            result = self.run_tool("send", queue.name, f"--priority={priority}", "x", status=2)
            self.assertIn("0 to 32767", result.error)
        self.assertEqual(queue.curmsgs, 0)

    def test_standard_input_whole(self):
        queue = self.new_queue(msgsize=1024)
        for message in (ALL_BYTES * 4, b"two\nlines\n", b""):
            self.run_tool("send", queue.name, input=message)
            self.check_sent(queue, message)

    def test_file(self):
        queue = self.new_queue(msgsize=1024)
        with tempfile.NamedTemporaryFile() as file:
            file.write(ALL_BYTES)
            file.flush()
            self.run_tool("send", queue.name, "--file", file.name)
            self.check_sent(queue, ALL_BYTES)
            self.run_tool("send", queue.name, "-f", file.name, "--null")
            self.check_sent(queue, b"", ALL_BYTES[1:])

    def test_missing_file(self):
        queue = self.new_queue()
        # This is no question for help.
        self.assertIn("“-h”", self.run_tool("send", queue.name, "--file", "-h", status=1).error)
        # Not the status of a queue that is missing.
        result = self.run_tool("send", queue.name, "--file=/nonexistent", status=1)
        self.assertIn("/nonexistent", result.error)
        self.assertIn("Cannot read", self.run_tool("send", queue.name, "-f", "/", status=1).error)
        self.assertEqual(queue.curmsgs, 0)

    def test_lines(self):
        queue = self.new_queue()
        self.run_tool("send", queue.name, "--lines", input=b"one\n\n\0\r\nlast")
        self.check_sent(queue, b"one", b"", b"\0\r", b"last")
        self.run_tool("send", queue.name, "--lines", input=b"\n")
        self.check_sent(queue, b"")
        self.run_tool("send", queue.name, "--lines", input=b"")
        self.check_sent(queue)

    def test_null(self):
        queue = self.new_queue()
        self.run_tool("send", queue.name, "--null", input=b"one\n\0\0last")
        self.check_sent(queue, b"one\n", b"", b"last")

    def test_line_is_sent_when_it_is_read(self):
        queue = self.new_queue()
        process = self.start_tool("send", queue.name, "--lines", stdin=subprocess.PIPE)
        for line in (b"one", b"two"):
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            self.assertEqual(queue.receive(), (line, 0))
        # A line in several pieces.
        for piece in (b"th", b"r", b"ee\n"):
            process.stdin.write(piece)
            process.stdin.flush()
        self.assertEqual(queue.receive(), (b"three", 0))
        process.stdin.close()
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)

    def test_input_that_does_not_wait(self):
        """Somebody else has made it so: the descriptor is the same."""
        for option, pieces, messages in (
            (["--lines"], (b"one\n", b"tw", b"o\n"), [b"one", b"two"]),
            ([], (b"one\n", b"two\n"), [b"one\ntwo\n"]),
        ):
            with self.subTest(option=option):
                queue = self.new_queue()
                reader, writer = os.pipe()
                os.set_blocking(reader, False)
                with open(reader, "rb") as stream:
                    process = self.start_tool(
                        "send", queue.name, *option, stdin=stream, stderr=subprocess.PIPE)
                with open(writer, "wb", buffering=0) as stream:
                    for piece in pieces:
                        self.wait_until_asleep(process)
                        stream.write(piece)
                        self.wait_until(lambda: tool.count_unread(writer) == 0)
                self.assertEqual(process.stderr.read(), b"")
                self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)
                self.check_sent(queue, *messages)

    def test_lines_across_blocks(self):
        """Of every length that there is, at every place of the blocks in which is read."""
        queue = self.new_queue(msgsize=100)
        lines = [bytes([ord("a") + i % 26]) * (i % 101) for i in range(5000)]
        process = self.start_tool("send", queue.name, "--lines", stdin=subprocess.PIPE)
        text = b"\n".join(lines)
        writer = threading.Thread(target=lambda: (process.stdin.write(text), process.stdin.close()))
        writer.start()
        self.assertEqual([queue.receive()[0] for _ in lines], lines)
        writer.join()
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)

    def test_too_long(self):
        queue = self.new_queue(msgsize=64)
        longest = b"x" * 64
        self.run_tool("send", queue.name, longest)
        self.run_tool("send", queue.name, input=longest)
        self.run_tool("send", queue.name, "--lines", input=longest)
        self.check_sent(queue, longest, longest, longest)

        result = self.run_tool("send", queue.name, "one", "two", longest + b"x", "four", status=1)
        self.assertIn("Message 3: ", result.error)
        self.assertIn("65 bytes", result.error)
        self.assertIn("2 messages were sent before", result.error)
        self.check_sent(queue, b"one", b"two")

        result = self.run_tool("send", queue.name, longest + b"x", status=1)
        self.assertNotIn("Message 1", result.error)
        self.assertNotIn("before", result.error)

        result = self.run_tool(
            "send", queue.name, "--lines", input=b"one\n" + longest + b"x\nthree\n", status=1)
        self.assertIn("Line 2: ", result.error)
        self.assertIn("more than 64 bytes", result.error)
        self.assertIn("1 message was sent before", result.error)
        self.check_sent(queue, b"one")

        result = self.run_tool(
            "send", queue.name, "--null", input=longest + b"x\0", status=1)
        self.assertIn("Record 1: ", result.error)
        result = self.run_tool("send", queue.name, input=longest + b"x", status=1)
        self.assertIn("more than 64 bytes", result.error)
        self.assertEqual(queue.curmsgs, 0)

    def test_line_without_end(self):
        """It is refused as soon as that is clear, and not read to an end that it may not have."""
        queue = self.new_queue()
        for option in ([], ["--lines"]):
            result = self.run_tool("send", queue.name, "--file=/dev/zero", *option, status=1)
            self.assertIn("more than 64 bytes", result.error)

    def test_full(self):
        queue = self.new_queue(maxmsg=2)
        for option in (["--nonblock"], ["--timeout=0"], ["-t", "0.01"]):
            result = self.run_tool("send", queue.name, *option, "1", "2", "3", status=3)
            self.assertIn("Message 3: ", result.error)
            self.assertIn("2 messages were sent before", result.error)
            self.check_sent(queue, b"1", b"2")

    def test_waits_for_room(self):
        for option in ([], ["--timeout=60"]):
            queue = self.new_queue(maxmsg=1)
            process = self.start_tool("send", queue.name, *option, "1", "2", "3")
            self.assertEqual([queue.receive()[0] for _ in range(3)], [b"1", b"2", b"3"])
            self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)

    def test_missing_queue(self):
        name = self.new_name()
        self.assertIn(name, self.run_tool("send", name, "x", status=4).error)

    def test_queue_that_may_only_be_sent_to(self):
        queue = self.new_queue(mode=0o200)
        self.run_tool("send", queue.name[1:], "x", preexec_fn=self.without_privilege())
        self.check_sent(queue, b"x")

    def test_usage(self):
        queue = self.new_queue()
        for arguments in (
            ["x", "--lines"], ["x", "--null"], ["x", "--file=/dev/null"], ["--lines", "--null"],
            ["x", "--nonblock", "--timeout=1"], ["x", "--timeout=-1"], ["x", "--timeout=soon"],
            ["x", "--timeout="], ["x", "--timeout=inf"], ["x", "--timeout=nan"],
            ["x", "--timeout=1e30"], ["x", "--timeout=1s"], ["x", "--priority=high"],
        ):
            with self.subTest(arguments=arguments):
                self.run_tool("send", queue.name, *arguments, status=2)
        self.run_tool("send", status=2)
        self.assertEqual(queue.curmsgs, 0)


if __name__ == "__main__":
    tool.main()
