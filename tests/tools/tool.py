# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the tests of the command share: the command run as a user would, with pipes or in a terminal,
and queues that are gone after the test."""

import ctypes
import fcntl
import functools
import itertools
import json
import os
import pty
import resource
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

import pyte

import plain

# Far longer than anything takes, also on a busy machine.
LIMIT_SECONDS = 60

TOOL = os.environ["MOOD_TEST_TOOL"]

numbers = itertools.count()

# See unshare(2).
CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000


def unshare(flags):
    if ctypes.CDLL(None, use_errno=True).unshare(flags) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def give_up_privilege():
    """In a user namespace the process has none over what is outside, and its user no queues yet."""
    unshare(CLONE_NEWUSER)


def enter_namespaces():
    """In which there are no queues, and the user is root."""
    uid, gid = os.getuid(), os.getgid()
    unshare(CLONE_NEWUSER | CLONE_NEWIPC | CLONE_NEWNS)
    for file, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{file}", "w", encoding="ascii") as stream:
            stream.write(text)


def fill(descriptor):
    """Writes until a reader would have to read: how many bytes that were."""
    os.set_blocking(descriptor, False)
    filled = 0
    try:
        while True:
            filled += os.write(descriptor, b"\n" * 4096)
    except BlockingIOError:
        # The flag belongs to all who have it open.
        os.set_blocking(descriptor, True)
        return filled


def count_unread(descriptor):
    """How many bytes of a pipe or socket nobody has read yet."""
    return struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4))[0]


class Result:
    def __init__(self, status, output, error):
        self.status = status
        self.output = output
        self.error = error

    @property
    def text(self):
        return self.output.decode()

    @property
    def lines(self):
        return self.text.splitlines()

    @property
    def json(self):
        return json.loads(self.output)


class Terminal:
    """The command, or another program, in a pseudo-terminal whose screen can be looked at."""

    def __init__(self, arguments, columns=100, rows=30, environment=None, program=TOOL):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.written = b""
        self.status = None
        self.master, slave = pty.openpty()
        self.set_size(columns, rows, tell=False)
        self.settings = termios.tcgetattr(slave)

        def take_terminal():
            # Standard input is the terminal by now.
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [program, *arguments], stdin=slave, stdout=slave, stderr=slave, preexec_fn=take_terminal,
            env={**os.environ, "TERM": "xterm-256color", **(environment or {})})
        # The test keeps it open: what is in the terminal can be looked at when the command is gone.
        self.slave = slave

    def set_size(self, columns, rows, tell=True):
        """As the terminal's user does with the mouse; the command gets SIGWINCH."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if tell:
            self.screen.resize(rows, columns)

    def type(self, text):
        os.write(self.master, text.encode())

    def read(self, timeout):
        """Whether something was written within that time."""
        if not select.select([self.master], [], [], timeout)[0]:
            return False
        data = os.read(self.master, 65536)
        self.written += data
        self.stream.feed(data)
        return True

    @property
    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def wait_for(self, condition):
        """Reads until condition(text of the screen) holds, or the screen has the text in it."""
        if isinstance(condition, str):
            wanted = condition
            condition = lambda text: wanted in text  # noqa: E731
        deadline = time.monotonic() + LIMIT_SECONDS
        while not condition(self.text):
            if not self.read(max(0, deadline - time.monotonic())):
                raise AssertionError(f"not seen within {LIMIT_SECONDS} s:\n{self.text}")
        return self.text

    def wait(self):
        """Waits until the command has ended: its exit status, negative for a signal."""
        descriptor = os.pidfd_open(self.process.pid)
        try:
            deadline = time.monotonic() + LIMIT_SECONDS
            while not select.select([descriptor], [], [], 0)[0]:
                # What nobody reads would block it.
                ready, _, _ = select.select(
                    [self.master, descriptor], [], [], max(0, deadline - time.monotonic()))
                if not ready:
                    raise AssertionError(f"still runs after {LIMIT_SECONDS} s:\n{self.text}")
                if self.master in ready:
                    self.read(0)
        finally:
            os.close(descriptor)
        while self.read(0):
            pass
        self.status = self.process.wait()
        return self.status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


class ToolTest(unittest.TestCase):
    def new_name(self, suffix=""):
        """The name of a queue that does not exist, and will not after the test."""
        name = f"/mood-test-tools-{os.getpid()}-{next(numbers)}{suffix}"
        # A process of the same number that was killed may have left it.
        plain.unlink(name)
        self.addCleanup(plain.unlink, name)
        return name

    def new_queue(self, maxmsg=4, msgsize=64, suffix="", **details):
        """A new queue, small, because all the queues of a user share one limit."""
        queue = plain.Queue(self.new_name(suffix), maxmsg=maxmsg, msgsize=msgsize, **details)
        self.addCleanup(queue.close)
        return queue

    def run_tool(self, *arguments, status=0, **keywords):
        """Runs the command to its end, which must give the exit status."""
        result = subprocess.run(
            [TOOL, *arguments], capture_output=True, check=False, timeout=LIMIT_SECONDS,
            **({} if "input" in keywords else {"stdin": subprocess.DEVNULL}), **keywords)
        outcome = Result(result.returncode, result.stdout, result.stderr.decode())
        self.assertEqual(outcome.status, status, outcome.error)
        if status == 0:
            self.assertNotIn("CRITICAL", outcome.error)
        return outcome

    def may(self, enter):
        """The function, or the test is skipped where the process may not call it."""
        pid = os.fork()
        if pid == 0:
            try:
                enter()
            except OSError:
                os._exit(1)
            os._exit(0)
        if os.waitpid(pid, 0)[1] != 0:
            self.skipTest("the process may not make namespaces of its own")
        return enter

    def without_privilege(self):
        """For preexec_fn: root, too, is an ordinary user then."""
        return self.may(give_up_privilege)

    def with_room(self, limit, enter=give_up_privilege):
        """For preexec_fn: so many bytes for queues, whatever queues the user has elsewhere."""
        self.may(enter)

        def enter_and_limit():
            enter()
            resource.setrlimit(resource.RLIMIT_MSGQUEUE, (limit, limit))

        return enter_and_limit

    def run_with_few_descriptors(self, *arguments):
        """Runs the command with ever more descriptors, until they are enough: what it says where
        they are not. Then it fails, and does not crash."""
        errors = []
        for limit in itertools.count(4):
            result = subprocess.run(
                [TOOL, *arguments], capture_output=True, check=False, timeout=LIMIT_SECONDS,
                stdin=subprocess.DEVNULL, encoding="utf-8", preexec_fn=functools.partial(
                    resource.setrlimit, resource.RLIMIT_NOFILE, (limit, limit)))
            if result.returncode == 0:
                return errors
            # The second one is the loader's.
            self.assertIn(result.returncode, (1, 127), (limit, result.stderr))
            errors.append(result.stderr)

    def run_script(self, script, limit, enter=enter_namespaces):
        """Standard output of commands in namespaces in which there are no queues and nobody else."""
        result = subprocess.run(
            ["sh", "-ec", script, TOOL], capture_output=True, check=False, encoding="utf-8",
            timeout=LIMIT_SECONDS, preexec_fn=self.with_room(limit, enter))
        if "may not mount" in result.stdout:
            self.skipTest("the process may not mount the queues")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def wait_until_asleep(self, process):
        """Until it waits for something, or has ended."""
        def is_asleep():
            with open(f"/proc/{process.pid}/stat", "rb") as file:
                # The name in front, in parentheses, may contain anything.
                return file.read().rpartition(b") ")[2][:1] in b"SZ"

        self.wait_until(is_asleep)

    def wait_until(self, condition):
        """For what cannot be waited for, such as that messages were taken."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it does not come to that")
            os.sched_yield()

    def start_tool(self, *arguments, **keywords):
        """Starts the command; it is ended with the test."""
        return self.start_program([TOOL, *arguments], **keywords)

    def start_program(self, command, **keywords):
        process = subprocess.Popen(command, **keywords)

        def end():
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()

        self.addCleanup(end)
        return process

    def run_in_terminal(self, *arguments, **keywords):
        terminal = Terminal(arguments, **keywords)
        self.addCleanup(terminal.close)
        return terminal


def give_up(_number, _frame):
    raise TimeoutError("the test program is not done in time")


def main():
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    # A last resort: subprocesses and queues have limits of their own.
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(10 * LIMIT_SECONDS)

    import tap

    # What could not be put back is kept, and must not be where the user's own is.
    with tempfile.TemporaryDirectory() as state:
        os.environ["XDG_STATE_HOME"] = state
        tap.main()
