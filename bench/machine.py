# SPDX-License-Identifier: LGPL-2.1-or-later

"""On what was measured: figures without it mean nothing."""

import datetime
import os
import platform
import re
import shutil
import subprocess

# Of what the peers are made, by their names for pkg-config.
LIBRARIES = {"GLib": "glib-2.0", "ZeroMQ": "libzmq"}


def get_processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = re.findall(r"^(?:model name|Model|cpu model)\s*:\s*(.*)$", file.read(), re.MULTILINE)
    return names[0] if names else platform.machine()


def count_cores():
    """Those that this process and what it starts may use."""
    return len(os.sched_getaffinity(0))


def is_virtual():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return " hypervisor" in file.read()


def get_system():
    return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")


def get_version(package):
    if shutil.which("pkg-config") is None:
        return None
    result = subprocess.run(["pkg-config", "--modversion", package], capture_output=True, text=True,
                            check=False)
    return result.stdout.strip() if result.returncode == 0 else None


def get_python_version(python):
    if not python:
        return None
    result = subprocess.run([python, "--version"], capture_output=True, text=True, check=False)
    return result.stdout.removeprefix("Python").strip()


def describe(python):
    versions = {name: get_version(package) for name, package in LIBRARIES.items()}
    versions["Python"] = get_python_version(python)
    versions = {name: version for name, version in versions.items() if version}
    return {
        "date": datetime.date.today().isoformat(),
        "processor": get_processor(),
        "cores": count_cores(),
        "is_virtual": is_virtual(),
        "kernel": platform.release(),
        "system": get_system(),
        "versions": versions,
    }
