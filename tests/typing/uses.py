# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a type checker has to accept, and to refuse where the end of a line says so.

Nobody runs this: checker.py compares it with what mypy says.
"""

import array
import datetime
import mmap
import os
import pathlib
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Literal

from gi.repository import Gio, GLib, Mood
from typing_extensions import assert_type

RDWR = os.O_RDWR | os.O_CREAT


class Jobs(Mood.MessageQueue):
    def next_job(self) -> bytes:
        return self.recv()


def construct(
    text: str, data: bytes, path: pathlib.Path, raw_path: "os.PathLike[bytes]"
) -> Mood.MessageQueue:
    Mood.MessageQueue(text, RDWR)
    Mood.MessageQueue(data, Mood.OpenFlags.RDWR | Mood.OpenFlags.CREAT)
    Mood.MessageQueue(path, flags=RDWR, mode=0o640, maxmsg=8, msgsize=64)
    Mood.MessageQueue(raw_path, RDWR, 0o600, -1, -1)
    Mood.MessageQueue(text)  # refused
    Mood.MessageQueue(text, "r")  # refused
    Mood.MessageQueue(1, RDWR)  # refused
    Mood.MessageQueue(text, RDWR, maxmsg="8")  # refused
    Mood.MessageQueue(text, RDWR, capacity=8)  # refused

    assert_type(Mood.MessageQueue.new(text, RDWR), Mood.MessageQueue)
    assert_type(Jobs.new(text, RDWR, maxmsg=8, msgsize=64), Jobs)
    assert_type(Jobs(text, RDWR).next_job(), bytes)
    Mood.unlink(path)
    Mood.unlink(None)  # refused
    assert_type(Mood.chmod(path, 0o640), bool)
    assert_type(Mood.chown(data, gid=0), bool)
    Mood.chmod(path)  # refused
    Mood.chmod(path, "640")  # refused
    Mood.chown(path, "root")  # refused
    return Jobs(text, RDWR)


def create(text: str) -> None:
    keep = Mood.Ownership.KEEP
    accept = Mood.GeometryPolicy.ACCEPT
    Mood.MessageQueue(text, RDWR, ownership=keep, geometry_policy=accept, exact_mode=True)
    Mood.MessageQueue(None, RDWR, ownership=Mood.Ownership.ANONYMOUS)
    Jobs(None, RDWR, maxmsg=8, msgsize=64, ownership=Mood.Ownership.UNLINK_ON_CLOSE)
    Mood.MessageQueue(text, RDWR, ownership="keep")  # refused
    Mood.MessageQueue(text, RDWR, ownership=accept)  # refused
    Mood.MessageQueue(text, RDWR, geometry_policy=1)  # refused
    Mood.MessageQueue(text, RDWR, 0o600, 8, 64, keep)  # refused
    full = Jobs.new_full(text, RDWR, 0o600, 8, 64, keep, accept, False)
    assert_type(full, Jobs)
    Jobs.new_full(text, RDWR)  # refused
    assert_type(Jobs.new_temporary(), Jobs)
    assert_type(Jobs.new_temporary(Mood.OpenFlags.RDWR, 0o640, 8, 64), Jobs)
    assert_type(Jobs.new_anonymous(os.O_RDONLY, maxmsg=8, msgsize=64), Jobs)
    Jobs.new_temporary(text)  # refused
    Jobs.new_anonymous(mode=0o600)  # refused


def hand_over(queue: Mood.MessageQueue) -> None:
    assert_type(queue.dup_fd(), int)
    assert_type(Mood.MessageQueue.new_from_fd(queue.dup_fd()), Mood.MessageQueue)
    assert_type(Jobs.new_from_fd(3), Mood.MessageQueue)
    Mood.MessageQueue.new_from_fd(queue)  # refused
    Mood.MessageQueue.new_from_fd("3")  # refused
    queues, names = Mood.listen_queues()
    assert_type(queues, list[Mood.MessageQueue])
    assert_type(names, list[str])
    Mood.listen_queues(1)  # refused


def look(queue: Mood.MessageQueue) -> None:
    assert_type(queue.name, str)
    assert_type(queue.display_name, str)
    assert_type(queue.mode, int)
    assert_type(queue.maxmsg, int)
    assert_type(queue.msgsize, int)
    assert_type(queue.curmsgs, int)
    assert_type(queue.fd, int)
    assert_type(queue.fileno(), int)
    assert_type(queue.closed, bool)
    assert_type(queue.blocking, bool)
    assert_type(queue.ownership, Mood.Ownership)
    assert_type(queue.geometry_policy, Mood.GeometryPolicy)
    assert_type(queue.exact_mode, bool)
    assert_type(queue.created, bool)
    assert_type(queue.unlinked, bool)
    assert_type(queue.queued_bytes, int)
    assert_type(queue.notify_pid, int)
    assert_type(queue.uid, int)
    assert_type(queue.gid, int)
    assert_type(queue.atime, datetime.datetime | None)
    assert_type(queue.mtime, datetime.datetime | None)
    assert_type(queue.ctime, datetime.datetime | None)
    assert_type(queue.props.mtime, GLib.DateTime | None)
    assert_type(queue.get_mtime(), GLib.DateTime | None)
    assert_type(queue.props.closed, bool)
    assert_type(queue.props.flags, Mood.OpenFlags)
    assert_type(len(queue), int)
    assert_type(bool(queue), bool)
    queue.blocking = False
    queue.props.blocking = False
    queue.blocking = "no"  # refused
    queue.maxmsg = 10  # refused
    queue.display_name = "jobs"  # refused
    queue.ownership = Mood.Ownership.KEEP  # refused
    queue.mtime = None  # refused
    queue.mtime.year  # refused
    queue.props.maxmsg = 10  # refused
    b"urgent" in queue  # refused
    int(queue.flags)
    queue.connect("notify::closed", print)
    assert_type(Mood.VERSION_S, str)
    assert_type(Mood.MAJOR_VERSION, int)


def send(queue: Mood.MessageQueue, cancellable: Gio.Cancellable, memory: mmap.mmap) -> None:
    assert_type(queue.send(b"urgent"), int)
    queue.send(bytearray(8), 9)
    queue.send(memoryview(b"urgent"), priority=9, timeout=0.5)
    queue.send(array.array("i", [1]), 9, cancellable)
    queue.send(memory, timeout=1)
    queue.send("text")  # refused
    queue.send([1, 2])  # refused
    queue.send()  # refused
    queue.send(b"urgent", 1.5)  # refused
    queue.send(b"urgent", 9, 0.5)  # refused
    queue.send(b"urgent", timeout="1")  # refused
    queue.send(b"urgent", 9, cancellable, 1)  # refused

    queue.sendall(b"urgent", 9, cancellable)
    queue.sendall("text")  # refused
    queue.sendall(b"urgent", timeout=1)  # refused

    assert_type(queue.send_many([b"low", bytearray(8), (b"urgent", 9)]), int)
    queue.send_many((bytes(number) for number in range(8)), cancellable, timeout=0)
    queue.send_many(b"urgent")  # refused
    queue.send_many(["text"])  # refused
    queue.send_many([(9, b"urgent")])  # refused
    queue.send_many([b"low"], timeout=[])  # refused

    assert_type(queue.send_with_timeout(b"urgent", 9, 1000), int)
    queue.send_with_timeout(b"urgent", 9, 0.5)  # refused


def receive(queue: Mood.MessageQueue, cancellable: Gio.Cancellable) -> None:
    assert_type(queue.recv(), bytes)
    assert_type(queue.receive(), tuple[bytes, int])
    assert_type(queue.receive(cancellable, timeout=None), tuple[bytes, int])
    assert_type(queue.receive_many(8, timeout=0.5), list[tuple[bytes, int]])
    assert_type(queue.receive_with_timeout(1000), tuple[bytes, int])
    assert_type(queue.condition_wait(GLib.IOCondition.IN, 1000), bool)
    assert_type(queue.condition_check(GLib.IOCondition.IN), GLib.IOCondition)
    queue.receive(0.5)  # refused
    queue.receive(timeout="1")  # refused
    assert_type(queue.recv(timeout=1), bytes)
    queue.recv(timeout="1")  # refused
    queue.receive_many()  # refused
    queue.receive_many(8, 0.5)  # refused
    queue.receive().decode()  # refused
    assert_type(iter(queue), Iterator[tuple[bytes, int]])
    for message, priority in queue:
        message.decode()
        message.encode()  # refused
        priority.decode()  # refused


async def use_coroutines(queue: Mood.MessageQueue) -> None:
    assert_type(await queue.areceive(), tuple[bytes, int])
    assert_type(await queue.asend(b"urgent", 9), int)
    assert_type(await queue.receive_async(), tuple[bytes, int])
    assert_type(queue.send_async(b"urgent"), Awaitable[bool])
    assert_type(queue.__aiter__(), AsyncIterator[tuple[bytes, int]])
    await queue.asend("text")  # refused
    await queue.asend(b"urgent", timeout=1)  # refused
    await queue.areceive(timeout=1)  # refused
    await queue.receive()  # refused
    (await queue.areceive()).decode()  # refused
    async for message, _priority in queue:
        message.encode()  # refused


def hold(queue: Jobs) -> None:
    with queue as same:
        assert_type(same, Jobs)
    assert_type(queue.reopen(os.O_RDONLY), Mood.MessageQueue)
    queue.reopen("r")  # refused
    queue.close()
    queue.unlink()
    queue.set_nonblocking(False)
    queue.no_such_method()  # refused


def on_message(queue: Mood.MessageQueue, message: bytes, priority: int) -> bool:
    return GLib.SOURCE_CONTINUE


def on_message_for(queue: Mood.MessageQueue, message: bytes, priority: int, user: str) -> bool:
    return GLib.SOURCE_CONTINUE


def on_ready(queue: Mood.MessageQueue, condition: GLib.IOCondition) -> bool:
    return GLib.SOURCE_CONTINUE


def on_ready_for(queue: Mood.MessageQueue, condition: GLib.IOCondition, user: str) -> bool:
    return GLib.SOURCE_CONTINUE


def on_received(queue: Mood.MessageQueue, result: Gio.AsyncResult) -> None:
    assert_type(queue.receive_finish(result), tuple[bytes, int])


def on_sent(queue: Mood.MessageQueue, result: Gio.AsyncResult) -> None:
    assert_type(queue.send_finish(result), bool)


def subscribe(queue: Mood.MessageQueue, jobs: Jobs, cancellable: Gio.Cancellable) -> None:
    assert_type(queue.add_receiver(on_message), int)
    jobs.add_receiver(on_message)
    queue.add_receiver(GLib.PRIORITY_DEFAULT, on_message)
    queue.add_receiver(on_message_for, "user")
    queue.add_receiver(GLib.PRIORITY_DEFAULT, on_message_for, "user")
    queue.add_receiver(print, 1, 2, 3)  # refused
    queue.add_receiver(on_ready)  # refused
    queue.add_receiver(on_message_for, 1)  # refused
    queue.add_receiver("callback")  # refused

    assert_type(queue.add_watch(GLib.IOCondition.IN, on_ready), int)
    queue.add_watch(GLib.PRIORITY_DEFAULT, GLib.IOCondition.OUT, on_ready)
    queue.add_watch(GLib.IOCondition.IN, on_ready_for, "user")
    queue.add_watch(GLib.IOCondition.IN, on_message)  # refused
    queue.add_watch(on_ready)  # refused

    assert_type(queue.add_notification(), int)
    queue.add_notification(rearm=True)
    queue.add_notification(on_ready)
    jobs.add_notification(GLib.PRIORITY_DEFAULT, on_ready, rearm=True)
    queue.add_notification(GLib.PRIORITY_DEFAULT, None)
    queue.add_notification(on_ready_for, "user", rearm=True)
    queue.add_notification(GLib.PRIORITY_DEFAULT, print, 1, 2, 3, rearm=True)  # refused
    queue.add_notification(on_message)  # refused
    queue.add_notification(on_ready_for, 1)  # refused
    assert_type(queue.create_notification_source(True, cancellable), GLib.Source)
    queue.connect("arrived", print)
    assert_type(queue.notify_by_signal(10), bool)
    queue.notify_by_signal("SIGUSR1")  # refused

    queue.receive_async(GLib.PRIORITY_DEFAULT, cancellable, on_received)
    queue.receive_async(callback=on_received)
    queue.send_async(b"urgent", 9, GLib.PRIORITY_DEFAULT, None, on_sent)
    queue.send_async(b"urgent", callback=on_sent)
    queue.send_async("text", callback=on_sent)  # refused
    queue.receive_async(callback=on_message)  # refused
    assert_type(queue.create_source(GLib.IOCondition.IN, cancellable), GLib.Source)
    assert_type(queue.create_receiver_source(), GLib.Source)


def use_datagrams(queue: Mood.MessageQueue) -> Gio.DatagramBased:
    message = Mood.PriorityMessage.new(9)
    assert_type(message.get_priority(), int)
    assert_type(message.props.priority, int)
    Mood.PriorityMessage(priority=9)
    Mood.PriorityMessage.new("9")  # refused
    as_control_message: Gio.SocketControlMessage = message
    del as_control_message
    return queue


def compute() -> None:
    limits = Mood.Limits.get()
    assert_type(limits, Mood.Limits)
    assert_type(limits.copy(), Mood.Limits)
    assert_type(limits.rlimit_soft, int)
    assert_type(limits.fit(), int)
    assert_type(limits.required_bytes(10, msgsize=64), int)
    limits.msg_max = 100
    limits.msg_max = 1.5  # refused
    limits.fit(1.5)  # refused
    limits.soft  # refused


def list_queues(directory: Mood.QueueDirectory, cancellable: Gio.Cancellable) -> Gio.ListModel:
    assert_type(Mood.QueueDirectory(), Mood.QueueDirectory)
    assert_type(directory.refresh(), bool)
    assert_type(len(directory), int)
    assert_type(directory[0], Mood.QueueInfo)
    assert_type(directory[1:], list[Mood.QueueInfo])
    assert_type(directory.lookup(b"/jobs"), Mood.QueueInfo | None)
    assert_type(directory.add_watch(), int)
    assert_type(directory.create_source(cancellable), GLib.Source)
    for info in directory:
        assert_type(info.name, str)
        assert_type(info.curmsgs, int)
        assert_type(info.mtime, datetime.datetime)
        assert_type(info.props.mtime, GLib.DateTime)
        info.curmsgs = 1  # refused
    directory["/jobs"]  # refused
    directory.lookup(1)  # refused
    directory.add_watch(print)  # refused
    return directory


def on_exists(directory: Mood.QueueDirectory, result: Gio.AsyncResult) -> None:
    assert_type(directory.wait_for_finish(result), bool)


def wait_for(directory: Mood.QueueDirectory, cancellable: Gio.Cancellable) -> None:
    directory.wait_for_async("/jobs", GLib.PRIORITY_DEFAULT, cancellable, on_exists)
    directory.wait_for_async("/jobs", callback=on_exists)
    assert_type(directory.wait_for_async("/jobs"), Awaitable[bool])
    directory.wait_for_async(callback=on_exists)  # refused
    directory.wait_for_async("/jobs", callback=on_ready)  # refused


def is_true(queue: Mood.MessageQueue) -> Literal[True]:
    return queue.__bool__()
