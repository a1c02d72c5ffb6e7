# SPDX-License-Identifier: LGPL-2.1-or-later
"""asyncio, without threads and without a main loop of GLib's.

Those who wait stand in line, one line for each loop and direction. Nobody is ever handed a message:
who comes first is told that the queue is ready, and takes the message in the same step in which the
coroutine returns it. A task that is cancelled has taken none, so there is none to lose.
"""

import collections
import select

from . import _errors

# So many attempts in a row may succeed before the loop has its turn.
_IN_A_ROW = 16


class _Line:
    """Those in one loop who wait for the queue to be ready for one event.

    The line does not keep the queue alive: those who wait in it do.
    """

    def __init__(self, loop, event):
        self.loop = loop
        self.event = event
        # The place of each who waits, in order, and the future that wakes it.
        self.futures = collections.OrderedDict()
        self.in_a_row = 0
        self.epoll = None

    async def wait_for(self, queue, attempt, *arguments):
        """What attempt(queue, *arguments) returns, once that is not None."""
        is_first = not self.futures
        if is_first and self.in_a_row < _IN_A_ROW:
            result = attempt(queue, *arguments)
            if result is not None:
                self.in_a_row += 1
                return result

        lets_others_run = is_first and self.in_a_row >= _IN_A_ROW
        self.in_a_row = 0
        place = object()
        try:
            while True:
                future = self.futures[place] = self.loop.create_future()
                if lets_others_run:
                    lets_others_run = False
                    self.loop.call_soon(self.wake_first)
                else:
                    self._watch(queue)
                await future
                result = attempt(queue, *arguments)
                if result is not None:
                    return result
        finally:
            del self.futures[place]
            self._rest_soon()

    def _watch(self, queue):
        """Lets the loop watch the queue by a descriptor of our own: a loop has one callback for a
        descriptor, and that of the queue's is the user's."""
        if queue.fileno() == -1:
            # Whoever comes after it was closed has missed that those in line were told.
            self.wake_all()
            return
        if self.epoll is not None:
            return
        with _errors.translating_os_error(queue, "wait for"):
            epoll = select.epoll()
        try:
            self._register(epoll, queue)
            self.loop.add_reader(epoll.fileno(), self.wake_first)
            self.epoll = epoll
        finally:
            if self.epoll is not epoll:
                epoll.close()

    def _register(self, epoll, queue):
        try:
            epoll.register(queue.fileno(), self.event)
        except (OSError, ValueError):
            # Another thread may close the queue at any time, which tells all who wait.
            if queue.fileno() != -1:
                raise

    def _rest_soon(self):
        """Ends the watch when the line is empty, but not if the next one comes at once."""
        if self.loop.is_closed():
            self.end()
        elif not self.futures and self.epoll is not None:
            self.loop.call_soon(self._rest)

    def _rest(self):
        if not self.futures:
            self.end()

    def end(self):
        if self.epoll is not None:
            if not self.loop.is_closed():
                self.loop.remove_reader(self.epoll.fileno())
            self.epoll.close()
            self.epoll = None

    def wake_first(self):
        for future in self.futures.values():
            if not future.done():
                future.set_result(None)
            break

    def wake_all(self):
        for future in self.futures.values():
            if not future.done():
                future.set_result(None)


def _on_closed(queue, _property):
    """Closing may happen in any thread."""
    for line in list(queue._lines.values()):
        try:
            line.loop.call_soon_threadsafe(line.wake_all)
        except RuntimeError:
            # That loop is closed, and nobody waits in it any more.
            pass


def _get_line(queue, event):
    # Where a loop runs it has been imported; for all others it would be much to import.
    import asyncio

    loop = asyncio.get_running_loop()
    lines = queue.__dict__.get("_lines")
    if lines is None:
        # Two threads that both get here connect twice, and waking twice does no harm.
        lines = queue.__dict__.setdefault("_lines", {})
        queue.connect("notify::closed", _on_closed)
    line = lines.get((loop, event))
    if line is None:
        # What a loop that was closed left behind.
        for key in [key for key in lines.copy() if key[0].is_closed()]:
            closed_line = lines.pop(key, None)
            # Another thread may be faster.
            if closed_line is not None:
                closed_line.end()
        line = lines[loop, event] = _Line(loop, event)
    return line


async def send(queue, attempt, message, priority):
    return await _get_line(queue, select.EPOLLOUT).wait_for(queue, attempt, message, priority)


async def receive(queue, attempt):
    return await _get_line(queue, select.EPOLLIN).wait_for(queue, attempt)
