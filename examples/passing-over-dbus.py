#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: passing-over-dbus service ADDRESS
       passing-over-dbus client ADDRESS TEXT...

The service has a queue without a name, and a method, OpenQueue, that returns a descriptor of it
which can only send. It prints what is sent, until that is an empty message. The client asks for the
descriptor and sends each TEXT.

They talk without a bus, at an ADDRESS like unix:path=/tmp/jobs. On a bus it is the same, but for the
name that the service owns there.
"""

import os
import sys

import gi

gi.require_version("Mood", "1.0")
from gi.repository import Gio, GLib, Mood  # noqa: E402

USAGE = """\
Usage: passing-over-dbus service ADDRESS
       passing-over-dbus client ADDRESS TEXT..."""

OBJECT_PATH = "/org/example/Jobs"
INTERFACE_NAME = "org.example.Jobs"

INTROSPECTION = f"""
<node>
  <interface name='{INTERFACE_NAME}'>
    <method name='OpenQueue'>
      <arg name='queue' type='h' direction='out'/>
    </method>
  </interface>
</node>
"""


class Service:
    def __init__(self, queue: Mood.MessageQueue) -> None:
        self.queue = queue
        self.info = Gio.DBusNodeInfo.new_for_xml(INTROSPECTION)
        self.connections: list[Gio.DBusConnection] = []
        self.loop = GLib.MainLoop()

    def run(self, address: str) -> None:
        server = Gio.DBusServer.new_sync(
            address,
            Gio.DBusServerFlags.AUTHENTICATION_REQUIRE_SAME_USER,
            Gio.dbus_generate_guid(),
            None,
            None,
        )
        server.connect("new-connection", self.on_new_connection)
        server.start()
        self.queue.add_receiver(self.on_message)
        print("ready", flush=True)
        self.loop.run()
        server.stop()

    def on_new_connection(self, _server: Gio.DBusServer, connection: Gio.DBusConnection) -> bool:
        connection.register_object(
            OBJECT_PATH, self.info.interfaces[0], self.on_method_call, None, None
        )
        self.connections.append(connection)
        return True

    # The interface has one method, and GDBus refuses what is not in the interface.
    def on_method_call(self, *arguments: object) -> None:
        invocation = arguments[6]
        assert isinstance(invocation, Gio.DBusMethodInvocation)
        # The list has a copy of the descriptor, which is closed when it has been sent. That would
        # take back a notification that this process had asked for with mq_notify(3); watches and
        # receivers are not affected.
        fds = Gio.UnixFDList.new()
        with self.queue.reopen(os.O_WRONLY) as sender:
            index = fds.append(sender.fileno())
        invocation.return_value_with_unix_fd_list(GLib.Variant("(h)", (index,)), fds)

    def on_message(self, _queue: Mood.MessageQueue, message: bytes, _priority: int) -> bool:
        if not message:
            self.loop.quit()
            return GLib.SOURCE_REMOVE
        print(message.decode(), flush=True)
        return GLib.SOURCE_CONTINUE


def serve(address: str) -> None:
    with Mood.MessageQueue.new_anonymous(maxmsg=8, msgsize=256) as queue:
        Service(queue).run(address)


def ask_for_queue(connection: Gio.DBusConnection) -> Mood.MessageQueue:
    answer, fds = connection.call_with_unix_fd_list_sync(
        None,
        OBJECT_PATH,
        INTERFACE_NAME,
        "OpenQueue",
        None,
        GLib.VariantType("(h)"),
        Gio.DBusCallFlags.NONE,
        -1,
        None,
        None,
    )
    (index,) = answer.unpack()
    # A copy: the list closes its own.
    return Mood.MessageQueue.new_from_fd(fds.get(index))


def send_texts(address: str, texts: list[str]) -> None:
    connection = Gio.DBusConnection.new_for_address_sync(
        address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT, None, None
    )
    with ask_for_queue(connection) as queue:
        for text in texts:
            queue.sendall(text.encode())


def main() -> int:
    arguments = sys.argv[1:]
    is_service = len(arguments) == 2 and arguments[0] == "service"
    is_client = len(arguments) >= 2 and arguments[0] == "client"
    if not is_service and not is_client:
        print(USAGE, file=sys.stderr)
        return 2

    try:
        if is_service:
            serve(arguments[1])
        else:
            send_texts(arguments[1], arguments[2:])
    except GLib.Error as error:
        print(f"passing-over-dbus: {error.message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
