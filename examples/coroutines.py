#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: coroutines NAME

Creates the queue NAME, which has room for two messages, and uses it from asyncio: a producer and
two consumers take turns, nobody waits longer than a time limit, and closing the queue ends the loop
over its messages.
"""

import asyncio
import os
import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import Mood  # noqa: E402


async def produce(queue: Mood.MessageQueue) -> None:
    for number in range(6):
        # While the queue is full, the consumers have their turns.
        await queue.asend(f"job {number}".encode())
    for _consumer in range(2):
        await queue.asend(b"")


async def consume(queue: Mood.MessageQueue, done: list[str]) -> None:
    async for message, _priority in queue:
        if not message:
            break
        done.append(message.decode())


async def produce_and_consume(queue: Mood.MessageQueue) -> None:
    done: list[str] = []
    await asyncio.gather(produce(queue), consume(queue, done), consume(queue, done))
    print("done:", ", ".join(done))


async def receive_by_priority(queue: Mood.MessageQueue) -> None:
    await queue.asend(b"later", priority=1)
    await queue.asend(b"urgent", priority=9)
    for _message in range(2):
        message, priority = await queue.areceive()
        print("received:", priority, message.decode())


async def receive_within_limit(queue: Mood.MessageQueue) -> None:
    try:
        async with asyncio.timeout(0.01):
            await queue.areceive()
    except TimeoutError:
        # A message that comes later is still in the queue for the next one to receive.
        print("limit: nothing within 10 milliseconds")


async def receive_until_closed(queue: Mood.MessageQueue) -> None:
    asyncio.get_running_loop().call_soon(queue.close)
    async for message, priority in queue:
        print("received:", priority, message.decode())
    print("closed: no more messages")


async def use_queue(name: str) -> None:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    with Mood.MessageQueue(name, flags, maxmsg=2, msgsize=64) as queue:
        try:
            await produce_and_consume(queue)
            await receive_by_priority(queue)
            await receive_within_limit(queue)
            await receive_until_closed(queue)
        finally:
            queue.unlink()


def main() -> int:
    if len(sys.argv) != 2:
        print("Usage: coroutines NAME", file=sys.stderr)
        return 2

    try:
        asyncio.run(use_queue(sys.argv[1]))
    except OSError as error:
        print(f"coroutines: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
