# SPDX-License-Identifier: LGPL-2.1-or-later

from collections.abc import Callable

def signal_add(
    priority: int, signum: int, handler: Callable[..., bool], *data: object
) -> int: ...
