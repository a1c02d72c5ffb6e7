# SPDX-License-Identifier: LGPL-2.1-or-later

# What type checkers know about Mood: the introspected library with what the override adds. It is
# for those who have pygobject-stubs, and is installed beside them.

import datetime
import os
from _typeshed import ReadableBuffer
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import Any, Literal, NoReturn, TypeVar, overload
from typing_extensions import Never, Self, TypeAlias

from gi.repository import Gio, GLib, GObject

_Data = TypeVar("_Data")

_Name: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]

MAJOR_VERSION: int
MICRO_VERSION: int
MINOR_VERSION: int
VERSION_S: str

def limits_get() -> Limits: ...
def listen_queues() -> tuple[list[MessageQueue], list[str]]: ...
def recv(queue: MessageQueue) -> bytes: ...
def send(queue: MessageQueue, message: ReadableBuffer, priority: int = 0) -> int: ...
def unlink(name: _Name) -> bool: ...

class OpenFlags(GObject.GFlags):
    CLOEXEC = 4
    CREAT = 16
    EXCL = 32
    NONBLOCK = 8
    RDONLY = 1
    RDWR = 3
    WRONLY = 2

class Ownership(GObject.GEnum):
    ANONYMOUS = 2
    KEEP = 0
    UNLINK_ON_CLOSE = 1

class GeometryPolicy(GObject.GEnum):
    ACCEPT = 0
    REFUSE = 1
    REPLACE = 2

# A plain int is made of os.O_*.
_Flags: TypeAlias = int | OpenFlags

class MessageQueue(GObject.Object, Gio.DatagramBased, Gio.Initable):
    class Props(GObject.Object.Props):
        blocking: bool
        @property
        def atime(self) -> GLib.DateTime | None: ...
        @property
        def created(self) -> bool: ...
        @property
        def ctime(self) -> GLib.DateTime | None: ...
        @property
        def exact_mode(self) -> bool: ...
        @property
        def geometry_policy(self) -> GeometryPolicy: ...
        @property
        def gid(self) -> int: ...
        @property
        def mtime(self) -> GLib.DateTime | None: ...
        @property
        def notify_pid(self) -> int: ...
        @property
        def ownership(self) -> Ownership: ...
        @property
        def queued_bytes(self) -> int: ...
        @property
        def uid(self) -> int: ...
        @property
        def unlinked(self) -> bool: ...
        @property
        def closed(self) -> bool: ...
        @property
        def curmsgs(self) -> int: ...
        @property
        def fd(self) -> int: ...
        @property
        def flags(self) -> OpenFlags: ...
        @property
        def maxmsg(self) -> int: ...
        @property
        def mode(self) -> int: ...
        @property
        def msgsize(self) -> int: ...
        @property
        def name(self) -> str: ...

    @property
    def props(self) -> Props: ...
    @property
    def blocking(self) -> bool: ...
    @blocking.setter
    def blocking(self, blocking: bool) -> None: ...
    @property
    def atime(self) -> datetime.datetime | None: ...
    @property
    def created(self) -> bool: ...
    @property
    def ctime(self) -> datetime.datetime | None: ...
    @property
    def exact_mode(self) -> bool: ...
    @property
    def geometry_policy(self) -> GeometryPolicy: ...
    @property
    def gid(self) -> int: ...
    @property
    def mtime(self) -> datetime.datetime | None: ...
    @property
    def notify_pid(self) -> int: ...
    @property
    def ownership(self) -> Ownership: ...
    @property
    def queued_bytes(self) -> int: ...
    @property
    def uid(self) -> int: ...
    @property
    def unlinked(self) -> bool: ...
    @property
    def closed(self) -> bool: ...
    @property
    def curmsgs(self) -> int: ...
    @property
    def fd(self) -> int: ...
    @property
    def flags(self) -> _Flags: ...
    @property
    def maxmsg(self) -> int: ...
    @property
    def mode(self) -> int: ...
    @property
    def msgsize(self) -> int: ...
    @property
    def name(self) -> str: ...
    def __init__(
        self,
        name: _Name | None,
        flags: _Flags,
        mode: int = 0o600,
        maxmsg: int = -1,
        msgsize: int = -1,
        *,
        ownership: Ownership = Ownership.KEEP,
        geometry_policy: GeometryPolicy = GeometryPolicy.ACCEPT,
        exact_mode: bool = False,
    ) -> None: ...
    def __aiter__(self) -> AsyncIterator[tuple[bytes, int]]: ...
    def __bool__(self) -> Literal[True]: ...
    # "in" is refused, as it is when the program runs.
    def __contains__(self, message: Never) -> NoReturn: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...
    def __iter__(self) -> Iterator[tuple[bytes, int]]: ...
    def __len__(self) -> int: ...
    @overload
    def add_notification(
        self,
        callback: Callable[[Self, GLib.IOCondition], bool] | None = None,
        /,
        *,
        rearm: bool = False,
    ) -> int: ...
    @overload
    def add_notification(
        self,
        callback: Callable[[Self, GLib.IOCondition, _Data], bool],
        data: _Data,
        /,
        *,
        rearm: bool = False,
    ) -> int: ...
    @overload
    def add_notification(
        self,
        callback: Callable[..., bool],
        data: object,
        more: object,
        /,
        *rest: object,
        rearm: bool = False,
    ) -> int: ...
    @overload
    def add_notification(
        self,
        priority: int,
        callback: Callable[[Self, GLib.IOCondition], bool] | None = None,
        /,
        *,
        rearm: bool = False,
    ) -> int: ...
    @overload
    def add_notification(
        self,
        priority: int,
        callback: Callable[[Self, GLib.IOCondition, _Data], bool],
        data: _Data,
        /,
        *,
        rearm: bool = False,
    ) -> int: ...
    @overload
    def add_notification(
        self,
        priority: int,
        callback: Callable[..., bool],
        data: object,
        more: object,
        /,
        *rest: object,
        rearm: bool = False,
    ) -> int: ...
    @overload
    def add_receiver(self, callback: Callable[[Self, bytes, int], bool], /) -> int: ...
    @overload
    def add_receiver(
        self, callback: Callable[[Self, bytes, int, _Data], bool], data: _Data, /
    ) -> int: ...
    @overload
    def add_receiver(
        self, callback: Callable[..., bool], data: object, more: object, /, *rest: object
    ) -> int: ...
    @overload
    def add_receiver(
        self, priority: int, callback: Callable[[Self, bytes, int], bool], /
    ) -> int: ...
    @overload
    def add_receiver(
        self, priority: int, callback: Callable[[Self, bytes, int, _Data], bool], data: _Data, /
    ) -> int: ...
    @overload
    def add_receiver(
        self,
        priority: int,
        callback: Callable[..., bool],
        data: object,
        more: object,
        /,
        *rest: object,
    ) -> int: ...
    @overload
    def add_watch(
        self,
        condition: GLib.IOCondition,
        callback: Callable[[Self, GLib.IOCondition], bool],
        /,
    ) -> int: ...
    @overload
    def add_watch(
        self,
        condition: GLib.IOCondition,
        callback: Callable[[Self, GLib.IOCondition, _Data], bool],
        data: _Data,
        /,
    ) -> int: ...
    @overload
    def add_watch(
        self,
        condition: GLib.IOCondition,
        callback: Callable[..., bool],
        data: object,
        more: object,
        /,
        *rest: object,
    ) -> int: ...
    @overload
    def add_watch(
        self,
        priority: int,
        condition: GLib.IOCondition,
        callback: Callable[[Self, GLib.IOCondition], bool],
        /,
    ) -> int: ...
    @overload
    def add_watch(
        self,
        priority: int,
        condition: GLib.IOCondition,
        callback: Callable[[Self, GLib.IOCondition, _Data], bool],
        data: _Data,
        /,
    ) -> int: ...
    @overload
    def add_watch(
        self,
        priority: int,
        condition: GLib.IOCondition,
        callback: Callable[..., bool],
        data: object,
        more: object,
        /,
        *rest: object,
    ) -> int: ...
    async def areceive(self) -> tuple[bytes, int]: ...
    async def asend(self, message: ReadableBuffer, priority: int = 0) -> int: ...
    def cancel_notification(self) -> bool: ...
    def close(self) -> bool: ...
    def condition_check(self, condition: GLib.IOCondition) -> GLib.IOCondition: ...
    def condition_wait(
        self, condition: GLib.IOCondition, timeout: int, cancellable: Gio.Cancellable | None = None
    ) -> bool: ...
    def create_notification_source(
        self, rearm: bool = False, cancellable: Gio.Cancellable | None = None
    ) -> GLib.Source: ...
    def create_receiver_source(
        self, cancellable: Gio.Cancellable | None = None
    ) -> GLib.Source: ...
    def create_source(
        self, condition: GLib.IOCondition, cancellable: Gio.Cancellable | None = None
    ) -> GLib.Source: ...
    def dup_fd(self) -> int: ...
    def fileno(self) -> int: ...
    def get_atime(self) -> GLib.DateTime | None: ...
    def get_blocking(self) -> bool: ...
    def get_ctime(self) -> GLib.DateTime | None: ...
    def get_exact_mode(self) -> bool: ...
    def get_geometry_policy(self) -> GeometryPolicy: ...
    def get_gid(self) -> int: ...
    def get_mtime(self) -> GLib.DateTime | None: ...
    def get_notify_pid(self) -> int: ...
    def get_ownership(self) -> Ownership: ...
    def get_queued_bytes(self) -> int: ...
    def get_uid(self) -> int: ...
    def get_curmsgs(self) -> int: ...
    def get_flags(self) -> OpenFlags: ...
    def get_maxmsg(self) -> int: ...
    def get_mode(self) -> int: ...
    def get_msgsize(self) -> int: ...
    def get_name(self) -> str: ...
    def is_closed(self) -> bool: ...
    def is_created(self) -> bool: ...
    def is_unlinked(self) -> bool: ...
    @classmethod
    def new(
        cls,
        name: _Name,
        flags: _Flags,
        mode: int = 0o600,
        maxmsg: int = -1,
        msgsize: int = -1,
    ) -> Self: ...
    @classmethod
    def new_anonymous(
        cls, flags: _Flags = OpenFlags.RDWR, maxmsg: int = -1, msgsize: int = -1
    ) -> Self: ...
    @classmethod
    def new_from_fd(cls, fd: int) -> MessageQueue: ...
    @classmethod
    def new_full(
        cls,
        name: _Name | None,
        flags: _Flags,
        mode: int,
        maxmsg: int,
        msgsize: int,
        ownership: Ownership,
        geometry_policy: GeometryPolicy,
        exact_mode: bool,
    ) -> Self: ...
    @classmethod
    def new_temporary(
        cls, flags: _Flags = OpenFlags.RDWR, mode: int = 0o600, maxmsg: int = -1, msgsize: int = -1
    ) -> Self: ...
    def notify_by_signal(self, signal_number: int) -> bool: ...
    def receive(
        self, cancellable: Gio.Cancellable | None = None, *, timeout: float | None = None
    ) -> tuple[bytes, int]: ...
    # Without a callback, what PyGObject 3.50 and newer await.
    @overload
    def receive_async(
        self,
        io_priority: int = 0,
        cancellable: Gio.Cancellable | None = None,
        callback: None = None,
    ) -> Awaitable[tuple[bytes, int]]: ...
    @overload
    def receive_async(
        self,
        io_priority: int,
        cancellable: Gio.Cancellable | None,
        callback: Callable[..., object],
        *user_data: object,
    ) -> None: ...
    @overload
    def receive_async(
        self,
        io_priority: int = 0,
        cancellable: Gio.Cancellable | None = None,
        *,
        callback: Callable[[Self, Gio.AsyncResult], object],
    ) -> None: ...
    def receive_finish(self, result: Gio.AsyncResult) -> tuple[bytes, int]: ...
    def receive_many(
        self,
        limit: int,
        cancellable: Gio.Cancellable | None = None,
        *,
        timeout: float | None = None,
    ) -> list[tuple[bytes, int]]: ...
    def receive_with_timeout(
        self, timeout_us: int, cancellable: Gio.Cancellable | None = None
    ) -> tuple[bytes, int]: ...
    def recv(
        self, cancellable: Gio.Cancellable | None = None, *, timeout: float | None = None
    ) -> bytes: ...
    def reopen(self, flags: _Flags) -> MessageQueue: ...
    def reserve_notification(self) -> bool: ...
    def send(
        self,
        message: ReadableBuffer,
        priority: int = 0,
        cancellable: Gio.Cancellable | None = None,
        *,
        timeout: float | None = None,
    ) -> int: ...
    @overload
    def send_async(
        self,
        message: ReadableBuffer,
        priority: int = 0,
        io_priority: int = 0,
        cancellable: Gio.Cancellable | None = None,
        callback: None = None,
    ) -> Awaitable[bool]: ...
    @overload
    def send_async(
        self,
        message: ReadableBuffer,
        priority: int,
        io_priority: int,
        cancellable: Gio.Cancellable | None,
        callback: Callable[..., object],
        *user_data: object,
    ) -> None: ...
    @overload
    def send_async(
        self,
        message: ReadableBuffer,
        priority: int = 0,
        io_priority: int = 0,
        cancellable: Gio.Cancellable | None = None,
        *,
        callback: Callable[[Self, Gio.AsyncResult], object],
    ) -> None: ...
    def send_finish(self, result: Gio.AsyncResult) -> bool: ...
    def send_many(
        self,
        messages: Iterable[ReadableBuffer | tuple[ReadableBuffer, int]],
        cancellable: Gio.Cancellable | None = None,
        *,
        timeout: float | None = None,
    ) -> int: ...
    def send_with_timeout(
        self,
        message: ReadableBuffer,
        priority: int,
        timeout_us: int,
        cancellable: Gio.Cancellable | None = None,
    ) -> int: ...
    def sendall(
        self,
        message: ReadableBuffer,
        priority: int = 0,
        cancellable: Gio.Cancellable | None = None,
    ) -> None: ...
    def set_nonblocking(self, nonblocking: bool) -> bool: ...
    def unlink(self) -> bool: ...

class Limits(GObject.GBoxed):
    msg_default: int
    msg_max: int
    msgsize_default: int
    msgsize_max: int
    queues_max: int
    rlimit_hard: int
    rlimit_soft: int
    def copy(self) -> Limits: ...
    def fit(self, msgsize: int = -1) -> int: ...
    @staticmethod
    def get() -> Limits: ...
    def required_bytes(self, maxmsg: int = -1, msgsize: int = -1) -> int: ...

class MessageQueueClass(GObject.GPointer):
    @property
    def parent_class(self) -> GObject.ObjectClass: ...

class PriorityMessage(Gio.SocketControlMessage):
    class Props(Gio.SocketControlMessage.Props):
        @property
        def priority(self) -> int: ...

    @property
    def props(self) -> Props: ...
    def __init__(self, *, priority: int = 0) -> None: ...
    def get_priority(self) -> int: ...
    @classmethod
    def new(cls, priority: int) -> PriorityMessage: ...

class PriorityMessageClass(GObject.GPointer):
    @property
    def parent_class(self) -> Gio.SocketControlMessageClass: ...
