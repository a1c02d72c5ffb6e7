# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Python adds to the introspected library: the constructor, the attributes and the default
arguments of the module mood.mqueue."""

import os

from gi.module import get_introspection_module
from gi.overrides import override

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
        raise ValueError(f"flags have bits that mean nothing to a message queue: {rest:#x}")

    return result


def _attribute(name, set_value=None):
    """The property of the same name, as an attribute."""
    return property(lambda self: self.get_property(name), set_value)


class MessageQueue(Mood.MessageQueue):
    """A POSIX message queue."""

    def __init__(self, name, flags, mode=0o600, maxmsg=-1, msgsize=-1):
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
    # By the method, because setting the property could not raise an error.
    blocking = _attribute("blocking", lambda self, blocking: self.set_blocking(blocking))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def send(self, message, priority=0, cancellable=None):
        return super().send(message, priority, cancellable)

    def sendall(self, message, priority=0, cancellable=None):
        super().sendall(message, priority, cancellable)


MessageQueue = override(MessageQueue)
__all__.append("MessageQueue")
