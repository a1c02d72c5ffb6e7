# SPDX-License-Identifier: LGPL-2.1-or-later
"""The directory of queues: a sequence, whose errors and times are Python's."""

import itertools

from gi.module import get_introspection_module
from gi.repository import GLib

from . import _errors
from ._arguments import left_out_if_none, to_cancellable, to_integer, to_name
from ._times import time_attribute

Mood = get_introspection_module("Mood")


class QueueInfo(Mood.QueueInfo):
    """What is known of a message queue, as an item of a directory.

    The figures, such as curmsgs, are those of the directory's last refresh, and -1 where they are
    not known. The times are in UTC.
    """

    __module__ = __package__

    # By the methods, because a property cannot hold a name that is not UTF-8.
    name = property(Mood.QueueInfo.get_name, doc="The name, with its slash.")
    display_name = property(Mood.QueueInfo.get_display_name, doc="The name, to be shown.")
    mode = property(Mood.QueueInfo.get_mode, doc="The type of file and the permissions.")
    uid = property(Mood.QueueInfo.get_uid, doc="The user that owns the queue.")
    gid = property(Mood.QueueInfo.get_gid, doc="The group that owns the queue.")
    inode = property(Mood.QueueInfo.get_inode, doc="The number that tells it from its like.")
    atime = time_attribute(
        Mood.QueueInfo.get_atime, "When somebody last sent, received or looked."
    )
    mtime = time_attribute(Mood.QueueInfo.get_mtime, "When somebody last sent or received.")
    ctime = time_attribute(Mood.QueueInfo.get_ctime, "When anything about it last changed.")
    curmsgs = property(Mood.QueueInfo.get_curmsgs, doc="How many messages wait, or -1.")
    maxmsg = property(Mood.QueueInfo.get_maxmsg, doc="How many messages it can hold, or -1.")
    msgsize = property(Mood.QueueInfo.get_msgsize, doc="How many bytes a message can have, or -1.")
    queued_bytes = property(Mood.QueueInfo.get_queued_bytes, doc="How many bytes wait, or -1.")
    notify_pid = property(
        Mood.QueueInfo.get_notify_pid,
        doc="Who is registered for notification: 0 for nobody, -1 if it is not known.",
    )

    def __repr__(self):
        depth = "" if self.curmsgs == -1 else f" curmsgs={self.curmsgs} maxmsg={self.maxmsg}"
        return f"<Mood.QueueInfo {self.name!r} mode={self.mode & 0o7777:#o} uid={self.uid}{depth}>"


class QueueDirectory(Mood.QueueDirectory):
    """The message queues that exist, as a sequence of Mood.QueueInfo, in the order of their names.

    QueueDirectory() lists them. The sequence changes when refresh() is called, and by itself while a
    main loop runs and add_watch() was called. Their figures, such as curmsgs, are -1 before refresh(),
    and afterwards where this process may not receive.

    A directory belongs to one thread, and a child that was forked makes one of its own.
    """

    __module__ = __package__

    def __init__(self):
        super().__init__()
        with _errors.translating(None):
            self.init(None)

    @classmethod
    def new(cls):
        """The same as QueueDirectory()."""
        return cls()

    def __len__(self):
        return self.get_n_items()

    def __getitem__(self, key):
        if isinstance(key, (str, bytes)):
            raise TypeError("a position in the list is an int; lookup(name) finds a queue by its name")
        return super().__getitem__(key)

    def __iter__(self):
        """Yields each queue in the list, of which some may go meanwhile."""
        for position in itertools.count():
            info = self.get_item(position)
            if info is None:
                return
            yield info

    def __repr__(self):
        return f"<Mood.QueueDirectory of {len(self)} queues>"

    def refresh(self):
        """Brings the list, and what is known of each queue, up to date."""
        with _errors.translating(None):
            return super().refresh()

    def lookup(self, name):
        """The queue of that name in the list, or None."""
        return super().lookup(to_name(name))

    def create_source(self, cancellable=None):
        """A GLib.Source that keeps the list up to date while it is attached."""
        return super().create_source(to_cancellable(cancellable))

    def wait_for_async(
        self,
        name,
        io_priority=GLib.PRIORITY_DEFAULT,
        cancellable=None,
        callback=None,
        *user_data,
    ):
        """Waits from within a main loop of GLib's until there is a queue of that name, and calls
        callback(directory, result, *user_data): directory.wait_for_finish(result) tells how it
        went. The list does not change by it, only by refresh() and add_watch()."""
        return super().wait_for_async(
            to_name(name),
            to_integer(io_priority, "io_priority"),
            *left_out_if_none(to_cancellable(cancellable), callback, user_data),
        )

    def wait_for_finish(self, result):
        """True, or the error of wait_for_async()."""
        with _errors.translating(None):
            return super().wait_for_finish(result)
