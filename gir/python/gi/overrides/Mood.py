# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Python adds to the introspected library: the constructor, the attributes and the default
arguments of the module mood.mqueue."""

import os

from gi.module import get_introspection_module
from gi.overrides import override
from gi.repository import GLib

Mood = get_introspection_module("Mood")

__all__ = []

_OPEN_FLAGS = {
    os.O_CLOEXEC: Mood.OpenFlags.CLOEXEC,
    os.O_CREAT: Mood.OpenFlags.CREAT,
    os.O_EXCL: Mood.OpenFlags.EXCL,
    os.O_NONBLOCK: Mood.OpenFlags.NONBLOCK,
}

_ACCESS_MODES = {
    os.O_RDONLY: Mood.OpenFlags.RDONLY,
    os.O_WRONLY: Mood.OpenFlags.WRONLY,
    os.O_RDWR: Mood.OpenFlags.RDWR,
}


def _open_flags(flags):
    """A plain int is made of os.O_*, a Mood.OpenFlags is itself."""
    if isinstance(flags, Mood.OpenFlags):
        return flags
    if not isinstance(flags, int):
        raise TypeError(f"flags are made of os.O_* or Mood.OpenFlags, not {type(flags).__name__}")

    access_mode = flags & os.O_ACCMODE
    rest = flags & ~os.O_ACCMODE
    if access_mode not in _ACCESS_MODES:
        raise ValueError("flags need one of os.O_RDONLY, os.O_WRONLY and os.O_RDWR")

    result = _ACCESS_MODES[access_mode]
    for bit, open_flag in _OPEN_FLAGS.items():
        if rest & bit:
            result |= open_flag
            rest &= ~bit
    if rest:
        raise ValueError(
            f"flags have bits that mean nothing to a message queue: {rest:#x}; "
            "use os.O_* or Mood.OpenFlags, not both together"
        )

    return result


def _attribute(name, set_value=None):
    """The property of the same name, as an attribute."""
    return property(lambda self: self.get_property(name), set_value)


class MessageQueue(Mood.MessageQueue):
    """A POSIX message queue.

    MessageQueue(name, flags, mode=0o600, maxmsg=-1, msgsize=-1) opens the queue, or creates it if
    the flags have os.O_CREAT. The flags are os.O_* or Mood.OpenFlags; mode, maxmsg and msgsize
    matter for a queue that is created, and a negative maxmsg or msgsize asks for the default.

    "with" closes the queue at the end of the block, and leaves the queue itself in the kernel,
    until it is unlinked with queue.unlink() or Mood.unlink(name).

    Errors are GLib.Error: error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.WOULD_BLOCK).
    """

    def __init__(self, name, flags, mode=0o600, maxmsg=-1, msgsize=-1):
        if not isinstance(name, str):
            raise TypeError(f"the name of a queue is a str, not {type(name).__name__}")
        # GObject would take what is before it for the whole name.
        if "\0" in name:
            raise ValueError("the name of a queue cannot have a null character")
        super().__init__(
            name=name, flags=_open_flags(flags), mode=mode, maxmsg=maxmsg, msgsize=msgsize
        )
        self.init(None)

    name = _attribute("name")
    flags = _attribute("flags")
    mode = _attribute("mode")
    maxmsg = _attribute("maxmsg")
    msgsize = _attribute("msgsize")
    curmsgs = _attribute("curmsgs")
    closed = _attribute("closed")
    fd = _attribute("fd")
    # By the method, because setting the property could not raise an error.
    blocking = _attribute("blocking", lambda self, blocking: self.set_blocking(blocking))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def send(self, message, priority=0, cancellable=None):
        """Sends one message, and returns how many bytes of it were sent: of a message longer than
        msgsize the first msgsize."""
        return super().send(message, priority, cancellable)

    def sendall(self, message, priority=0, cancellable=None):
        """Sends all of the message, as several messages if it is longer than msgsize."""
        super().sendall(message, priority, cancellable)

    def add_watch(self, *arguments):
        """add_watch([priority,] condition, callback, *data) calls callback(queue, condition, *data)
        from the main loop when the queue is ready, as long as it returns True."""
        if arguments and isinstance(arguments[0], GLib.IOCondition):
            arguments = (GLib.PRIORITY_DEFAULT, *arguments)
        return super().add_watch(*arguments)

    def add_receiver(self, *arguments):
        """add_receiver([priority,] callback, *data) calls callback(queue, message, priority, *data)
        from the main loop with each message, as long as it returns True."""
        if arguments and callable(arguments[0]):
            arguments = (GLib.PRIORITY_DEFAULT, *arguments)
        priority, callback, *data = arguments

        def on_message(queue, message, _length, message_priority, *rest):
            return callback(queue, message, message_priority, *rest)

        return super().add_receiver(priority, on_message, *data)


MessageQueue = override(MessageQueue)
__all__.append("MessageQueue")
