# SPDX-License-Identifier: LGPL-2.1-or-later
"""What users give, and what the library is given for it."""

import math
import operator
import os

from gi.module import get_introspection_module
from gi.repository import Gio

from . import _errors

Mood = get_introspection_module("Mood")

HIGHEST_PRIORITY = 32767
HIGHEST_LIMIT = 2**32 - 1
HIGHEST_ID = 2**32 - 2

# Longer than any process lives, and less than the most that fits into the library's 64 bits.
LONGEST_TIMEOUT_US = 2**62

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


def to_open_flags(flags):
    """A plain int is made of os.O_*, a Mood.OpenFlags is itself."""
    if isinstance(flags, Mood.OpenFlags):
        return flags
    if not isinstance(flags, int):
        raise TypeError(f"flags are made of os.O_* or Mood.OpenFlags, not {type(flags).__name__}")

    access_mode = flags & os.O_ACCMODE
    rest = flags & ~os.O_ACCMODE
    if access_mode not in _ACCESS_MODES:
        raise ValueError(
            "flags need one of os.O_RDONLY, os.O_WRONLY and os.O_RDWR; "
            "use os.O_* or Mood.OpenFlags, not both together"
        )

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


def to_name(name):
    """The name as a str, in which bytes that are no UTF-8 are what os.fsdecode() makes of them."""
    if not isinstance(name, (str, bytes, os.PathLike)):
        raise TypeError(
            f"the name of a queue is str, bytes or os.PathLike, not {type(name).__name__}"
        )
    name = os.fsdecode(name)
    # C would take what is before it for the whole name.
    if "\0" in name:
        raise ValueError("the name of a queue cannot have a null character")
    return name


def to_member(value, enumeration):
    if not isinstance(value, enumeration):
        raise TypeError(
            f"{value!r} is none of Mood.{enumeration.__name__}, such as "
            f"Mood.{enumeration.__name__}.{enumeration(0).value_nick.upper()}"
        )
    return value


def to_boolean(value, what):
    # Almost anything is true, among it an argument that was meant to be another one.
    if not isinstance(value, bool):
        raise TypeError(f"{what} is True or False, not {type(value).__name__}")
    return value


def to_fd(fd):
    """A descriptor that the library takes from whoever has it."""
    if not isinstance(fd, int) and hasattr(fd, "fileno"):
        raise TypeError("a descriptor is taken, and an object with fileno() would close it as well")
    fd = to_integer(fd, "a descriptor")
    # What C has no number for is open nowhere.
    return fd if -1 <= fd < 2**31 else -1


def to_view(message):
    """The message as a memoryview of bytes."""
    if isinstance(message, str):
        raise TypeError("a message is bytes, and a str has to be encoded first: message.encode()")
    try:
        view = memoryview(message)
    except TypeError:
        raise TypeError(
            f"a message is a bytes-like object, not {type(message).__name__}"
        ) from None
    if not view.c_contiguous:
        raise BufferError("a message has to be contiguous in memory: bytes(message) is")
    return view.cast("B")


def to_bytes(message):
    return message if type(message) is bytes else to_view(message).tobytes()


def to_integer(value, what):
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{what} is an int, not {type(value).__name__}") from None


def _invalid(name, action, reason):
    return _errors.new(
        Gio.IOErrorEnum.INVALID_ARGUMENT, _errors.describe(action, name, reason), name
    )


def to_priority(priority, queue):
    priority = to_integer(priority, "a priority")
    if not 0 <= priority <= HIGHEST_PRIORITY:
        reason = f"the priority {priority} is not within 0 to {HIGHEST_PRIORITY}"
        raise _invalid(queue.name, "send to", reason)
    return priority


def to_limit(limit, queue):
    limit = to_integer(limit, "a limit")
    if limit < 1:
        reason = f"the limit is {limit} messages; ask for at least 1"
        raise _invalid(queue.name, "receive from", reason)
    return min(limit, HIGHEST_LIMIT)


def to_permissions(mode, name):
    """A mode to set; which of those that the library can be given are permissions, it says itself."""
    mode = to_integer(mode, "a mode")
    if not 0 <= mode < 2**32:
        raise _invalid(name, "change the mode of", f"the mode {mode} is not within 0 to 0o7777")
    return mode


def to_id(value, kind, name):
    value = to_integer(value, f"the ID of a {kind}")
    if not -1 <= value <= HIGHEST_ID:
        reason = f"the ID of the {kind}, {value}, is not within -1 to {HIGHEST_ID}"
        raise _invalid(name, "change the owner of", reason)
    return value


def to_cancellable(cancellable):
    if cancellable is not None and not isinstance(cancellable, Gio.Cancellable):
        raise TypeError(
            "cancellable is a Gio.Cancellable or None, not "
            f"{type(cancellable).__name__}; a time limit is given as timeout=SECONDS"
        )
    return cancellable


def to_timeout_us(timeout):
    """Microseconds for seconds. None stays None, which leaves it to the mode of the queue whether to
    wait."""
    if timeout is None:
        return None
    try:
        # As float() does it, but not with a str.
        timeout = math.ldexp(timeout, 0)
    except TypeError:
        raise TypeError(
            f"a timeout is a number of seconds or None, not {type(timeout).__name__}"
        ) from None
    # A number that is none is not at least 0 either.
    if not timeout >= 0:
        raise ValueError("a timeout is not negative: 0 tries, and None waits without limit")
    if timeout == 0:
        return 0
    # A little time is not none.
    return max(1, round(min(timeout * 1e6, LONGEST_TIMEOUT_US)))


def to_microseconds(timeout_us):
    """What the methods whose names end in _with_timeout take; negative waits without end."""
    timeout_us = to_integer(timeout_us, "timeout_us, in microseconds,")
    return LONGEST_TIMEOUT_US if timeout_us < 0 else min(timeout_us, LONGEST_TIMEOUT_US)


def left_out_if_none(cancellable, callback, user_data):
    """The last arguments of an asynchronous call: PyGObject 3.50 makes it one to be awaited where no
    callback is given, and has a cancellable of its own for that where none is given."""
    if callback is not None:
        return cancellable, callback, *user_data
    return () if cancellable is None else (cancellable,)
