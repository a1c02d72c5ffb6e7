# SPDX-License-Identifier: LGPL-2.1-or-later

from collections.abc import Callable

from gi.repository import GLib, GObject

def dbus_generate_guid() -> str: ...

class AsyncResult(GObject.GInterface): ...
class Cancellable(GObject.Object): ...

class DatagramBased(GObject.GInterface):
    def condition_check(self, condition: GLib.IOCondition) -> GLib.IOCondition: ...
    def condition_wait(
        self, condition: GLib.IOCondition, timeout: int, cancellable: Cancellable | None = None
    ) -> bool: ...
    def create_source(
        self, condition: GLib.IOCondition, cancellable: Cancellable | None = None
    ) -> GLib.Source: ...

class DBusCallFlags(GObject.GFlags):
    NONE = 0

class DBusConnectionFlags(GObject.GFlags):
    AUTHENTICATION_CLIENT = 1

class DBusServerFlags(GObject.GFlags):
    AUTHENTICATION_REQUIRE_SAME_USER = 4

class DBusInterfaceInfo: ...

class DBusNodeInfo:
    interfaces: list[DBusInterfaceInfo]
    @classmethod
    def new_for_xml(cls, xml_data: str) -> DBusNodeInfo: ...

class DBusMethodInvocation(GObject.Object):
    def return_value_with_unix_fd_list(
        self, parameters: GLib.Variant | None, fd_list: UnixFDList | None
    ) -> None: ...

class DBusConnection(GObject.Object):
    @classmethod
    def new_for_address_sync(
        cls,
        address: str,
        flags: DBusConnectionFlags,
        observer: GObject.Object | None,
        cancellable: Cancellable | None,
    ) -> DBusConnection: ...
    def call_with_unix_fd_list_sync(
        self,
        bus_name: str | None,
        object_path: str,
        interface_name: str,
        method_name: str,
        parameters: GLib.Variant | None,
        reply_type: GLib.VariantType | None,
        flags: DBusCallFlags,
        timeout_msec: int,
        fd_list: UnixFDList | None,
        cancellable: Cancellable | None,
    ) -> tuple[GLib.Variant, UnixFDList]: ...
    def register_object(
        self,
        object_path: str,
        interface_info: DBusInterfaceInfo,
        method_call: Callable[..., None],
        get_property: None,
        set_property: None,
    ) -> int: ...

class DBusServer(GObject.Object):
    @classmethod
    def new_sync(
        cls,
        address: str,
        flags: DBusServerFlags,
        guid: str,
        observer: GObject.Object | None,
        cancellable: Cancellable | None,
    ) -> DBusServer: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...

class Initable(GObject.GInterface):
    def init(self, cancellable: Cancellable | None = None) -> bool: ...

class ListModel(GObject.GInterface):
    def get_n_items(self) -> int: ...

class SocketControlMessage(GObject.Object):
    class Props(GObject.Object.Props): ...

    @property
    def props(self) -> Props: ...

class SocketControlMessageClass(GObject.GPointer): ...

class UnixFDList(GObject.Object):
    @classmethod
    def new(cls) -> UnixFDList: ...
    def append(self, fd: int) -> int: ...
    def get(self, index_: int) -> int: ...
