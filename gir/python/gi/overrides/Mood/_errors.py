# SPDX-License-Identifier: LGPL-2.1-or-later
"""Errors that are at once GLib.Error and what Python raises in such a case.

Whoever writes to GIO's manner asks error.matches(Gio.io_error_quark(), ...), whoever writes to
Python's catches BlockingIOError, FileNotFoundError and their kin, or looks at errno.
"""

import contextlib
import errno

from gi.repository import Gio, GLib

_DOMAIN = GLib.quark_to_string(Gio.io_error_quark())


class _QueueError(Exception):
    """What the classes below share; each of them has GLib.Error and an OSError among its bases."""

    def __new__(cls, message, domain=_DOMAIN, code=Gio.IOErrorEnum.FAILED, filename=None):
        if filename is None:
            return super().__new__(cls, _errno_of(code), message)
        return super().__new__(cls, _errno_of(code), message, filename)

    def __init__(self, message, domain=_DOMAIN, code=Gio.IOErrorEnum.FAILED, filename=None):
        # Those of the bases would each want arguments of their own.
        self.message = message
        self.domain = domain
        self.code = int(code)

    def __str__(self):
        return self.message if self.errno is None else f"[Errno {self.errno}] {self.message}"

    def __repr__(self):
        return f"{type(self).__name__}({self.errno}, {self.message!r})"

    def __reduce__(self):
        return _restore, (self.message, self.domain, self.code, self.filename), self.__dict__

    def copy(self):
        return _restore(self.message, self.domain, self.code, self.filename)


def _errno_of(code):
    return _KINDS.get(code, (OSError, None))[1]


# GIO's code: the class that Python has for it, and the error number. What Python's own functions
# refuse with a ValueError is one.
_KINDS = {
    Gio.IOErrorEnum.BUSY: (OSError, errno.EBUSY),
    Gio.IOErrorEnum.CANCELLED: (OSError, errno.ECANCELED),
    Gio.IOErrorEnum.CLOSED: (ValueError, errno.EBADF),
    Gio.IOErrorEnum.EXISTS: (FileExistsError, errno.EEXIST),
    Gio.IOErrorEnum.FILENAME_TOO_LONG: (OSError, errno.ENAMETOOLONG),
    Gio.IOErrorEnum.INVALID_ARGUMENT: (ValueError, errno.EINVAL),
    Gio.IOErrorEnum.INVALID_FILENAME: (ValueError, errno.EINVAL),
    Gio.IOErrorEnum.MESSAGE_TOO_LARGE: (OSError, errno.EMSGSIZE),
    Gio.IOErrorEnum.NOT_FOUND: (FileNotFoundError, errno.ENOENT),
    Gio.IOErrorEnum.NOT_INITIALIZED: (ValueError, errno.EBADF),
    Gio.IOErrorEnum.NOT_MOUNTED: (OSError, errno.EOPNOTSUPP),
    Gio.IOErrorEnum.NOT_SUPPORTED: (OSError, errno.EOPNOTSUPP),
    Gio.IOErrorEnum.NO_SPACE: (OSError, errno.ENOSPC),
    Gio.IOErrorEnum.PERMISSION_DENIED: (PermissionError, errno.EACCES),
    Gio.IOErrorEnum.TIMED_OUT: (TimeoutError, errno.ETIMEDOUT),
    Gio.IOErrorEnum.TOO_MANY_OPEN_FILES: (OSError, errno.EMFILE),
    Gio.IOErrorEnum.WOULD_BLOCK: (BlockingIOError, errno.EAGAIN),
}


def _make_class(kind):
    """The class of the same name as Python's; one that is no OSError becomes one beside it."""
    bases = (kind,) if issubclass(kind, OSError) else (OSError, kind)
    return type(
        kind.__name__,
        (_QueueError, *bases, GLib.Error),
        # So that it is shown as what it is caught as.
        {"__module__": "builtins", "__doc__": f"{kind.__name__}, and GLib.Error too."},
    )


_CLASSES = {kind: _make_class(kind) for kind in {OSError, *(kind for kind, _ in _KINDS.values())}}


def _restore(message, domain, code, filename):
    return _CLASSES[_KINDS.get(code, (OSError, None))[0]](message, domain, code, filename)


def new(code, message, filename=None):
    """An error of GIO's domain."""
    return _restore(message, _DOMAIN, code, filename)


def new_of_queue(queue, code, message):
    return new(code, message, queue.name)


def matches(error, code):
    return error.domain == _DOMAIN and error.code == code


def translate(error, filename=None):
    """What to raise in the place of a GLib.Error that introspection raised."""
    if error.domain != _DOMAIN or isinstance(error, OSError):
        return error
    return new(error.code, error.message, filename)


@contextlib.contextmanager
def translating(filename):
    """A block whose GLib.Error become Python's as well."""
    try:
        yield
    except GLib.Error as error:
        raise translate(error, filename) from None


@contextlib.contextmanager
def translating_os_error(queue, action):
    """A block in which Python makes what the library makes for itself elsewhere."""
    try:
        yield
    except OSError as error:
        name = queue.name
        code = Gio.IOErrorEnum.FAILED
        if error.errno in (errno.EMFILE, errno.ENFILE):
            code = Gio.IOErrorEnum.TOO_MANY_OPEN_FILES
        reason = f"{error.strerror}; to wait for the queue takes a descriptor or two of its own"
        raise new(code, describe(action, name, reason), name) from None


def describe(action, name, reason):
    """The text of an error, as the C library writes it."""
    if name is None:
        return f"Cannot {action} message queue without a name: {reason}"
    # A name may be bytes that are no text.
    name = name.encode(errors="surrogateescape").decode(errors="replace")
    return f"Cannot {action} message queue “{name}”: {reason}"
