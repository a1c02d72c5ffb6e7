#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: waiting NAME

Creates the queue NAME and shows the ways to wait for a message on it, one after the other: to try,
to limit the time, to cancel, to await, to subscribe, and to take several at once.
"""

import asyncio
import os
import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import GLib, Mood  # noqa: E402


def try_to_receive(queue: Mood.MessageQueue) -> None:
    try:
        message, _priority = queue.receive(timeout=0)
        print("try:", message.decode())
    except BlockingIOError:
        print("try: nothing there")


def receive_within_limit(queue: Mood.MessageQueue) -> None:
    try:
        message, _priority = queue.receive(timeout=0.01)
        print("limit:", message.decode())
    except TimeoutError:
        print("limit: nothing within 10 milliseconds")


async def receive_until_cancelled(queue: Mood.MessageQueue) -> None:
    receiving = asyncio.create_task(queue.areceive())
    asyncio.get_running_loop().call_later(0.01, receiving.cancel)
    try:
        message, _priority = await receiving
        print("cancel:", message.decode())
    except asyncio.CancelledError:
        print("cancel: given up")


async def await_message(queue: Mood.MessageQueue) -> None:
    # In the place of another process, which sends while this one awaits the message.
    asyncio.get_running_loop().call_soon(queue.send, b"first")
    message, _priority = await queue.areceive()
    print("await:", message.decode())


def subscribe(queue: Mood.MessageQueue) -> None:
    loop = GLib.MainLoop()

    def on_message(queue: Mood.MessageQueue, message: bytes, priority: int) -> bool:
        if not message:
            loop.quit()
            return GLib.SOURCE_REMOVE
        print("subscribe:", priority, message.decode())
        return GLib.SOURCE_CONTINUE

    queue.send(b"later", 1)
    queue.send(b"urgent", 9)
    queue.send(b"")
    queue.add_receiver(on_message)
    loop.run()


def receive_batch(queue: Mood.MessageQueue) -> None:
    queue.send_many([b"a", b"", b"bcd"])
    # Waits for the first message, and takes up to 8 of those that are there.
    sizes = [len(message) for message, _priority in queue.receive_many(8)]
    print("batch:", len(sizes), "messages,", " + ".join(map(str, sizes)), "bytes")


def show_ways(name: str) -> None:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    with Mood.MessageQueue(name, flags, maxmsg=8, msgsize=64) as queue:
        try:
            try_to_receive(queue)
            receive_within_limit(queue)
            asyncio.run(receive_until_cancelled(queue))
            asyncio.run(await_message(queue))
            subscribe(queue)
            receive_batch(queue)
        finally:
            queue.unlink()


def main() -> int:
    if len(sys.argv) != 2:
        print("Usage: waiting NAME", file=sys.stderr)
        return 2

    try:
        show_ways(sys.argv[1])
    except OSError as error:
        print(f"waiting: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
