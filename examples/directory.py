#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: directory

Lists the message queues that exist, each with its mode, its owner and how many messages wait in it,
and says then which queues come and go. Ends with SIGINT or SIGTERM.
"""

import signal
import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import GLib, Mood  # noqa: E402

try:
    gi.require_version("GLibUnix", "2.0")
    from gi.repository.GLibUnix import signal_add
except (ImportError, ValueError):
    # An older GLib has it here.
    signal_add = GLib.unix_signal_add


def print_queue(info: Mood.QueueInfo) -> None:
    # What waits in a queue is for those to know who may receive it.
    depth = "not to be read"
    if info.curmsgs != -1:
        depth = f"{info.curmsgs} of {info.maxmsg} messages"
    print(f"{info.display_name}: mode {info.mode & 0o7777:04o}, owner {info.uid}, {depth}")


def show_queues() -> None:
    loop = GLib.MainLoop()
    directory = Mood.QueueDirectory()
    # Refreshing is what looks into the queues.
    directory.refresh()
    for info in directory:
        print_queue(info)
    sys.stdout.flush()

    # The list tells where it has changed; what was there before is for those to know who noted it.
    names = [info.display_name for info in directory]

    def on_items_changed(
        directory: Mood.QueueDirectory, position: int, removed: int, added: int
    ) -> None:
        for name in names[position : position + removed]:
            print("gone:", name)
        new_names = [info.display_name for info in directory[position : position + added]]
        for name in new_names:
            print("new:", name)
        names[position : position + removed] = new_names
        sys.stdout.flush()

    def on_signal() -> bool:
        loop.quit()
        return GLib.SOURCE_CONTINUE

    # What has happened since the list was made is told, too.
    directory.connect("items-changed", on_items_changed)
    directory.add_watch()
    for number in signal.SIGINT, signal.SIGTERM:
        signal_add(GLib.PRIORITY_DEFAULT, number, on_signal)
    loop.run()


def main() -> int:
    if len(sys.argv) != 1:
        print("Usage: directory", file=sys.stderr)
        return 2

    try:
        show_queues()
    except OSError as error:
        print(f"directory: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
