# SPDX-License-Identifier: LGPL-2.1-or-later

"""Queues by the C library's own calls, which know nothing of libmood: the other end of the command."""

import ctypes
import os
import time

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mq_receive.restype = ctypes.c_ssize_t
_libc.mq_timedreceive.restype = ctypes.c_ssize_t

# struct mq_attr: flags, maxmsg, msgsize, curmsgs, and four that are reserved.
Attributes = ctypes.c_long * 8


class Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


def check(result):
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def unlink(name):
    """Whether there was a queue of that name to unlink."""
    return _libc.mq_unlink(os.fsencode(name)) == 0


class Queue:
    """A queue with a limit of time for all that waits, so that what hangs is an error."""

    LIMIT_SECONDS = 60

    def __init__(self, name, flags=os.O_RDWR, maxmsg=None, msgsize=None, mode=0o600):
        attributes = None
        if maxmsg is not None:
            attributes = Attributes(0, maxmsg, msgsize)
            flags |= os.O_CREAT | os.O_EXCL
        self.name = name
        self.descriptor = check(_libc.mq_open(os.fsencode(name), flags, mode, attributes))

    def close(self):
        if self.descriptor != -1:
            os.close(self.descriptor)
            self.descriptor = -1

    @classmethod
    def _deadline(cls):
        return ctypes.byref(Timespec(int(time.time()) + cls.LIMIT_SECONDS, 0))

    def send(self, message, priority=0):
        check(_libc.mq_timedsend(
            self.descriptor, message, ctypes.c_size_t(len(message)), priority, self._deadline()))

    def receive(self):
        """The next message and its priority."""
        _flags, _maxmsg, msgsize, *_ = self.attributes()
        buffer = ctypes.create_string_buffer(msgsize)
        priority = ctypes.c_uint()
        length = check(_libc.mq_timedreceive(
            self.descriptor, buffer, ctypes.c_size_t(msgsize), ctypes.byref(priority),
            self._deadline()))
        return buffer.raw[:length], priority.value

    def receive_all(self):
        """Those that wait."""
        return [self.receive() for _ in range(self.curmsgs)]

    def attributes(self):
        attributes = Attributes()
        check(_libc.mq_getattr(self.descriptor, attributes))
        return list(attributes)

    @property
    def curmsgs(self):
        return self.attributes()[3]
