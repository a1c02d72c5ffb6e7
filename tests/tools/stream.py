#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood send and mood recv at the two ends of a queue, as one runs them in two terminals."""

import os
import signal
import subprocess
import tempfile

import tool

COUNT = 100000

# More than this is not what a program that runs settles on, but grows with what passes.
GROWTH_KIB = 512


def peak_kib(process):
    """The most memory that the process ever had, so far."""
    with open(f"/proc/{process.pid}/status", encoding="utf-8", errors="replace") as status:
        peak, = [line.split()[1] for line in status if line.startswith("VmHWM:")]
    return int(peak)


def is_sanitized(process):
    """A sanitizer keeps what is freed for a while."""
    with open(f"/proc/{process.pid}/maps", encoding="utf-8", errors="replace") as maps:
        return "libasan" in maps.read()


class Stream(tool.ToolTest):
    def test_all_bytes(self):
        queue = self.new_queue(msgsize=8192)
        content = bytes(range(256)) * 32
        self.run_tool("send", queue.name, input=content)
        self.assertEqual(self.run_tool("recv", queue.name).output, content)

    def test_records(self):
        """What has NULs as lines, and what has newlines as records."""
        queue = self.new_queue(maxmsg=8)
        for option, terminator in (("--lines", b"\n"), ("--null", b"\0")):
            format_name = {"--lines": "line", "--null": "null"}[option]
            for text in (bytes(range(256)) + b"\0\0\n\n", bytes(range(255, -1, -1))):
                pieces = [text[at:at + 50] + terminator for at in range(0, len(text), 50)]
                content = b"".join(pieces)
                receiver = self.start_tool(
                    "recv", queue.name, f"--count={content.count(terminator)}",
                    f"--format={format_name}", stdout=subprocess.PIPE)
                self.run_tool("send", queue.name, option, input=content)
                self.assertEqual(receiver.stdout.read(), content)
                self.assertEqual(receiver.wait(tool.LIMIT_SECONDS), 0)

    def check_passes(self, queue, sender, receiver, output, numbers):
        """Whether lines with the numbers come out as they go in, in the processes that wait."""
        content = b"".join(b"%d\n" % number for number in numbers)
        start = output.seek(0, os.SEEK_END)
        sender.stdin.write(content)
        sender.stdin.flush()
        self.wait_until(lambda: os.fstat(output.fileno()).st_size == start + len(content))
        output.seek(start)
        self.assertEqual(output.read(), content)

    def test_many_in_flat_memory(self):
        queue = self.new_queue(maxmsg=10, msgsize=128)
        with tempfile.TemporaryFile() as output:
            receiver = self.start_tool(
                "recv", queue.name, "--follow", "--format=line", stdout=output)
            sender = self.start_tool("send", queue.name, "--lines", stdin=subprocess.PIPE)
            self.check_passes(queue, sender, receiver, output, range(10000))
            before = [peak_kib(process) for process in (sender, receiver)]
            self.check_passes(queue, sender, receiver, output, range(COUNT))
            after = [peak_kib(process) for process in (sender, receiver)]
            if not is_sanitized(receiver):
                for one, other in zip(before, after):
                    self.assertLess(other - one, GROWTH_KIB)
            sender.stdin.close()
            self.assertEqual(sender.wait(tool.LIMIT_SECONDS), 0)
            receiver.send_signal(signal.SIGINT)
            self.assertEqual(receiver.wait(tool.LIMIT_SECONDS), -signal.SIGINT)

    def test_several_at_each_end(self):
        """Each message comes out once."""
        queue = self.new_queue(maxmsg=4, msgsize=64)
        lines = [b"%d\n" % number for number in range(4000)]
        receivers = [self.start_tool("recv", queue.name, "--count=2000", "--format=line",
                                     stdout=subprocess.PIPE) for _ in range(2)]
        senders = [self.start_tool("send", queue.name, "--lines", stdin=subprocess.PIPE)
                   for _ in range(2)]
        for at, sender in enumerate(senders):
            sender.stdin.write(b"".join(lines[at::2]))
            sender.stdin.close()
        received = [line for receiver in receivers for line in receiver.stdout]
        self.assertEqual(sorted(received, key=int), lines)
        for process in senders + receivers:
            self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)

    def test_signals_at_any_moment(self):
        """Whatever was received is written, and the rest is in the queue."""
        for number in range(30):
            queue = self.new_queue(maxmsg=10, msgsize=64)
            receiver = self.start_tool(
                "recv", queue.name, "--follow", "--format=line", stdout=subprocess.PIPE)
            sender = self.start_tool("send", queue.name, "--lines", stdin=subprocess.PIPE)
            sender.stdin.write(b"".join(b"%d\n" % each for each in range(1000)))
            sender.stdin.close()
            first = b"".join(receiver.stdout.readline() for _ in range(1 + 5 * number))
            receiver.send_signal(signal.SIGINT)
            received = first + receiver.stdout.read()
            self.assertEqual(receiver.wait(tool.LIMIT_SECONDS), -signal.SIGINT)
            rest = self.run_tool(
                "recv", queue.name, "--format=line", f"--count={1000 - received.count(10)}"
            ).output if received.count(b"\n") < 1000 else b""
            self.assertEqual(sender.wait(tool.LIMIT_SECONDS), 0)
            self.assertEqual(
                sorted((received + rest).split(), key=int), [b"%d" % each for each in range(1000)])


if __name__ == "__main__":
    tool.main()
