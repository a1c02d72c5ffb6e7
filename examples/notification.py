#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: notification NAME

Creates the queue NAME and shows how to be told that a message has come to it while it was empty:
once, again and again, and not any more.
"""

import errno
import os
import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import GLib, Mood  # noqa: E402

loop = GLib.MainLoop()


def on_arrived(queue: Mood.MessageQueue, condition: GLib.IOCondition, way: str) -> bool:
    # Takes all that there is: what was left in the queue would not be announced again.
    while True:
        try:
            message, _priority = queue.receive(timeout=0)
        except BlockingIOError:
            break
        print(f"{way}: {message.decode()}")
    loop.quit()
    return bool(condition & GLib.IOCondition.IN)


def send_and_wait(queue: Mood.MessageQueue, message: bytes) -> None:
    # In the place of another process, which sends while this one is in its main loop.
    queue.send(message)
    loop.run()


def be_told_once(queue: Mood.MessageQueue) -> None:
    # The registration ends with the notification.
    queue.add_notification(on_arrived, "once")
    send_and_wait(queue, b"first")


def be_told_again_and_again(queue: Mood.MessageQueue) -> None:
    # It is made again before the callback runs, so that no message is missed.
    queue.add_notification(on_arrived, "armed", rearm=True)
    send_and_wait(queue, b"second")
    send_and_wait(queue, b"third")


def find_it_busy(queue: Mood.MessageQueue) -> None:
    # A queue has room for one registration, of whichever process.
    try:
        queue.add_notification(on_arrived, "busy")
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        print("busy: somebody is registered")


def cancel(queue: Mood.MessageQueue) -> None:
    queue.cancel_notification()
    queue.send(b"fourth")
    while GLib.MainContext.default().iteration(False):
        pass
    print("cancelled: not told of", len(queue), "message")


def show_notification(name: str) -> None:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    with Mood.MessageQueue(name, flags, maxmsg=8, msgsize=64) as queue:
        try:
            be_told_once(queue)
            be_told_again_and_again(queue)
            find_it_busy(queue)
            cancel(queue)
        finally:
            queue.unlink()


def main() -> int:
    if len(sys.argv) != 2:
        print("Usage: notification NAME", file=sys.stderr)
        return 2

    try:
        show_notification(sys.argv[1])
    except OSError as error:
        print(f"notification: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
