# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Python adds to the introspected library, so that it is what Python's users expect: the names
and the behaviour of the module mood.mqueue, exceptions, iteration, asyncio."""

import atexit
import contextlib
import importlib
import math
import os
import pkgutil
import select
import sys
import warnings
import weakref

from gi.module import get_introspection_module
from gi.overrides import override
from gi.repository import Gio, GLib

# In a build directory the extension is not where this file is.
__path__ = pkgutil.extend_path(__path__, __name__)

from . import _coroutines, _directory, _errors, _waiting  # noqa: E402
from ._arguments import (  # noqa: E402
    left_out_if_none,
    to_boolean,
    to_bytes,
    to_cancellable,
    to_fd,
    to_id,
    to_integer,
    to_member,
    to_microseconds,
    to_name,
    to_open_flags,
    to_permissions,
    to_priority,
    to_view,
)
from ._times import time_attribute  # noqa: E402

Mood = get_introspection_module("Mood")

__all__ = []


def _import_calls():
    """The calls that carry messages: those of the extension, or the same ones in Python."""
    if os.environ.get("MOOD_NATIVE") != "0":
        try:
            return importlib.import_module("._native", __name__)
        except ModuleNotFoundError:
            # It is built where there is what it needs, and nothing but speed depends on it.
            pass
        except ImportError as error:
            warnings.warn(f"Mood goes on without its extension: {error}", RuntimeWarning)
    return importlib.import_module("._calls", __name__)


_calls = _import_calls()


def _raises(method):
    """The introspected method, whose errors become Python's as well."""

    def call(self, *arguments, **keywords):
        try:
            return method(self, *arguments, **keywords)
        except GLib.Error as error:
            raise _errors.translate(error, self.name) from None

    call.__name__ = method.__name__
    call.__doc__ = method.__doc__
    return call


def _attribute(name, doc, set_value=None):
    """The property of the same name, as an attribute."""
    return property(lambda self: self.get_property(name), set_value, doc=doc)


# Those whose closing unlinks them, by their ids: how a derived class compares is its own affair.
_owned = weakref.WeakValueDictionary()


@atexit.register
def _close_owned():
    """At the end of the program, sources and calls of a main loop hold queues that nobody lets go
    of any more."""
    for reference in _owned.valuerefs():
        queue = reference()
        if queue is not None:
            # What a derived class makes of close() could raise anything, and keep the next ones.
            with contextlib.suppress(GLib.Error):
                Mood.MessageQueue.close(queue)


def _parameters(
    name,
    flags,
    mode=0o600,
    maxmsg=-1,
    msgsize=-1,
    *,
    ownership=Mood.Ownership.KEEP,
    geometry_policy=Mood.GeometryPolicy.ACCEPT,
    exact_mode=False,
):
    """The constructor's, as the library takes them."""
    is_unnamed = name is None and ownership != Mood.Ownership.KEEP
    if name is None and not is_unnamed:
        raise TypeError(
            "the name of a queue is str, bytes or os.PathLike, not NoneType; without a name there "
            "are new_temporary(), new_anonymous() and ownership="
        )
    return {
        "name": None if is_unnamed else to_name(name),
        "flags": to_open_flags(flags),
        "mode": to_integer(mode, "mode"),
        "maxmsg": to_integer(maxmsg, "maxmsg"),
        "msgsize": to_integer(msgsize, "msgsize"),
        "ownership": to_member(ownership, Mood.Ownership),
        "geometry_policy": to_member(geometry_policy, Mood.GeometryPolicy),
        "exact_mode": bool(exact_mode),
    }


# It says so in the errors of those that are wrong or missing.
_parameters.__qualname__ = "MessageQueue"


def _is_utf8(name):
    if name is None:
        return True
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _opened(queue):
    """The queue, which was opened in another way than by its constructor."""
    queue._flags = queue.get_property("flags")
    return queue


def _ready_now(queue, condition, cancellable):
    """As the functions in _calls do it, fails where it would have to wait."""
    try:
        return Mood.MessageQueue.condition_wait(queue, condition, 0, cancellable)
    except GLib.Error as error:
        if not _errors.matches(error, Gio.IOErrorEnum.TIMED_OUT):
            raise
        raise _errors.new(Gio.IOErrorEnum.WOULD_BLOCK, error.message) from None


class _Messages:
    """What "async for" asks for one message after the other."""

    def __init__(self, queue):
        self._queue = queue

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            return await self._queue.areceive()
        except GLib.Error as error:
            if _errors.matches(error, Gio.IOErrorEnum.CLOSED):
                raise StopAsyncIteration from None
            raise


class MessageQueue(Mood.MessageQueue):
    """A POSIX message queue.

    MessageQueue(name, flags, mode=0o600, maxmsg=-1, msgsize=-1) opens the queue, or creates it if
    the flags have os.O_CREAT. The flags are os.O_* or Mood.OpenFlags; mode, maxmsg and msgsize
    matter for a queue that is created, and a negative maxmsg or msgsize asks for the default.

    More about a queue that is to be created is said by keyword: ownership, a Mood.Ownership, is
    what becomes of its name, which may be None if it is not to be kept; geometry_policy, a
    Mood.GeometryPolicy, is what to do about one that exists with another maxmsg or msgsize; with
    exact_mode the umask takes nothing from the mode.

    "with" closes the queue at the end of the block, and leaves the queue itself in the kernel,
    until it is unlinked with queue.unlink() or Mood.unlink(name).

    Errors are both GLib.Error and what Python has for the case: BlockingIOError where a call would
    have to wait, FileNotFoundError, FileExistsError, PermissionError, TimeoutError, or another
    OSError, and ValueError for what cannot be, such as using a queue that is closed.
    """

    def __new__(cls, *arguments, **keywords):
        if cls is MessageQueue:
            parameters = _parameters(*arguments, **keywords)
            name = parameters["name"]
            if not _is_utf8(name):
                # No property of GObject's can hold such a name.
                with _errors.translating(name):
                    queue = Mood.MessageQueue.new_full(*parameters.values())
                queue._flags = None
                return queue
        return super().__new__(cls)

    def __init__(
        self,
        name,
        flags,
        mode=0o600,
        maxmsg=-1,
        msgsize=-1,
        *,
        ownership=Mood.Ownership.KEEP,
        geometry_policy=Mood.GeometryPolicy.ACCEPT,
        exact_mode=False,
    ):
        if self.__dict__.get("_flags") is not None:
            raise TypeError("a queue is opened once, by its constructor")
        if "_flags" not in self.__dict__:
            parameters = _parameters(
                name,
                flags,
                mode,
                maxmsg,
                msgsize,
                ownership=ownership,
                geometry_policy=geometry_policy,
                exact_mode=exact_mode,
            )
            if not _is_utf8(parameters["name"]):
                raise ValueError("only Mood.MessageQueue itself opens a name that is not UTF-8")
            super().__init__(**parameters)
            with _errors.translating(parameters["name"]):
                self.init(None)
        # An attribute makes this object live as long as the GObject does.
        self._flags = flags
        if ownership == Mood.Ownership.UNLINK_ON_CLOSE:
            _owned[id(self)] = self

    @classmethod
    def new(cls, name, flags, mode=0o600, maxmsg=-1, msgsize=-1):
        """The same as MessageQueue(name, flags, mode, maxmsg, msgsize)."""
        return cls(name, flags, mode, maxmsg, msgsize)

    @classmethod
    def new_full(
        cls, name, flags, mode, maxmsg, msgsize, ownership, geometry_policy, exact_mode
    ):
        """The same as MessageQueue(), with the arguments in the order of the C library."""
        return cls(
            name,
            flags,
            mode,
            maxmsg,
            msgsize,
            ownership=ownership,
            geometry_policy=geometry_policy,
            exact_mode=exact_mode,
        )

    @classmethod
    def new_temporary(cls, flags=Mood.OpenFlags.RDWR, mode=0o600, maxmsg=-1, msgsize=-1):
        """Creates a queue under a name that nobody has, and unlinks it when it is closed."""
        flags = to_open_flags(flags) | Mood.OpenFlags.CREAT
        ownership = Mood.Ownership.UNLINK_ON_CLOSE
        return cls(None, flags, mode, maxmsg, msgsize, ownership=ownership)

    @classmethod
    def new_anonymous(cls, flags=Mood.OpenFlags.RDWR, maxmsg=-1, msgsize=-1):
        """Creates a queue without a name, for those to whom its descriptor is passed."""
        flags = to_open_flags(flags) | Mood.OpenFlags.CREAT
        ownership = Mood.Ownership.ANONYMOUS
        return cls(None, flags, 0o600, maxmsg, msgsize, ownership=ownership)

    @classmethod
    def new_from_fd(cls, fd):
        """Makes a queue of a descriptor, which it takes; if this fails, it is still the caller's."""
        with _errors.translating(None):
            queue = Mood.MessageQueue.new_from_fd(to_fd(fd))
        return _opened(queue)

    def __del__(self, is_finalizing=sys.is_finalizing, warn=warnings.warn):
        if is_finalizing():
            return
        try:
            # The GObject closes the queue when it goes. It stays where a source or a call uses it.
            is_left_open = self.__grefcount__ == 1 and self.fileno() != -1
        except TypeError:
            # It never had a GObject.
            return
        if is_left_open:
            warn(f"unclosed {self!r}", ResourceWarning, stacklevel=2, source=self)

    name = property(lambda self: self.get_name())
    display_name = _attribute("display-name", "The name, to be shown.")
    mode = _attribute(
        "mode", "The type of file and the permissions, as when it was opened or by chmod() since."
    )
    maxmsg = _attribute("maxmsg", "How many messages the queue can hold.")
    msgsize = _attribute("msgsize", "How many bytes a message can have.")
    curmsgs = _attribute("curmsgs", "How many messages wait, or -1 if the queue is closed.")
    closed = _attribute("closed", "Whether the queue was closed.")
    fd = _attribute("fd", "The descriptor, or -1 if the queue is closed.")
    ownership = _attribute("ownership", "What becomes of the name: a Mood.Ownership.")
    geometry_policy = _attribute(
        "geometry-policy", "What to do about another geometry: a Mood.GeometryPolicy."
    )
    exact_mode = _attribute("exact-mode", "Whether a new queue has its mode whatever the umask.")
    created = _attribute("created", "Whether opening the queue created it.")
    unlinked = _attribute("unlinked", "Whether the queue has lost its name.")
    queued_bytes = _attribute(
        "queued-bytes", "How many bytes wait, or -1 if the queue is not open to receive."
    )
    notify_pid = _attribute(
        "notify-pid", "Who is registered for notification: 0 for nobody, -1 if it is not known."
    )
    uid = _attribute("uid", "The user that owns the queue, or -1 if it is closed.")
    gid = _attribute("gid", "The group that owns the queue, or -1 if it is closed.")
    atime = time_attribute(
        Mood.MessageQueue.get_atime, "When somebody last sent, received or looked; or None."
    )
    mtime = time_attribute(
        Mood.MessageQueue.get_mtime, "When somebody last sent or received; or None."
    )
    ctime = time_attribute(
        Mood.MessageQueue.get_ctime, "When anything about the queue last changed; or None."
    )
    blocking = _attribute(
        "blocking",
        "Whether calls wait; it can be set.",
        # By the method, because setting the property could not raise an error.
        lambda self, blocking: self.set_nonblocking(not blocking),
    )

    @property
    def flags(self):
        """The flags as they were given."""
        if "_flags" in self.__dict__:
            return self._flags
        return self.get_property("flags")

    def __repr__(self):
        name = f"{type(self).__module__}.{type(self).__qualname__}".removeprefix("gi.overrides.")
        if self.closed:
            return f"<{name} {self.name!r} closed>"
        if self.fd == -1:
            return f"<{name} not opened>"
        return f"<{name} {self.name!r} fd={self.fd} maxmsg={self.maxmsg} msgsize={self.msgsize}>"

    def __reduce_ex__(self, protocol):
        raise TypeError(
            f"cannot pickle a {type(self).__name__}: it belongs to its process, and another one "
            "opens the queue by its name"
        )

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def __len__(self):
        """How many messages wait in the queue."""
        curmsgs = self.curmsgs
        if curmsgs < 0:
            reason = "it is closed" if self.closed else "it was never opened"
            raise _errors.new(
                Gio.IOErrorEnum.CLOSED if self.closed else Gio.IOErrorEnum.NOT_INITIALIZED,
                _errors.describe("count the messages of", self.name, reason),
                self.name,
            )
        return curmsgs

    def __bool__(self):
        # Not whether there are messages.
        return True

    def __contains__(self, message):
        raise TypeError("whether a message is in the queue cannot be told: looking takes it out")

    def __iter__(self):
        """Waits for each message, and yields its bytes and its priority, until the queue is
        closed."""
        while True:
            try:
                message = self.receive(timeout=math.inf)
            except GLib.Error as error:
                if _errors.matches(error, Gio.IOErrorEnum.CLOSED):
                    return
                raise
            yield message

    def __aiter__(self):
        """Awaits each message, and yields its bytes and its priority, until the queue is closed."""
        return _Messages(self)

    close = _raises(Mood.MessageQueue.close)
    unlink = _raises(Mood.MessageQueue.unlink)
    dup_fd = _raises(Mood.MessageQueue.dup_fd)
    set_nonblocking = _raises(Mood.MessageQueue.set_nonblocking)
    receive_finish = _raises(Mood.MessageQueue.receive_finish)
    send_finish = _raises(Mood.MessageQueue.send_finish)
    condition_check = _raises(Mood.MessageQueue.condition_check)
    reserve_notification = _raises(Mood.MessageQueue.reserve_notification)
    cancel_notification = _raises(Mood.MessageQueue.cancel_notification)

    def chmod(self, mode):
        """Changes the permissions of the queue; the type of file that the attribute mode has besides
        may be among them."""
        name = self.name
        mode = to_permissions(mode, name)
        with _errors.translating(name):
            return super().chmod(mode)

    def chown(self, uid=-1, gid=-1):
        """Changes who owns the queue, by the IDs of a user and a group, of which -1 changes
        nothing."""
        name = self.name
        uid, gid = to_id(uid, "user", name), to_id(gid, "group", name)
        with _errors.translating(name):
            return super().chown(uid, gid)

    def reopen(self, flags):
        """Opens the queue once more, under its name or without one, with a mode of its own."""
        with _errors.translating(self.name):
            queue = super().reopen(to_open_flags(flags))
        queue._flags = flags
        return queue

    def sendall(self, message, priority=0, cancellable=None):
        """Sends all of the message, as several messages if it is longer than msgsize.

        The attribute bytes_sent of an exception tells how much had been sent before it.
        """
        sent = 0
        try:
            view = to_view(message)
            size = max(1, self.msgsize)
            while True:
                sent += self.send(view[sent : sent + size], priority, cancellable)
                if sent >= len(view):
                    return
        except BaseException as error:
            error.bytes_sent = sent
            raise

    def send_many(self, messages, cancellable=None, *, timeout=None):
        """Waits until there is room, sends as many of the messages as fit, and returns how many
        that were.

        A message is a bytes-like object, of priority 0, or a tuple of one and its priority. All of
        them are checked before the first is sent. The timeout is in seconds: 0 tries, None waits
        without limit, or not at all in nonblocking mode.

        An exception means that none was sent, and has an attribute messages_sent, which is 0.
        """
        try:
            return _calls.send_many(self, messages, cancellable, timeout)
        except BaseException as error:
            error.messages_sent = 0
            raise

    def send_with_timeout(self, message, priority, timeout_us, cancellable=None):
        """send() with the timeout in microseconds, of which -1 waits without limit."""
        timeout = to_microseconds(timeout_us) / 1e6
        return self.send(message, priority, cancellable, timeout=timeout)

    def receive_with_timeout(self, timeout_us, cancellable=None):
        """receive() with the timeout in microseconds, of which -1 waits without limit."""
        return self.receive(cancellable, timeout=to_microseconds(timeout_us) / 1e6)

    async def asend(self, message, priority=0):
        """Sends one message from within asyncio, when there is room; returns how many bytes it has.

        A message longer than msgsize is refused. Those who wait are served in order.
        """
        return await _coroutines.send(
            self, _calls.try_to_send, to_bytes(message), to_priority(priority, self)
        )

    async def areceive(self):
        """Receives one message from within asyncio, and returns its bytes and its priority.

        Those who wait are served in order, and one that is cancelled has taken no message.
        """
        return await _coroutines.receive(self, _calls.try_to_receive)

    def receive_async(
        self, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None, *user_data
    ):
        """Receives one message from within a main loop of GLib's, which calls
        callback(queue, result, *user_data): queue.receive_finish(result) is the message."""
        return super().receive_async(
            io_priority, *left_out_if_none(cancellable, callback, user_data)
        )

    def send_async(
        self,
        message,
        priority=0,
        io_priority=GLib.PRIORITY_DEFAULT,
        cancellable=None,
        callback=None,
        *user_data,
    ):
        """Sends one message from within a main loop of GLib's, which calls
        callback(queue, result, *user_data): queue.send_finish(result) tells how it went."""
        return super().send_async(
            to_bytes(message),
            to_priority(priority, self),
            io_priority,
            *left_out_if_none(cancellable, callback, user_data),
        )

    def condition_wait(self, condition, timeout, cancellable=None):
        """Waits until the queue is ready for the condition, for the timeout in microseconds, of
        which -1 waits without limit."""
        timeout_us = to_microseconds(timeout)
        if timeout_us == 0:
            with _errors.translating(self.name):
                return super().condition_wait(condition, 0, cancellable)
        event = int(condition) & (select.POLLIN | select.POLLOUT)
        return _waiting.call(
            _ready_now, event, timeout_us, cancellable, self, condition, cancellable
        )

    def add_watch(self, *arguments):
        """add_watch([priority,] condition, callback, *data) calls callback(queue, condition, *data)
        from the main loop when the queue is ready, as long as it returns True."""
        if arguments and isinstance(arguments[0], GLib.IOCondition):
            arguments = (GLib.PRIORITY_DEFAULT, *arguments)
        if len(arguments) < 3 or not callable(arguments[2]):
            raise TypeError("a watch is added by add_watch([priority,] condition, callback, *data)")
        return super().add_watch(*arguments)

    def add_receiver(self, *arguments):
        """add_receiver([priority,] callback, *data) calls callback(queue, message, priority, *data)
        from the main loop with each message, as long as it returns True."""
        if arguments and callable(arguments[0]):
            arguments = (GLib.PRIORITY_DEFAULT, *arguments)
        if len(arguments) < 2 or not callable(arguments[1]):
            raise TypeError("a receiver is added by add_receiver([priority,] callback, *data)")
        priority, callback, *data = arguments

        def on_message(queue, message, _length, message_priority, *rest):
            return callback(queue, message, message_priority, *rest)

        return super().add_receiver(priority, on_message, *data)

    def add_notification(self, *arguments, rearm=False):
        """add_notification([priority,] callback=None, *data, rearm=False) registers the process to
        be told when a message comes to the empty queue: the main loop emits the signal "arrived",
        and calls callback(queue, condition, *data).

        That is the end of it, unless rearm is true and the callback returns True. Such a callback
        receives all that there is: what is left in the queue is not announced again.
        """
        if not arguments or arguments[0] is None or callable(arguments[0]):
            arguments = (GLib.PRIORITY_DEFAULT, *arguments)
        priority, callback, *data = arguments if len(arguments) > 1 else (*arguments, None)
        # The C library has rearm in its place, and True would be the priority 1.
        if isinstance(priority, bool) or not (callback is None or callable(callback)):
            raise TypeError(
                "a notification is added by "
                "add_notification([priority,] callback=None, *data, rearm=False)"
            )
        priority = to_integer(priority, "the priority in the main loop")
        rearm = to_boolean(rearm, "rearm")
        with _errors.translating(self.name):
            return super().add_notification(priority, rearm, callback, *data)

    def create_notification_source(self, rearm=False, cancellable=None):
        """The source behind add_notification(), for a main context of its own, with a callback that
        GObject.source_set_closure() sets."""
        rearm = to_boolean(rearm, "rearm")
        to_cancellable(cancellable)
        with _errors.translating(self.name):
            return super().create_notification_source(rearm, cancellable)

    def notify_by_signal(self, signal_number):
        """Registers the process to be sent the signal when a message comes to the empty queue."""
        signal_number = to_integer(signal_number, "a signal")
        with _errors.translating(self.name):
            return super().notify_by_signal(signal_number)


MessageQueue = override(MessageQueue)
__all__.append("MessageQueue")

_calls.bind(MessageQueue, Gio.Cancellable)

QueueDirectory = override(_directory.QueueDirectory)
QueueInfo = override(_directory.QueueInfo)
__all__ += ["QueueDirectory", "QueueInfo"]


def _figure(name):
    """The field of the same name, of which introspection would cut off a fraction."""
    field = getattr(Mood.Limits, name)

    def set_value(self, value):
        field.__set__(self, to_integer(value, name))

    return property(field.__get__, set_value)


class Limits(Mood.Limits):
    """The limits on message queues, as they were when Mood.Limits.get() read them.

    A figure is GLib.MAXINT64 where there is no limit, and -1 where it cannot be read. The methods
    compute from the attributes alone, which can be changed to find out what would be possible.
    """

    msg_default = _figure("msg_default")
    msg_max = _figure("msg_max")
    msgsize_default = _figure("msgsize_default")
    msgsize_max = _figure("msgsize_max")
    queues_max = _figure("queues_max")
    rlimit_soft = _figure("rlimit_soft")
    rlimit_hard = _figure("rlimit_hard")

    def __new__(cls, *arguments, **keywords):
        raise TypeError("limits are read by Mood.Limits.get()")

    def __repr__(self):
        words = {-1: "unknown", GLib.MAXINT64: "unlimited"}
        names = [name for name, member in vars(Limits).items() if isinstance(member, property)]
        figures = {name: getattr(self, name) for name in names}
        text = " ".join(f"{name}={words.get(figure, figure)}" for name, figure in figures.items())
        return f"<Mood.Limits {text}>"

    def fit(self, msgsize=-1):
        """The largest maxmsg of a queue of this msgsize for a user who has no other queue; 0 where
        none fits, and -1 where that depends on a figure that could not be read."""
        return super().fit(to_integer(msgsize, "msgsize"))

    def required_bytes(self, maxmsg=-1, msgsize=-1):
        """How many bytes of RLIMIT_MSGQUEUE such a queue takes."""
        return super().required_bytes(
            to_integer(maxmsg, "maxmsg"), to_integer(msgsize, "msgsize")
        )


Limits = override(Limits)
__all__.append("Limits")


def send(queue, message, priority=0):
    """The same as queue.send(message, priority)."""
    return queue.send(message, priority)


def recv(queue):
    """The same as queue.recv()."""
    return queue.recv()


def unlink(name):
    """Removes the name of a queue, which is gone when nobody has it open any more."""
    name = to_name(name)
    with _errors.translating(name):
        return Mood.unlink(name)


def chmod(name, mode):
    """Changes the permissions of a queue, as queue.chmod(mode) does, by its name."""
    name = to_name(name)
    mode = to_permissions(mode, name)
    with _errors.translating(name):
        return Mood.chmod(name, mode)


def chown(name, uid=-1, gid=-1):
    """Changes who owns a queue, as queue.chown(uid, gid) does, by its name."""
    name = to_name(name)
    uid, gid = to_id(uid, "user", name), to_id(gid, "group", name)
    with _errors.translating(name):
        return Mood.chown(name, uid, gid)


def listen_queues():
    """Takes the queues that the service manager, such as systemd, has opened for this process:
    a list of the queues, and a list of the names that their descriptors were given."""
    with _errors.translating(None):
        queues, names = Mood.listen_queues()
    return [_opened(queue) for queue in queues], names


__all__ += ["chmod", "chown", "listen_queues", "recv", "send", "unlink"]
