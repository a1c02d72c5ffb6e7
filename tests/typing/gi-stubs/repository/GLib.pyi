# SPDX-License-Identifier: LGPL-2.1-or-later

from collections.abc import Callable
from typing import Any

from gi.repository import GObject

PRIORITY_DEFAULT: int
SOURCE_CONTINUE: bool
SOURCE_REMOVE: bool

def unix_signal_add(
    priority: int, signum: int, handler: Callable[..., bool], *data: object
) -> int: ...

class IOCondition(GObject.GFlags):
    IN = 1
    OUT = 4

class DateTime:
    def to_unix(self) -> int: ...

class MainContext:
    @staticmethod
    def default() -> MainContext: ...
    def iteration(self, may_block: bool) -> bool: ...

class Error(RuntimeError):
    message: str

class Variant:
    def __init__(self, format_string: str, value: object) -> None: ...
    def unpack(self) -> Any: ...

class VariantType:
    def __init__(self, type_string: str) -> None: ...

class MainLoop:
    def quit(self) -> None: ...
    def run(self) -> None: ...

class Source: ...
