# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the tests of the commands that hold messages in files share: a place for their files, and the
command killed at each moment that matters."""

import collections
import os
import shlex
import signal
import subprocess
import tempfile

import tool

MOMENTS = os.environ["MOOD_TEST_MOMENTS"]


def extra(messages, expected):
    """Those that are not expected, or not so often; None of the expected may be missing."""
    there, wanted = collections.Counter(messages), collections.Counter(expected)
    missing = wanted - there
    if missing:
        raise AssertionError(f"lost: {missing}")
    return list((there - wanted).elements())


def moments_environment(**details):
    return {
        **os.environ,
        "LD_PRELOAD": MOMENTS,
        # Its runtime would come first otherwise, and says so.
        "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0",
        **details,
    }


class SafetyTest(tool.ToolTest):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="mood-test-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.state = os.path.join(self.directory, "state")
        # GLib reads it once, in the command.
        previous = os.environ.get("XDG_STATE_HOME")
        os.environ["XDG_STATE_HOME"] = self.state

        def restore():
            if previous is None:
                del os.environ["XDG_STATE_HOME"]
            else:
                os.environ["XDG_STATE_HOME"] = previous

        self.addCleanup(restore)

    def path(self, name):
        return os.path.join(self.directory, name)

    def drop(self, *queues):
        """In a loop: there cannot be many at a time."""
        for queue in queues:
            queue.close()
            tool.plain.unlink(queue.name)

    def leftovers(self):
        try:
            return os.listdir(os.path.join(self.state, "mood"))
        except FileNotFoundError:
            return []

    def run_killed(self, moment, *arguments):
        """Whether the command was killed at that moment, which there may not be."""
        result = subprocess.run(
            [tool.TOOL, *arguments], capture_output=True, check=False, stdin=subprocess.DEVNULL,
            env=moments_environment(MOOD_TEST_KILL_AT=str(moment)), timeout=tool.LIMIT_SECONDS)
        self.assertIn(result.returncode, (0, -signal.SIGKILL), result.stderr)
        return result.returncode != 0

    def start_stopped(self, function, *arguments, **keywords):
        """Starts the command, which has stopped after its first call of the function."""
        return self.start_stopped_at([f"after {function}"], *arguments, **keywords)

    def start_stopped_at(self, moments, *arguments, details=None, **keywords):
        """Starts the command, which has stopped at the first of the moments, as “before flock”, and
        does so at the others in turn. The details are for moments.c, too."""
        process = self.start_tool(
            *arguments, **{"stderr": subprocess.PIPE, **keywords},
            env=moments_environment(
                MOOD_TEST_STOP_AT="".join(f"{moment};" for moment in moments), **(details or {})))
        self.wait_until_stopped(process)
        return process

    def wait_until_stopped(self, process):
        # One that ends instead is left for who waits for it.
        state = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        self.assertEqual((state.si_code, state.si_status), (os.CLD_STOPPED, signal.SIGSTOP))

    def go_on(self, process):
        """Lets the command go on until it has stopped at its next moment."""
        process.send_signal(signal.SIGCONT)
        self.wait_until_stopped(process)

    def finish_stopped(self, process, status=0):
        """Lets the command go on to its end, which must give the exit status: standard error."""
        process.send_signal(signal.SIGCONT)
        error = process.stderr.read().decode()
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), status, error)
        self.assertNotIn("CRITICAL", error)
        return error

    def obey(self, error):
        """Does what the command tells to do on standard error: the commands that were told."""
        commands = [line.partition(": mood restore ")[2] for line in error.splitlines()
                    if ": mood restore " in line]
        for command in commands:
            self.run_tool("restore", *shlex.split(command))
        return commands

    def run_other(self):
        """What a command says that has nothing to do itself."""
        empty = self.new_queue(maxmsg=1, msgsize=1)
        other = self.new_queue(maxmsg=1, msgsize=1)
        error = self.run_tool("move", empty.name, other.name).error
        self.drop(empty, other)
        return error

    def put_leftovers_back(self):
        """As a user does: the next command tells how."""
        commands = self.obey(self.run_other())
        self.assertEqual(self.leftovers(), [])
        return commands
