#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: passing

Makes a queue that has no name, starts a child and hands it a descriptor that can only send, over a
Unix socket. What the child sends can be received after its end.
"""

import os
import socket
import subprocess
import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import Mood  # noqa: E402


def be_child(fd: int) -> None:
    with socket.socket(fileno=fd) as connection:
        _data, fds, _flags, _address = socket.recv_fds(connection, 1, 1)
    with Mood.MessageQueue.new_from_fd(*fds) as queue:
        queue.send(b"later", 1)
        queue.send(b"urgent", 9)


def hand_over(connection: socket.socket, queue: Mood.MessageQueue) -> None:
    # The child gets a copy of the descriptor, so that the parent may close its own.
    with queue.reopen(os.O_WRONLY) as sender:
        # A descriptor travels beside at least one byte.
        socket.send_fds(connection, [b"\0"], [sender.fileno()])


def be_parent() -> None:
    ours, theirs = socket.socketpair()
    with ours, Mood.MessageQueue.new_anonymous(maxmsg=8, msgsize=64) as queue:
        with theirs:
            child = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()]
            )
        with child:
            hand_over(ours, queue)
        if child.returncode != 0:
            raise ChildProcessError(child.returncode, "the child has failed")
        print("the child has ended")
        for _ in range(len(queue)):
            message, priority = queue.receive(timeout=0)
            print("received:", priority, message.decode())


def main() -> int:
    arguments = sys.argv[1:]
    is_child = len(arguments) == 1 and arguments[0].isdecimal()
    if arguments and not is_child:
        print("Usage: passing", file=sys.stderr)
        return 2

    try:
        if is_child:
            be_child(int(arguments[0]))
        else:
            be_parent()
    except OSError as error:
        print(f"passing: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
