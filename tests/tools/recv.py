#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood recv: what it writes, and that it loses nothing that it cannot write."""

import base64
import fcntl
import json
import os
import resource
import signal
import socket
import subprocess
import time
import tempfile
import termios
import threading

import tool

ALL_BYTES = bytes(range(256))


def ignore(number):
    signal.signal(number, signal.SIG_IGN)


def block(number):
    signal.pthread_sigmask(signal.SIG_BLOCK, [number])


def read_all(descriptor):
    with open(descriptor, "rb") as stream:
        return stream.read()


class Recv(tool.ToolTest):
    def new_pipe(self, size=4096):
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, size)
        return reader, writer

    def start_recv(self, queue, *arguments, stdout=subprocess.PIPE, **keywords):
        return self.start_tool("recv", queue.name, *arguments, stdout=stdout,
                               stderr=subprocess.PIPE, **keywords)

    def check_put_back(self, process, queue, messages, status):
        """The command is about to end in that way, and those are in the queue then."""
        error = process.stderr.read().decode()
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), status, error)
        self.assertEqual(queue.receive_all(), messages)
        self.assertIn("put back into", error)
        return error

    def test_one_message_raw(self):
        queue = self.new_queue(msgsize=512)
        queue.send(ALL_BYTES)
        queue.send(b"second")
        self.assertEqual(self.run_tool("recv", queue.name).output, ALL_BYTES)
        self.assertEqual(queue.curmsgs, 1)

    def test_waits(self):
        queue = self.new_queue()
        process = self.start_recv(queue)
        queue.send(b"one")
        self.assertEqual(process.stdout.read(), b"one")
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)

    def test_count_and_order(self):
        queue = self.new_queue()
        for message, priority in ((b"low", 0), (b"high", 9), (b"low too", 0), (b"", 5)):
            queue.send(message, priority)
        result = self.run_tool("recv", queue.name, "-n", "3", "--format=line", "--with-priority")
        self.assertEqual(result.output, b"9\thigh\n5\t\n0\tlow\n")
        self.assertEqual(queue.receive_all(), [(b"low too", 0)])

    def test_formats(self):
        queue = self.new_queue()
        messages = [(b"one\n", 3), (b"", 2), (b"\xff\0\x1b", 1)]

        def received(*options):
            for message, priority in messages:
                queue.send(message, priority)
            return self.run_tool("recv", queue.name, "--count=3", *options).output

        self.assertEqual(received(), b"one\n\xff\0\x1b")
        self.assertEqual(received("--format=raw", "--with-priority"), b"3\tone\n2\t1\t\xff\0\x1b")
        self.assertEqual(received("--format=line"), b"one\n\n\n\xff\0\x1b\n")
        self.assertEqual(received("--format=null"), b"one\n\0\0\xff\0\x1b\0")
        self.assertEqual(
            received("--format=null", "--with-priority"), b"3\tone\n\0002\t\0001\t\xff\0\x1b\0")
        self.assertEqual([json.loads(line) for line in received("--format=json").splitlines()], [
            {"priority": 3, "length": 4, "text": "one\n"},
            {"priority": 2, "length": 0, "text": ""},
            {"priority": 1, "length": 3, "text_base64": base64.b64encode(b"\xff\0\x1b").decode()},
        ])
        rows = received("--format=hex").decode().splitlines()
        self.assertEqual(rows[0], "priority 3, 4 bytes")
        self.assertEqual(rows[1], f"00000000  {'6f 6e 65 0a':<48}  |one.|")
        self.assertEqual(rows[2:5], ["", "priority 2, 0 bytes", ""])

    def test_hex_as_hexdump_has_it(self):
        queue = self.new_queue(msgsize=512)
        queue.send(ALL_BYTES + b"end")
        rows = self.run_tool("recv", queue.name, "--format=hex").text.splitlines()
        self.assertEqual(len(rows), 1 + 17 + 1)
        self.assertEqual(
            rows[5], "00000040  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  |@ABCDEFGHIJKLMNO|")
        self.assertEqual(rows[17], f"00000100  {'65 6e 64':<48}  |end|")

    def test_follower_sees_each_message_at_once(self):
        queue = self.new_queue()
        for redirect in (False, True):
            process = self.start_recv(queue, "--follow", "--format=line")
            for message in (b"one", b"", b"three"):
                queue.send(message)
                self.assertEqual(process.stdout.readline(), message + b"\n")
            process.send_signal(signal.SIGTERM if redirect else signal.SIGINT)
            self.assertEqual(process.stdout.read(), b"")
            self.assertEqual(process.stderr.read(), b"")
            self.assertEqual(
                process.wait(tool.LIMIT_SECONDS), -(signal.SIGTERM if redirect else signal.SIGINT))

    def test_timeout(self):
        queue = self.new_queue()
        for seconds, text in (("0", "There is no message"), ("0.01", "within 0.01"),
                              # Less than there is to count with, and yet not nothing.
                              (".0000001", "within .0000001")):
            result = self.run_tool("recv", queue.name, f"--timeout={seconds}", status=3)
            self.assertIn(queue.name, result.error)
            self.assertIn(text, result.error)
        queue.send(b"one")
        queue.send(b"two")
        result = self.run_tool("recv", queue.name, "--count=3", "-t", "0.01", status=3)
        self.assertEqual(result.output, b"onetwo")
        queue.send(b"one")
        self.assertEqual(self.run_tool("recv", queue.name, "--timeout=0").output, b"one")

    def test_timeout_is_that_of_each_message(self):
        queue = self.new_queue()
        process = self.start_recv(queue, "--follow", "--format=line", "--timeout=1")
        # Altogether they take longer than the time, and each of them far less.
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            queue.send(b"x")
            self.assertEqual(process.stdout.readline(), b"x\n")
        self.assertEqual(process.stdout.read(), b"")
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)

    def test_follow_until_silence(self):
        queue = self.new_queue()
        queue.send(b"one")
        queue.send(b"two")
        for expected in (b"one\ntwo\n", b""):
            result = self.run_tool("recv", queue.name, "-f", "--timeout=0", "--format=line")
            self.assertEqual((result.output, result.error), (expected, ""))

    def test_missing_queue(self):
        name = self.new_name()
        self.assertIn(name, self.run_tool("recv", name, status=4).error)

    def test_queue_that_is_unlinked(self):
        queue = self.new_queue()
        process = self.start_recv(queue, "--count=2", "--format=line")
        queue.send(b"one")
        self.assertEqual(process.stdout.readline(), b"one\n")
        self.assertTrue(tool.plain.unlink(queue.name))
        queue.send(b"two")
        self.assertEqual(process.stdout.read(), b"two\n")
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)

    def test_usage(self):
        queue = self.new_queue()
        queue.send(b"x")
        for arguments in (
            ["--count=0"], ["--count=-1"], ["--count=x"], ["--follow", "--count=2"],
            ["--timeout=-1"], ["--format=xml"], ["--format="], ["--output-dir=/tmp", "--format=raw"],
            ["--output-dir=/tmp", "--with-priority"], ["second"],
        ):
            with self.subTest(arguments=arguments):
                self.run_tool("recv", queue.name, *arguments, status=2)
        self.assertEqual(queue.curmsgs, 1)

    def test_full_disk(self):
        queue = self.new_queue()
        messages = [(b"high", 7), (b"one", 0), (b"two", 0)]
        for message in messages:
            queue.send(*message)
        with open("/dev/full", "wb") as full:
            process = self.start_recv(queue, "--count=3", stdout=full)
            error = self.check_put_back(process, queue, messages, 1)
        self.assertIn("Cannot write to standard output: No space left", error)

    def test_disk_that_gets_full(self):
        """The message that was written in part goes back as a whole, and those after it."""
        queue = self.new_queue()
        messages = [(bytes([letter]) * 64, 0) for letter in b"abcd"]
        for message in messages:
            queue.send(*message)
        with tempfile.TemporaryFile() as file:
            process = self.start_recv(
                queue, "--follow", stdout=file,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
            self.check_put_back(process, queue, messages[1:], 1)
            file.seek(0)
            self.assertEqual(file.read(), b"a" * 64 + b"b" * 36)

    def test_reader_that_is_gone(self):
        queue = self.new_queue()
        messages = [(b"one", 0), (b"two", 0)]
        for message in messages:
            queue.send(*message)
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "wb") as stream:
            process = self.start_recv(queue, "--follow", stdout=stream)
        error = self.check_put_back(process, queue, messages, -signal.SIGPIPE)
        self.assertNotIn("Cannot write", error)

    def test_reader_that_goes_while_there_is_nothing(self):
        queue = self.new_queue()
        process = self.start_recv(queue, "--follow", "--format=line")
        queue.send(b"one")
        self.assertEqual(process.stdout.readline(), b"one\n")
        process.stdout.close()
        self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), -signal.SIGPIPE)

    def test_reader_that_is_gone_and_caller_without_sigpipe(self):
        """A success it is not, also where no signal can tell."""
        queue = self.new_queue()
        messages = [(b"one", 0), (b"two", 0)]
        for without in (ignore, block):
            with self.subTest(without=without.__name__):
                for message in messages:
                    queue.send(*message)
                reader, writer = os.pipe()
                os.close(reader)
                with open(writer, "wb") as stream:
                    process = self.start_recv(
                        queue, "--follow", stdout=stream,
                        preexec_fn=lambda without=without: without(signal.SIGPIPE))
                self.check_put_back(process, queue, messages, 1)
                # While there is nothing to write.
                process = self.start_recv(
                    queue, "--follow", "--format=line",
                    preexec_fn=lambda without=without: without(signal.SIGPIPE))
                queue.send(b"one")
                self.assertEqual(process.stdout.readline(), b"one\n")
                process.stdout.close()
                self.assertEqual(process.wait(tool.LIMIT_SECONDS), 1)

    def test_too_few_descriptors(self):
        queue = self.new_queue()
        queue.send(b"one")
        queue.send(b"two")
        errors = self.run_with_few_descriptors("recv", queue.name)
        self.assertIn("mood: Cannot hold signals back: Too many open files\n", errors)
        self.assertEqual(queue.receive_all(), [(b"two", 0)])

    def check_stuck(self, descriptor, end):
        """Nobody reads from the descriptor, which is full: ending is possible, and all is there."""
        queue = self.new_queue()
        messages = [(b"high", 7), (b"one", 0), (b"two", 0)]
        process = self.start_recv(queue, "--follow", "--format=line", stdout=descriptor)
        for message in messages:
            queue.send(*message)
        self.wait_until(lambda: queue.curmsgs == 0)
        end(process)
        self.check_put_back(process, queue, messages, -signal.SIGINT)

    def test_reader_that_is_stuck(self):
        reader, writer = self.new_pipe()
        filled = tool.fill(writer)
        with open(writer, "wb") as stream:
            self.check_stuck(stream, lambda process: process.send_signal(signal.SIGINT))
        self.assertEqual(read_all(reader), b"\n" * filled)

    def test_socket_whose_reader_is_stuck(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            tool.fill(theirs.fileno())
            self.check_stuck(theirs, lambda process: process.send_signal(signal.SIGINT))

    def test_reader_that_is_stuck_half_way(self):
        """What was written completely is the reader's, and all of the rest goes back."""
        queue = self.new_queue(maxmsg=8, msgsize=1000)
        messages = [(bytes([letter]) * 1000, 0) for letter in b"abcdefgh"]
        for message in messages:
            queue.send(*message)
        reader, writer = self.new_pipe()
        with open(writer, "wb") as stream:
            process = self.start_recv(queue, "--follow", stdout=stream)
        self.wait_until(lambda: tool.count_unread(reader) == 4096)
        process.send_signal(signal.SIGTERM)
        self.check_put_back(process, queue, messages[4:], -signal.SIGTERM)
        self.assertEqual(read_all(reader), b"".join(text for text, _ in messages)[:4096])

    def test_socket_whose_reader_is_stuck_half_way(self):
        queue = self.new_queue(maxmsg=8, msgsize=8000)
        messages = [(bytes([letter]) * 8000, 0) for letter in b"abcdefgh"]
        ours, theirs = socket.socketpair()
        with ours:
            # The least that there is.
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
            for message in messages:
                queue.send(*message)
            with theirs:
                process = self.start_recv(queue, "--follow", stdout=theirs)
            self.wait_until(lambda: queue.curmsgs == 0 and tool.count_unread(ours.fileno()) > 0)
            process.send_signal(signal.SIGINT)
            process.stderr.read()
            self.assertEqual(process.wait(tool.LIMIT_SECONDS), -signal.SIGINT)
            written = read_all(ours.detach())
        self.assertEqual(
            queue.receive_all(), messages[len(written) // 8000:])
        self.assertTrue(b"".join(text for text, _ in messages).startswith(written))

    def test_more_than_a_batch(self):
        queue = self.new_queue(maxmsg=10, msgsize=8192)
        texts = [bytes([letter]) * 8192 for letter in b"abcdefghij"]
        for text in texts:
            queue.send(text)
        result = self.run_tool("recv", queue.name, "--follow", "--timeout=0")
        self.assertEqual(result.output, b"".join(texts))

    def test_slow_reader_gets_all(self):
        """More than the pipe takes, also by a write that may not wait."""
        for other_end in (self.new_pipe, lambda: [each.detach() for each in socket.socketpair()]):
            queue = self.new_queue(maxmsg=4, msgsize=5000)
            reader, writer = other_end()
            with open(writer, "wb") as stream:
                process = self.start_recv(queue, "--count=100", stdout=stream)
            texts = [bytes([i]) * (50 * i) for i in range(100)]
            sender = threading.Thread(target=lambda: [queue.send(text) for text in texts])
            sender.start()
            self.assertEqual(read_all(reader), b"".join(texts))
            sender.join()
            self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)

    def test_output_is_complete_when_a_signal_ends_it(self):
        queue = self.new_queue()
        with tempfile.TemporaryFile() as file:
            process = self.start_recv(queue, "--follow", "--format=line", stdout=file)
            for number in range(200):
                queue.send(b"%d" % number)
            process.send_signal(signal.SIGHUP)
            error = process.stderr.read()
            self.assertEqual(process.wait(tool.LIMIT_SECONDS), -signal.SIGHUP, error)
            rest = [message for message, _ in queue.receive_all()]
            file.seek(0)
            self.assertEqual(
                file.read().split() + rest, [b"%d" % number for number in range(200)])

    def test_signals_that_the_caller_does_without(self):
        """As nohup has it."""
        queue = self.new_queue()
        for without in (ignore, block):
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
                with self.subTest(without=without.__name__, number=number):
                    process = self.start_recv(
                        queue, "--follow", "--format=line",
                        preexec_fn=lambda without=without, number=number: without(number))
                    # By then it holds signals back.
                    self.wait_until(lambda process=process: self.is_ignored(
                        process.pid, signal.SIGPIPE))
                    process.send_signal(number)
                    queue.send(b"one")
                    self.assertEqual(process.stdout.readline(), b"one\n")
                    process.stdout.close()
                    self.assertEqual(process.wait(tool.LIMIT_SECONDS), -signal.SIGPIPE)

    @staticmethod
    def is_ignored(pid, number):
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            ignored, = [line.split()[1] for line in status if line.startswith("SigIgn:")]
        return int(ignored, 16) & (1 << (number - 1)) != 0

    def test_terminal(self):
        queue = self.new_queue()
        terminal = self.run_in_terminal("recv", queue.name, "--follow", "--format=line")
        for text, shown in ((b"one", "one"), (b"\033[31mtw\0o\xff", "?[31mtw?o")):
            queue.send(text)
            terminal.wait_for(shown)
        terminal.type("\x03")
        self.assertEqual(terminal.wait(), -signal.SIGINT)
        self.assertNotIn(b"\033[31m", terminal.written)

        queue.send(b"\033[31mred")
        terminal = self.run_in_terminal("recv", queue.name)
        self.assertEqual(terminal.wait(), 0)
        self.assertIn(b"\033[31mred", terminal.written)

    def test_terminal_that_is_held(self):
        """By Ctrl-S, after which Ctrl-C has to do."""
        queue = self.new_queue()
        terminal = self.run_in_terminal("recv", queue.name, "--follow", "--format=line")
        queue.send(b"one")
        terminal.wait_for("one")
        termios.tcflow(terminal.slave, termios.TCOOFF)
        queue.send(b"two")
        self.wait_until(lambda: queue.curmsgs == 0)
        os.kill(terminal.process.pid, signal.SIGINT)
        # It is waited for before anything is written to the terminal: to say what was put back, it
        # needs the terminal.
        self.wait_until(lambda: queue.curmsgs == 1)
        termios.tcflow(terminal.slave, termios.TCOON)
        self.assertEqual(terminal.wait(), -signal.SIGINT)
        self.assertEqual(queue.receive_all(), [(b"two", 0)])


class OutputDirectory(tool.ToolTest):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = os.path.join(directory.name, "new", "messages")

    def files(self):
        found = {}
        for name in sorted(os.listdir(self.directory)):
            with open(os.path.join(self.directory, name), "rb") as file:
                found[name] = file.read()
        return found

    def test_files(self):
        queue = self.new_queue(msgsize=512)
        for message, priority in ((b"", 0), (ALL_BYTES, 32767), (b"low", 0)):
            queue.send(message, priority)
        result = self.run_tool("recv", queue.name, "--count=3", "--output-dir", self.directory)
        self.assertEqual((result.output, result.error), (b"", ""))
        expected = {"0000000001-32767": ALL_BYTES, "0000000002-0": b"", "0000000003-0": b"low"}
        self.assertEqual(self.files(), expected)
        # On from what is there, whatever else there is.
        with open(os.path.join(self.directory, "README"), "wb"):
            pass
        os.unlink(os.path.join(self.directory, "0000000001-32767"))
        queue.send(b"more", 5)
        self.run_tool("recv", queue.name, "--output-dir", self.directory)
        self.assertEqual(
            self.files(), {"0000000002-0": b"", "0000000003-0": b"low", "0000000004-5": b"more",
                           "README": b""})

    def test_numbers_beyond_counting(self):
        queue = self.new_queue()
        os.makedirs(self.directory)
        expected = {}

        def check(there, *new):
            for name in there:
                with open(os.path.join(self.directory, name), "wb"):
                    expected[name] = b""
            for name in new:
                queue.send(name.encode())
                expected[name] = name.encode()
            self.run_tool("recv", queue.name, "-n", str(len(new)), "--output-dir", self.directory)
            self.assertEqual(self.files(), expected)

        check(("9223372036854775807-0", "9" * 30 + "-0", f"{2 ** 64 - 1}-0", "-1-0"),
              "0000000001-0", "0000000002-0")
        check(["0000000017-0"], "0000000018-0")
        # The next one is taken.
        check(["9223372036854775806-0"], "9223372036854775808-0")

    def test_at_once(self):
        queue = self.new_queue()
        self.start_tool("recv", queue.name, "--follow", "--output-dir", self.directory)
        queue.send(b"one")
        self.wait_until(lambda: os.path.isdir(self.directory) and
                        list(self.files().values()) == [b"one"])

    def test_two_at_a_time(self):
        queue = self.new_queue()
        processes = [self.start_tool("recv", queue.name, "--count=50", "--output-dir",
                                     self.directory) for _ in range(2)]
        for number in range(100):
            queue.send(b"%d" % number)
        for process in processes:
            self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)
        self.assertEqual(
            sorted(self.files().values(), key=int), [b"%d" % number for number in range(100)])

    def test_disk_that_gets_full(self):
        queue = self.new_queue()
        messages = [(b"short", 0), (b"x" * 64, 0), (b"after", 0)]
        for message in messages:
            queue.send(*message)
        result = self.run_tool(
            "recv", queue.name, "--follow", "--output-dir", self.directory, status=1,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (32, 32)))
        self.assertIn("Cannot write", result.error)
        self.assertIn("put back into", result.error)
        self.assertEqual(self.files(), {"0000000001-0": b"short"})
        self.assertEqual(queue.receive_all(), messages[1:])

    def test_directory_that_cannot_be(self):
        queue = self.new_queue()
        queue.send(b"x")
        result = self.run_tool("recv", queue.name, "--output-dir=/dev/null/x", status=1)
        self.assertIn("“/dev/null/x”: Not a directory", result.error)
        self.assertEqual(queue.curmsgs, 1)


if __name__ == "__main__":
    tool.main()
