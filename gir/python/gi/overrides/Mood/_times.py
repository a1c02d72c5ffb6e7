# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kernel's times, as Python has them."""

import datetime


def time_attribute(get_time, doc):
    """What a method gives as a GLib.DateTime or None, as an attribute of Python's kind, in UTC."""

    def get(self):
        time = get_time(self)
        return time and datetime.datetime.fromtimestamp(time.to_unix(), datetime.timezone.utc)

    return property(get, doc=doc)
