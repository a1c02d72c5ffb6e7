#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood top."""

import os
import re
import resource
import select
import signal
import subprocess
import sys
import termios

import plain
import tool

LEAVE = b"\033[?25h\033[?1049l"

# A parent that does what a shell does with a job, but for the terminal's settings, which are for the
# job to restore: it tells the signal that stopped the job, and whether the terminal echoes; goes on
# with the next line that is typed, and tells how the job ended.
SHELL = """
import os, signal, sys, termios
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    _, status = os.waitpid(job, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        break
    os.tcsetpgrp(0, os.getpgrp())
    settings = termios.tcgetattr(0)
    echoes = bool(settings[3] & termios.ECHO)
    settings[3] |= termios.ICANON | termios.ECHO
    termios.tcsetattr(0, termios.TCSANOW, settings)
    print(f"stopped by {os.WSTOPSIG(status)}, echo {echoes}", flush=True)
    command = input()
    if command == "fg":
        os.tcsetpgrp(0, job)
    if command == "kill":
        os.killpg(job, signal.SIGTERM)
    os.killpg(job, signal.SIGCONT)
print(f"ended {os.waitstatus_to_exitcode(status)}")
"""


class Top(tool.ToolTest):
    def top(self, *arguments, **keywords):
        return self.run_in_terminal("top", "--interval=0.1", *arguments, **keywords)

    def names(self, terminal):
        """Those of the queues on the screen, in their order."""
        return [line.split()[0] for line in terminal.text.splitlines() if line.startswith("/")]

    def row(self, text, queue):
        """The line of the queue, as words; other tests have queues, too."""
        for line in text.splitlines():
            if line.startswith(queue.name + " "):
                return line.split()
        return None

    def wait_for_depth(self, terminal, queue, depth):
        """Waits until the queue is shown like that: its line, as words."""
        return self.row(terminal.wait_for(
            lambda text: (self.row(text, queue) or [None, None])[1] == depth), queue)

    def is_raw(self, terminal):
        return termios.tcgetattr(terminal.slave)[3] & (termios.ECHO | termios.ICANON) == 0

    def check_restored(self, terminal):
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.settings)
        self.assertFalse(terminal.screen.cursor.hidden)
        self.assertTrue(terminal.written.endswith(LEAVE), terminal.written[-80:])

    def test_depth_and_bar(self):
        queue = self.new_queue(maxmsg=4, msgsize=64)
        terminal = self.top()
        self.wait_for_depth(terminal, queue, "0/4")
        self.assertEqual(terminal.screen.display[1].split(), [
            "NAME", "DEPTH", "FILLED", "IN/S", "OUT/S", "BYTES", "MSGSIZE", "NOTIFIES", "OWNER"])
        queue.send(b"three")
        row = self.wait_for_depth(terminal, queue, "1/4")
        self.assertEqual(row[1:3], ["1/4", "██" + "░" * 8])
        self.assertEqual(row[5:8], ["5", "64", "-"])
        self.assertIn(":", row[8])
        self.assertIn(b"\033[32m", terminal.written)

    def test_summary(self):
        queue = self.new_queue(maxmsg=4, msgsize=64)
        queue.send(b"one")
        text = self.run_tool("top", "--interval=0.1").text
        self.assertRegex(text.splitlines()[0],
                         r"\A\d\d:\d\d:\d\d  \d+ queues?  \d+ messages?  \d+ of \S+ bytes charged  by depth\Z")
        figures = self.run_tool("list", "--json").json
        own = [each for each in figures if each["uid"] == os.getuid()]
        # 48 bytes twice for each message, and the message.
        self.assertGreaterEqual(len(own), 1)
        self.assertGreaterEqual(int(text.split()[5]), 4 * (96 + 64))

    def test_queues_that_come_and_go(self):
        first = self.new_queue()
        terminal = self.top()
        terminal.wait_for(first.name)
        second = self.new_queue()
        terminal.wait_for(second.name)
        plain.unlink(first.name)
        text = terminal.wait_for(lambda text: first.name not in text)
        self.assertIn(second.name, text)

    def test_rates(self):
        queue = self.new_queue(maxmsg=4)
        terminal = self.top()
        self.wait_for_depth(terminal, queue, "0/4")
        self.assertEqual(self.row(terminal.text, queue)[3:5], ["0.0", "0.0"])

        def has_rates(into, out):
            def check(text):
                row = self.row(text, queue)
                return row is not None and ((float(row[3]) > 0, float(row[4]) > 0) == (into, out))
            return check

        queue.send(b"one")
        terminal.wait_for(has_rates(True, False))
        queue.receive()
        terminal.wait_for(has_rates(True, True))
        # Some seconds later nothing has come.
        terminal.wait_for(has_rates(False, False))

    def test_rates_between_frames(self):
        queue = self.new_queue(maxmsg=4)
        process = self.start_tool("top", "--interval=3", stdout=subprocess.PIPE, text=True)
        while not select.select([process.stdout], [], [], 0)[0]:
            queue.send(b"one")
            queue.receive()
        # Two looks see one message more at most, which would be a third of one a second.
        row = self.row(process.stdout.read(), queue)
        self.assertGreater(float(row[3]), 0.5)
        self.assertGreater(float(row[4]), 0.5)

    def test_sorting(self):
        few = self.new_queue(maxmsg=4)
        many = self.new_queue(maxmsg=4)
        few.send(b"a long message")
        many.send(b"x")
        many.send(b"y")
        # A key takes effect before the queues are looked at again.
        terminal = self.run_in_terminal("top", "--interval=3600")
        by_depth = [many.name, few.name]
        own = {few.name, many.name}

        def ordered(expected):
            return lambda text: [
                name for name in self.names(terminal) if name in own] == expected

        terminal.wait_for(ordered(by_depth))
        for key, word, expected in (
            ("n", "by name", [few.name, many.name]),
            ("d", "by depth", by_depth),
            ("b", "by bytes", [few.name, many.name]),
            ("R", "by bytes, reversed", [many.name, few.name]),
            # A shorter line leaves nothing of the longer one.
            ("R", "by bytes  h for help\n", [few.name, many.name]),
        ):
            with self.subTest(key=key):
                terminal.type(key)
                terminal.wait_for(lambda text, word=word: word in text)
                terminal.wait_for(ordered(expected))
        terminal = self.top()
        terminal.wait_for("by depth")
        terminal.type("r")
        terminal.wait_for("by rate")
        many.receive()
        terminal.wait_for(ordered([many.name, few.name]))
        for word, expected in (("name", [few.name, many.name]), ("depth", [few.name, many.name]),
                               ("bytes", [few.name, many.name])):
            lines = self.run_tool("top", "--interval=0.1", f"--sort={word}").lines
            self.assertEqual([line.split()[0] for line in lines if line.split()[0] in own], expected)

    def test_help(self):
        self.new_queue()
        terminal = self.top()
        terminal.wait_for("h for help")
        for key in "h?":
            terminal.type(key)
            terminal.wait_for("q quit")
            terminal.type(key)
            terminal.wait_for(lambda text: "q quit" not in text)

    def test_more_lines_than_the_terminal_has(self):
        self.new_queue()
        terminal = self.top(rows=3)
        terminal.wait_for("h for help")
        terminal.type("h")
        # Nothing is scrolled away.
        terminal.wait_for(
            lambda text: re.search(r"\A\d\d:\d\d:\d\d .*\nq quit .*\nNAME .*OWNER\Z", text))

    def test_scrolling(self):
        # More bytes than other tests have, to be above their queues.
        queues = [self.new_queue(maxmsg=1, msgsize=8000) for _ in range(6)]
        for number, queue in enumerate(queues):
            queue.send(bytes(8000 - number))
        names = [queue.name for queue in queues]
        # Two lines are above the queues.
        terminal = self.top("--sort=bytes", rows=6)
        for number, (keys, first) in enumerate((
            ("", 0), ("j", 1), ("\033[B", 2), ("k", 1), ("\033[A", 0), ("k", 0), ("\033OB", 1),
            ("\033OA", 0), ("j\033[Bk", 1), ("\033[5~", 0),
        )):
            with self.subTest(number=number, keys=keys):
                terminal.type(keys)
                terminal.wait_for(
                    lambda _, first=first: self.names(terminal) == names[first:first + 4])
        for down, up in (("\033[F", "\033[H"), ("\033[6~", "\033[5~"), ("j" * 300, "k" * 300)):
            with self.subTest(keys=down):
                terminal.type(down)
                terminal.wait_for(lambda text: names[0] not in text and names[1] not in text)
                self.assertEqual(len(self.names(terminal)), 4)
                terminal.type(up)
                terminal.wait_for(lambda _: self.names(terminal) == names[:4])
        # Where there is room for all, all are seen.
        terminal.type("\033[F")
        terminal.wait_for(lambda text: names[0] not in text)
        terminal.set_size(100, 60)
        terminal.wait_for(lambda _: self.names(terminal)[:6] == names)

    def test_quit(self):
        self.new_queue()
        terminal = self.top()
        terminal.wait_for("NAME")
        self.assertTrue(terminal.written.startswith(b"\033[?1049h\033[?25l"))
        self.assertTrue(terminal.screen.cursor.hidden)
        self.assertTrue(self.is_raw(terminal))
        terminal.type("q")
        self.assertEqual(terminal.wait(), 0)
        self.check_restored(terminal)

    def test_ctrl_s(self):
        terminal = self.top()
        terminal.wait_for("NAME")
        terminal.type("\x13h")
        terminal.wait_for("q quit")
        terminal.process.terminate()
        self.assertEqual(terminal.wait(), -signal.SIGTERM)
        self.check_restored(terminal)

    def test_count_on_a_terminal(self):
        self.new_queue()
        terminal = self.top("--count=2")
        self.assertEqual(terminal.wait(), 0)
        self.check_restored(terminal)

    def test_ctrl_c(self):
        for key, number in (("\x03", signal.SIGINT), ("\x1c", signal.SIGQUIT)):
            terminal = self.top()
            terminal.wait_for("NAME")
            terminal.type(key)
            self.assertEqual(terminal.wait(), -number)
            self.check_restored(terminal)

    def test_signals(self):
        for number in (
            signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGSEGV, signal.SIGABRT,
            signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGPIPE,
            signal.SIGALRM,
        ):
            with self.subTest(signal=number):
                terminal = self.top()
                terminal.wait_for("NAME")
                terminal.process.send_signal(number)
                self.assertEqual(terminal.wait(), -number)
                self.check_restored(terminal)

    def job(self):
        """The command as a job of what is like a shell, once it has drawn."""
        terminal = tool.Terminal(["-c", SHELL, tool.TOOL, "top", "--interval=0.1"],
                                 program=sys.executable)
        self.addCleanup(terminal.close)
        terminal.wait_for("NAME")
        return terminal

    def foreground(self, terminal):
        return os.tcgetpgrp(terminal.master)

    def test_stop(self):
        queue = self.new_queue(maxmsg=4)
        terminal = self.job()
        for _ in range(2):
            terminal.type("\x1a")
            terminal.wait_for(f"stopped by {int(signal.SIGTSTP)}, echo True")
            self.assertFalse(terminal.screen.cursor.hidden)
            self.assertIn(LEAVE, terminal.written)
            terminal.type("fg\n")
            terminal.wait_for("NAME")
            self.assertTrue(terminal.screen.cursor.hidden)
            self.assertTrue(self.is_raw(terminal))
        queue.send(b"one")
        self.wait_for_depth(terminal, queue, "1/4")
        terminal.type("q")
        self.assertEqual(terminal.wait(), 0)
        self.assertIn("ended 0", terminal.text)
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.settings)

    def test_stop_that_the_kernel_refuses(self):
        # As for a process that nobody would let go on.
        self.new_queue()
        terminal = self.run_in_terminal("top", "--interval=3600")
        terminal.wait_for("NAME")
        terminal.type("\x1a")
        terminal.wait_for(lambda text: LEAVE in terminal.written and "NAME" in text)
        terminal.wait_for(lambda _: terminal.screen.cursor.hidden)
        self.assertTrue(self.is_raw(terminal))
        terminal.type("q")
        self.assertEqual(terminal.wait(), 0)
        self.check_restored(terminal)

    def test_stop_that_cannot_be_caught(self):
        self.new_queue(maxmsg=4)
        terminal = self.job()
        os.kill(self.foreground(terminal), signal.SIGSTOP)
        terminal.wait_for(f"stopped by {int(signal.SIGSTOP)}, echo False")
        terminal.type("fg\n")
        # The terminal has been set up again, and drawn on.
        terminal.wait_for(lambda text: "stopped" not in text and self.is_raw(terminal))
        terminal.type("q")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.settings)

    def test_background(self):
        self.new_queue(maxmsg=4)
        terminal = self.job()
        terminal.type("\x1a")
        terminal.wait_for(f"stopped by {int(signal.SIGTSTP)}")
        # It needs the terminal, which it may not have now.
        terminal.type("bg\n")
        terminal.wait_for(f"stopped by {int(signal.SIGTTOU)}, echo True")
        self.assertFalse(terminal.screen.cursor.hidden)
        terminal.type("kill\n")
        terminal.wait_for(f"ended {-signal.SIGTERM}")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.settings)

    def test_end_in_the_background(self):
        """The terminal is as those have it who are in the foreground by now."""
        self.new_queue(maxmsg=4)
        terminal = self.job()
        # It has no time to give the terminal back.
        os.kill(self.foreground(terminal), signal.SIGSTOP)
        terminal.wait_for(f"stopped by {int(signal.SIGSTOP)}")
        changed = termios.tcgetattr(terminal.slave)
        changed[3] &= ~termios.ECHO
        termios.tcsetattr(terminal.slave, termios.TCSANOW, changed)
        terminal.type("kill\n")
        terminal.wait_for(f"ended {-signal.SIGTERM}")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(termios.tcgetattr(terminal.slave), changed)

    def check_end_while_nothing_is_taken(self, terminal):
        terminal.process.terminate()
        # Nobody reads what it may have written.
        self.assertEqual(terminal.process.wait(tool.LIMIT_SECONDS), -signal.SIGTERM)
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.settings)

    def test_end_on_a_terminal_that_is_held(self):
        """Not by Ctrl-S, which the command does without, but by another program."""
        terminal = self.top()
        terminal.wait_for("NAME")
        termios.tcflow(terminal.slave, termios.TCOOFF)
        self.check_end_while_nothing_is_taken(terminal)

    def test_end_on_a_terminal_that_nobody_reads(self):
        # Between frames, so that only the test writes.
        terminal = self.run_in_terminal("top", "--interval=3600")
        terminal.wait_for("NAME")
        descriptor = os.open(os.ttyname(terminal.slave), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        self.addCleanup(os.close, descriptor)
        with self.assertRaises(BlockingIOError):
            while True:
                os.write(descriptor, b"x" * 4096)
        self.check_end_while_nothing_is_taken(terminal)

    def test_resize(self):
        queue = self.new_queue(maxmsg=4)
        # Only the size makes it draw again.
        terminal = self.run_in_terminal("top", "--interval=3600", columns=20, rows=10)
        terminal.wait_for("NAME")
        self.assertNotIn("OWNER", terminal.text)
        terminal.set_size(100, 30)
        terminal.wait_for(lambda text: "OWNER" in text and len(self.row(text, queue) or []) == 9)
        for columns, rows in ((1, 1), (2, 1), (1, 2), (3, 3), (500, 200)):
            drawn = len(terminal.written)
            terminal.set_size(columns, rows)
            terminal.wait_for(lambda _, drawn=drawn: len(terminal.written) > drawn)
        terminal.set_size(100, 30)
        terminal.wait_for(lambda text: "OWNER" in text and len(self.row(text, queue) or []) == 9)
        terminal.type("q")
        self.assertEqual(terminal.wait(), 0)
        self.check_restored(terminal)

    def test_small_from_the_start(self):
        self.new_queue()
        for columns, rows in ((1, 1), (5, 2)):
            terminal = self.top("--count=3", columns=columns, rows=rows)
            self.assertEqual(terminal.wait(), 0)
            self.check_restored(terminal)

    def test_lines_are_as_wide_as_the_terminal_at_most(self):
        self.new_queue()
        for columns in range(20, 30):
            terminal = self.run_in_terminal("top", "--interval=3600", columns=columns, rows=10)
            terminal.wait_for("NAME")
            self.assertRegex(terminal.screen.display[0], r"\A\d\d:\d\d:\d\d  \d+ queue")
            self.assertTrue(terminal.screen.display[1].startswith("NAME"))
            terminal.type("q")
            terminal.wait()

    def test_long_and_wide_names(self):
        name = self.new_queue(suffix="-" + "名" * 60 + "x").name
        for columns in (110, 111, 112, 113, 114, 115):
            terminal = self.top(columns=columns)
            wanted = re.compile(rf"(?m)^{re.escape(name.partition('名')[0])}.*….*:.*$")
            text = terminal.wait_for(wanted.search)
            line, = wanted.findall(text)
            shown = line.split("…")[0]
            # The screen has a wide character in two columns, of which the second one is empty.
            self.assertTrue(name.startswith(shown.replace(" ", "")), line)
            self.assertIn(len(shown.replace(" ", "").encode("utf-16-be")) // 2 +
                          shown.count("名") + 1, (columns // 3, columns // 3 - 1))
            self.assertIn("OWNER", text)
            terminal.set_size(37, 10)
            terminal.wait_for(lambda text: "NAME" in text and "OWNER" not in text)
            terminal.type("q")
            terminal.wait()
        # In full where it is not for a screen.
        self.assertIn(name, self.run_tool("top", "--interval=0.1").text)

    def test_input_that_is_no_terminal(self):
        queue = self.new_queue(maxmsg=4)
        terminal = tool.Terminal(
            ["-c", 'exec "$0" top --interval=0.1 <<END\nq\nEND', tool.TOOL], program="/bin/sh")
        self.addCleanup(terminal.close)
        self.wait_for_depth(terminal, queue, "0/4")
        queue.send(b"one")
        self.wait_for_depth(terminal, queue, "1/4")
        terminal.process.terminate()
        self.assertEqual(terminal.wait(), -signal.SIGTERM)
        self.check_restored(terminal)

    def test_terminal_that_goes(self):
        self.new_queue()
        # As with nohup(1): it ends because there is nothing to draw on.
        terminal = tool.Terminal(
            ["-c", 'trap "" HUP; exec "$0" top --interval=0.1 2>/dev/null', tool.TOOL],
            program="/bin/sh")
        terminal.wait_for("NAME")
        os.close(terminal.slave)
        os.close(terminal.master)
        try:
            self.assertEqual(terminal.process.wait(tool.LIMIT_SECONDS), 1)
        finally:
            terminal.process.kill()

    def test_plain_terminals(self):
        queue = self.new_queue()
        terminal = self.top(environment={"TERM": "dumb"})
        self.assertEqual(terminal.wait(), 0)
        self.assertIn(queue.name.encode(), terminal.written)
        self.assertNotIn(b"\033", terminal.written)
        terminal = self.top(environment={"NO_COLOR": "1"})
        terminal.wait_for(queue.name)
        self.assertTrue(terminal.written.startswith(b"\033[?1049h"))
        self.assertNotRegex(terminal.written, rb"\033\[\d*m")

    def test_locale_without_bars(self):
        queue = self.new_queue(maxmsg=4)
        queue.send(b"one")
        terminal = self.top(environment={"LC_ALL": "C"})
        terminal.wait_for("##........")
        terminal.type("h")
        terminal.wait_for("q quit")
        self.assertTrue(terminal.written.isascii())

    def test_piped(self):
        queue = self.new_queue()
        result = self.run_tool("top", "--interval=0.1")
        self.assertNotIn("\033", result.text)
        self.assertEqual(result.text.count("NAME"), 1)
        self.assertNotIn("h for help", result.text)
        self.assertEqual(len([line for line in result.lines if queue.name in line]), 1)
        frames = self.run_tool("top", "--interval=0.1", "--count=3").text.split("\n\n")
        self.assertEqual(len(frames), 3)
        for frame in frames:
            self.assertIn("NAME", frame.splitlines()[1])

    def test_reader_that_goes(self):
        process = self.start_tool("top", "--interval=0.1", "--count=1000000",
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), -signal.SIGPIPE)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            process = self.start_tool("top", "--interval=0.1", "--count=1000000", stdout=full,
                                      stderr=subprocess.PIPE)
            self.assertIn(b"Cannot write", process.stderr.read())
            self.assertEqual(process.wait(tool.LIMIT_SECONDS), 1)

    def test_usage(self):
        for option, text in (
            ("--sort=color", "“color” is none of"), ("--count=0", "at least 1"),
            ("--count=-1", "at least 1"), ("--interval=0", "interval is a number"),
            ("--interval=x", "Cannot parse"),
        ):
            with self.subTest(option=option):
                self.assertIn(text, self.run_tool("top", option, status=2).error)


if __name__ == "__main__":
    # Some of the signals are for faults.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tool.main()
