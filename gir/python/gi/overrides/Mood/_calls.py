# SPDX-License-Identifier: LGPL-2.1-or-later
"""The calls that the extension carries, made of what introspection gives.

They have the same arguments, results and errors as those in _native.c, and are all there is where
the extension was not built or is turned off.
"""

from select import POLLIN, POLLOUT

from gi.module import get_introspection_module
from gi.repository import Gio, GLib

from . import _errors
from ._arguments import (
    HIGHEST_PRIORITY,
    to_bytes,
    to_cancellable,
    to_limit,
    to_priority,
    to_timeout_us,
)
from ._waiting import call, go_on

_MessageQueue = get_introspection_module("Mood").MessageQueue
_send_with_timeout = _MessageQueue.send_with_timeout
_receive_with_timeout = _MessageQueue.receive_with_timeout
_receive_many = _MessageQueue.receive_many
_send_many = _MessageQueue.send_many


def _send_now(queue, message, priority, cancellable):
    return _send_with_timeout(queue, message, priority, 0, cancellable)


def _send_what_fits_now(queue, message, priority, cancellable):
    try:
        return _send_with_timeout(queue, message, priority, 0, cancellable)
    except GLib.Error as error:
        if not _errors.matches(error, Gio.IOErrorEnum.MESSAGE_TOO_LARGE):
            raise
        return _send_with_timeout(queue, message[: queue.msgsize], priority, 0, cancellable)


def _receive_now(queue, cancellable):
    return _receive_with_timeout(queue, 0, cancellable)


def _receive_many_now(queue, limit, cancellable):
    return _receive_many(queue, limit, 0, cancellable)


def send(self, message, priority=0, cancellable=None, *, timeout=None):
    """Sends one message, and returns how many bytes of it were sent.

    Of a message longer than msgsize the first msgsize bytes are sent, unless there is a timeout:
    then it is refused. The priority is 0 to 32767; the highest is received first. The timeout is
    in seconds: 0 tries, None waits without limit, or not at all in nonblocking mode.
    """
    if type(message) is not bytes:
        message = to_bytes(message)
    if type(priority) is not int or not 0 <= priority <= HIGHEST_PRIORITY:
        priority = to_priority(priority, self)
    # What is as it mostly is shall cost no more than it must.
    if cancellable is None and timeout is None:
        try:
            return _send_with_timeout(self, message, priority, 0)
        except GLib.Error as caught:
            error = caught.with_traceback(None)
        if not _errors.matches(error, Gio.IOErrorEnum.MESSAGE_TOO_LARGE):
            return go_on(
                error, _send_what_fits_now, POLLOUT, None, None, self, message, priority, None
            )
    attempt = _send_what_fits_now if timeout is None else _send_now
    timeout_us = to_timeout_us(timeout)
    to_cancellable(cancellable)
    return call(attempt, POLLOUT, timeout_us, cancellable, self, message, priority, cancellable)


def _receive(queue, cancellable, timeout):
    timeout_us = to_timeout_us(timeout)
    to_cancellable(cancellable)
    return call(_receive_now, POLLIN, timeout_us, cancellable, queue, cancellable)


def recv(self, cancellable=None, *, timeout=None):
    """Receives one message, and returns its bytes.

    The timeout is in seconds: 0 tries, None waits without limit, or not at all in nonblocking mode.
    Closing the queue in another thread ends the wait only if there is a timeout or a cancellable.
    """
    if cancellable is None and timeout is None:
        try:
            return _receive_with_timeout(self, 0)[0]
        except GLib.Error as caught:
            error = caught.with_traceback(None)
        return go_on(error, _receive_now, POLLIN, None, None, self, None)[0]
    return _receive(self, cancellable, timeout)[0]


def receive(self, cancellable=None, *, timeout=None):
    """Receives one message, and returns its bytes and its priority.

    The timeout is in seconds: 0 tries, None waits without limit, or not at all in nonblocking mode.
    Closing the queue in another thread ends the wait only if there is a timeout or a cancellable.
    """
    return tuple(_receive(self, cancellable, timeout))


def receive_many(self, limit, cancellable=None, *, timeout=None):
    """Waits for one message, takes what is there besides, up to the limit, and returns a list of
    pairs: the bytes of each message and its priority.

    The timeout is in seconds: 0 tries, None waits without limit, or not at all in nonblocking mode.
    """
    timeout_us = to_timeout_us(timeout)
    limit = to_limit(limit, self)
    to_cancellable(cancellable)
    messages, sizes, priorities = call(
        _receive_many_now, POLLIN, timeout_us, cancellable, self, limit, cancellable
    )
    pairs = []
    begin = 0
    for size, priority in zip(sizes, priorities):
        pairs.append((messages[begin : begin + size], priority))
        begin += size
    return pairs


def send_many(queue, messages, cancellable, timeout):
    """How many of the messages were sent, each of which is bytes, or a tuple of them and a priority."""
    timeout_us = to_timeout_us(timeout)
    to_cancellable(cancellable)
    pairs = [each if isinstance(each, tuple) else (each, 0) for each in messages]
    pairs = [(to_bytes(message), to_priority(priority, queue)) for message, priority in pairs]
    return call(
        _send_many,
        POLLOUT,
        timeout_us,
        cancellable,
        queue,
        b"".join(message for message, _ in pairs),
        [len(message) for message, _ in pairs],
        [priority for _, priority in pairs],
        0,
        cancellable,
    )


def _or_none(attempt, *arguments):
    """What attempt() returns, or None where it would have to wait."""
    try:
        return attempt(*arguments)
    except GLib.Error as error:
        if _errors.matches(error, Gio.IOErrorEnum.WOULD_BLOCK):
            return None
        raise _errors.translate(error, arguments[0].name) from None


def try_to_send(queue, message, priority):
    """How many bytes were sent, or None if the queue is full."""
    return _or_none(_send_now, queue, message, priority, None)


def try_to_receive(queue):
    """A message and its priority, or None if there is none."""
    pair = _or_none(_receive_now, queue, None)
    return pair if pair is None else tuple(pair)


def bind(queue_type, _cancellable_type):
    """Gives the type of the queues the methods that are written here."""
    for method in send, recv, receive, receive_many:
        setattr(queue_type, method.__name__, method)
