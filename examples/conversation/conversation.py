# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: conversation.py --clerk COMMAND... --client COMMAND...

Starts the clerk and the clients, waits for them, and sees that no queue stays behind. The build
writes a script, named "conversation", that gives the commands.
"""

import os
import signal
import subprocess
import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import Mood  # noqa: E402

# What can end the conversation. They are blocked all the time, and taken one by one where it suits:
# there is no moment at which one of them could tear the program out of starting or ending another.
ENDINGS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
SIGNALS = ENDINGS + (signal.SIGCHLD,)

# Far more than the conversation takes, so that only one that hangs is ended.
LIMIT_SECONDS = 60

SUFFIXES = "door", "requests", "python", "javascript", "vala"


def parse_commands(arguments: list[str]) -> list[list[str]]:
    commands: list[list[str]] = []
    for argument in arguments:
        if argument in ("--clerk", "--client"):
            commands.append([])
        else:
            commands[-1].append(argument)
    return commands


def remove_queues(prefix: str) -> None:
    for suffix in SUFFIXES:
        try:
            Mood.unlink(f"{prefix}-{suffix}")
        except FileNotFoundError:
            # Whoever made it has removed it.
            pass


def start(command: list[str]) -> subprocess.Popen[bytes]:
    # In a session of its own, so that Ctrl-C comes to this program alone, which ends the others.
    return subprocess.Popen(
        command,
        start_new_session=True,
        preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS),
    )


def wait_for(processes: list[subprocess.Popen[bytes]]) -> int:
    """Waits until all have ended well, one has failed or a signal comes: the exit status."""
    while True:
        statuses = [process.poll() for process in processes]
        failed = [process for process, status in zip(processes, statuses) if status]
        # Nobody reads on, as with "| head": no reason to complain.
        if any(process.returncode == -signal.SIGPIPE for process in failed):
            return 128 + signal.SIGPIPE
        for process in failed:
            print(f"Failed with status {process.returncode}: {process.args!r}", file=sys.stderr)
        if failed:
            return 1
        if None not in statuses:
            return 0

        event = signal.sigtimedwait(SIGNALS, LIMIT_SECONDS)
        if event is None:
            print(f"Nothing has happened for {LIMIT_SECONDS} seconds", file=sys.stderr)
            return 1
        if event.si_signo in ENDINGS:
            return 128 + event.si_signo


def main() -> int:
    clerk, *clients = parse_commands(sys.argv[1:])
    prefix = f"/mood-demo-{os.getpid()}"
    processes: list[subprocess.Popen[bytes]] = []

    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    # There is something to remove if an earlier program of the same number was killed.
    remove_queues(prefix)
    try:
        processes.append(start([*clerk, prefix, str(len(clients))]))
        for client in clients:
            processes.append(start([*client, prefix]))
        return wait_for(processes)
    finally:
        for process in processes:
            process.terminate()
            process.wait()
        remove_queues(prefix)


if __name__ == "__main__":
    sys.exit(main())
