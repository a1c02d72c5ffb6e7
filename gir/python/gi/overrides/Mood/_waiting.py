# SPDX-License-Identifier: LGPL-2.1-or-later
"""How a call waits where the extension is missing.

A call into the library would not come back for Python's own handlers of signals. So the library is
only ever asked to try, and between two tries Python's poll waits: that runs those handlers, goes on
after them, and lets other threads run.
"""

import contextlib
import math
import os
import select
import time

from gi.repository import Gio, GLib, GObject

from . import _errors


class _Alarm:
    """A descriptor that is readable once something has happened, in whichever thread.

    It is closed when nobody can ring any more, and not before.
    """

    def __init__(self, queue):
        self.pid = os.getpid()
        with _errors.translating_os_error(queue, "wait for"):
            self.fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def ring(self, *_):
        # A child that was forked shares the descriptor with its parent, and nothing else.
        if self.pid == os.getpid():
            os.eventfd_write(self.fd, 1)

    def ring_if_closed(self, queue, _property=None):
        if queue.closed:
            self.ring()

    def __del__(self, close=os.close):
        if hasattr(self, "fd"):
            close(self.fd)


def _get_closing(queue):
    """The queue's own, for that it is closed."""
    closing = queue.__dict__.get("_closing")
    if closing is None or closing.pid != os.getpid():
        # Two threads that both get here make two, and both are told.
        closing = queue._closing = _Alarm(queue)
        queue.connect("notify::closed", closing.ring_if_closed)
        # It may have been closed just before.
        closing.ring_if_closed(queue)
    return closing


@contextlib.contextmanager
def _watching(cancellable, queue):
    """Within the block there is an alarm that rings when the cancellable is cancelled."""
    # GLib's own descriptor for this ends the process where it cannot be had.
    alarm = _Alarm(queue)
    # By GObject's functions: those of Gio.Cancellable wait for each other.
    handler = GObject.Object.connect(cancellable, "cancelled", alarm.ring)
    try:
        # It may have been cancelled just before.
        if cancellable.is_cancelled():
            alarm.ring()
        yield alarm
    finally:
        GObject.Object.disconnect(cancellable, handler)


class Wait:
    """What one call waits for: to receive if event is select.POLLIN, to send if select.POLLOUT."""

    def __init__(self, queue, event, timeout_us, cancellable):
        self.queue = queue
        self.event = event
        self.timeout_us = timeout_us
        self.cancellable = cancellable
        self.deadline = None

    def retry_after(self, error):
        """Returns when another try may succeed, and raises what ends the call instead."""
        queue = self.queue
        if not _errors.matches(error, Gio.IOErrorEnum.WOULD_BLOCK) or self.timeout_us == 0:
            raise _errors.translate(error, queue.name)
        if self.deadline is None:
            if self.timeout_us is None:
                # One that has begun to wait goes on when the mode is changed.
                if not queue.blocking and not queue.closed:
                    raise _errors.translate(error, queue.name)
                self.deadline = math.inf
            else:
                self.deadline = time.monotonic() + self.timeout_us / 1e6
        if not self._poll():
            raise self._timed_out()

    def _poll(self):
        """Whether there is something new, or at least time left."""
        queue = self.queue
        closing = _get_closing(queue)
        fd = queue.fileno()
        if fd == -1:
            # The next try tells that it was closed.
            return True
        poll = select.poll()
        poll.register(fd, self.event)
        poll.register(closing.fd, select.POLLIN)
        if self.cancellable is None:
            return self._is_worth_a_try(poll)
        with _watching(self.cancellable, queue) as cancelling:
            poll.register(cancelling.fd, select.POLLIN)
            return self._is_worth_a_try(poll)

    def _is_worth_a_try(self, poll):
        return bool(poll.poll(self._rest_ms())) or self._rest_ms() > 0

    def _rest_ms(self):
        """What is left of the time, rounded up, in what poll takes, and as much as it takes."""
        return math.ceil(min(max(0, self.deadline - time.monotonic()) * 1000, 2**31 - 1))

    def _timed_out(self):
        name = self.queue.name
        receives = self.event == select.POLLIN
        return _errors.new(
            Gio.IOErrorEnum.TIMED_OUT,
            _errors.describe(
                "receive from" if receives else "send to",
                name,
                f"it stayed {'empty' if receives else 'full'} for the {self.timeout_us} "
                "microseconds that it was given",
            ),
            name,
        )


def go_on(error, attempt, event, timeout_us, cancellable, queue, *arguments):
    """What attempt(queue, *arguments) returns, which has just failed, and fails where it would have
    to wait."""
    wait = Wait(queue, event, timeout_us, cancellable)
    while True:
        # Not within the block that catches: what is raised here has nothing to do with that error.
        wait.retry_after(error)
        try:
            return attempt(queue, *arguments)
        except GLib.Error as caught:
            error = caught.with_traceback(None)


def call(attempt, event, timeout_us, cancellable, queue, *arguments):
    """Likewise, from the start."""
    try:
        return attempt(queue, *arguments)
    except GLib.Error as caught:
        error = caught.with_traceback(None)
    return go_on(error, attempt, event, timeout_us, cancellable, queue, *arguments)
